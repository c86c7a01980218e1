"""Paired runs (old and new in ABBA order): the pair is the unit, not the request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analyzer.analysis.compare.blocks import Floats

EXACT_PAIRS = 20
RANDOM_FLIPS = 100_000
RESAMPLES = 4000
CHUNK = 1 << 16
MIN_PAIRS = 6
"""With 5 pairs even equal signs give p = .0625: nothing could be shown at 5 %."""


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Mean of the pairs' differences (after minus before), nominal 95 % interval, p value."""

    pairs: int
    difference: float
    low: float | None
    high: float | None
    p_value: float


def sign_flip_p(differences: Sequence[float], random: np.random.Generator) -> float:
    """Two-sided p of a mean of 0: all 2^m sign flips up to 20 pairs, 100,000 random ones above.

    Source: Fisher, The Design of Experiments (1935), section 21. Random flips count the observed
    one among them, so p is never 0.
    """
    values = np.asarray(differences, dtype=np.float64)
    m = len(values)
    if m == 0:
        return 1.0
    observed = abs(float(values.sum())) * (1 - 1e-12)
    if m <= EXACT_PAIRS:
        hits = sum(
            int((np.abs(_signs(begin, m) @ values) >= observed).sum())
            for begin in range(0, 1 << m, CHUNK)
        )
        return hits / (1 << m)
    flips = random.integers(0, 2, (RANDOM_FLIPS, m)) * 2 - 1
    hits = int((np.abs(flips @ values) >= observed).sum())
    return (hits + 1) / (RANDOM_FLIPS + 1)


def _signs(begin: int, m: int) -> NDArray[np.int64]:
    """Rows of +1 and -1: the binary digits of `begin` onwards."""
    codes = np.arange(begin, min(begin + CHUNK, 1 << m))
    return ((codes[:, None] >> np.arange(m)) & 1) * 2 - 1


def paired_difference(
    before: Sequence[float], after: Sequence[float], random: np.random.Generator
) -> PairedDifference:
    """The mean difference over pairs; `before[i]` and `after[i]` are one pair.

    No interval below `MIN_PAIRS` pairs. Raises ValueError for sides of different length.
    """
    if len(before) != len(after):
        raise ValueError(f"{len(before)} runs before, {len(after)} after: pairs are needed")
    differences: Floats = np.asarray(after, dtype=np.float64) - np.asarray(
        before, dtype=np.float64
    )
    m = len(differences)
    mean = float(differences.mean()) if m else 0.0
    p_value = sign_flip_p(differences.tolist(), random)
    if m < MIN_PAIRS:
        return PairedDifference(m, mean, None, None, p_value)
    drawn = differences[random.integers(0, m, (RESAMPLES, m))].mean(axis=1)
    low, high = (float(value) for value in np.quantile(drawn, (0.025, 0.975)))
    return PairedDifference(m, mean, low, high, p_value)
