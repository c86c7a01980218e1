"""The control door of an emulator in another process."""

from __future__ import annotations

import base64
from dataclasses import asdict
from types import TracebackType
from typing import Any, Self

import orjson
from aiohttp import ClientSession, TCPConnector

from analyzer.replay.botapi.door import Acted, Edit, Group, Media, Press, Text, User
from analyzer.replay.botapi.errors import ImpossibleActError
from analyzer.replay.botapi.feed import ChatEvent
from analyzer.replay.botapi.shapes import Json


class RemoteDoor:
    """Acts over HTTP on the emulator at `url`; use it as an async context manager."""

    def __init__(self, url: str) -> None:
        """Remember where the emulator is, e.g. `http://127.0.0.1:8081`."""
        self._url = url.rstrip("/")
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the connections."""
        self._session = ClientSession(connector=TCPConnector(limit=0))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def add_group(self, group: Group, members: dict[int, str] | None = None) -> None:
        """Put the bot (as administrator) and `members` into a group or forum."""
        named = {str(user_id): role for user_id, role in (members or {}).items()}
        await self._post("groups", {"group": asdict(group), "members": named})

    async def write(self, text: Text) -> Acted:
        """Send a text or command."""
        return Acted(**await self._post("texts", asdict(text)))

    async def press(self, press: Press) -> Acted:
        """Press a button that is on the message now."""
        return Acted(**await self._post("presses", asdict(press)))

    async def send(self, media: Media) -> Acted:
        """Send a photo, document or other file."""
        content = base64.b64encode(media.content).decode()
        return Acted(**await self._post("media", {**asdict(media), "content": content}))

    async def edit(self, edit: Edit) -> Acted:
        """Edit an own message."""
        return Acted(**await self._post("edits", asdict(edit)))

    async def block(self, user: User, *, blocked: bool = True) -> Acted:
        """Block or unblock the bot."""
        body = {"user": asdict(user), "blocked": blocked}
        return Acted(**await self._post("blocks", body))

    async def events(self, after: int, timeout_seconds: float = 0.0) -> list[ChatEvent]:
        """What became visible after event number `after`, waiting for the first one."""
        query = f"after={after}&timeout={timeout_seconds}"
        body = await self._request("GET", f"events?{query}")
        return [ChatEvent.from_json(event) for event in body["events"]]

    async def last_seq(self) -> int:
        """The number of the newest event."""
        return int((await self._request("GET", "state"))["last_seq"])

    async def _post(self, name: str, body: Json) -> Json:
        return await self._request("POST", name, orjson.dumps(body))

    async def _request(self, verb: str, path: str, body: bytes | None = None) -> Json:
        if self._session is None:
            raise RuntimeError("RemoteDoor is used outside `async with`")
        address = f"{self._url}/control/{path}"
        async with self._session.request(verb, address, data=body) as response:
            answer: Any = orjson.loads(await response.read())
            if response.status != 200:
                raise ImpossibleActError(answer["error"])
            return dict(answer)
