"""Which stretches of a long recording a short replay takes: a quiet one and the busiest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BASELINE, PEAK, WHOLE = "baseline", "peak", "recorded"
QUIET_SHARE = 0.25
"""Of the time for the quiet stretch; the busiest, which decides, gets the rest."""
QUIET_QUANTILE = 0.25
FLAT_RATIO = 2 / 3
"""A recording whose quiet quarter is this busy has no peak worth telling apart."""
FEWEST_SECONDS = 20
"""Recorded seconds below which nothing is worth dividing."""

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Excerpt:
    """[from_seconds, until_seconds) of the recording; replayed from `at_seconds` on."""

    name: str
    from_seconds: float
    until_seconds: float
    at_seconds: float = 0.0

    @property
    def seconds(self) -> float:
        """Its length in the recording."""
        return self.until_seconds - self.from_seconds

    def holds(self, at_seconds: float) -> bool:
        """Whether a moment of the recording lies in it."""
        return self.from_seconds <= at_seconds < self.until_seconds

    def replayed_at(self, at_seconds: float, speed: float) -> float:
        """When a moment of the recording comes in the replay."""
        return self.at_seconds + (at_seconds - self.from_seconds) / speed


def excerpts(times: Sequence[float], longest: float, speed: float) -> tuple[Excerpt, ...]:
    """All of the recording if it lasts at most `longest` seconds; else what stands for it.

    `times` are the ascending moments of acts. Where the load varies, that is a quiet stretch (the
    lower quartile of load) and the busiest one, in this order; else the busiest alone. Lengths
    are whole seconds, as both sides of a report count by the second.
    """
    first, last = times[0], times[-1] + 0.001
    if last - first <= longest:
        return (Excerpt(WHOLE, first, last),)
    begin, per_second = math.floor(first), _per_second(times)
    whole = max(1, math.floor(longest))
    quiet_seconds = round(whole * QUIET_SHARE)
    peak_seconds = whole - quiet_seconds
    peak = int(np.argmax(_sums(per_second, peak_seconds)))
    quiet = _quiet(per_second, quiet_seconds, (peak, peak + peak_seconds))
    busy_rate = per_second[peak : peak + peak_seconds].sum() / peak_seconds
    told_apart = whole >= FEWEST_SECONDS and quiet is not None
    if (
        quiet is None
        or not told_apart
        or _rate(per_second, quiet, quiet_seconds) >= (FLAT_RATIO * busy_rate)
    ):
        start = begin + int(np.argmax(_sums(per_second, whole)))
        return (Excerpt(PEAK, start, start + whole),)
    return (
        Excerpt(BASELINE, begin + quiet, begin + quiet + quiet_seconds),
        Excerpt(PEAK, begin + peak, begin + peak + peak_seconds, quiet_seconds / speed),
    )


def _per_second(times: Sequence[float]) -> Counts:
    offsets = np.asarray(times) - math.floor(times[0])
    return np.bincount(offsets.astype(np.int64))


def _sums(per_second: Counts, seconds: int) -> Counts:
    """Acts in every stretch of `seconds`, by its first second."""
    total = np.concatenate([[0], np.cumsum(per_second)])
    width = min(seconds, len(per_second))
    return np.asarray(total[width:] - total[:-width], dtype=np.int64)


def _rate(per_second: Counts, start: int, seconds: int) -> float:
    return float(per_second[start : start + seconds].sum()) / seconds


def _quiet(per_second: Counts, seconds: int, taken: tuple[int, int]) -> int | None:
    """The first second of the earliest stretch whose load is nearest to the lower quartile."""
    sums = _sums(per_second, seconds)
    starts = np.arange(len(sums))
    free = (starts + seconds <= taken[0]) | (starts >= taken[1])
    if not free.any():
        return None
    middle = float(np.quantile(sums[free], QUIET_QUANTILE))
    distance = np.where(free, np.abs(sums - middle), np.inf)
    return int(np.argmin(distance))
