"""The live feed: every journey of the bot, as it begins and ends, onto the board of objectives.

An update counts from its arrival: as the handling of an update at once, and as the journey that
its words surely ask for. What it turned out to be is known at the commit. After a restart the
counts come back from the table of ended journeys and what is in flight from inbox and outbox, so
nothing that the period must know depends on this process' memory.

Observing is idempotent by journey, so what is read twice (here and from the table) counts once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from analyzer.dashboard.board import Board
from analyzer.slo.alerts import Signal
from analyzer.slo.events import JourneyAttempt, classify
from analyzer.slo.spec import Objective
from analyzer.slo.watch import LiveObjective, Snapshot
from consolidated_bot.core import inbox
from consolidated_bot.core.clock import Clock
from consolidated_bot.core.db import Database
from consolidated_bot.core.inbox import Received
from consolidated_bot.core.intentions import Intentions
from consolidated_bot.core.journeys import Ending, Journal
from consolidated_bot.core.processing import trace_id
from consolidated_bot.operations import ledger
from consolidated_bot.operations.journeys import (
    HANDLING,
    attempts,
    ended_journey,
    handled,
    in_flight,
    turned_down,
)
from consolidated_bot.operations.latest import LatestStates
from consolidated_bot.operations.metrics import JourneyMetrics

ATTEMPTS_MS = 15 * 60_000
"""What ended lately comes back one by one, what is older as counts."""
UNRECORDED_MS = 90_000
"""What ended earlier is in the table for certain."""
REMEMBER_ENDED_S = 120
"""Nobody tells again of what ended earlier: memory follows the load and not the day."""
CATCH_UP_MS = 15_000
REMEMBERED = 50_000
PENDING_AT_MOST = 50_000
AT_ONCE = 200
"""Journeys of the past that are taken in before others may run."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the database knows of the objectives' past at `at_ms`, by objective."""

    at_ms: int
    counts: dict[str, tuple[ledger.Tally, ...]]
    ended: tuple[JourneyAttempt, ...]
    pending: tuple[Received, ...]


