"""Where time goes: critical-path time by whom it is charged to (METHODS section 5)."""

from __future__ import annotations

from typing import Final

import polars as pl

from analyzer.analysis.hotspots.frames import TraceFrames
from analyzer.analysis.hotspots.latency import MIN_SAMPLES
from analyzer.analysis.hotspots.windows import Baseline, Window

SLICES: Final = {"all": 0.0, "slowest half": 0.5, "slowest 5 %": 0.95, "slowest 1 %": 0.99}


def charged_path(frames: TraceFrames) -> pl.DataFrame:
    """Path time by trace and by whom it is charged to: a gap to the callee.

    Columns trace_id, service_name, operation, caller (null for own time), exclusive_ns. A gap's
    operation is the callee's where the spans name it.
    """
    called = (
        frames.times.filter(pl.col("callee_operation").is_not_null())
        .group_by("callee", "operation", "callee_operation")
        .len()
        .sort(
            ["callee", "operation", "len", "callee_operation"],
            descending=[False, False, True, False],
        )
        .group_by("callee", "operation", maintain_order=True)
        .agg(pl.col("callee_operation").first())
    )
    is_gap = pl.col("callee").is_not_null()
    return frames.path.join(called, on=["callee", "operation"], how="left").select(
        "trace_id",
        pl.coalesce("callee", "service_name").alias("service_name"),
        pl.coalesce("callee_operation", "operation").alias("operation"),
        pl.when(is_gap).then("service_name").alias("caller"),
        "exclusive_ns",
    )


def where_time_goes(frames: TraceFrames) -> pl.DataFrame:
    """What journeys are made of, overall and in their slow tails.

    One row per (journey, slice, service_name, operation, caller), largest share first inside a
    journey and slice: exclusive_ns, share (of that slice's path time), journeys (in the slice).
    Slices are cut per journey name: all, slowest half, slowest 5 %, slowest 1 %.
    """
    path = charged_path(frames)
    ranked = frames.journeys.filter(pl.col("duration_ns").is_not_null()).select(
        "trace_id",
        "journey",
        ((pl.col("duration_ns").rank("ordinal") - 1) / pl.len()).over("journey").alias("place"),
    )
    parts = [
        _slice(path, ranked.filter(pl.col("place") >= low), name) for name, low in SLICES.items()
    ]
    return (
        pl.concat(parts)
        .with_columns(pl.col(pl.Categorical).cast(pl.String))
        .sort(
            ["journey", "slice", "share", "service_name", "operation", "caller"],
            descending=[False, False, True, False, False, False],
        )
    )


def _slice(path: pl.DataFrame, journeys: pl.DataFrame, name: str) -> pl.DataFrame:
    keys = ["journey", "service_name", "operation", "caller"]
    sizes = journeys.group_by("journey").agg(pl.len().cast(pl.Int64).alias("journeys"))
    return (
        path.join(journeys, on="trace_id")
        .group_by(keys)
        .agg(pl.col("exclusive_ns").sum())
        .with_columns(
            pl.lit(name).alias("slice"),
            (pl.col("exclusive_ns") / pl.col("exclusive_ns").sum().over("journey")).alias("share"),
        )
        .join(sizes, on="journey")
        .select(
            "journey",
            "slice",
            "service_name",
            "operation",
            "caller",
            "exclusive_ns",
            "share",
            "journeys",
        )
    )


def slow_time_shares(
    frames: TraceFrames, path: pl.DataFrame, window: Window, baseline: Baseline
) -> pl.DataFrame:
    """Shares of the slow journeys' critical path: service_name, operation, caller, share.

    A journey of the window is slow above the baseline's p95 of its name, or of all journeys
    where the baseline holds fewer than five of that name.
    """
    timed = frames.journeys.filter(pl.col("duration_ns").is_not_null())
    usual = timed.filter(baseline.contains())
    overall = usual["duration_ns"].quantile(0.95, "linear")
    limits = (
        usual.group_by("journey")
        .agg(pl.len().alias("n"), pl.col("duration_ns").quantile(0.95, "linear").alias("limit"))
        .filter(pl.col("n") >= MIN_SAMPLES)
        .select("journey", "limit")
    )
    usual_limit = pl.lit(overall, pl.Float64)  # null without a baseline: then none is slow
    slow = (
        timed.filter(window.contains())
        .join(limits, on="journey", how="left")
        .filter(pl.col("duration_ns") > pl.coalesce("limit", usual_limit))
        .select("trace_id")
        .unique()
    )
    return (
        path.join(slow, on="trace_id", how="semi")
        .group_by("service_name", "operation", "caller")
        .agg(pl.col("exclusive_ns").sum())
        .with_columns((pl.col("exclusive_ns") / pl.col("exclusive_ns").sum()).alias("share"))
        .select("service_name", "operation", "caller", "share")
        .with_columns(pl.col(pl.Categorical).cast(pl.String))
        .sort("service_name", "operation", "caller", nulls_last=False)
    )
