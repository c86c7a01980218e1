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
CROWDED: Final = 2.0
_TIMEOUT: Final = r"(?i)time.?d?.?out|deadline"


@dataclass(frozen=True, slots=True)
class LoadSigns:
    """Load and latency of one operation side by side.

    `load_ratio` is arrivals per second in the peak over those in the baseline's busy time (None
    without a baseline); `correlation` Spearman's of arrivals and median own + gap per bucket
    (None in fewer than eight buckets). `concurrency` is Little's law in the peak and before:
    arrivals per second times their mean time (None without arrivals). `timeouts` is the share of
    the operation's spans in the peak that ended in a time-out, `retries` the share of calls to it
    that were retries, `retries_before` the same of the baseline.
    """

    load_ratio: float | None
    correlation: float | None
    concurrency: tuple[float, float] | None
    timeouts: float
    retries: float
    retries_before: float

    def verdict(self, side: str) -> str:
        """What the signs alone say of the cause; `side` is own, gap or shared."""
        ratio, correlation = self.load_ratio, self.correlation
        if ratio is None:
            return ""
        if ratio >= LOAD_RISE:
            if correlation is not None and correlation >= CLEAR_CORRELATION:
                return "saturation: latency rises with the load"
            return "not clearly tied to the load"
        if side == "gap":
            return "at the same load: the network or the host, not traffic"
        return "slower at the same load: code, its data or its host, not traffic"

    def evidence(self) -> str:
        """The figures behind the verdict, and what else the calls show."""
        parts = []
        if self.load_ratio is not None:
            text = f"load x {self.load_ratio:.1f}"
            if self.correlation is not None and self.load_ratio >= LOAD_RISE:
                text += f", rank correlation with latency {self.correlation:.2f}"
            parts.append(text)
        if self.concurrency is not None and _grew(*self.concurrency):
            at_peak, before = self.concurrency
            parts.append(f"{at_peak:.2g} at work at once, {before:.2g} before")
        if self.timeouts >= TIMEOUT_SHARE:
            parts.append(f"{self.timeouts:.0%} time out")
        if self.retries >= RETRY_SHARE and self.retries >= 2 * self.retries_before:
            parts.append(
                f"retry storm: {self.retries:.0%} of its calls are retries "
                f"({self.retries_before:.0%} before)"
            )
        return "; ".join(parts)


def _grew(at_peak: float, before: float) -> bool:
    return at_peak >= 1.0 and at_peak >= CROWDED * before


def load_signs(
    samples: pl.DataFrame,
    spans: pl.DataFrame,
    calls: pl.DataFrame,
    window: Window,
    baseline: Baseline,
) -> LoadSigns:
    """Signs of one operation.

    `samples` has start_ns, weight and own_gap_ns, `spans` start_ns, weight, duration_ns and
    error_type, `calls` start_ns and
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
    retried = calls.filter(baseline.contains())["retry"].mean()
    return LoadSigns(
        ratio,
        _spearman(buckets["arrivals"].to_numpy(), buckets["latency"].to_numpy()),
        _concurrency(buckets, spans, width),
        _share(timeouts),
        _share(retries),
        _share(retried),
    )


def _concurrency(
    buckets: pl.DataFrame, spans: pl.DataFrame, width_ns: int
) -> tuple[float, float] | None:
    """Little's law per bucket: the median over the peak's buckets and over the baseline's."""
    busy = spans.group_by((pl.col("start_ns") // width_ns).alias("bucket")).agg(
        ((pl.col("duration_ns") * pl.col("weight")).sum() / width_ns).alias("at_once")
    )
    joined = buckets.join(busy, on="bucket")
    found = [joined.filter(phase)["at_once"].median() for phase in ("peak", "base")]
    at_peak, before = (value if isinstance(value, float) else None for value in found)
    return None if at_peak is None or before is None else (at_peak, before)


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
