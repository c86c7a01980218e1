"""What is counted of a period: what services were asked, what they did, and where they failed.

A request is its caller's doing: which operations a service is asked for, and how often, says
nothing about the service itself. So a service's events are what it does per request: operations
inside it, calls it makes, log templates, errors that begin in it, and calls to it that nobody
answered.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_CALLER: Final = ["service_name", "operation"]


def with_unanswered(times: pl.DataFrame) -> pl.DataFrame:
    """`times` with a column `asked`: the callee of a call that no span answers, null elsewhere.

    Only where the callee reports spans otherwise: a database never answers, and that tells
    nothing. A span without a named peer is such a call where its service's spans of that name
    are answered otherwise.
    """
    answered = times.filter(_answered())
    usual = (
        answered.group_by(*_CALLER, "callee")
        .len()
        .sort([*_CALLER, "len", "callee"], descending=[False, False, True, False])
        .group_by(_CALLER, maintain_order=True)
        .agg(pl.col("callee").first().alias("usual"))
    )
    serving = times["service_name"].unique().cast(pl.String).to_list()
    named = pl.col("callee").cast(pl.String).is_in(serving)
    childless = pl.col("own_ns") == pl.col("duration_ns")
    below_own = pl.col("parent_service") == pl.col("service_name")
    return (
        times.join(usual, on=_CALLER, how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("uninstrumented"))
            .then(pl.when(named).then("callee").otherwise("usual"))
            .when(pl.col("callee").is_null() & childless & below_own)
            .then("usual")
            .alias("asked")
        )
        .drop("usual")
    )


def _answered() -> pl.Expr:
    return pl.col("callee").is_not_null() & ~pl.col("uninstrumented")


def requests_of(times: pl.DataFrame) -> pl.DataFrame:
    """Columns service_name, n: spans with their parent elsewhere or none, and unanswered calls."""
    entered = times.filter(_entered()).select("service_name")
    lost = _lost(times).select("service_name")
    return pl.concat([entered, lost]).group_by("service_name").agg(_n())


def events_of(times: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Columns service_name, key, other, n; `other` is the other end of a call, null elsewhere.

    Keys are `operation ...` inside a service, `call ...` (made by a service whose own side of it
    is not reported; other = callee), `unanswered ...` (a call to the service; other = caller),
    `error ...` (begun in it; other = caller where only that side saw it) and `template ...`.
    """
    parts = [
        ("operation", "operation", times.filter(~_entered())),
        ("call", "operation", _calls(times)),
        ("unanswered", "operation", _lost(times)),
        ("error", "operation", _errors(times)),
        ("template", "template", records.drop_nulls("template")),
    ]
    return pl.concat([_counted(*part) for part in parts])


def _counted(word: str, column: str, rows: pl.DataFrame) -> pl.DataFrame:
    if "other" not in rows.columns:
        rows = rows.with_columns(pl.lit(None, pl.Categorical).alias("other"))
    return (
        rows.group_by("service_name", pl.col(column).cast(pl.String), "other")
        .agg(_n())
        .select("service_name", (f"{word} " + pl.col(column)).alias("key"), "other", "n")
    )


def _n() -> pl.Expr:
    return pl.len().cast(pl.Int64).alias("n")


def _entered() -> pl.Expr:
    parent = pl.col("parent_service")
    return parent.is_null() | (parent != pl.col("service_name"))


def _lost(times: pl.DataFrame) -> pl.DataFrame:
    return times.filter(pl.col("asked").is_not_null()).select(
        pl.col("asked").alias("service_name"), "operation", pl.col("service_name").alias("other")
    )


def _calls(times: pl.DataFrame) -> pl.DataFrame:
    """Requests by who made them, where the caller's own side of such calls is not reported."""
    reported = times.filter(_answered()).select("service_name", "callee").unique()
    return (
        times.filter(_entered() & pl.col("parent_service").is_not_null())
        .select(
            pl.col("parent_service").alias("service_name"),
            "operation",
            pl.col("service_name").alias("other"),
        )
        .join(
            reported,
            left_on=["service_name", "other"],
            right_on=["service_name", "callee"],
            how="anti",
        )
    )


def _errors(times: pl.DataFrame) -> pl.DataFrame:
    """Errors where they begin; one that only the calling side saw is the callee's."""
    callee = pl.coalesce("asked", pl.when(_answered()).then("callee"))
    return times.filter("origin").select(
        pl.coalesce(callee, "service_name").alias("service_name"),
        pl.coalesce(pl.when(_answered()).then("callee_operation"), "operation").alias("operation"),
        pl.when(callee.is_not_null()).then("service_name").alias("other"),
    )
