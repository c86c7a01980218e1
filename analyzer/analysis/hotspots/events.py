"""What happens more or less often per request (METHODS 5.6), and whose doing it is.

Counts are a service's own as `counts` gives them, but for two cases in which the other end of a
call explains more. A caller whose calls fail at nearly all its callees has lost its own network,
sockets or threads. A service that nobody reaches any more, while those who called it fail, is
charged with their errors.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Final

import polars as pl

from analyzer.analysis.hotspots.period import Period

_KEY: Final = ["service_name", "key", "other"]
_CERTAIN: Final = 4.0
"""A change of so many deviations is no chance, however many keys are looked at."""
_NEARLY_ALL: Final = 0.75


def event_shifts(base: Period, peak: Period) -> pl.DataFrame:
    """One row per (service_name, key), sorted: n_base, n_peak, expected, z.

    expected = (n_base + 0.5)/(E_base + 1) * E_peak with E the requests to the service, answered
    or not; z = (n_peak - expected)/sqrt(expected + 1). Drops count as much as bursts.
    """
    asked = _both(base.requests, peak.requests, ["service_name"]).rename(
        {"n_base": "requests_base", "n_peak": "requests_peak"}
    )
    shifts = _shifts(_both(base.events, peak.events, _KEY), asked)
    shifts = _to_callers(shifts, base.levels)
    shifts = _to_silent(shifts, asked)
    counts = shifts.group_by("service_name", "key").agg(pl.col("n_base", "n_peak").sum())
    return _shifts(counts, asked).sort("service_name", "key")


def _both(base: pl.DataFrame, peak: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    return (
        base.rename({"n": "n_base"})
        .join(peak.rename({"n": "n_peak"}), on=key, how="full", coalesce=True, nulls_equal=True)
        .with_columns(pl.col("n_base", "n_peak").fill_null(0))
    )


def _shifts(counts: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    expected = (pl.col("n_base") + 0.5) / (pl.col("requests_base") + 1) * pl.col("requests_peak")
    z = (pl.col("n_peak") - pl.col("expected")) / (pl.col("expected") + 1).sqrt()
    return (
        counts.join(asked, on="service_name", how="left")
        .with_columns(pl.col("requests_base", "requests_peak").fill_null(0))
        .with_columns(expected.alias("expected"))
        .with_columns(z.alias("z"))
    )


def _is(word: str) -> pl.Expr:
    return pl.col("key").str.starts_with(f"{word} ")


def _to_callers(shifts: pl.DataFrame, levels: pl.DataFrame) -> pl.DataFrame:
    """Charge a caller with what only it saw, where that hits nearly all that it calls.

    With a single callee only where that callee has other callers and answers them.
    """
    edges = levels.select("caller", other="service_name").drop_nulls().unique()
    seen_outside = (_is("unanswered") | _is("error")) & pl.col("other").is_not_null()
    hit = (
        shifts.filter(seen_outside & (pl.col("z") > _CERTAIN))
        .select(caller="other", other="service_name")
        .unique()
    )
    lone = hit.filter((pl.len().over("other") == 1) & _several(edges, "other"))
    callers = (
        hit.group_by("caller")
        .agg(
            pl.len().alias("hits"),
            pl.col("other").is_in(lone["other"].to_list()).all().alias("lone"),
        )
        .join(edges.group_by("caller").agg(pl.len().alias("callees")), on="caller")
        .filter(pl.col("hits") >= _NEARLY_ALL * pl.col("callees"))
        .filter((pl.col("hits") >= 2) | pl.col("lone"))
    )["caller"].to_list()
    return shifts.with_columns(
        pl.when(seen_outside & pl.col("other").is_in(callers))
        .then("other")
        .otherwise("service_name")
        .alias("service_name")
    )


def _several(edges: pl.DataFrame, end: str) -> pl.Expr:
    """Whether the service at this `end` of the edges has two or more of them."""
    shared = edges.group_by(end).len().filter(pl.col("len") >= 2)[end].to_list()
    return pl.col(end).is_in(shared)


def _to_silent(shifts: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """Charge a service that nobody reaches any more with the errors of those who call it.

    Calls that are no longer made are the caller's choice, unless it fails at the same time.
    """
    silent = asked.filter((pl.col("requests_base") > 0) & (pl.col("requests_peak") == 0))
    failing = shifts.filter(_is("error") & (pl.col("z") > _CERTAIN))
    missed = (
        shifts.filter(_is("call") & (pl.col("z") < -_CERTAIN))
        .join(silent.select(other="service_name"), on="other", how="semi")
        .join(failing, on="service_name", how="semi")
        .sort("service_name", "z", "other")
        .group_by("service_name", maintain_order=True)
        .agg(pl.col("other").first().alias("missed"))
    )
    is_its = _is("error") | (_is("call") & (pl.col("other") == pl.col("missed")))
    return shifts.join(missed, on="service_name", how="left").with_columns(
        pl.when(pl.col("missed").is_not_null() & is_its)
        .then("missed")
        .otherwise("service_name")
        .alias("service_name")
    )


def event_scores(shifts: pl.DataFrame) -> pl.DataFrame:
    """v(s): per service the largest |z| over its keys, and the key that gave it.

    Columns service_name, score, key, z, n_base, n_peak, and chance: what the largest of so many
    keys comes to (median) where nothing but chance moves them.
    """
    chance = pl.len().map_elements(largest_by_chance, pl.Float64)
    return (
        shifts.with_columns(
            pl.col("z").abs().alias("score"), chance.over("service_name").alias("chance")
        )
        # of equals, calls without an answer tell more than the errors they end in
        .sort(["service_name", "score", "key"], descending=[False, True, True])
        .group_by("service_name", maintain_order=True)
        .first()
        .select("service_name", "score", "key", "z", "n_base", "n_peak", "chance")
    )


def largest_by_chance(keys: int) -> float:
    """The median of the largest of `keys` absolute standard normal values."""
    return NormalDist().inv_cdf((1 + 0.5 ** (1 / keys)) / 2)
