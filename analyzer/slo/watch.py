"""One objective watched live: events in, a snapshot for the dashboard and alert signals out.

The bot feeds its own journeys, `analyze watch` the ones it reads from growing logs; both see the
figures that the same events give in a report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from analyzer.slo.alerts.signals import burn_signal, no_data_signal
from analyzer.slo.alerts.values import Signal
from analyzer.slo.budget import (
    ArrivalStep,
    Budget,
    Evidence,
    PeriodVerdict,
    evidence,
    expected_bad,
    period_verdict,
    seconds_to_exhaustion,
)
from analyzer.slo.burn import PairReading, PairRule
from analyzer.slo.events import EventClass, EventCounts, JourneyAttempt
from analyzer.slo.live import SECOND_US, AttemptWatcher, LiveEvents, SlidingCounts
from analyzer.slo.spec.values import CalendarWindow, Objective
from analyzer.slo.windows import pairs_of, period_bucket_us

SHORT_WINDOW_BUCKETS = 60
NO_DATA_AFTER_S = 60


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An objective at one moment; `oldest_in_flight_us` is an age, `exhaustion_s` a time to go.

    `stale`: the source has said nothing for a while, so none of this is known to be so still.
    """

    objective: Objective
    at_us: int
    budget: Budget
    period: PeriodVerdict
    evidence: Evidence
    readings: tuple[PairReading, ...]
    in_flight: int
    oldest_in_flight_us: int | None
    exhaustion_s: float | None
    stale: bool


