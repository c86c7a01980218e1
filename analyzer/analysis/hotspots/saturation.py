"""Signs that tell load from slow code: what an operation's latency does when traffic rises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analyzer.analysis.hotspots.windows import BUCKETS_NS, Baseline, Window

MIN_BUCKETS: Final = 8
LOAD_RISE: Final = 1.3
CLEAR_CORRELATION: Final = 0.5
TIMEOUT_SHARE: Final = 0.05
RETRY_SHARE: Final = 0.05
_TIMEOUT: Final = r"(?i)time.?d?.?out|deadline"


@dataclass(frozen=True, slots=True)
class LoadSigns:
    """Load and latency of one operation side by side.

    `load_ratio` is arrivals per second in the peak over those in the baseline's busy time (None
    without a baseline); `correlation` Spearman's of arrivals and median own + gap per bucket
    (None in fewer than eight buckets). `timeouts` is the share of the operation's spans in the
    peak that ended in a time-out, `retries` the share of calls to it that were retries.
    """

    load_ratio: float | None
    correlation: float | None
    timeouts: float
    retries: float

    def words(self) -> str:
        """What the signs say, for the column `cause`."""
        parts = [self._load_words()]
        if self.timeouts >= TIMEOUT_SHARE:
            parts.append(f"{self.timeouts:.0%} time out")
        if self.retries >= RETRY_SHARE:
            parts.append(f"{self.retries:.0%} of calls are retries")
        return "; ".join(part for part in parts if part)

    def _load_words(self) -> str:
        ratio, correlation = self.load_ratio, self.correlation
        if ratio is None:
            return ""
        if ratio < LOAD_RISE:
            return f"load x {ratio:.1f}: slower at the same load (code, dependency or host)"
        if correlation is not None and correlation >= CLEAR_CORRELATION:
            return (
                f"load x {ratio:.1f}, latency rises with it (rank correlation {correlation:.2f})"
            )
        return f"load x {ratio:.1f}, no clear link to it"


def load_signs(
    samples: pl.DataFrame,
    spans: pl.DataFrame,
    calls: pl.DataFrame,
    window: Window,
    baseline: Baseline,
) -> LoadSigns:
    """Signs of one operation.

    `samples` has start_ns and own_gap_ns, `spans` start_ns and error_type, `calls` start_ns and
    retry: the calls that reach it, maybe none.
    """
    width = _width(samples["start_ns"])
    buckets = (
        samples.group_by((pl.col("start_ns") // width).alias("bucket"))
        .agg(
            pl.col("weight").sum().cast(pl.Float64).alias("arrivals"),
            pl.col("own_gap_ns").median().alias("latency"),
            window.contains().any().alias("peak"),
            baseline.contains().all().alias("base"),
        )
        .sort("bucket")
    )
    usual = buckets.filter("base")["arrivals"].median()
    busy = buckets.filter("peak")["arrivals"].median()
    ratio = None
    if isinstance(usual, float) and isinstance(busy, float) and usual > 0:
        ratio = busy / usual
    failed = spans.filter(window.contains())["error_type"].cast(pl.String)
    timeouts = failed.str.contains(_TIMEOUT).fill_null(value=False).mean()
    retries = calls.filter(window.contains())["retry"].mean()
    return LoadSigns(
        ratio,
        _spearman(buckets["arrivals"].to_numpy(), buckets["latency"].to_numpy()),
        _share(timeouts),
        _share(retries),
    )


def _share(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _width(starts: pl.Series) -> int:
    """The smallest bucket whose median holds five samples."""
    for width in BUCKETS_NS:
        counts = (starts // width).value_counts()["count"].median()
        if isinstance(counts, int | float) and counts >= 5:
            return width
    return BUCKETS_NS[-1]


def _spearman(x: NDArray[np.float64], y: NDArray[np.float64]) -> float | None:
    """Rank correlation with mean ranks for ties; None without variation or enough buckets."""
    if len(x) < MIN_BUCKETS:
        return None
    ranks = [pl.Series(values).rank("average").to_numpy() for values in (x, y)]
    if any(rank.min() == rank.max() for rank in ranks):
        return None
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])
