"""Makes the ends of sends durable, and tells the contexts of chats that are gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection

from consolidated_bot.core import outbox
from consolidated_bot.core.bus import Bus
from consolidated_bot.core.clock import Clock
from consolidated_bot.core.db import Database, Urgency
from consolidated_bot.core.journeys import JourneyWatch
from consolidated_bot.core.messages import (
    ChatMoved,
    ChatUnreachable,
    SendEnded,
    SendTroubled,
    TopicLost,
)
from consolidated_bot.core.outbox import Finished, Queued
from consolidated_bot.core.unit import UnitOfWork


class Recorder:
    """One transaction for many endings; what it leads to is sent like anything else."""

    def __init__(
        self, database: Database, bus: Bus, clock: Clock, bot_id: int, watch: JourneyWatch
    ) -> None:
        """Wire up; `deliver` and `check` are set by the bootstrap module."""
        self._watch = watch
        self._database = database
        self._bus = bus
        self._clock = clock
        self._bot_id = bot_id
        self.deliver: Callable[[Sequence[Queued]], None] = lambda _: None
        self.check: Callable[[Connection], Any] = lambda _: None

    async def record(self, endings: list[Finished]) -> None:
        """Raises what the database raises; then nothing was recorded."""
        awaited = any(ending.answerable for ending in endings)
        urgency = Urgency.SOON if awaited else Urgency.LATER
        self.deliver(await self._database.write(lambda c: self._record(c, endings), urgency))

    async def troubled(self, item: Queued, reason: str) -> None:
        """Tell the contexts that a page is late."""
        await self._announce(SendTroubled(item.about or "", item.chat_id, reason))

    async def topic_lost(self, chat_id: int, key: str) -> None:
        """Tell the contexts that a topic was deleted."""
        try:
            await self._announce(TopicLost(chat_id, key))
        except Exception as error:  # noqa: BLE001 - what is to be said there goes first
            structlog.get_logger().error("a lost topic was not announced", error=str(error))

    async def chat_moved(self, event: ChatMoved) -> None:
        """Tell the core that a group has another id; raises what the database raises."""
        await self._announce(event)

    async def _announce(self, event: Any) -> None:
        self.deliver(await self._database.write(lambda c: self._publish(c, event)))

    def _publish(self, connection: Connection, event: Any) -> list[Queued]:
        self.check(connection)
        now = self._clock.now_ms()
        unit = UnitOfWork(connection, self._bus, now)
        unit.publish(event)
        unit.settle()
        return outbox.add(connection, self._bot_id, unit.sends, None, now)

    def _record(self, connection: Connection, endings: list[Finished]) -> list[Queued]:
        self.check(connection)
        outbox.finish(connection, self._bot_id, endings)
        ended = [(journal, e.at_ms) for e in endings if (journal := e.journal) is not None]
        if ended:
            self._watch.keep(connection, ended)
        now = self._clock.now_ms()
        unit = UnitOfWork(connection, self._bus, now)
        for ending in endings:
            item = ending.item
            if ending.state == "dropped":
                unit.publish(ChatUnreachable(item.chat_id, ending.error or ""))
            if item.about:
                unit.publish(SendEnded(item.about, item.chat_id, ending.state))
        unit.settle()
        return outbox.add(connection, self._bot_id, unit.sends, None, now)
