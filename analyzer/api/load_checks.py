"""Objectives held to every level of a load test, by what users saw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from analyzer.api.observed import journey_name
from analyzer.replay.botapi.clock import NS_PER_SECOND
from analyzer.replay.drive import Journey
from analyzer.replay.drive.summary import MOST_LAG_RATIO, quantile
from analyzer.replay.load import Level
from analyzer.replay.workload.plan import DEADLINES_SECONDS, DEFAULT_DEADLINE_SECONDS
from analyzer.replay.workload.recorded import NOTIFICATION
from analyzer.slo.budget import EvidenceVerdict, evidence
from analyzer.slo.events import EventCounts
from analyzer.slo.spec import Objective

DEFAULT_TARGET = Fraction(99, 100)


@dataclass(frozen=True, slots=True)
class Check:
    """An objective, or without a file what SLO.md section 2 asks of a journey."""

    name: str
    journey: str
    target: Fraction
    deadline_ms: float


@dataclass(frozen=True, slots=True)
class Held:
    """A check at one level: `broken` means that its events refute the target."""

    check: Check
    valid: int
    bad: int
    first_bad_ns: int | None

    @property
    def broken(self) -> bool:
        """Whether the target is refuted at 95 % (Clopper-Pearson, SLO.md section 3)."""
        if not self.valid:
            return False
        counts = EventCounts(good=self.valid - self.bad, bad=self.bad)
        return evidence(counts, self.check.target).verdict is EvidenceVerdict.REFUTED


@dataclass(frozen=True, slots=True)
class LevelResult:
    """A level: what was offered and answered a second, p95 of the answers, all checks.

    `lag_ratio` is the generator's p99 lag as a share of the deadlines.
    """

    level: Level
    offered_per_second: float
    answered_per_second: float
    p50_ms: float | None
    p95_ms: float | None
    lag_ratio: float
    dropped: int
    held: tuple[Held, ...]

    @property
    def broken(self) -> tuple[Held, ...]:
        """Checks that did not hold, the one that broke first leading."""
        found = [held for held in self.held if held.broken]
        return tuple(sorted(found, key=lambda held: (held.first_bad_ns or 0, held.check.name)))

    @property
    def problem(self) -> str:
        """Why the level proves nothing; empty for a valid one."""
        if self.dropped:
            return f"{self.dropped} visits were dropped: more users are needed"
        if self.lag_ratio > MOST_LAG_RATIO:
            return (
                f"the generator was late: p99 of its lag is {self.lag_ratio:.1%} of the deadline, "
                f"above {MOST_LAG_RATIO:.0%}; it needs more of the machine"
            )
        return ""


def checks_of(objectives: Sequence[Objective], journeys: Sequence[str]) -> tuple[Check, ...]:
    """The objectives with a deadline; without any, 99 % in time for each of `journeys`."""
    found = [
        Check(one.name, one.journey, one.target, one.deadline_ms)
        for one in objectives
        if one.source and one.journey and one.deadline_ms is not None
    ]
    if found:
        return tuple(found)
    return tuple(
        Check(name, name, DEFAULT_TARGET, 1000 * _deadline(name)) for name in sorted(set(journeys))
    )


def _deadline(name: str) -> float:
    return DEADLINES_SECONDS.get(name, DEFAULT_DEADLINE_SECONDS)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a run that there was: `begun_ns` on the clock of the rows, and its length."""

    begun_ns: int
    seconds: float


def judged(
    level: Level, rows: Sequence[Journey], stretch: Stretch, checks: Sequence[Check]
) -> LevelResult:
    """The level by the rows that began in it, after the time to settle.

    A level that the run ended in counts as long as it lasted.
    """
    inside = [row for row in rows if _is_in(level, row, stretch.begun_ns)]
    acts = [row for row in inside if row.journey != NOTIFICATION]
    issued = [row for row in acts if row.issued_ns is not None]
    ended = min(level.until_seconds, stretch.seconds)
    seconds = max(1.0, ended - level.at_seconds - level.settle_seconds)
    answered = [row.latency_ms for row in issued if row.latency_ms is not None]
    ratios = [row.lag_ms / row.deadline_ms for row in issued if row.lag_ms is not None]
    return LevelResult(
        level,
        len(acts) / seconds,
        len(answered) / seconds,
        float(np.quantile(answered, 0.5)) if answered else None,
        float(np.quantile(answered, 0.95)) if answered else None,
        quantile(ratios, 0.99) if ratios else 0.0,
        len(acts) - len(issued),
        tuple(_held(check, inside) for check in checks),
    )


def _is_in(level: Level, row: Journey, begun_ns: int) -> bool:
    at = (row.intended_ns - begun_ns) / NS_PER_SECOND
    return level.at_seconds + level.settle_seconds <= at < level.until_seconds


def _held(check: Check, rows: Sequence[Journey]) -> Held:
    own = list(_counted(check, rows))
    bad = [row for row in own if row.outcome != "ok" or row.waited_ms > check.deadline_ms]
    first = min((row.intended_ns for row in bad), default=None)
    return Held(check, len(own), len(bad), first)


def _counted(check: Check, rows: Sequence[Journey]) -> Iterator[Journey]:
    """Rows of the check's journey; what still waits within its deadline is not counted yet."""
    for row in rows:
        waits = row.outcome == "unanswered" and row.waited_ms <= check.deadline_ms
        if journey_name(row) == check.journey and row.issued_ns is not None and not waits:
            yield row
