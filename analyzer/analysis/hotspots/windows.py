"""Peaks and incidents in time: found in the traffic itself, or given (METHODS section 5.2).

One change to the method: level and spread of the buckets are those of their densest half (the
"shorth") instead of median and IQR over all. They agree on quiet data, but a campaign that
fills a third of a recording inflates the IQR over all buckets until it hides itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

SECOND_NS: Final = 1_000_000_000
BUCKETS_NS: Final = tuple(s * SECOND_NS for s in (15, 60, 300, 900))
MIN_JOURNEYS: Final = 20
MIN_BUCKETS: Final = 6
MIN_IN_BUCKET: Final = 5
SCORE_LIMIT: Final = 3.0
GUARD_NS: Final = 5 * SECOND_NS
TAIL_NS: Final = 420 * SECOND_NS
INCIDENT_FROM_NS: Final = 10 * SECOND_NS
INCIDENT_TO_NS: Final = 150 * SECOND_NS


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time `[start_ns, end_ns)` compared with the rest, and why it was chosen."""

    start_ns: int
    end_ns: int
    reason: str = "given"

    def contains(self, column: str = "start_ns") -> pl.Expr:
        return pl.col(column).is_between(self.start_ns, self.end_ns, closed="left")


@dataclass(frozen=True, slots=True)
class Baseline:
    """Everything outside the windows, a guard before them and a recovery tail after them."""

    windows: tuple[Window, ...]
    tail_ns: int

    def contains(self, column: str = "start_ns") -> pl.Expr:
        outside = pl.lit(value=True)
        for window in self.windows:
            outside = outside & ~pl.col(column).is_between(
                window.start_ns - GUARD_NS, window.end_ns + self.tail_ns, closed="left"
            )
        return outside


def incident_window(moment_ns: int) -> Window:
    """The window of a known incident: 10 to 150 s after it began."""
    return Window(moment_ns + INCIDENT_FROM_NS, moment_ns + INCIDENT_TO_NS, "incident")


def baseline_of(starts: pl.Series, windows: Sequence[Window]) -> Baseline:
    """The baseline beside `windows`; the tail is halved until half of the data remains."""
    times = starts.sort().to_numpy()
    tail = TAIL_NS
    while tail > SECOND_NS:
        lost = sum(
            int(np.searchsorted(times, high) - np.searchsorted(times, low))
            for low, high in _union((w.start_ns - GUARD_NS, w.end_ns + tail) for w in windows)
        )
        if 2 * lost <= len(times):
            return Baseline(tuple(windows), tail)
        tail //= 2
    return Baseline(tuple(windows), 0)


def find_windows(journeys: pl.DataFrame) -> tuple[Window, ...]:
    """Peaks of latency, errors or volume, in order of time.

    `journeys` has start_ns, duration_ns, status and journey. The bucket is the smallest of 15 s,
    60 s, 5 min and 15 min whose median bucket holds 20 journeys. None are found in fewer than
    six buckets. Volume is judged over all journeys together; latency and errors also for each
    journey of its own that fills the buckets, since a slow journey that is a third of the
    traffic never moves the median of all.
    """
    for width in BUCKETS_NS:
        buckets = _buckets(journeys, width)
        counts = buckets["journeys"].to_numpy()
        if len(counts) and (np.median(counts) >= MIN_JOURNEYS or width == BUCKETS_NS[-1]):
            break
    else:
        return ()
    if len(counts) < MIN_BUCKETS:
        return ()
    scores = {
        "latency": _latency_score(buckets["latency_ns"].to_numpy()),
        "errors": _error_score(buckets["errors"].to_numpy(), counts),
        "volume": _volume_score(counts),
    }
    places = buckets["bucket"].to_numpy()
    scores |= _scores_by_journey(journeys, width, places)
    highest = np.max(np.stack(list(scores.values())), axis=0)
    hot = [int(place) for place, score in zip(places, highest, strict=True) if score > SCORE_LIMIT]
    return tuple(_named(run, width, places, scores) for run in _runs(hot))


