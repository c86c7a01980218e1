"""The parameters of one call: query, form, multipart or JSON, read as Telegram reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import BodyPartReader, MultipartReader, web

from analyzer.replay.botapi.errors import bad_request
from analyzer.replay.botapi.shapes import Json


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a call."""

    name: str
    content: bytes
    mime_type: str


@dataclass(slots=True)
class Params:
    """Values by name, text or JSON, and uploads by field name."""

    values: Json
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """The value as text."""
        value = self.values.get(name)
        return default if value is None else str(value)

    def integer(self, name: str, default: int | None = None) -> int | None:
        """The value as a whole number; 400 when it is none."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad_request(f'field "{name}" must be a valid Number') from None

    def flag(self, name: str) -> bool:
        """The value as yes or no; absent is no."""
        return str(self.values.get(name, "")).lower() in {"true", "1", "yes", "y"}

    def json(self, name: str) -> Any:
        """The value as JSON, decoded if it came as text; None when absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            label = name.replace("_", " ")
            raise bad_request(f"can't parse {label} JSON object") from None

    def for_journal(self) -> Json:
        """The values as sent, uploads by size, without secrets."""
        sizes = {name: f"<{len(upload.content)} bytes>" for name, upload in self.uploads.items()}
        secrets = {name: "<secret>" for name in self.values if name == "secret_token"}
        return {**self.values, **sizes, **secrets}


async def read_params(request: web.Request) -> Params:
    """The parameters of `request`, body over query; 400 if the body cannot be read."""
    values: Json = dict(request.query)
    if request.content_type == "application/json":
        values.update(_json_object(await request.read()))
        return Params(values)
    if request.content_type == "multipart/form-data":
        return await _read_multipart(await request.multipart(), values)
    values.update((name, value) for name, value in (await request.post()).items())
    return Params(values)


async def read_reply(content_type: str, body: bytes, reader: MultipartReader | None) -> Params:
    """The parameters of a call that a webhook's answer carries; empty if it carries none."""
    if reader is not None:
        return await _read_multipart(reader, {})
    if content_type == "application/json" and body.strip():
        return Params(_json_object(body))
    return Params({})


def _json_object(body: bytes) -> Json:
    try:
        values = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(values, dict):
        raise bad_request("object expected")
    return values


async def _read_multipart(reader: MultipartReader, values: Json) -> Params:
    uploads: dict[str, Upload] = {}
    async for part in reader:
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise bad_request("can't parse multipart form")
        content = bytes(await part.read(decode=True))
        if part.filename is None:
            values[part.name] = content.decode()
        else:
            mime_type = part.headers.get("Content-Type", "application/octet-stream")
            uploads[part.name] = Upload(part.filename, content, mime_type)
    return Params(values, uploads)
