"""Verdicts: what may be said about differences once all of them have been looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from analyzer.analysis.compare.differences import Difference

SINGLE_RUN_ALPHA = 0.01
"""For differences inside one run of each side: nominal 1 % keeps false alarms below 5 % when
latencies are autocorrelated (`tests/compare`, measured)."""
PAIRED_ALPHA = 0.05


_CLEARLY = 1.3
"""A 99 % interval is so much wider than the 95 % one that is shown."""


class Verdict(StrEnum):
    """What became of a measure; "no significant difference" is not "equal"."""

    IMPROVED = "improved"
    REGRESSED = "regressed"
    UNCHANGED = "unchanged"
    NOT_ENOUGH_DATA = "not enough data"


@dataclass(frozen=True, slots=True)
class Judged:
    """A difference with its verdict. `margin` is in the measure's unit.

    `non_inferior`: the one-sided 95 % upper bound of the difference is below the margin.
    """

    difference: Difference
    margin: float
    significant: bool
    verdict: Verdict

    @property
    def wanted(self) -> int | None:
        """About how many events a side would settle it, were the difference what it seems.

        None where that is unknown. An interval narrows with the square root of the events; it
        must fit between the difference and the margin, or exclude 0.
        """
        found = self.difference
        if found.low is None or found.high is None:
            return None
        seen = abs(found.difference or 0.0)
        room = max(self.margin - seen, seen / _CLEARLY)
        if room <= 0:
            return None
        half = (found.high - found.low) / 2
        n = min(found.n_before, found.n_after)
        return max(found.needed, n + 1, _two_digits(n * max(1.0, (half / room) ** 2)))

    @property
    def non_inferior(self) -> bool:
        upper = self.difference.upper
        return upper is not None and upper < self.margin


def _two_digits(n: float) -> int:
    """Rounded up to two significant digits: an estimate shall not look exact."""
    step: int = 10 ** max(0, math.floor(math.log10(n)) - 1)
    return math.ceil(n / step) * step


def holm(p_values: Sequence[float], alpha: float) -> list[bool]:
    """Which hypotheses are rejected, family-wise error `alpha` (Holm, 1979)."""
    return _step(p_values, [alpha / (len(p_values) - rank) for rank in range(len(p_values))])


def _step(p_values: Sequence[float], limits: Sequence[float]) -> list[bool]:
    """Reject in ascending order of p until one exceeds its limit."""
    rejected = [False] * len(p_values)
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    for index, limit in zip(order, limits, strict=True):
        if p_values[index] > limit:
            break
        rejected[index] = True
    return rejected


def benjamini_hochberg(p_values: Sequence[float], rate: float) -> list[bool]:
    """Which hypotheses are rejected at false discovery `rate`; for exploratory tables."""
    m = len(p_values)
    order = sorted(range(m), key=lambda index: p_values[index])
    within = [
        rank for rank, index in enumerate(order, start=1) if p_values[index] <= rate * rank / m
    ]
    kept = set(order[: max(within, default=0)])
    return [index in kept for index in range(m)]


def judge(difference: Difference, margin: float, *, significant: bool) -> Judged:
    """The verdict of one measure: significance for a change, the margin for none.

    A difference that is significant but lies within the margin with its whole interval is
    unchanged; one that is neither significant nor within the margin is not enough data.
    """
    low, high = difference.low, difference.high
    if not difference.enough or low is None or high is None or difference.difference is None:
        verdict = Verdict.NOT_ENOUGH_DATA
    elif -margin < low and high < margin:
        verdict = Verdict.UNCHANGED
    elif significant and difference.difference > 0:
        verdict = Verdict.REGRESSED
    elif significant and difference.difference < 0:
        verdict = Verdict.IMPROVED
    else:
        verdict = Verdict.NOT_ENOUGH_DATA
    return Judged(difference, margin, significant, verdict)


def judge_all(
    gates: Sequence[tuple[Difference, float]], alpha: float = SINGLE_RUN_ALPHA
) -> list[Judged]:
    """Verdicts of gates (difference, margin) named beforehand; Holm over those with a p."""
    tested = [
        i for i, (found, _) in enumerate(gates) if found.enough and found.p_value is not None
    ]
    rejected = holm([gates[i][0].p_value or 0.0 for i in tested], alpha)
    significant = {i for i, hit in zip(tested, rejected, strict=True) if hit}
    return [
        judge(found, margin, significant=index in significant)
        for index, (found, margin) in enumerate(gates)
    ]


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """One word for several gates: any regression counts, then any improvement."""
    for verdict in (Verdict.REGRESSED, Verdict.IMPROVED):
        if verdict in verdicts:
            return verdict
    settled = verdicts and all(verdict is Verdict.UNCHANGED for verdict in verdicts)
    return Verdict.UNCHANGED if settled else Verdict.NOT_ENOUGH_DATA
