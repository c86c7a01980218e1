"""Peaks and incidents in time: found in the traffic itself, or given (METHODS section 5.2).

Changes to the method, each from recordings that it got wrong. Level and spread of the buckets are
those of their densest half (the "shorth"), not median and IQR over all: the two agree on quiet
data, but a campaign that fills a third of a recording inflates the IQR until it hides itself.
Latencies are compared in log time; journeys are also looked at by name, and in wider buckets; a
run grows into warm neighbours.
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
MIN_JOURNEYS_BY_NAME: Final = 5
MIN_BUCKETS: Final = 6
MIN_OF_A_NAME: Final = MIN_BUCKETS // 2 * MIN_JOURNEYS_BY_NAME
"""A name with fewer journeys cannot hold five in half of six buckets."""
MIN_BUCKETS_WIDER: Final = 20
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


def baseline_of(
    starts: pl.Series, windows: Sequence[Window], weights: pl.Series | None = None
) -> Baseline:
    """The baseline beside `windows`; the tail is halved until half of the data remains.

    `weights` says how many spans each start stands for (one, unless it is a sample's).
    """
    order = starts.arg_sort()
    times = starts[order].to_numpy()
    counts = np.ones(len(times), np.int64) if weights is None else weights[order].to_numpy()
    seen = np.concatenate([[0], np.cumsum(counts)])
    tail = TAIL_NS
    while tail > SECOND_NS:
        lost = sum(
            int(seen[np.searchsorted(times, high)] - seen[np.searchsorted(times, low)])
            for low, high in _union((w.start_ns - GUARD_NS, w.end_ns + tail) for w in windows)
        )
        if 2 * lost <= seen[-1]:
            return Baseline(tuple(windows), tail)
        tail //= 2
    return Baseline(tuple(windows), 0)


def find_windows(journeys: pl.DataFrame | Iterable[pl.DataFrame]) -> tuple[Window, ...]:
    """Peaks of latency, errors or volume, in order of time; overlapping ones are one.

    `journeys` has journey, start_ns, duration_ns, status; of many, give pieces that each hold
    all journeys of some quarters of an hour (epoch time). Looked for over all journeys together
    and in each journey by its name: a slow ticket hides in the median of many quick answers.
    Buckets are 15 s, 60 s, 5 min or 15 min wide, from the smallest on whose median bucket holds
    20 journeys, or 5 of one name; nothing is found in fewer than six buckets.
    """
    pieces = [journeys] if isinstance(journeys, pl.DataFrame) else journeys
    counted = [_all_buckets(piece) for piece in pieces if piece.height]
    if not counted:
        return ()
    together = _by_width(pl.concat([overall for overall, _ in counted]))
    named = pl.concat([by_name for _, by_name in counted])
    found = _peaks(together, MIN_JOURNEYS, ("latency", "errors", "volume"), "")
    names = named["journey"].drop_nulls().unique()
    if len(names) == 1 and _fills_a_bucket(together):
        return _joined(found)
    frequent = named.filter(pl.col("journeys").sum().over("journey", "width") >= MIN_OF_A_NAME)
    parts = frequent.drop_nulls("journey").partition_by("journey", as_dict=True)
    for name in sorted(str(key[0]) for key in parts):
        mine = _by_width(parts[name,])
        found += _peaks(mine, MIN_JOURNEYS_BY_NAME, ("latency", "errors"), f" of {name}")
    return _joined(found)


def _all_buckets(journeys: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The buckets of every width, over all journeys and by name."""
    named = journeys.with_columns(pl.col("journey").cast(pl.String))
    return (
        pl.concat([_buckets(named, width, []) for width in BUCKETS_NS]),
        pl.concat([_buckets(named, width, ["journey"]) for width in BUCKETS_NS]),
    )


def _by_width(buckets: pl.DataFrame) -> dict[int, pl.DataFrame]:
    ordered = buckets.sort("bucket")
    return {width: ordered.filter(pl.col("width") == width) for width in BUCKETS_NS}


def _fills_a_bucket(buckets: dict[int, pl.DataFrame]) -> bool:
    """Whether some bucket width holds enough journeys in enough buckets."""
    sizes = (of_width["journeys"].to_numpy() for of_width in buckets.values())
    return any(len(n) >= MIN_BUCKETS and np.median(n) >= MIN_JOURNEYS for n in sizes)


def _peaks(
    buckets: dict[int, pl.DataFrame], enough: int, signals: tuple[str, ...], subject: str
) -> list[Window]:
    """Peaks at the smallest bucket that holds enough, and at wider ones while there are many.

    Wider buckets see a small but lasting change; fewer than twenty would see one in noise.
    """
    found: list[Window] = []
    least = MIN_BUCKETS
    for width, of_width in buckets.items():
        if len(of_width) < least:
            break
        if np.median(of_width["journeys"].to_numpy()) >= enough:
            found += _peaks_at(width, of_width, signals, subject)
            least = MIN_BUCKETS_WIDER
    return found


def _peaks_at(
    width_ns: int, buckets: pl.DataFrame, signals: tuple[str, ...], subject: str
) -> list[Window]:
    counts = buckets["journeys"].to_numpy()
    scores = {
        "latency": _latency_score(buckets["latency_ns"].to_numpy()),
        "errors": _error_score(buckets["errors"].to_numpy(), counts),
        "volume": _volume_score(counts),
    }
    scores = {name: scores[name] for name in signals}
    places = buckets["bucket"].to_numpy()
    highest = np.max(np.stack(list(scores.values())), axis=0)
    by_place = dict(zip(places.tolist(), highest.tolist(), strict=True))
    return [_named(run, width_ns, places, scores, subject) for run in _runs(by_place)]


def _joined(windows: list[Window]) -> tuple[Window, ...]:
    """Overlapping windows as one, with the reasons of all."""
    joined: list[Window] = []
    for window in sorted(windows, key=lambda w: (w.start_ns, w.end_ns, w.reason)):
        last = joined[-1] if joined else None
        if last is None or window.start_ns >= last.end_ns:
            joined.append(window)
            continue
        reasons = dict.fromkeys((*last.reason.split(", "), *window.reason.split(", ")))
        end = max(last.end_ns, window.end_ns)
        joined[-1] = Window(last.start_ns, end, ", ".join(reasons))
    return tuple(joined)


def _union(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _buckets(journeys: pl.DataFrame, width_ns: int, by: list[str]) -> pl.DataFrame:
    """Per bucket with traffic: width, journeys, errors, latency_ns (median)."""
    return (
        journeys.group_by(*by, (pl.col("start_ns") // width_ns).alias("bucket"))
        .agg(
            pl.len().cast(pl.Int64).alias("journeys"),
            (pl.col("status") == "error").sum().cast(pl.Int64).alias("errors"),
            pl.col("duration_ns").median().fill_null(0.0).alias("latency_ns"),
        )
        .with_columns(pl.lit(width_ns).alias("width"))
    )


def _densest_half(values: NDArray[np.float64]) -> tuple[float, float]:
    """Median and length of the shortest interval that holds half of the values."""
    ordered = np.sort(values)
    half = len(ordered) // 2 + 1
    lengths = ordered[half - 1 :] - ordered[: len(ordered) - half + 1]
    first = int(np.argmin(lengths))
    return float(np.median(ordered[first : first + half])), float(lengths[first])


def _latency_score(medians: NDArray[np.float64]) -> NDArray[np.float64]:
    """Excess in log time: medians of few journeys are skewed, their logarithms hardly are."""
    logs = np.log(np.maximum(medians, 1.0))
    level, spread = _densest_half(logs)
    score = (logs - level) / max(spread, float(np.log(1.05)))
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


def _runs(scores: dict[int, float]) -> list[tuple[int, int]]:
    """(first, last) of runs of at least two hot buckets, gaps of one bucket bridged.

    A run grows into neighbours above half the limit, and runs that meet so are one: noise cuts
    a lasting peak into pieces otherwise.
    """
    hot = [place for place, score in sorted(scores.items()) if score > SCORE_LIMIT]
    seeds: list[list[int]] = []
    for place in hot:
        if seeds and place - seeds[-1][-1] <= 2:
            seeds[-1].append(place)
        else:
            seeds.append([place])
    grown: list[tuple[int, int]] = []
    for seed in seeds:
        if len(seed) < 2:
            continue
        first, last = _warm_end(scores, seed[0], -1), _warm_end(scores, seed[-1], 1)
        if grown and first <= grown[-1][1] + 2:
            grown[-1] = (grown[-1][0], last)
        else:
            grown.append((first, last))
    return grown


def _warm_end(scores: dict[int, float], place: int, step: int) -> int:
    while scores.get(place + step, 0.0) > SCORE_LIMIT / 2:
        place += step
    return place


def _named(
    run: tuple[int, int],
    width_ns: int,
    places: NDArray[np.int64],
    scores: dict[str, NDArray[np.float64]],
    subject: str,
) -> Window:
    """The window of a run, its reason the signals that passed the limit in it."""
    inside = (places >= run[0]) & (places <= run[1])
    passed = [
        f"{name}{subject}" for name, score in scores.items() if score[inside].max() > SCORE_LIMIT
    ]
    return Window(run[0] * width_ns, (run[1] + 1) * width_ns, ", ".join(passed))
