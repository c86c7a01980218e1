"""The board: everything the page shows, fed by a live bot or by the tail of a fleet's logs.

Feeding is cheap (a few microseconds an event); what costs is done when somebody looks. Times are
microseconds UTC. Not thread-safe: one event loop feeds and reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from analyzer.dashboard.condition import Condition, condition_of, worst
from analyzer.dashboard.gauges import Gauges
from analyzer.dashboard.journeys import JourneyTable
from analyzer.dashboard.plan import at_this_rate, period_of, remaining
from analyzer.dashboard.sketch import Sketch
from analyzer.dashboard.traffic import Slot, Traffic, slot_width, with_ages
from analyzer.dashboard.values import (
    FULL_SERVICE,
    Campaign,
    Mark,
    MarkKind,
    OpenIncident,
    ServiceLevel,
)
from analyzer.slo.budget import expected_bad, seconds_to_exhaustion
from analyzer.slo.events import EventClass, JourneyAttempt
from analyzer.slo.live import SECOND_US
from analyzer.slo.spec import Objective
from analyzer.slo.watch import NO_DATA_AFTER_S, LiveObjective, Snapshot

CHART_SLOTS = 180
RECENT_S = 4 * 3600
RATE_S = 60
LATENCY_S = 15 * 60
MAX_MARKS = 100


@dataclass(frozen=True, slots=True)
class Watched:
    """One objective as it stands: the figures of `analyzer.slo` and what surrounds them.

    `rate` is events per second over the last minute, `durations` and `reasons` are of the last
    15 minutes. `forecast_bad` is what the rest of the period brings at the present bad share;
    `exhaustion_s` the time until what is left of the budget is used up.
    """

    snapshot: Snapshot
    condition: Condition
    period_us: tuple[int, int]
    rate: float
    recent: Slot
    durations: Sketch
    forecast_bad: float
    exhaustion_s: float | None
    last_event_us: int | None


@dataclass(frozen=True, slots=True)
class BoardSnapshot:
    """All of a board at `at_us`; `alive_us` is when its source last gave a sign of life.

    `incidents` is None where nothing watches for them.
    """

    title: str
    at_us: int
    alive_us: int | None
    stale: bool
    condition: Condition
    objectives: tuple[Watched, ...]
    contexts: tuple[str, ...]
    incidents: tuple[OpenIncident, ...] | None
    marks: tuple[Mark, ...]
    campaign: Campaign | None
    level: ServiceLevel
    notes: tuple[str, ...] = field(default=())


class Board:
    """What is watched, and what has been seen of it."""

    def __init__(
        self,
        objectives: Sequence[Objective],
        *,
        title: str = "Service objectives",
        remember_ended_s: int | None = None,
    ) -> None:
        """Watch `objectives`; those whose events only another system knows become notes.

        `remember_ended_s`: see `LiveObjective`; it bounds the memory of a busy source.
        """
        self.title = title
        self._remember_ended_s = remember_ended_s
        self.gauges = Gauges()
        self.campaign: Campaign | None = None
        self.level = FULL_SERVICE
        self._notes: list[str] = []
        self._incidents: tuple[OpenIncident, ...] | None = None
        self._marks: list[Mark] = []
        self._alive_us: int | None = None
        self._last_event_us: dict[str, int] = {}
        self.watch(objectives)

    def watch(self, objectives: Sequence[Objective]) -> None:
        """Watch these from now on, with no journey seen yet; all else stays."""
        self.journeys = JourneyTable(self._remember_ended_s)
        own = [objective for objective in objectives if objective.source is not None]
        self._recent = {o.name: _recent_traffic(o) for o in own}
        self._period = {o.name: _period_traffic(o) for o in own}
        self.of_context = {o.context or "": _traffic(RECENT_S) for o in own}
        firsts = {(o.context, o.journey): o.name for o in reversed(own)}
        self._counting = set(firsts.values())
        remember_s = self._remember_ended_s
        self.watched = tuple(
            LiveObjective(o, watchers=self._watchers(o), remember_ended_s=remember_s) for o in own
        )
        self._concerned: dict[tuple[str, str], list[LiveObjective]] = {}
        for live in self.watched:
            self._concerned.setdefault(live.wanted, []).append(live)
        for o in objectives:
            if o.source is None:
                self.note(f"{o.name}: its events are known to {o.known_by} only")

    def _watchers(self, objective: Objective) -> tuple[Traffic, ...]:
        """Of several objectives about one journey, one counts for the context."""
        name = objective.name
        own = self._recent[name], self._period[name]
        return (*own, self.of_context[objective.context or ""]) if name in self._counting else own

    def restore(self, objective: str, t_us: int, event_class: EventClass, count: int) -> None:
        """Count events of the past whose class is final, known from a store and not one by one.

        Raises ValueError for an unknown name.
        """
        (live,) = [live for live in self.watched if live.objective.name == objective]
        live.restore(t_us, event_class, count)
        for traffic in self._watchers(live.objective):
            traffic.restore(t_us, event_class, count)

    def observe(self, attempt: JourneyAttempt, now_us: int) -> None:
        """Take an attempt as it stands now; the same one may come any number of times."""
        if self._alive_us is None or now_us - self._alive_us >= SECOND_US:
            self.alive(now_us)
        for live in self._concerned.get((attempt.context, attempt.journey), ()):
            if live.observe(attempt, now_us) is not None:
                name = live.objective.name
                self._last_event_us[name] = max(now_us, self._last_event_us.get(name, 0))
        self.journeys.observe(attempt, now_us)

    def alive(self, now_us: int) -> None:
        """The source lives, also when nothing happens."""
        self._alive_us = now_us if self._alive_us is None else max(now_us, self._alive_us)
        for live in self.watched:
            live.alive(now_us)

    def gauge(
        self, name: str, value: float, now_us: int, context: str | None = None, unit: str = ""
    ) -> None:
        """Take a figure of the whole or of one context; `gauges.KINDS` lists the known names."""
        self.gauges.set(name, value, now_us, context, unit)

    def mark(
        self, kind: MarkKind | str, label: str, at_us: int, until_us: int | None = None
    ) -> None:
        """Draw a line in the charts; raises ValueError for a kind that is none of `MarkKind`."""
        mark = Mark(at_us, MarkKind(kind), label, until_us)
        self._marks = sorted({*self._marks, mark})[-MAX_MARKS:]

    def marks(self) -> tuple[Mark, ...]:
        """The marks so far, in order of time."""
        return tuple(self._marks)

    def incidents(self, found: Iterable[OpenIncident]) -> None:
        """Replace the list of open incidents; until the first call nobody is taken to alert."""
        self._incidents = tuple(found)

    def note(self, text: str) -> None:
        """Say something about the data itself, once."""
        if text not in self._notes:
            self._notes.append(text)

    def recent(self, objective: str) -> Traffic:
        """Traffic of one objective over the last hours; raises KeyError for an unknown name."""
        return self._recent[objective]

    def over_period(self, objective: str) -> Traffic:
        """Traffic of one objective over its whole period; raises KeyError for an unknown name."""
        return self._period[objective]

    def snapshot(self, now_us: int, wall_us: int | None = None) -> BoardSnapshot:
        """Everything at `now_us`; `wall_us` is the real time where `now_us` stands still."""
        *_, found = self.looks(now_us, wall_us)
        assert found is not None
        return found

    def looks(self, now_us: int, wall_us: int | None = None) -> Iterator[BoardSnapshot | None]:
        """`snapshot` in steps of one objective each: None while it is not finished.

        For a loop that has other work to do between two steps.
        """
        silent_us = (wall_us or now_us) - (self._alive_us or 0)
        stale = self._alive_us is None or silent_us > NO_DATA_AFTER_S * SECOND_US
        watched: list[Watched] = []
        for live in self.watched:
            watched.append(self._watched(live, now_us, stale=stale))
            yield None
        contexts = {w.snapshot.objective.context or "" for w in watched}
        contexts.update(context for context, _ in self.journeys.names())
        yield BoardSnapshot(
            self.title,
            now_us,
            self._alive_us,
            stale,
            worst((w.condition for w in watched), Condition.NO_DATA),
            tuple(watched),
            tuple(sorted(contexts)),
            self._incidents,
            tuple(self._marks),
            self.campaign,
            self.level,
            tuple(self._notes),
        )

    def _watched(self, live: LiveObjective, now_us: int, *, stale: bool) -> Watched:
        objective = live.objective
        traffic = self._recent[objective.name]
        live.events.advance(now_us)
        rate = _rate(traffic, now_us)
        seen = self._period[objective.name].counts(*period_of(objective, self.campaign, now_us))
        live.plan = remaining(objective, self.campaign, now_us, seen.valid, rate)
        snapshot = live.snapshot(now_us)
        longest = max((r.long for r in snapshot.readings), key=lambda c: c.valid, default=None)
        counts = snapshot.budget.counts if longest is None else longest
        exhaustion_s = snapshot.exhaustion_s
        if not live.plan:
            plan = at_this_rate(objective, rate)
            exhaustion_s = seconds_to_exhaustion(snapshot.budget, counts, plan)
        recent = traffic.totals(now_us - LATENCY_S * SECOND_US, now_us + 1)
        deadline_us = (objective.deadline_ms or 0) * 1000
        overdue = [a for a in live.events.in_flight() if now_us - a.t_start_us > deadline_us]
        return Watched(
            snapshot,
            condition_of(snapshot, stale=stale),
            period_of(objective, self.campaign, now_us),
            rate,
            recent,
            with_ages(recent.durations, overdue, now_us),
            float(expected_bad(counts, live.plan)),
            exhaustion_s,
            self._last_event_us.get(objective.name),
        )


def _rate(traffic: Traffic, now_us: int) -> float:
    """Valid events per second over the last minute, in whole slots before the present one."""
    width = traffic.width_us
    until_us = max(now_us // width * width, width)
    from_us = until_us - max(RATE_S * SECOND_US // width, 1) * width
    return traffic.counts(from_us, until_us).valid * SECOND_US / (until_us - from_us)


def _recent_traffic(objective: Objective) -> Traffic:
    return _traffic(min(RECENT_S, objective.window.duration.seconds))


def _period_traffic(objective: Objective) -> Traffic:
    return _traffic(objective.window.duration.seconds)


def _traffic(span_s: int) -> Traffic:
    return Traffic(slot_width(span_s * SECOND_US, CHART_SLOTS), CHART_SLOTS + 1)
