"""Differences between two sides, after minus before: positive is worse.

Shares: Newcombe's interval from the Wilson limits of each side (Statistics in Medicine 17, 1998,
method 10), widened by the design effect where bad events come in episodes. Quantiles: moving
blocks. Each carries its nominal 95 % interval, a p value and what it needs to be judged.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analyzer.analysis.compare.blocks import (
    Floats,
    block_length,
    design_effect,
    quantile_replicates,
    replicates,
    widening,
)
from analyzer.slo.intervals import CONFIDENCE, quantile_minimum, wilson

ONE_SIDED = 0.90  # its upper end is the one-sided 95 % bound


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure on both sides. `low`..`high` is nominal 95 %, `upper` the one-sided 95 % bound.

    `needed` is the smallest n per side that bounds the measure; below it there is no interval.
    `identical`: both sides hold the very same events, so there is no difference to estimate.
    """

    measure: str
    before: float | None
    after: float | None
    n_before: int
    n_after: int
    needed: int
    low: float | None = None
    high: float | None = None
    upper: float | None = None
    p_value: float | None = None
    block: int | None = None
    design_effect: float | None = None
    identical: bool = False

    @property
    def difference(self) -> float | None:
        if self.before is None or self.after is None:
            return None
        return self.after - self.before

    @property
    def enough(self) -> bool:
        return min(self.n_before, self.n_after) >= self.needed

    @property
    def vague(self) -> bool:
        """Whether the interval is wider than the value itself, so that its ends say nothing."""
        if self.low is None or self.high is None or not self.before:
            return False
        return self.high - self.low > 2 * self.before


def newcombe(
    after: tuple[float, float], before: tuple[float, float], confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Interval of share(after) - share(before); each side is (bad, n)."""
    p1, p2 = after[0] / after[1], before[0] / before[1]
    l1, u1 = wilson(*after, confidence)
    l2, u2 = wilson(*before, confidence)
    difference = p1 - p2
    return (
        difference - math.hypot(p1 - l1, u2 - p2),
        difference + math.hypot(u1 - p1, p2 - l2),
    )


def share_difference(
    measure: str, before: NDArray[np.bool_], after: NDArray[np.bool_]
) -> Difference:
    """Difference of the shares of bad events, both sides in order of time.

    A side needs no minimum: its interval says how little it knows.
    """
    if not len(before) or not len(after):
        return Difference(measure, _share(before), _share(after), len(before), len(after), 1)
    share = _share(before)
    if np.array_equal(before, after):
        return _no_difference(Difference(measure, share, share, len(before), len(after), 1))
    # One effect for both: a side with hardly a bad event cannot know how they would cluster, and
    # taken alone it would call every episode of the other side a change.
    # The blocks that it is measured by are few in a short run, as those of the quantiles are.
    effect = max(
        design_effect(events) * widening(len(events), block_length(events)) ** 2
        for events in (before, after)
    )
    sides = [(float(events.sum()) / effect, len(events) / effect) for events in (before, after)]
    low, high = newcombe(sides[1], sides[0])
    return Difference(
        measure,
        _share(before),
        _share(after),
        len(before),
        len(after),
        1,
        low,
        high,
        newcombe(sides[1], sides[0], ONE_SIDED)[1],
        _score_test(sides[0], sides[1]),
        design_effect=effect,
    )


def _no_difference(found: Difference) -> Difference:
    return replace(found, low=0.0, high=0.0, upper=0.0, p_value=1.0, identical=True)


def _share(events: NDArray[np.bool_]) -> float | None:
    return float(events.mean()) if len(events) else None


def _score_test(before: tuple[float, float], after: tuple[float, float]) -> float:
    """Two-sided p of equal shares, pooled variance."""
    from scipy.special import ndtr

    pooled = (before[0] + after[0]) / (before[1] + after[1])
    variance = pooled * (1 - pooled) * (1 / before[1] + 1 / after[1])
    if variance == 0:
        return 1.0
    z = (after[0] / after[1] - before[0] / before[1]) / math.sqrt(variance)
    return float(2 * ndtr(-abs(z)))


def quantile_differences(
    before: Floats, after: Floats, quantiles: tuple[float, ...], random: np.random.Generator
) -> list[Difference]:
    """Differences of latency quantiles; values in order of time, any one unit.

    Below the two-sided sample minimum of a quantile (METHODS.md section 8) only its point values
    are given, below the one-sided minimum nothing.
    """
    if np.array_equal(before, after):
        nothing = np.empty(0)
        same = [_quantile_difference(before, after, one, nothing) for one in quantiles]
        return [_no_difference(found) if found.enough else found for found in same]
    resampled = [
        quantile_replicates(side, quantiles, replicates(len(side)), random)
        if len(side) >= quantile_minimum(min(quantiles), two_sided=True)
        else np.empty((0, len(quantiles)))
        for side in (before, after)
    ]
    rows = min(len(side) for side in resampled)
    spread = resampled[1][:rows] - resampled[0][:rows]
    return [
        _quantile_difference(before, after, quantile, spread[:, column])
        for column, quantile in enumerate(quantiles)
    ]


def _quantile_difference(
    before: Floats, after: Floats, quantile: float, spread: Floats
) -> Difference:
    measure = f"p{quantile * 100:g}"
    needed = quantile_minimum(quantile, two_sided=True)
    shown = quantile_minimum(quantile, two_sided=False)
    found = Difference(
        measure,
        float(np.quantile(before, quantile)) if len(before) >= shown else None,
        float(np.quantile(after, quantile)) if len(after) >= shown else None,
        len(before),
        len(after),
        needed,
    )
    if not found.enough or not len(spread):
        return found
    blocks = block_length(before), block_length(after)
    wider = max(widening(len(before), blocks[0]), widening(len(after), blocks[1]))
    spread = np.median(spread) + (spread - np.median(spread)) * wider
    low, high, upper = (float(v) for v in np.quantile(spread, (0.025, 0.975, 0.95)))
    return replace(
        found,
        low=low,
        high=high,
        upper=upper,
        p_value=_normal_p(found.difference or 0.0, float(spread.std())),
        block=max(blocks),
    )


def _normal_p(difference: float, deviation: float) -> float:
    from scipy.special import ndtr

    if deviation == 0:
        return 1.0 if difference == 0 else 0.0
    return float(2 * ndtr(-abs(difference) / deviation))
