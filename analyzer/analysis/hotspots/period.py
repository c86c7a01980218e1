"""A stretch of time in figures: what the baseline and each peak are compared by.

Everything that needs the many rows happens here, once per period; comparing two periods is then
a matter of a few rows per operation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from analyzer.analysis.hotspots.counts import events_of, requests_of
from analyzer.analysis.hotspots.frames import TraceFrames

NAMELESS: Final = "an error without a type"
_KEY: Final = ["service_name", "operation"]
_MOSTLY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Period:
    """Figures of one period, times in nanoseconds, names as strings.

    `levels`: service_name, operation, caller (null = own time), n, median, iqr, p90, least of
    own + gap by whom it is charged to. `served`: service_name, operation, calls, errors (begun
    there), p50 of the duration. `called`: the same p50 as callers see it. `events`: service_name,
    key, other, n (`counts.events_of`). `requests`: service_name, n (`counts.requests_of`).
    `causes`: service_name, operation (maybe null), source, cause, n. `path`: service_name,
    exclusive_ns charged to it on the critical paths.
    """

    levels: pl.DataFrame
    served: pl.DataFrame
    called: pl.DataFrame
    events: pl.DataFrame
    requests: pl.DataFrame
    causes: pl.DataFrame
    path: pl.DataFrame


def measure(frames: TraceFrames, times: pl.DataFrame, chosen: pl.Expr) -> Period:
    """The figures of the time that `chosen` (an expression over start_ns) selects.

    `times` are those of `frames` as `counts.with_unanswered` gives them.
    """
    times = times.filter(chosen)
    records = frames.records.filter(chosen)
    return Period(
        levels=_named(_levels(times)),
        served=_named(_served(times)),
        called=_named(_called(times)),
        events=_named(events_of(times, records)),
        requests=_named(requests_of(times)),
        causes=_named(_causes(times, records, frames.records)),
        path=_named(_path(frames, chosen)),
    )


def charged(times: pl.DataFrame) -> pl.DataFrame:
    """Own time and gaps by the service and operation they are charged to (METHODS section 4).

    Columns service_name, operation, caller (null for own time), start_ns, weight, own_gap_ns. A
    client
    span's gap goes to its callee, `caller` says who waited.
    """
    is_gap = pl.col("callee").is_not_null()
    return times.select(
        pl.coalesce("callee", "service_name").alias("service_name"),
        pl.when(is_gap)
        .then(pl.coalesce("callee_operation", "operation"))
        .otherwise("operation")
        .alias("operation"),
        pl.when(is_gap).then("service_name").alias("caller"),
        "start_ns",
        "weight",
        (pl.col("own_ns") + pl.col("gap_ns")).alias("own_gap_ns"),
    )


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(pl.Categorical).cast(pl.String))


def _count(name: str) -> pl.Expr:
    return pl.len().cast(pl.Int64).alias(name)


def _levels(times: pl.DataFrame) -> pl.DataFrame:
    value = pl.col("own_gap_ns")
    spread = value.quantile(0.75, "linear") - value.quantile(0.25, "linear")
    return (
        charged(times)
        .group_by(*_KEY, "caller")
        .agg(
            _count("n"),
            value.median().alias("median"),
            spread.alias("iqr"),
            value.quantile(0.9, "linear").alias("p90"),
            value.min().alias("least"),
        )
    )


def _served(times: pl.DataFrame) -> pl.DataFrame:
    return times.group_by(_KEY).agg(
        _count("calls"),
        pl.col("origin").sum().cast(pl.Int64).alias("errors"),
        pl.col("duration_ns").median().alias("p50"),
    )


def _called(times: pl.DataFrame) -> pl.DataFrame:
    return (
        times.filter(pl.col("callee").is_not_null())
        .group_by(
            pl.col("callee").alias("service_name"),
            pl.coalesce("callee_operation", "operation").alias("operation"),
        )
        .agg(pl.col("duration_ns").median().alias("p50"))
    )


def _causes(times: pl.DataFrame, records: pl.DataFrame, all_records: pl.DataFrame) -> pl.DataFrame:
    """Candidate causes of errors: error types where they begin, templates of failed lines.

    A line that success writes as well (an access log's request) is no reason for a failure.
    """
    types = times.filter("origin").with_columns(
        pl.col("error_type").cast(pl.String).fill_null(NAMELESS)
    )
    reasons = (
        all_records.group_by("service_name", "template")
        .agg(pl.col("failed").mean().alias("failing"))
        .filter(pl.col("failing") >= _MOSTLY)
    )
    failed = records.filter(pl.col("failed") & pl.col("template").is_not_null()).join(
        reasons, on=["service_name", "template"], how="semi"
    )
    return pl.concat(
        [
            frame.group_by(*_KEY, pl.col(column).cast(pl.String).alias("cause"))
            .agg(_count("n"))
            .select(*_KEY, pl.lit(column).alias("source"), "cause", "n")
            for column, frame in (("error_type", types), ("template", failed))
        ]
    )


def _path(frames: TraceFrames, chosen: pl.Expr) -> pl.DataFrame:
    journeys = frames.journeys.filter(chosen).select("trace_id").unique()
    return (
        frames.path.join(journeys, on="trace_id", how="semi")
        .group_by(pl.coalesce("callee", "service_name").alias("service_name"))
        .agg(pl.col("exclusive_ns").sum())
    )