def _scores_by_journey(
    journeys: pl.DataFrame, width_ns: int, places: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """Latency and error scores of each journey that is frequent enough, by the same buckets."""
    names = journeys["journey"].drop_nulls().unique().sort().to_list()
    if len(names) < 2:
        return {}
    scores: dict[str, NDArray[np.float64]] = {}
    for name in names:
        buckets = _buckets(journeys.filter(pl.col("journey") == name), width_ns)
        buckets = buckets.filter(pl.col("journeys") >= MIN_IN_BUCKET)
        if buckets.height < max(MIN_BUCKETS, len(places) // 2):
            continue
        at = np.searchsorted(places, buckets["bucket"].to_numpy())
        counts = buckets["journeys"].to_numpy()
        for signal, found in (
            ("latency", _latency_score(buckets["latency_ns"].to_numpy())),
            ("errors", _error_score(buckets["errors"].to_numpy(), counts)),
        ):
            score = np.zeros(len(places))
            score[at] = found
            scores[f"{signal} of {name}"] = score
    return scores


def _union(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _buckets(journeys: pl.DataFrame, width_ns: int) -> pl.DataFrame:
    """Per bucket with traffic: journeys, errors, latency_ns (median), by time."""
    return (
        journeys.group_by((pl.col("start_ns") // width_ns).alias("bucket"))
        .agg(
            pl.len().cast(pl.Int64).alias("journeys"),
            (pl.col("status") == "error").sum().cast(pl.Int64).alias("errors"),
            pl.col("duration_ns").median().fill_null(0.0).alias("latency_ns"),
        )
        .sort("bucket")
    )


def _densest_half(values: NDArray[np.float64]) -> tuple[float, float]:
    """Median and length of the shortest interval that holds half of the values."""
    ordered = np.sort(values)
    half = len(ordered) // 2 + 1
    lengths = ordered[half - 1 :] - ordered[: len(ordered) - half + 1]
    first = int(np.argmin(lengths))
    return float(np.median(ordered[first : first + half])), float(lengths[first])


def _latency_score(medians: NDArray[np.float64]) -> NDArray[np.float64]:
    level, spread = _densest_half(medians)
    score = (medians - level) / max(spread, 0.05 * level, 1.0)
    return np.asarray(score, dtype=np.float64)


def _error_score(errors: NDArray[np.int64], journeys: NDArray[np.int64]) -> NDArray[np.float64]:
    """Excess over the error rate of the calmer three quarters of the buckets, Poisson-scaled."""
    rates = errors / journeys
    calm = rates <= np.quantile(rates, 0.75)
    expected = journeys * (errors[calm].sum() / journeys[calm].sum())
    score = (errors - expected) / np.sqrt(expected + 1)
    return np.asarray(score, dtype=np.float64)


def _volume_score(journeys: NDArray[np.int64]) -> NDArray[np.float64]:
    """Excess over the usual volume; ordinary swings are wider than Poisson's root."""
    level, spread = _densest_half(journeys.astype(np.float64))
    score = (journeys - level) / max(float(np.sqrt(level + 1)), spread)
    return np.asarray(score, dtype=np.float64)


def _runs(hot: list[int]) -> list[tuple[int, int]]:
    """(first, last) of runs of at least two buckets, gaps of one bucket bridged."""
    runs: list[list[int]] = []
    for place in hot:
        if runs and place - runs[-1][-1] <= 2:
            runs[-1].append(place)
        else:
            runs.append([place])
    return [(run[0], run[-1]) for run in runs if len(run) >= 2]


def _named(
    run: tuple[int, int],
    width_ns: int,
    places: NDArray[np.int64],
    scores: dict[str, NDArray[np.float64]],
) -> Window:
    """The window of a run, its reason the signals that passed the limit in it."""
    inside = (places >= run[0]) & (places <= run[1])
    passed = [name for name, score in scores.items() if score[inside].max() > SCORE_LIMIT]
    return Window(run[0] * width_ns, (run[1] + 1) * width_ns, " and ".join(passed))
