"""Whether a pair's condition holds for the counts of its two windows.

    fire = bad(L) >= c * budget           (a pair with a budget share and a known budget)
       or  burn(L) >= B                   (any other pair)
       AND burn(S) >= B
       AND bad(L) >= k_min(valid(L) * (1 - T))

An empty short window makes the ratio term false; that no data arrive is an alert of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from analyzer.slo.budget import burn_rate
from analyzer.slo.events import EventCounts
from analyzer.slo.intervals import poisson_guard
from analyzer.slo.windows import Pair


class BurnState(StrEnum):
    ACCEPTABLE = "acceptable"
    INCREASING = "increasing"
    CRITICAL = "critical"
    RECOVERING = "recovering"


@dataclass(frozen=True, slots=True)
class PairReading:
    """One pair at one moment: the condition and everything that explains it."""

    pair: Pair
    long: EventCounts
    short: EventCounts
    condition: bool
    guard: int
    target: Fraction
    budget_events: Fraction | None

    @property
    def burn_long(self) -> Fraction | None:
        return burn_rate(self.long, self.target)

    @property
    def burn_short(self) -> Fraction | None:
        return burn_rate(self.short, self.target)

    @property
    def state(self) -> BurnState:
        """Where the pair stands, from its two burn rates against its threshold."""
        long, short = (self._over(burn) for burn in (self.burn_long, self.burn_short))
        if long:
            return BurnState.CRITICAL if short else BurnState.RECOVERING
        return BurnState.INCREASING if short else BurnState.ACCEPTABLE

    def _over(self, burn: Fraction | None) -> bool:
        return burn is not None and burn >= self.pair.burn

    @property
    def spent_share(self) -> Fraction | None:
        """Share of the whole budget that the long window used up."""
        if not self.budget_events:
            return None
        return self.long.bad / self.budget_events


@dataclass(frozen=True, slots=True)
class PairRule:
    """A pair made ready for a target and a budget: integer comparisons, exact and cheap."""

    pair: Pair
    target: Fraction
    budget_events: Fraction | None = None
    guarded: bool = True
    spend_events: int | None = field(init=False)
    share: Fraction = field(init=False)
    allowed: Fraction = field(init=False)

    def __post_init__(self) -> None:
        """Work out the bad count that spends the share, and the bad share that burns B-fold."""
        spend = None
        if self.pair.budget_share is not None and self.budget_events:
            spend = math.ceil(self.pair.budget_share * self.budget_events)
        object.__setattr__(self, "spend_events", spend)
        object.__setattr__(self, "allowed", 1 - self.target)
        object.__setattr__(self, "share", self.pair.burn * self.allowed)

    def holds(self, long: EventCounts, short: EventCounts) -> bool:
        """Whether the condition is true for these counts."""
        if self.spend_events is not None:
            matters = long.bad >= self.spend_events
        else:
            matters = self._burns(long)
        if not matters or not self._burns(short):
            return False
        return not self.guarded or long.bad >= self.guard(long)

    def guard(self, long: EventCounts) -> int:
        """The least bad count in the long window that chance does not explain."""
        allowed = self.allowed
        return poisson_guard(long.valid * allowed.numerator / allowed.denominator)

    def read(self, long: EventCounts, short: EventCounts) -> PairReading:
        return PairReading(
            self.pair,
            long,
            short,
            self.holds(long, short),
            self.guard(long),
            self.target,
            self.budget_events,
        )

    def _burns(self, counts: EventCounts) -> bool:
        if not counts.valid:
            return False
        bad = counts.bad * self.share.denominator
        limit = self.share.numerator * counts.valid
        return bad > limit if self.pair.strict else bad >= limit


@dataclass(frozen=True, slots=True)
class Holding:
    """Keeps a condition firing for a while after it was last true; times in seconds."""

    keep_firing_s: float
    last_true_s: float | None = None

    def at(self, now_s: float, *, condition: bool) -> Holding:
        return Holding(self.keep_firing_s, now_s if condition else self.last_true_s)

    def firing(self, now_s: float) -> bool:
        """True from the first true condition until `keep_firing_s` after the last one."""
        return self.last_true_s is not None and now_s - self.last_true_s <= self.keep_firing_s