class LiveFeed:
    """A `JourneyWatch` over a board."""

    def __init__(
        self, board: Board, intentions: Intentions, metrics: JourneyMetrics, clock: Clock
    ) -> None:
        """Feed `board`; `intentions` tell what an update asks for."""
        self.board = board
        self.ready = False
        self._states = LatestStates(self._show)
        self._intentions = intentions
        self._metrics = metrics
        self._clock = clock
        self._intended: dict[str, str] = {}
        self._handled: set[str] = set()
        self._open: dict[tuple[str, str], dict[str, int]] = {}
        self._recent: deque[JourneyAttempt] = deque(maxlen=REMEMBERED)
        self._judges: dict[tuple[str, str], LiveObjective] = {}
        self._judge()

    # A process' own journeys

    def received(self, rows: Sequence[Received]) -> None:
        """See `JourneyWatch`."""
        handling = "/".join(HANDLING)
        for row in rows:
            key = trace_id(row)
            self._observe(in_flight(key, handling, row.received_ms))
            if intended := self.intended(row):
                self._intended[key] = intended
                self._observe(in_flight(key, intended, row.received_ms))

    def intended(self, row: Received) -> str | None:
        """See `JourneyWatch`."""
        return self._intentions.of_body(row.body)

    def begun(self, journal: Journal) -> None:
        """See `JourneyWatch`."""
        key, journey = str(journal["trace_id"]), str(journal["journey"])
        received_ms = int(journal["received_ms"])
        if journal.get("update_id") is not None:
            self._observe(handled(ended_journey(journal, journal["committed_ms"])))
            self._handled.add(key)
            self._settle_intention(key, journey, received_ms)
        attempt = in_flight(key, journey, received_ms)
        if key not in self._open.get((attempt.context, attempt.journey), ()):
            self._observe(attempt)

    def ended(self, journal: Journal, end_ms: int) -> None:
        """See `JourneyWatch`."""
        row = ended_journey(journal, end_ms)
        self._settle_intention(row.trace_id, str(journal["journey"]), row.received_ms)
        own, *handling = attempts(row)
        self._observe(own)
        self._count(own)
        for attempt in handling:
            if row.trace_id not in self._handled:  # else it was observed at the commit
                self._observe(attempt)
            self._count(attempt)
        self._handled.discard(row.trace_id)

    def keep(self, connection: Connection, endings: Sequence[Ending]) -> None:
        """See `JourneyWatch`."""
        ledger.add(connection, endings)

    # What operations asks

    def alive(self) -> None:
        """Updates can arrive: silence is no longer missing data."""
        self.board.alive(self._now_us())

    def signals(self) -> tuple[Signal, ...] | None:
        """The alert conditions of all objectives now; None before the past is known."""
        if not self.ready:
            return None
        self._states.flush()
        now_us = self._now_us()
        return tuple(signal for live in self.board.watched for signal in live.signals(now_us))

    def snapshots(self) -> tuple[Snapshot, ...]:
        """All objectives as they stand now."""
        self._states.flush()
        now_us = self._now_us()
        return tuple(live.snapshot(now_us) for live in self.board.watched)

    def in_flight(self) -> tuple[int, float]:
        """How many updates are being handled, and for how many seconds the oldest."""
        starts = self._open.get(HANDLING, {}).values()
        oldest_us = min(starts, default=None)
        age_s = 0.0 if oldest_us is None else max(0.0, (self._now_us() - oldest_us) / 1e6)
        return len(starts), age_s

    def count_overdue(self) -> None:
        """Set the gauges of what is in flight past its deadline."""
        now_us = self._now_us()
        for key, judge in self._judges.items():
            criterion = judge.events.criterion
            late = 0
            if criterion.deadline_us is not None and criterion.overdue_is_bad:
                limit_us = now_us - criterion.deadline_us
                late = sum(start < limit_us for start in self._open.get(key, {}).values())
            self._metrics.overdue.labels(*key).set(late)

    # Coming back

    async def recover(
        self, database: Database, bot_id: int, objectives: Sequence[Objective]
    ) -> None:
        """Watch `objectives` anew, with all that the database knows of their past."""
        now_ms = self._clock.now_ms()
        fresh = [LiveObjective(objective) for objective in objectives]
        past = await database.read(lambda c: _recall(c, bot_id, fresh, now_ms))
        self.board.watch(objectives)
        self._judge()
        for name, counts in past.counts.items():
            for tally in counts:
                self.board.restore(name, tally.start_us, tally.event_class, tally.count)
        since = self._unsettled((past.at_ms - UNRECORDED_MS) * 1000)
        self.received(past.pending)
        for attempt in since:  # newer than what was read; at once, or it would be older
            self._observe(attempt)
        for number, attempt in enumerate(past.ended, 1):
            self._observe(attempt)
            if number % AT_ONCE == 0:
                self._states.flush()
                await asyncio.sleep(0)
        self._states.flush()
        self.ready = True
        self.alive()

    async def catch_up(self, database: Database) -> None:
        """Take what other processes on the same database have ended lately."""
        now_ms = self._clock.now_ms()
        rows = await database.read(
            lambda c: ledger.ended_between(c, now_ms - CATCH_UP_MS, now_ms + CATCH_UP_MS)
        )
        for row in rows:
            for attempt in attempts(row):
                self._observe(attempt)

    def _unsettled(self, ended_from_us: int) -> list[JourneyAttempt]:
        """The last known state of what this process saw in flight, or end since then."""
        last = {(a.context, a.journey, a.journey_id): a for a in self._recent}
        for (context, journey), starts in self._open.items():
            for key, start_us in starts.items():
                last[context, journey, key] = JourneyAttempt(key, context, journey, start_us)
        return [a for a in last.values() if a.t_end_us is None or a.t_end_us >= ended_from_us]

    def _judge(self) -> None:
        """The first objective about a journey says what is good of it for Prometheus."""
        self._judges = {}
        for live in self.board.watched:
            source = live.objective.source
            assert source is not None
            self._judges.setdefault((source.context, source.journey), live)
            self._metrics.watch(source.context, source.journey)

    def _observe(self, attempt: JourneyAttempt) -> None:
        opened = self._open.setdefault((attempt.context, attempt.journey), {})
        if attempt.t_end_us is None:
            opened[attempt.journey_id] = attempt.t_start_us
        else:
            opened.pop(attempt.journey_id, None)
        self._recent.append(attempt)
        self._states.put(attempt)

    def _show(self, attempt: JourneyAttempt) -> None:
        self.board.observe(attempt, self._now_us())

    def _count(self, attempt: JourneyAttempt) -> None:
        judge = self._judges.get((attempt.context, attempt.journey))
        if judge is not None:
            event_class = classify(attempt, judge.events.criterion, self._now_us())
            self._metrics.ended(attempt.context, attempt.journey, event_class)

    def _settle_intention(self, key: str, journey: str, received_ms: int) -> None:
        intended = self._intended.pop(key, None)
        if intended is not None and intended != journey:
            self._observe(turned_down(key, intended, received_ms))

    def _now_us(self) -> int:
        return self._clock.now_ms() * 1000


def _recall(
    connection: Connection, bot_id: int, fresh: Sequence[LiveObjective], now_ms: int
) -> Recovered:
    cut_ms = now_ms - ATTEMPTS_MS
    counts = {
        each.objective.name: tuple(ledger.tallies(connection, each, cut_ms)) for each in fresh
    }
    ended = [
        attempt
        for row in ledger.ended_between(connection, cut_ms, now_ms + ATTEMPTS_MS)
        for attempt in attempts(row)
    ]
    pending = inbox.pending(connection, bot_id, limit=PENDING_AT_MOST)
    return Recovered(now_ms, counts, tuple(ended), tuple(pending))
