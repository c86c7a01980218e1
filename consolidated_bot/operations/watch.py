"""The pulse of operations: once a second the present is taken in by feed, gauges, gate and board.

Every process follows the level and the campaign; the leader alone decides about alerts, which its
timers do in the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import Connection

from analyzer.slo.alerts import Board
from analyzer.slo.spec import Objective
from consolidated_bot.core.clock import Clock
from consolidated_bot.core.db import Database
from consolidated_bot.operations import ledger
from consolidated_bot.operations.degraded import Shedding
from consolidated_bot.operations.domain import Campaign, Level, LevelHold, Runbook
from consolidated_bot.operations.feed import LiveFeed
from consolidated_bot.operations.metrics import JourneyMetrics
from consolidated_bot.operations.objectives import during
from consolidated_bot.operations.page import Page
from consolidated_bot.operations.second_channel import SecondChannel
from consolidated_bot.operations.storage import SqlOperations

PULSE_SECONDS = 1.0
CATCH_UP_EVERY = 5  # pulses
PURGE_EVERY = 3_600  # pulses
KEEP_LONGER_MS = 2 * 86_400_000


@dataclass(frozen=True, slots=True)
class WatchParts:
    """What the pulse moves."""

    database: Database
    clock: Clock
    bot_id: int
    feed: LiveFeed
    gate: Shedding
    metrics: JourneyMetrics
    page: Page
    second_channel: SecondChannel
    runbook: Runbook
    objectives: tuple[Objective, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    campaign: Campaign | None
    level: tuple[Level, str]
    hold: LevelHold | None
    alerts: Board


class Watch:
    """`run` on every process; the bootstrap module sets the questions it asks."""

    def __init__(self, parts: WatchParts) -> None:
        """Wire up."""
        self._parts = parts
        self._pulses = 0
        self._watched: Campaign | None = None
        self.updates_arrive: Callable[[], bool] = lambda: True
        self.leads: Callable[[], bool] = lambda: True
        self.busy: Callable[[], tuple[int, int]] = lambda: (0, 0)
        self._log = structlog.get_logger()

    async def run(self) -> None:
        """Pulse, and let the second channel bring what waits, for ever."""
        async with self._parts.second_channel, asyncio.TaskGroup() as group:
            group.create_task(self._repeat())
            group.create_task(self._bring())

    async def rest(self) -> None:
        """An orderly stop: the heartbeat ends, and its silence is no incident."""
        parts = self._parts

        def still(connection: Connection) -> None:
            store = SqlOperations(connection, parts.bot_id)
            store.save_board(replace(store.board(), heartbeat_at_s=None), parts.clock.now_ms())

        try:
            await parts.database.write(still)
        except Exception as error:  # noqa: BLE001 - the stop goes on; the next start will page
            self._log.error("the end of the heartbeat was not stored", error=str(error))

    async def _repeat(self) -> None:
        while True:
            try:
                await self.pulse()
            except Exception as error:  # noqa: BLE001 - tried again with the next pulse
                self._log.error("operations stood still for a pulse", exc_info=error)
            await asyncio.sleep(PULSE_SECONDS)

    async def _bring(self) -> None:
        while True:
            if self.leads():
                await self._parts.second_channel.run()
            await asyncio.sleep(PULSE_SECONDS)

    async def pulse(self) -> None:
        """Take in the present once."""
        parts, feed = self._parts, self._parts.feed
        known = await parts.database.read(self._ask)
        if not feed.ready or known.campaign != self._watched:
            await self._follow(known.campaign)
        if self.updates_arrive():
            feed.alive()
        if not parts.database.one_process and self._pulses % CATCH_UP_EVERY == 0:
            await feed.catch_up(parts.database)
        self._set_level(known.level[0])
        self._show(known)
        if self._pulses % PURGE_EVERY == 0 and self.leads():
            await self._purge()
        self._pulses += 1

    async def _follow(self, campaign: Campaign | None) -> None:
        """Watch the objectives of the campaign, or those of every day, with their past."""
        parts = self._parts
        objectives = parts.objectives
        if campaign is not None:
            objectives = during(campaign, objectives, parts.runbook.volume_of)
        await parts.feed.recover(parts.database, parts.bot_id, objectives)
        parts.page.campaign(campaign, objectives, parts.clock.now_ms() * 1000)
        self._watched = campaign
        self._log.info(
            "objectives are watched",
            objectives=len(objectives),
            campaign=campaign.name if campaign else None,
        )

    def _ask(self, connection: Connection) -> _Known:
        store = SqlOperations(connection, self._parts.bot_id)
        return _Known(
            store.running_campaign(),
            store.level_and_reason(),
            store.held(self._parts.clock.now_ms()),
            store.board_as_seen(),
        )

    def _show(self, known: _Known) -> None:
        """Let metrics and page know."""
        parts, now_us = self._parts, self._parts.clock.now_ms() * 1000
        page = parts.page
        page.gauges(now_us, parts.feed.in_flight(), self.busy())
        page.incidents(known.alerts)
        page.level(*known.level, known.hold, now_us)
        if self.leads():
            parts.feed.count_overdue()
            open_ones = [i for i in known.alerts.incidents if i.open]
            parts.metrics.incidents.set(len(open_ones))

    def _set_level(self, level: Level) -> None:
        parts = self._parts
        if level is not parts.gate.level:
            self._log.warning(
                "the service level changed", before=int(parts.gate.level), level=int(level)
            )
            parts.metrics.changes.labels(str(int(level))).inc()
        parts.gate.level = level
        parts.metrics.level.set(int(level))

    async def _purge(self) -> None:
        """Forget journeys that no period can reach any more."""
        longest_s = max(o.window.duration.seconds for o in self._parts.objectives)
        limit_ms = self._parts.clock.now_ms() - longest_s * 1000 - KEEP_LONGER_MS
        while await self._parts.database.write(lambda c: ledger.purge(c, limit_ms)):
            self._log.info("purged old journeys")
