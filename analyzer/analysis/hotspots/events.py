"""What happens more or less often: operations and log templates per entry (METHODS 5.6)."""

from __future__ import annotations

import polars as pl

from analyzer.analysis.hotspots.period import Period


def event_shifts(base: Period, peak: Period) -> pl.DataFrame:
    """One row per (service_name, key), sorted: n_base, n_peak, expected, z.

    expected = (n_base + 0.5)/(E_base + 1) * E_peak with E the entries into the service;
    z = (n_peak - expected)/sqrt(expected + 1). Drops count as much as bursts.
    """
    counts = _both(base.events, peak.events, ["service_name", "key"])
    visits = _both(base.entries, peak.entries, ["service_name"]).rename(
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


def _both(base: pl.DataFrame, peak: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    return (
        base.rename({"n": "n_base"})
        .join(peak.rename({"n": "n_peak"}), on=key, how="full", coalesce=True)
        .with_columns(pl.col("n_base", "n_peak").fill_null(0))
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
