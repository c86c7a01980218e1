"""Durations counted in bins of 2 %: quantiles to within 1 %, in bounded memory, with take-back.

Source: DDSketch (Masson, Rim, Lee, VLDB 2019): bins grow by a constant factor, so the error of a
quantile is relative and known beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

GROWTH = 1.02
QUANTILES = (0.5, 0.95, 0.99)
_LOG_GROWTH = math.log(GROWTH)


@lru_cache(maxsize=4096)
def bin_of(duration_us: int) -> int:
    """The bin of a duration; everything below a microsecond is the first."""
    return math.ceil(math.log(duration_us) / _LOG_GROWTH) if duration_us > 1 else 0


def middle_ms(index: int) -> float:
    """The value, in ms, that stands for a bin: at most 1 % from any duration in it."""
    return 2 * GROWTH**index / (GROWTH + 1) / 1000


class Sketch:
    """A multiset of durations (microseconds) that forgets nothing but the last 2 %."""

    __slots__ = ("bins", "count")

    def __init__(self) -> None:
        """Start empty."""
        self.bins: dict[int, int] = {}
        self.count = 0

    def add(self, duration_us: int, amount: int = 1) -> None:
        """Count a duration `amount` times (negative: take it back)."""
        index = bin_of(duration_us)
        left = self.bins.get(index, 0) + amount
        self.count += amount
        if left:
            self.bins[index] = left
        else:
            self.bins.pop(index, None)

    def merge(self, other: Sketch) -> None:
        """Add all of `other`."""
        if not self.bins:
            self.bins = other.bins.copy()
        else:
            for index, amount in other.bins.items():
                self.bins[index] = self.bins.get(index, 0) + amount
        self.count += other.count

    def quantiles_ms(self, quantiles: Sequence[float]) -> list[float | None]:
        """The values below which these ascending shares lie (nearest rank); None if empty."""
        if self.count <= 0:
            return [None] * len(quantiles)
        found: list[float | None] = []
        ordered = sorted(self.bins.items())
        reached, place = 0, 0
        for quantile in quantiles:
            rank = max(1, math.ceil(quantile * self.count))
            while place < len(ordered) and reached + ordered[place][1] < rank:
                reached += ordered[place][1]
                place += 1
            found.append(middle_ms(ordered[min(place, len(ordered) - 1)][0]))
        return found
