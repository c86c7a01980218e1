"""Where errors begin and what they are: error hotspots with a cause (METHODS section 5.6)."""

from __future__ import annotations

from typing import Final

import polars as pl

_KEY: Final = ["service_name", "operation"]
NAMELESS: Final = "an error without a type"


def error_shifts(times: pl.DataFrame, inside: pl.Expr, outside: pl.Expr) -> pl.DataFrame:
    """One row per (service_name, operation) with an error that began there, sorted.

    Columns calls_base, calls_peak, errors_base, errors_peak, expected, score:
    expected = (errors_base + 0.5)/(calls_base + 1) * calls_peak,
    score = (errors_peak - expected)/sqrt(expected + 1).
    """
    base = _counts(times.filter(outside), "base")
    peak = _counts(times.filter(inside), "peak")
    expected = (
        (pl.col("errors_base") + 0.5) / (pl.col("calls_base") + 1) * pl.col("calls_peak")
    ).alias("expected")
    return (
        base.join(peak, on=_KEY, how="full", coalesce=True)
        .fill_null(0)
        .filter(pl.col("errors_base") + pl.col("errors_peak") > 0)
        .with_columns(expected)
        .with_columns(
            ((pl.col("errors_peak") - pl.col("expected")) / (pl.col("expected") + 1).sqrt()).alias(
                "score"
            )
        )
        .sort(_KEY)
    )


def _counts(times: pl.DataFrame, side: str) -> pl.DataFrame:
    return times.group_by(_KEY).agg(
        pl.len().cast(pl.Int64).alias(f"calls_{side}"),
        pl.col("origin").sum().cast(pl.Int64).alias(f"errors_{side}"),
    )


def cause_shifts(
    times: pl.DataFrame, records: pl.DataFrame, inside: pl.Expr, outside: pl.Expr
) -> pl.DataFrame:
    """How often each candidate cause occurs: failed records' templates and spans' error types.

    Columns service_name, operation (null: a record that names none), source (`template` or
    `error_type`), cause, n_base, n_peak; sorted.
    """
    types = times.filter("origin").select(
        "service_name",
        "operation",
        pl.lit("error_type").alias("source"),
        pl.col("error_type").fill_null(NAMELESS).alias("cause"),
        "start_ns",
    )
    templates = records.filter(pl.col("failed") & pl.col("template").is_not_null()).select(
        "service_name",
        "operation",
        pl.lit("template").alias("source"),
        pl.col("template").alias("cause"),
        "start_ns",
    )
    key = ["service_name", "operation", "source", "cause"]
    return (
        pl.concat([types, templates])
        .group_by(key)
        .agg(
            outside.sum().cast(pl.Int64).alias("n_base"),
            inside.sum().cast(pl.Int64).alias("n_peak"),
        )
        .sort(key)
    )


def error_cause(shift: dict[str, object], causes: pl.DataFrame) -> str:
    """The cause with the largest excess in the peak, in words; `shift` is a row of error_shifts.

    A template says more than a type, so it wins where it explains at least half as much.
    """
    service, operation = shift["service_name"], shift["operation"]
    growth = float(str(shift["calls_peak"])) / max(1.0, float(str(shift["calls_base"])))
    mine = (
        causes.filter(
            (pl.col("service_name") == service)
            & (pl.col("operation").is_null() | (pl.col("operation") == operation))
        )
        .with_columns((pl.col("n_peak") - pl.col("n_base") * growth).alias("excess"))
        .sort(["excess", "source", "cause"], descending=[True, True, False])
    )
    best = {
        source: rows.row(0, named=True)
        for (source,), rows in mine.group_by("source", maintain_order=True)
    }
    named, worded = best.get("error_type"), best.get("template")
    chosen = named
    if worded is not None and (named is None or 2 * worded["excess"] >= named["excess"]):
        chosen = worded
    if chosen is None or chosen["excess"] <= 0:
        return ""
    pool = mine.filter((pl.col("source") == chosen["source"]) & (pl.col("excess") > 0))
    share = chosen["excess"] / float(pool["excess"].sum())
    new = "new" if chosen["n_base"] == 0 else "of the increase"
    return f"{share:.0%} {new}: '{chosen['cause']}'"
