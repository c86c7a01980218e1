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

from analyzer.analysis.hotspots.events import largest_by_chance
from analyzer.analysis.hotspots.period import Period

FLOOR_NS: Final = 50_000
MIN_SAMPLES: Final = 5
_FEW: Final = 3
_FEW_BASE: Final = 29
"""So many samples bound a p90 (METHODS section 8)."""
_MEDIAN_DEVIATION: Final = 0.93
"""Standard deviation of the median of one normal sample, in its IQR: 1.2533/1.349."""
_KEY: Final = ["service_name", "operation", "caller"]


def latency_shifts(base: Period, peak: Period) -> pl.DataFrame:
    """One row per (service_name, operation, caller), sorted by them; caller null = own time.

    Columns n_base, n_peak, median_base, median_peak, iqr_base (ns), excess, shared (ns: the part
    of the excess that is the caller's), score = (excess - shared)/(iqr_base + 0.05 ms), not below
    0, and shared_score, the same of the shared part. Scores are null below five samples on
    either side. few_score is for three or four samples in the peak, where a suspect must not go
    free because it is seldom called: by how much the fastest of them lies above the baseline's
    p90 (chance: 1 in 1,000 at most), on the same scale.
    """
    before = base.levels.drop("least").rename(
        {"n": "n_base", "median": "median_base", "iqr": "iqr_base"}
    )
    during = peak.levels.drop("iqr", "p90").rename({"n": "n_peak", "median": "median_peak"})
    joined = before.join(
        during, on=_KEY, how="full", coalesce=True, nulls_equal=True
    ).with_columns(pl.col("n_base", "n_peak").fill_null(0))
    enough = (pl.col("n_base") >= MIN_SAMPLES) & (pl.col("n_peak") >= MIN_SAMPLES)
    shifts = joined.with_columns(
        pl.when(enough).then(pl.col("median_peak") - pl.col("median_base")).alias("excess")
    )
    scale = pl.col("iqr_base") + FLOOR_NS
    few = (pl.col("n_base") >= _FEW_BASE) & pl.col("n_peak").is_between(_FEW, MIN_SAMPLES - 1)
    above = (pl.col("least") - pl.col("p90")) / scale
    return (
        shifts.join(_shared(shifts), on="caller", how="left")
        .with_columns(pl.when(enough).then(pl.col("shared").fill_null(0.0)))
        .with_columns(
            ((pl.col("excess") - pl.col("shared")) / scale).clip(0.0).alias("score"),
            (pl.col("shared") / scale).alias("shared_score"),
            pl.when(few & (above > 0)).then(above).alias("few_score"),
        )
        .drop("least", "p90")
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

    Columns service_name, score, chance (what the largest of so many scores comes to where nothing
    changed), operation, caller, is_shared (all its outgoing calls wait: then
    `caller` is the callee it waits for). Ties go to the first operation and caller by name.
    """
    samples = 1 / pl.col("n_base") + 1 / pl.col("n_peak")
    shifts = shifts.with_columns(pl.coalesce("score", "few_score").alias("score"))
    scored = shifts.filter(pl.col("score").is_not_null()).with_columns(
        (_MEDIAN_DEVIATION * samples.sqrt()).alias("deviation")
    )
    columns = ["service_name", "score", "operation", "caller", "is_shared", "deviation"]
    direct = scored.with_columns(pl.lit(value=False).alias("is_shared")).select(columns)
    waiting = scored.filter(pl.col("shared_score") > 0).select(
        pl.col("caller").alias("service_name"),
        pl.col("shared_score").alias("score"),
        "operation",
        pl.col("service_name").alias("caller"),
        pl.lit(value=True).alias("is_shared"),
        "deviation",
    )
    chance = pl.col("deviation").max() * pl.len().map_elements(largest_by_chance, pl.Float64)
    return (
        pl.concat([direct, waiting])
        .with_columns(chance.over("service_name").alias("chance"))
        .sort(
            ["service_name", "score", "operation", "caller"],
            descending=[False, True, False, False],
        )
        .group_by("service_name", maintain_order=True)
        .first()
        .drop("deviation")
    )
