"""Error budgets in events, and the two answers about them: the period and the evidence.

The period is a census: so many events were bad, so many were allowed. The evidence is about the
service itself and needs statistics. They differ: 15 bad of 20,000 at 99.9 % meets the period and
demonstrates nothing. Formulas: SLO.md section 3. Nothing is rounded before it is compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from analyzer.slo.events import EventCounts
from analyzer.slo.intervals import clopper_pearson_lower, clopper_pearson_upper, events_needed

EPISODE_GAP_US = 60_000_000
WEAK_EPISODES = 5


class PeriodVerdict(StrEnum):
    """What the counts of the period say. No data is neither good nor bad."""

    MET = "met"
    AT_RISK = "at risk"
    BREACHED = "breached"
    NO_DATA = "no data"


class EvidenceVerdict(StrEnum):
    DEMONSTRATED = "demonstrated"
    REFUTED = "refuted"
    NOT_ENOUGH_DATA = "not enough data"


@dataclass(frozen=True, slots=True)
class Budget:
    """How many events may be bad, and how many are gone.

    Unknown events are charged like bad ones: verdicts use the lower end of the SLI.
    """

    counts: EventCounts
    target: Fraction
    planned_events: int | None = None

    @property
    def events(self) -> Fraction:
        """(1 - T) * N, with N planned (a campaign) or observed (logs)."""
        n = self.counts.valid if self.planned_events is None else self.planned_events
        return (1 - self.target) * n

    @property
    def charged(self) -> int:
        return self.counts.bad + self.counts.unknown

    @property
    def left_events(self) -> Fraction:
        """Events that may still be bad; negative once the budget is overspent."""
        return self.events - self.charged

    @property
    def spent(self) -> Fraction | None:
        """Share of the budget that is gone, above 1 when overspent; None without events."""
        return self.charged / self.events if self.events else None

    @property
    def left(self) -> Fraction | None:
        return None if self.spent is None else 1 - self.spent

    @property
    def sli(self) -> Fraction | None:
        """Good / valid, the lower end; None (not 1) for 0 valid events."""
        return Fraction(self.counts.good, self.counts.valid) if self.counts.valid else None

    @property
    def sli_upper(self) -> Fraction | None:
        """(good + unknown) / valid: what the SLI is if all unknown events were good."""
        if not self.counts.valid:
            return None
        return Fraction(self.counts.good + self.counts.unknown, self.counts.valid)


def burn_rate(counts: EventCounts, target: Fraction) -> Fraction | None:
    """(bad / valid) / (1 - T): at 1 the budget lasts just the period; None without events."""
    return Fraction(counts.bad, counts.valid) / (1 - target) if counts.valid else None


def period_verdict(budget: Budget, forecast_bad: Fraction | int = 0) -> PeriodVerdict:
    """The census' answer; `forecast_bad` is how many more bad events are to be expected."""
    if not budget.counts.valid:
        return PeriodVerdict.NO_DATA
    if budget.charged > budget.events:
        return PeriodVerdict.BREACHED
    if budget.charged + forecast_bad > budget.events:
        return PeriodVerdict.AT_RISK
    return PeriodVerdict.MET


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the events show about the service: `lower` and `upper` are one-sided 95 % bounds.

    `needed` is the n at which the present bad count would demonstrate the target.
    """

    verdict: EvidenceVerdict
    lower: float
    upper: float
    needed: int | None


def evidence(counts: EventCounts, target: Fraction, min_events: int | None = None) -> Evidence:
    """Whether the target is demonstrated, refuted, or neither (Clopper-Pearson, SLO.md 3).

    Assumes independent events; failures come in episodes, so show `episodes` beside it. Fewer
    valid events than `min_events` never demonstrate anything.
    """
    charged = counts.bad + counts.unknown
    lower = clopper_pearson_lower(counts.good, charged)
    upper = clopper_pearson_upper(counts.good, charged)
    needed = events_needed(charged, target)
    if needed is not None and min_events is not None:
        needed = max(needed, min_events)
    if counts.valid and Fraction(upper) < target:
        verdict = EvidenceVerdict.REFUTED
    elif needed is not None and counts.valid >= needed:
        verdict = EvidenceVerdict.DEMONSTRATED
    else:
        verdict = EvidenceVerdict.NOT_ENOUGH_DATA
    return Evidence(verdict, lower, upper, needed)


def episodes(bad_starts_us: Iterable[int], gap_us: int = EPISODE_GAP_US) -> int:
    """Number of bad episodes: bad events closer than `gap_us` belong together."""
    ordered = sorted(bad_starts_us)
    apart = (after - before >= gap_us for before, after in pairwise(ordered))
    return sum(apart) + bool(ordered)


@dataclass(frozen=True, slots=True)
class ArrivalStep:
    """A stretch of the plan: `events` arrivals, evenly over `seconds`."""

    seconds: float
    events: float


def expected_bad(recent: EventCounts, planned: Sequence[ArrivalStep]) -> Fraction:
    """Bad events that the rest of the plan brings at the recent bad share (0 without events)."""
    if not recent.valid:
        return Fraction(0)
    arrivals = sum((Fraction(step.events) for step in planned), Fraction(0))
    return Fraction(recent.bad, recent.valid) * arrivals


def seconds_to_exhaustion(
    budget: Budget, recent: EventCounts, planned: Sequence[ArrivalStep]
) -> float | None:
    """Seconds until the recent bad share uses up what is *left* of the budget.

    0 when nothing is left, None when the plan ends first or nothing is bad.
    """
    left = float(budget.left_events)
    if left < 0:
        return 0.0
    if not recent.valid or not recent.bad:
        return None
    share = recent.bad / recent.valid
    elapsed = 0.0
    for step in planned:
        bad = share * step.events
        if bad > left:
            return elapsed + step.seconds * left / bad
        left -= bad
        elapsed += step.seconds
    return None
