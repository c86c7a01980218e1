"""An objective evaluated over a recording: its windows, both verdicts, and what would have rung.

Input are counts per bucket of time, from wherever: a store's SQL, the live bot, a replay. Equal
events give equal figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from analyzer.slo.budget import (
    EPISODE_GAP_US,
    Budget,
    Evidence,
    PeriodVerdict,
    evidence,
    period_verdict,
)
from analyzer.slo.burn import Holding, PairRule
from analyzer.slo.events import EventClass, EventCounts
from analyzer.slo.live import SECOND_US, SlidingCounts
from analyzer.slo.spec.values import CalendarWindow, Objective
from analyzer.slo.windows import Pair, pairs_of, rolling_end_us

STEP_US, COARSE_STEP_US = 15 * SECOND_US, 60 * SECOND_US
LONG_RECORDING_US = 2 * 86_400 * SECOND_US


class Bucket(NamedTuple):
    """Counts of the events that start in [start_us, start_us + bucket width).

    `first_bad_us`, `last_bad_us` bound the starts of its bad events; None without one.
    """

    start_us: int
    counts: EventCounts
    first_bad_us: int | None = None
    last_bad_us: int | None = None


@dataclass(frozen=True, slots=True)
class WindowResult:
    """An objective in one window [start_us, end_us) of the recording."""

    start_us: int
    end_us: int
    budget: Budget
    period: PeriodVerdict
    evidence: Evidence
    episodes: int


@dataclass(frozen=True, slots=True)
class Ringing:
    """A stretch of the recording in which a pair would have fired."""

    pair: Pair
    from_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All windows of a recording in order of time, and its alerts."""

    objective: Objective
    windows: tuple[WindowResult, ...]
    alerts: tuple[Ringing, ...]

    @property
    def worst(self) -> WindowResult:
        """The window that decides: most of its budget spent, then most events, then earliest."""
        return max(
            self.windows,
            key=lambda w: (w.budget.spent or 0, w.budget.counts.valid, -w.start_us),
        )

    @property
    def breached(self) -> bool:
        return any(window.period is PeriodVerdict.BREACHED for window in self.windows)


def evaluate(
    objective: Objective, buckets: Sequence[Bucket], begin_us: int, end_us: int
) -> Evaluation:
    """Evaluate `objective` from `begin_us` to `end_us` (exclusive); `buckets` in order of time.

    Rolling windows are laid end to end backwards from the end, or the edge of the bucket of a live
    window that the end falls in; calendar windows are as they fall.
    """
    windows = tuple(
        _window(objective, buckets, start_us, stop_us)
        for start_us, stop_us in periods(objective, begin_us, end_us)
    )
    return Evaluation(objective, windows, tuple(_ringing(objective, buckets, end_us)))


