"""What became slower: own time and gaps per operation, peak against baseline (METHODS 5.3-5.5).

Medians and IQR, not mean and sigma: they survive a window that starts too late. One addition
to the method: *what the callees of one caller share is the caller's*. A caller short of CPU,
threads or connections waits longer for every callee alike; each gap alone would blame the
callees. The lower quartile of the excesses of a caller's callees (the smallest, up to four of
them; none with a single callee) is charged to the caller, the rest to each callee.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from analyzer.analysis.hotspots.period import Period

FLOOR_NS: Final = 50_000
MIN_SAMPLES: Final = 5
_KEY: Final = ["service_name", "operation", "caller"]


def latency_shifts(base: Period, peak: Period) -> pl.DataFrame:
    """One row per (service_name, operation, caller), sorted by them; caller null = own time.

    Columns n_base, n_peak, median_base, median_peak, iqr_base (ns), excess, shared (ns: the part
    of the excess that is the caller's), score = (excess - shared)/(iqr_base + 0.05 ms), not below
    0, and shared_score, the same of the shared part. Scores are null below five samples on
    either side.
    """
    before = base.levels.rename({"n": "n_base", "median": "median_base", "iqr": "iqr_base"})
    during = peak.levels.drop("iqr").rename({"n": "n_peak", "median": "median_peak"})
    joined = before.join(
        during, on=_KEY, how="full", coalesce=True, nulls_equal=True
    ).with_columns(pl.col("n_base", "n_peak").fill_null(0))
    enough = (pl.col("n_base") >= MIN_SAMPLES) & (pl.col("n_peak") >= MIN_SAMPLES)
    shifts = joined.with_columns(
        pl.when(enough).then(pl.col("median_peak") - pl.col("median_base")).alias("excess")
    )
    scale = pl.col("iqr_base") + FLOOR_NS
    return (
        shifts.join(_shared(shifts), on="caller", how="left")
        .with_columns(pl.when(enough).then(pl.col("shared").fill_null(0.0)))
        .with_columns(
            ((pl.col("excess") - pl.col("shared")) / scale).clip(0.0).alias("score"),
            (pl.col("shared") / scale).alias("shared_score"),
        )
        .sort(_KEY, nulls_last=False)
    )


def _shared(shifts: pl.DataFrame) -> pl.DataFrame:
    """Per caller the excess that three quarters of its callees reach, if it has two or more."""
    return (
        shifts.filter(pl.col("caller").is_not_null() & pl.col("excess").is_not_null())
        .group_by("caller", "service_name")
        .agg(pl.col("excess").max())
        .group_by("caller")
        .agg(
            pl.len().alias("callees"),
            pl.col("excess").quantile(0.25, "lower").clip(0.0).alias("shared"),
        )
        .filter(pl.col("callees") >= 2)
        .select("caller", "shared")
    )


def latency_scores(shifts: pl.DataFrame) -> pl.DataFrame:
    """r(s): per service the largest score over its operations, and the key that gave it.

    Columns service_name, score, operation, caller, is_shared (all its outgoing calls wait: then
    `caller` is the callee it waits for). Ties go to the first operation and caller by name.
    """
    scored = shifts.filter(pl.col("score").is_not_null())
    columns = ["service_name", "score", "operation", "caller", "is_shared"]
    direct = scored.with_columns(pl.lit(value=False).alias("is_shared")).select(columns)
    waiting = scored.filter(pl.col("shared_score") > 0).select(
        pl.col("caller").alias("service_name"),
        pl.col("shared_score").alias("score"),
        "operation",
        pl.col("service_name").alias("caller"),
        pl.lit(value=True).alias("is_shared"),
    )
    return (
        pl.concat([direct, waiting])
        .sort(
            ["service_name", "score", "operation", "caller"],
            descending=[False, True, False, False],
        )
        .group_by("service_name", maintain_order=True)
        .first()
    )