class LiveObjective:
    """Counts one objective's journeys as they happen. Times are microseconds UTC.

    Journeys from before `begins_us`, the first calendar period's start, are none of its own.
    """

    def __init__(
        self,
        objective: Objective,
        *,
        plan: Sequence[ArrivalStep] = (),
        watchers: Sequence[AttemptWatcher] = (),
        remember_ended_s: int | None = None,
    ) -> None:
        """Watch `objective`; `plan` is what is still to arrive, for the forecast.

        `watchers` hear of every change of an attempt that concerns the objective. Nobody tells of
        an attempt again later than `remember_ended_s` after its end (None: within a day).

        Raises ValueError for an objective whose events only another system knows.
        """
        if objective.source is None:
            raise ValueError(
                f"{objective.name}: its events are known to {objective.known_by} only"
            )
        self.objective = objective
        self.wanted = objective.source.context, objective.source.journey
        self.plan = tuple(plan)
        pairs = pairs_of(objective)
        budget = Budget(EventCounts(), objective.target, objective.planned_events).events or None
        self.rules = tuple(PairRule(pair, objective.target, budget) for pair in pairs)
        self._period = _period_counts(objective)
        shortest_us = min((pair.short_s for pair in pairs), default=60) * SECOND_US
        self.events = LiveEvents(
            objective.criterion,
            {window for pair in pairs for window in (pair.long_s, pair.short_s)},
            bucket_us=max(SECOND_US, shortest_us // SHORT_WINDOW_BUCKETS),
            also=(self._period,),
            watchers=watchers,
            remember_ended_s=remember_ended_s,
        )
        self._alive_us: int | None = None
        self.begins_us = _begin_us(objective)

    def concerns(self, attempt: JourneyAttempt) -> bool:
        """Whether `attempt` is of this objective's journey, and not before its first period."""
        mine = (attempt.context, attempt.journey) == self.wanted
        return mine and attempt.t_start_us >= self.begins_us

    def observe(self, attempt: JourneyAttempt, now_us: int) -> EventClass | None:
        """Take an attempt as it stands now; None where it is about another journey."""
        self.alive(now_us)
        return self.events.observe(attempt, now_us) if self.concerns(attempt) else None

    def restore(self, t_us: int, event_class: EventClass, count: int) -> None:
        """Count events of the past whose class is final, known from a store and not one by one."""
        if t_us >= self.begins_us:
            self.events.restore(t_us, event_class, count)

    def alive(self, now_us: int) -> None:
        """The source lives, also when nothing happens: a quiet night is not missing data."""
        self._alive_us = now_us if self._alive_us is None else max(now_us, self._alive_us)

    def snapshot(self, now_us: int) -> Snapshot:
        """Everything a person wants to see of the objective at `now_us`."""
        readings = self._read(now_us)
        counts = self._period.counts_at(now_us)
        budget = Budget(counts, self.objective.target, self.objective.planned_events)
        recent = max((r.long for r in readings), key=lambda c: c.valid, default=counts)
        in_flight = self.events.in_flight()
        return Snapshot(
            self.objective,
            now_us,
            budget,
            period_verdict(budget, expected_bad(recent, self.plan)),
            evidence(counts, self.objective.target, self.objective.min_events),
            readings,
            len(in_flight),
            now_us - in_flight[0].t_start_us if in_flight else None,
            seconds_to_exhaustion(budget, recent, self.plan),
            self._stale(now_us),
        )

    def signals(self, now_us: int) -> tuple[Signal, ...]:
        """One signal per pair, and one for missing data, for `analyzer.slo.alerts.tick`."""
        source = self.objective.source
        assert source is not None
        readings = self._read(now_us)
        counts = self._period.counts_at(now_us)
        budget = Budget(counts, self.objective.target, self.objective.planned_events)
        name, context = self.objective.name, source.context
        absent = no_data_signal(name, context, absent=self._stale(now_us), alert_after_s=0)
        return (absent, *(burn_signal(name, context, reading, budget) for reading in readings))

    def _read(self, now_us: int) -> tuple[PairReading, ...]:
        self.events.advance(now_us)
        windows = self.events.windows
        return tuple(
            rule.read(windows.counts(rule.pair.long_s), windows.counts(rule.pair.short_s))
            for rule in self.rules
        )

    def _stale(self, now_us: int) -> bool:
        return self._alive_us is None or now_us - self._alive_us > NO_DATA_AFTER_S * SECOND_US


class RollingPeriod:
    """Counts of the last `period_s` seconds in whole buckets; the newest is still filling."""

    def __init__(self, period_s: int) -> None:
        """Start empty."""
        self._period_s = period_s
        self._counts = SlidingCounts([period_s], period_bucket_us(period_s))

    def add(self, t_us: int, event_class: EventClass, amount: int = 1) -> None:
        self._counts.add(t_us, event_class, amount)

    def advance(self, now_us: int) -> None:
        self._counts.advance(now_us)

    def counts_at(self, now_us: int) -> EventCounts:
        self._counts.advance(now_us)
        return self._counts.counts(self._period_s)


class CalendarPeriod:
    """Counts per period of a calendar window; the present one and the last are kept."""

    def __init__(self, window: CalendarWindow) -> None:
        """Start empty."""
        self._window = window
        self._bounds = (0, 0)
        self._counts: dict[int, SlidingCounts] = {}

    def add(self, t_us: int, event_class: EventClass, amount: int = 1) -> None:
        start_us = self._start(t_us)
        if start_us not in self._counts:
            self._counts[start_us] = SlidingCounts(())
            for old in sorted(self._counts)[:-2]:
                del self._counts[old]
        if start_us in self._counts:
            self._counts[start_us].add(t_us, event_class, amount)

    def advance(self, now_us: int) -> None:
        """Periods are told apart by the start of an event; the time alone changes nothing."""

    def counts_at(self, now_us: int) -> EventCounts:
        found = self._counts.get(self._start(now_us))
        return found.total() if found else EventCounts()

    def _start(self, t_us: int) -> int:
        if not self._bounds[0] <= t_us < self._bounds[1]:
            begin, end = self._window.bounds(datetime.fromtimestamp(t_us / SECOND_US, UTC))
            self._bounds = (
                round(begin.timestamp() * SECOND_US),
                round(end.timestamp() * SECOND_US),
            )
        return self._bounds[0]


def _begin_us(objective: Objective) -> int:
    """The start of the first calendar period; a rolling window has none."""
    window = objective.window
    if not isinstance(window, CalendarWindow):
        return 0
    first, _ = window.bounds(datetime.fromtimestamp(0, UTC))
    return round(first.timestamp() * SECOND_US)


def _period_counts(objective: Objective) -> RollingPeriod | CalendarPeriod:
    window = objective.window
    if isinstance(window, CalendarWindow):
        return CalendarPeriod(window)
    return RollingPeriod(window.duration.seconds)
