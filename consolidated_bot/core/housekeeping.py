"""What must happen now and then: reloads, gauges, purges."""

from __future__ import annotations

import asyncio

import structlog

from consolidated_bot.core import inbox, moves, outbox
from consolidated_bot.core.clock import Clock
from consolidated_bot.core.db import Database
from consolidated_bot.core.leadership import Leadership
from consolidated_bot.core.moves import ChatMoves
from consolidated_bot.core.outgoing import Outgoing
from consolidated_bot.core.telemetry import Metrics
from consolidated_bot.core.workers import ChatWorkers

BATCH = 5_000
TICK_SECONDS = 0.2
GAUGES_EVERY = 25  # ticks
PURGE_EVERY = 9_000  # ticks: half an hour
STALE_MS = 10_000


class Housekeeping:
    """Finds stored work that no memory holds: after a start, an overflow, another's death."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        metrics: Metrics,
        leadership: Leadership,
        bot_id: int,
    ) -> None:
        """Wire up; `attach` brings what the work is handed to."""
        self._database = database
        self._clock = clock
        self._metrics = metrics
        self._leadership = leadership
        self._bot_id = bot_id
        self._ticks = 0
        self._log = structlog.get_logger()

    def attach(self, workers: ChatWorkers, outgoing: Outgoing, chats: ChatMoves) -> None:
        """Hand reloaded work to these, and what other processes saw move."""
        self._workers = workers
        self._outgoing = outgoing
        self._chats = chats

    async def run(self) -> None:
        """Tick for ever; a database that is away is no reason to die."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._ticks += 1
            try:
                await self._tick()
            except Exception as error:  # noqa: BLE001 - tried again with the next tick
                self._log.error("housekeeping failed; trying again", error=str(error))

    async def reload_inbox(self, *, received_before_ms: int | None = None) -> None:
        """Let the workers have the oldest pending updates."""
        rows = await self._database.read(
            lambda connection: inbox.pending(
                connection, self._bot_id, limit=BATCH, received_before_ms=received_before_ms
            )
        )
        self._workers.reload(rows, complete=len(rows) < BATCH)

    async def load_outbox(self) -> None:
        """Let the sender have the most urgent waiting sends."""
        self._outgoing.offer(
            await self._database.read(lambda c: outbox.queued(c, self._bot_id, limit=BATCH))
        )

    async def look_for_moves(self) -> None:
        """Learn which groups have other ids than they are known by."""
        self._chats.learn(await self._database.read(lambda c: moves.stored(c, self._bot_id)))

    async def _tick(self) -> None:
        shared = not self._database.one_process
        regular = self._ticks % GAUGES_EVERY == 1
        if self._workers.behind and self._workers.has_room:
            await self.reload_inbox()
        elif regular and not self._workers.behind:  # of a dead process, or revived by hand
            await self.reload_inbox(received_before_ms=self._clock.now_ms() - STALE_MS)
        if self._leadership.held and (shared or regular):
            await self.load_outbox()
        if regular:
            await self.look_for_moves()
            await self._measure()
        if self._ticks % PURGE_EVERY == 1:
            await self._purge()

    async def _measure(self) -> None:
        now = self._clock.now_ms()
        metrics = self._metrics
        count, since = await self._database.read(lambda c: inbox.depth(c, self._bot_id))
        metrics.inbox_depth.set(count)
        metrics.inbox_oldest.set(max(0, now - since) / 1000 if since else 0)
        count, since = await self._database.read(lambda c: outbox.depth(c, self._bot_id))
        metrics.outbox_depth.set(count)
        metrics.outbox_oldest.set(max(0, now - since) / 1000 if since else 0)

    async def _purge(self) -> None:
        now = self._clock.now_ms()
        while await self._database.write(lambda connection: inbox.purge(connection, now)):
            self._log.info("purged old updates")
        await self._database.write(lambda connection: outbox.purge(connection, now))
