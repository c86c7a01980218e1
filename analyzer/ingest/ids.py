"""Trace and span ids: one spelling for all, and the 64-bit keys that joins run on."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Sequence
from hashlib import blake2b

_TRACE_ID = re.compile(r"[0-9a-f]{32}\Z")
_SPAN_ID = re.compile(r"[0-9a-f]{16}\Z")
_HEX = re.compile(r"[0-9a-fA-F]+$")
_SPACE = re.compile(r"\s")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
_XRAY = re.compile(r"(?:Root=)?1-(?P<time>[0-9a-fA-F]{8})-(?P<unique>[0-9a-fA-F]{24})(?:;|$)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{11}=$|[A-Za-z0-9+/_-]{22}==$")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
NO_ID = frozenset({"", "0", "root", "null", "none", "-", "n/a", "0" * 16, "0" * 32})
"""Spellings of "there is no id here"."""
_HEX_LENGTHS = frozenset({16, 32})
_MAX_LENGTH = 128


def trace_id(value: object) -> str | None:
    """Return the trace id as 32 lower-case hex digits where it is hex, else as written.

    16 hex digits are left-padded (B3), base64 and UUID spellings are decoded. None where the
    value says "no id" or cannot be one.
    """
    if isinstance(value, str) and _TRACE_ID.match(value) and value not in NO_ID:
        return value
    found = _normalised(value)
    return found.zfill(32) if found is not None and _is_hex(found, 13, 32) else found


def span_id(value: object) -> str | None:
    """Return the span id as 16 lower-case hex digits where it is hex, else as written."""
    if isinstance(value, str) and _SPAN_ID.match(value) and value not in NO_ID:
        return value
    found = _normalised(value)
    return found.zfill(16) if found is not None and _is_hex(found, 12, 16) else found


def traceparent(value: object) -> tuple[str, str] | None:
    """Return (trace id, span id) of a W3C `traceparent` header value."""
    match = _TRACEPARENT.match(value) if isinstance(value, str) else None
    return (match[1], match[2]) if match else None


def key(identifier: str | None) -> int | None:
    """Return the signed 64-bit key of an id; equal ids give equal keys on every machine."""
    if identifier is None:
        return None
    if len(identifier) in {16, 32} and _HEX.match(identifier):
        number = int(identifier[-16:], 16)
    else:
        number = int.from_bytes(blake2b(identifier.encode(), digest_size=8).digest(), "big")
    return number - (1 << 64) if number >= 1 << 63 else number


def keys(identifiers: Sequence[str | None]) -> list[int | None]:
    """Return `key` of each id; a column of plain hex ids is turned into numbers at once."""
    present = [identifier for identifier in identifiers if identifier is not None]
    if all(len(identifier) in _HEX_LENGTHS for identifier in present):
        try:
            packed = bytes.fromhex("".join(identifier[-16:] for identifier in present))
        except ValueError:
            return [key(identifier) for identifier in identifiers]
        numbers = iter(struct.unpack(f">{len(present)}q", packed))
        return [None if identifier is None else next(numbers) for identifier in identifiers]
    return [key(identifier) for identifier in identifiers]


def _normalise_text(text: str) -> str | None:
    if len(text) in (16, 32) and _HEX.match(text):
        return None if text in NO_ID else text.lower()
    text = text.strip()
    if text.lower() in NO_ID or len(text) > _MAX_LENGTH or _SPACE.search(text):
        return None
    if _HEX.match(text):
        return text.lower()
    if _UUID.match(text):
        return text.replace("-", "").lower()
    if (inner := _within(text)) is not None:
        return _normalise_text(inner)
    if _BASE64.match(text):
        try:
            return base64.b64decode(text.replace("-", "+").replace("_", "/")).hex()
        except binascii.Error:
            return text
    return text


def _within(text: str) -> str | None:
    """Return the id that Amazon, Google or OpenTelemetry's consoles put something around."""
    if amazon := _XRAY.match(text):
        return amazon["time"] + amazon["unique"]
    if text.startswith("projects/"):  # `projects/<project>/traces/<id>`
        return text.rsplit("/", 1)[-1]
    return text[2:] if text[:2] in {"0x", "0X"} and _HEX.match(text[2:]) else None


def _normalised(value: object) -> str | None:
    if isinstance(value, str):
        return _normalise_text(value)
    if isinstance(value, int) and not isinstance(value, bool) and value != 0:
        return f"{value & (1 << 64) - 1:016x}"
    return None


def _is_hex(text: str, shortest: int, longest: int) -> bool:
    return shortest <= len(text) <= longest and _HEX.match(text) is not None
