"""Work that no update asks for: commands run by the leader every so often, in a transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Connection

from consolidated_bot.core import outbox
from consolidated_bot.core.bus import Bus
from consolidated_bot.core.clock import Clock
from consolidated_bot.core.db import Database
from consolidated_bot.core.outbox import Queued
from consolidated_bot.core.unit import UnitOfWork


@dataclass(frozen=True, slots=True)
class Timer:
    """Run `command` every `seconds`."""

    command: Any
    seconds: float


class Timers:
    """Runs every timer; a failure is logged and the next turn tries again."""

    def __init__(
        self,
        timers: Sequence[Timer],
        database: Database,
        bus: Bus,
        clock: Clock,
        bot_id: int,
    ) -> None:
        """Wire up; `deliver` and `check` are set by the bootstrap module."""
        self._timers = timers
        self._database = database
        self._bus = bus
        self._clock = clock
        self._bot_id = bot_id
        self.deliver: Callable[[Sequence[Queued]], None] = lambda _: None
        self.check: Callable[[Connection], Any] = lambda _: None
        self._log = structlog.get_logger()

    async def run(self) -> None:
        """Run all timers for ever."""
        await asyncio.gather(*(self._repeat(timer) for timer in self._timers))

    async def _repeat(self, timer: Timer) -> None:
        while True:
            await asyncio.sleep(timer.seconds)
            try:
                await self.fire(timer.command)
            except Exception as error:  # noqa: BLE001 - tried again with the next turn
                self._log.error(
                    "a timer failed", timer=type(timer.command).__name__, exc_info=error
                )

    async def fire(self, command: Any) -> None:
        """Run `command` once; raises what it raises."""
        self.deliver(await self._database.write(lambda c: self._fire(c, command)))

    def _fire(self, connection: Connection, command: Any) -> list[Queued]:
        self.check(connection)
        now = self._clock.now_ms()
        unit = UnitOfWork(connection, self._bus, now)
        unit.fire(command)
        return outbox.add(connection, self._bot_id, unit.sends, None, now)
