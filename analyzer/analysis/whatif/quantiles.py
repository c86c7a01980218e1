"""Quantiles of latencies that come in episodes, and what so many samples allow to say.

Intervals are moving-block bootstrap intervals over journeys in order of start (Kuensch 1989),
nominal 95 %: before and after are resampled together, since they are the same journeys.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analyzer.analysis.whatif.runs import Ints

Floats = npt.NDArray[np.float64]

DRAWS = 1000
_CHUNK_CELLS = 4_000_000


def generator(seed: int, step: str, content: bytes) -> np.random.Generator:
    """A generator of its own for one random step, from seed, step name and input."""
    digest = hashlib.sha256(f"{seed}\0{step}\0".encode() + content).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest)))


def needed(quantile: float, *, two_sided: bool = False) -> int:
    """Samples needed to say anything (one bound), or an interval, about a quantile at 95 %."""
    return math.ceil(math.log(0.025 if two_sided else 0.05) / math.log(quantile) - 1e-9)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval; None where so few samples allow none.

    With enough samples for one bound and too few for two, `low` is None.
    """

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class QuantilePair:
    """A quantile before and after, and the part that was saved, in nanoseconds."""

    quantile: float
    n: int
    before: Estimate
    after: Estimate
    saved: Estimate


def quantile_pairs(
    before: Ints, after: Ints, quantiles: tuple[float, ...], random: np.random.Generator
) -> list[QuantilePair]:
    """Quantiles of the same journeys before and after, which must be in order of start."""
    count = len(before)
    drawn = _draws(before, after, quantiles, random) if count >= needed(min(quantiles)) else None
    found = []
    for at, quantile in enumerate(quantiles):
        if drawn is None or count < needed(quantile):
            nothing = Estimate(None, None, None)
            found.append(QuantilePair(quantile, count, nothing, nothing, nothing))
            continue
        full = count >= needed(quantile, two_sided=True)
        one, other = np.quantile(before, quantile), np.quantile(after, quantile)
        found.append(
            QuantilePair(
                quantile,
                count,
                _estimate(float(one), drawn[0][:, at], full=full),
                _estimate(float(other), drawn[1][:, at], full=full),
                _estimate(float(one - other), drawn[0][:, at] - drawn[1][:, at], full=full),
            )
        )
    return found


def _estimate(value: float, drawn: Floats, *, full: bool) -> Estimate:
    low, high = np.quantile(drawn, [0.025, 0.975]) if full else (None, np.quantile(drawn, 0.95))
    return Estimate(value, None if low is None else float(low), float(high))


def block_counts(count: int, draws: int, random: np.random.Generator) -> Ints:
    """How often each of `count` samples stands in each draw of moving blocks of ceil(sqrt n)."""
    length = math.ceil(math.sqrt(count))
    blocks = math.ceil(count / length)
    starts = random.integers(0, count - length + 1, size=(draws, blocks))
    ends = starts + length
    ends[:, -1] -= blocks * length - count
    steps = np.zeros((draws, count + 1), dtype=np.int64)
    rows = np.repeat(np.arange(draws), blocks)
    np.add.at(steps, (rows, starts.ravel()), 1)
    np.add.at(steps, (rows, ends.ravel()), -1)
    return steps.cumsum(axis=1)[:, :count]


def _draws(
    before: Ints, after: Ints, quantiles: tuple[float, ...], random: np.random.Generator
) -> tuple[Floats, Floats]:
    count = len(before)
    length = math.ceil(math.sqrt(count))
    starts = random.integers(0, count - length + 1, size=(DRAWS, math.ceil(count / length)))
    same = np.array_equal(before, after)
    sides = [_ranked(values) for values in ((before,) if same else (before, after))]
    chunk = max(1, min(DRAWS, _CHUNK_CELLS // count))
    steps = np.arange(length, dtype=np.int32)
    parts: list[list[Floats]] = [[] for _ in sides]
    for first in range(0, DRAWS, chunk):
        blocks = starts[first : first + chunk, :, None].astype(np.int32) + steps
        places = blocks.reshape(len(blocks), -1)[:, :count]
        for part, (ranked, ranks) in zip(parts, sides, strict=True):
            part.append(_quantiles(ranked, ranks[places], quantiles))
    drawn = [np.concatenate(part) for part in parts]
    return drawn[0], drawn[-1]


def _ranked(values: Ints) -> tuple[Ints, npt.NDArray[np.int32]]:
    """The values in order, and the place of each in it; small numbers are quick to select."""
    order = np.argsort(values, kind="stable")
    ranks = np.empty(len(values), dtype=np.int32)
    ranks[order] = np.arange(len(values), dtype=np.int32)
    return values[order], ranks


def _quantiles(ranked: Ints, drawn: npt.NDArray[np.int32], quantiles: tuple[float, ...]) -> Floats:
    """Linearly interpolated quantiles of every row of drawn ranks, which are left in disorder."""
    places = [quantile * (len(ranked) - 1) for quantile in quantiles]
    ends = [(math.floor(place), math.ceil(place)) for place in places]
    drawn.partition(sorted({end for pair in ends for end in pair}), axis=1)
    return np.stack(
        [
            ranked[drawn[:, low]] * (1 - (place - low)) + ranked[drawn[:, high]] * (place - low)
            for place, (low, high) in zip(places, ends, strict=True)
        ],
        axis=1,
    )