def periods(objective: Objective, begin_us: int, end_us: int) -> list[tuple[int, int]]:
    """The objective's windows that touch [begin_us, end_us), at least one, in order of time."""
    if isinstance(objective.window, CalendarWindow):
        return list(_calendar_periods(objective.window, begin_us, end_us))
    end_us = origin_us(objective, end_us)
    length = objective.window.duration.seconds * SECOND_US
    count = max(1, -(-(end_us - begin_us) // length))
    return [(end_us - n * length, end_us - (n - 1) * length) for n in range(count, 0, -1)]


def origin_us(objective: Objective, end_us: int) -> int:
    """What buckets are counted from so that none lies across an edge of a window.

    Calendar windows begin on a whole minute of the clock, rolling ones are counted from the last.
    """
    if isinstance(objective.window, CalendarWindow):
        return 0
    return rolling_end_us(objective.window.duration.seconds, end_us)


def _calendar_periods(
    window: CalendarWindow, begin_us: int, end_us: int
) -> Iterator[tuple[int, int]]:
    at_us = begin_us
    while True:
        start, stop = window.bounds(datetime.fromtimestamp(at_us / SECOND_US, UTC))
        start_us, stop_us = (round(t.timestamp() * SECOND_US) for t in (start, stop))
        yield start_us, stop_us
        if stop_us >= end_us:
            return
        at_us = stop_us


def _window(
    objective: Objective, buckets: Sequence[Bucket], start_us: int, end_us: int
) -> WindowResult:
    inside = [bucket for bucket in buckets if start_us <= bucket.start_us < end_us]
    counts = _counts(objective, inside, start_us)
    budget = Budget(counts, objective.target, objective.planned_events)
    return WindowResult(
        start_us,
        end_us,
        budget,
        period_verdict(budget),
        evidence(counts, objective.target, objective.min_events),
        bucket_episodes(inside),
    )


def _counts(objective: Objective, inside: list[Bucket], start_us: int) -> EventCounts:
    """Event counts, or for time slices the counts of good and bad slices."""
    if objective.timeslices is None:
        return sum((bucket.counts for bucket in inside), EventCounts())
    width_us = objective.timeslices.window_s * SECOND_US
    slices: dict[int, EventCounts] = {}
    for bucket in inside:
        index = (bucket.start_us - start_us) // width_us
        slices[index] = slices.get(index, EventCounts()) + bucket.counts
    used = [counts for counts in slices.values() if counts.valid]
    good = sum(counts.good >= objective.timeslices.target * counts.valid for counts in used)
    return EventCounts(good=good, bad=len(used) - good)


def bucket_episodes(buckets: Sequence[Bucket], gap_us: int = EPISODE_GAP_US) -> int:
    """Bad episodes, exact as long as a bucket is no wider than the gap."""
    found, last_us = 0, None
    for bucket in buckets:
        if bucket.first_bad_us is None:
            continue
        found += last_us is None or bucket.first_bad_us - last_us >= gap_us
        last_us = bucket.last_bad_us
    return found


def _ringing(objective: Objective, buckets: Sequence[Bucket], end_us: int) -> Iterator[Ringing]:
    """Replay the recording through the alert windows, every 15 s (a minute, if of many days)."""
    pairs = pairs_of(objective)
    if not pairs or not buckets:
        return
    budget = Budget(EventCounts(), objective.target, objective.planned_events).events or None
    rules = [PairRule(pair, objective.target, budget) for pair in pairs]
    live = SlidingCounts({w for pair in pairs for w in (pair.long_s, pair.short_s)})
    holding = [Holding(pair.keep_firing_s) for pair in pairs]
    since: list[int | None] = [None] * len(pairs)
    waiting = iter(buckets)
    coming = next(waiting, None)
    begin_us = buckets[0].start_us
    step_us = STEP_US if end_us - begin_us <= LONG_RECORDING_US else COARSE_STEP_US
    for now_us in range(begin_us - begin_us % step_us, end_us + step_us, step_us):
        while coming is not None and coming.start_us <= now_us:
            _add(live, coming)
            coming = next(waiting, None)
        live.advance(now_us)
        for index, rule in enumerate(rules):
            holds = rule.holds(live.counts(rule.pair.long_s), live.counts(rule.pair.short_s))
            now_s = now_us / SECOND_US
            holding[index] = holding[index].at(now_s, condition=holds)
            firing = holding[index].firing(now_s)
            begun = since[index]
            if firing and begun is None:
                since[index] = now_us
            elif not firing and begun is not None:
                since[index] = None
                yield Ringing(rule.pair, begun, now_us)
    for rule, begun in zip(rules, since, strict=True):
        if begun is not None:
            yield Ringing(rule.pair, begun, end_us)


def _add(live: SlidingCounts, bucket: Bucket) -> None:
    counts = bucket.counts
    for event_class, amount in (
        (EventClass.GOOD, counts.good),
        (EventClass.BAD, counts.bad),
        (EventClass.UNKNOWN, counts.unknown),
    ):
        if amount:
            live.add(bucket.start_us, event_class, amount)
