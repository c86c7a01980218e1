"""What happens more or less often: operations and log templates per entry (METHODS 5.6)."""

from __future__ import annotations

import polars as pl


def event_keys(times: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """Every countable event: service_name, key, start_ns. Keys are operations and templates."""
    operations = times.select(
        "service_name", ("operation " + pl.col("operation")).alias("key"), "start_ns"
    )
    if records.is_empty():
        return operations
    templates = records.filter(pl.col("template").is_not_null()).select(
        "service_name", ("template " + pl.col("template")).alias("key"), "start_ns"
    )
    return pl.concat([operations, templates])


def entries(times: pl.DataFrame) -> pl.DataFrame:
    """Entries into a service: spans whose parent is in another service, or nowhere."""
    parent = pl.col("parent_service")
    return times.filter(parent.is_null() | (parent != pl.col("service_name"))).select(
        "service_name", "start_ns"
    )


def event_shifts(
    keys: pl.DataFrame, entered: pl.DataFrame, inside: pl.Expr, outside: pl.Expr
) -> pl.DataFrame:
    """One row per (service_name, key), sorted: n_base, n_peak, expected, z.

    expected = (n_base + 0.5)/(E_base + 1) * E_peak with E the entries into the service;
    z = (n_peak - expected)/sqrt(expected + 1). Drops count as much as bursts.
    """
    counts = _both(keys, ["service_name", "key"], inside, outside)
    visits = _both(entered, ["service_name"], inside, outside).rename(
        {"n_base": "entries_base", "n_peak": "entries_peak"}
    )
    expected = (
        (pl.col("n_base") + 0.5) / (pl.col("entries_base") + 1) * pl.col("entries_peak")
    ).alias("expected")
    return (
        counts.join(visits, on="service_name", how="left")
        .with_columns(pl.col("entries_base", "entries_peak").fill_null(0))
        .with_columns(expected)
        .with_columns(
            ((pl.col("n_peak") - pl.col("expected")) / (pl.col("expected") + 1).sqrt()).alias("z")
        )
        .sort("service_name", "key")
    )


def _both(frame: pl.DataFrame, key: list[str], inside: pl.Expr, outside: pl.Expr) -> pl.DataFrame:
    base = frame.filter(outside).group_by(key).agg(pl.len().cast(pl.Int64).alias("n_base"))
    peak = frame.filter(inside).group_by(key).agg(pl.len().cast(pl.Int64).alias("n_peak"))
    return base.join(peak, on=key, how="full", coalesce=True).with_columns(
        pl.col("n_base", "n_peak").fill_null(0)
    )


def event_scores(shifts: pl.DataFrame) -> pl.DataFrame:
    """v(s): per service the largest |z| over its keys, and the key that gave it.

    Columns service_name, score, key, z, n_base, n_peak.
    """
    return (
        shifts.with_columns(pl.col("z").abs().alias("score"))
        .sort(["service_name", "score", "key"], descending=[False, True, False])
        .group_by("service_name", maintain_order=True)
        .first()
        .select("service_name", "score", "key", "z", "n_base", "n_peak")
    )
