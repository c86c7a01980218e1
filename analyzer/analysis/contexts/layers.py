"""Further layers of affinity from what logs hold beside calls and journeys."""

from __future__ import annotations

import polars as pl

from analyzer.errors import UsageError


def failure_coupling(errors: pl.DataFrame, every: str = "1m") -> pl.DataFrame:
    """The layer of services that fail in the same stretch of time: rows (service, item).

    `errors` has one row per failure, (service_name, time); `every` is the length of a stretch
    as polars writes durations. Rare company counts more, as with journeys, so a minute in
    which the whole fleet fails says little.
    """
    missing = {"service_name", "time"} - set(errors.columns)
    if missing:
        raise UsageError(f"failures: column {', '.join(sorted(missing))} is missing")
    return (
        errors.drop_nulls(["service_name", "time"])
        .select(
            service=pl.col("service_name"),
            item=pl.col("time").dt.truncate(every).dt.to_string("%Y-%m-%dT%H:%M:%S"),
        )
        .unique()
        .sort("service", "item")
    )
