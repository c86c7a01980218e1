"""Parts of the fleet inside a test's event loop: HTTP between them unless they are merged."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from analyzer.replay.botapi import ChatEvent, Emulator, Text, User
from sample_logs.fleet.pool import Cost
from sample_logs.fleet.process import ProcessPlan, mounted
from sample_logs.fleet.service import Service
from sample_logs.fleet.supervisor import bound
from sample_logs.fleet.topology import TEAMS, processes
from sample_logs.fleet.wire import Reply

PATIENCE_SECONDS = 15.0
QUICK = Cost(0.1, 0.0)


@dataclass
class Running:
    """All eight services; those named in `merged` share one mount and call without a network."""

    folder: Path
    telegram: Emulator
    merged: tuple[str, ...] = ()
    services: dict[str, Service] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    async def __aenter__(self) -> Self:
        self._session = await self._stack.enter_async_context(aiohttp.ClientSession())
        sockets = {name: bound(0) for name in TEAMS}
        self.addresses = {
            name: f"http://127.0.0.1:{listening.getsockname()[1]}"
            for name, listening in sockets.items()
        }
        for group in reversed(processes(self.merged)):
            plan = ProcessPlan(
                services=group,
                listen={name: sockets[name].detach() for name in group},
                addresses=self.addresses,
                logs=self.logs,
                stores=self.folder / "stores",
                seed=7,
                bot_api_url=self.telegram.url,
                bot_token=self.telegram.settings.token,
            )
            self.services |= await self._stack.enter_async_context(mounted(plan))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def ask(
        self,
        service: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """What a service answers over HTTP."""
        url = self.addresses[service] + path
        async with self._session.request(method, url, json=body, headers=headers) as response:
            return Reply(response.status, await response.json())


async def write_first(running: Running, chat_id: int) -> None:
    """A bot may write only to those who wrote first: do so, and wait for the answer."""
    seen = await running.telegram.door.last_seq()
    await running.telegram.door.write(Text(user=User(user_id=chat_id), text="/help"))
    await message(running, seen, "/ticket")


async def message(running: Running, after: int, part: str) -> ChatEvent:
    """The first message after event number `after` that holds `part`."""
    while True:
        events = await running.telegram.door.events(after, PATIENCE_SECONDS)
        assert events, f"nothing said {part!r} in time"
        for event in events:
            if event.kind == "message" and part in event.text:
                return event
        after = events[-1].seq
