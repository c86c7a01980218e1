"""Where errors begin and what they are: error hotspots with a cause (METHODS section 5.6)."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from analyzer.analysis.hotspots.compare import Comparison
from analyzer.analysis.hotspots.hotspot import Hotspot
from analyzer.analysis.hotspots.period import Period

ERROR_SCORE: Final = 3.0
_KEY: Final = ["service_name", "operation"]


def error_rows(comparison: Comparison) -> list[Hotspot]:
    """Operations in which more errors begin than the baseline's rate explains, best first."""
    base, peak = comparison.base, comparison.peak
    causes = _cause_shifts(base, peak)
    rows = [
        _row(shift, comparison, causes)
        for shift in error_shifts(base, peak).iter_rows(named=True)
        if shift["score"] >= ERROR_SCORE
    ]
    return sorted(rows, key=lambda row: (-(row.score or 0.0), row.service_name, row.operation))


def error_shifts(base: Period, peak: Period) -> pl.DataFrame:
    """One row per (service_name, operation) with an error that began there, sorted.

    Columns calls_*, errors_*, p50_* (base, peak), expected, score:
    expected = (errors_base + 0.5)/(calls_base + 1) * calls_peak,
    score = (errors_peak - expected)/sqrt(expected + 1).
    """
    expected = (
        (pl.col("errors_base") + 0.5) / (pl.col("calls_base") + 1) * pl.col("calls_peak")
    ).alias("expected")
    excess = pl.col("errors_peak") - pl.col("expected")
    return (
        _sided(base.served, "base")
        .join(_sided(peak.served, "peak"), on=_KEY, how="full", coalesce=True)
        .with_columns(
            pl.col("calls_base", "calls_peak", "errors_base", "errors_peak").fill_null(0)
        )
        .filter(pl.col("errors_base") + pl.col("errors_peak") > 0)
        .with_columns(expected)
        .with_columns((excess / (pl.col("expected") + 1).sqrt()).alias("score"))
        .sort(_KEY)
    )


def _sided(frame: pl.DataFrame, side: str) -> pl.DataFrame:
    return frame.rename({name: f"{name}_{side}" for name in frame.columns if name not in _KEY})


def _cause_shifts(base: Period, peak: Period) -> pl.DataFrame:
    key = [*_KEY, "source", "cause"]
    return (
        base.causes.rename({"n": "n_base"})
        .join(
            peak.causes.rename({"n": "n_peak"}),
            on=key,
            how="full",
            coalesce=True,
            nulls_equal=True,
        )
        .with_columns(pl.col("n_base", "n_peak").fill_null(0))
    )


def _row(shift: dict[str, Any], comparison: Comparison, causes: pl.DataFrame) -> Hotspot:
    service, operation = shift["service_name"], shift["operation"]
    base_rate = shift["errors_base"] / shift["calls_base"] if shift["calls_base"] else None
    peak_rate = shift["errors_peak"] / shift["calls_peak"]
    return Hotspot(
        rank=None,
        service_name=service,
        operation=operation,
        kind="errors",
        baseline_p50_ms=milliseconds(shift["p50_base"]),
        peak_p50_ms=milliseconds(shift["p50_peak"]),
        baseline_error_rate=base_rate,
        peak_error_rate=peak_rate,
        ratio=peak_rate / base_rate if base_rate else None,
        score=shift["score"],
        share_of_slow_time=comparison.share_of_slow_time(service, operation),
        cause=_cause(shift, causes),
        evidence_n=shift["calls_peak"],
    )


def milliseconds(duration_ns: float | None) -> float | None:
    """A duration for people; none stays none."""
    return None if duration_ns is None else duration_ns / 1e6


def _cause(shift: dict[str, Any], causes: pl.DataFrame) -> str:
    """The cause with the largest excess in the peak, in words.

    A template says more than a type, so it wins where it explains at least half as much.
    """
    growth = shift["calls_peak"] / max(1, shift["calls_base"])
    operation = pl.col("operation")
    mine = (
        causes.filter(
            (pl.col("service_name") == shift["service_name"])
            & (operation.is_null() | (operation == shift["operation"]))
        )
        .group_by("source", "cause")
        .agg(pl.col("n_base", "n_peak").sum())
        .with_columns((pl.col("n_peak") - pl.col("n_base") * growth).alias("excess"))
        .filter(pl.col("excess") > 0)
        .sort(["excess", "source", "cause"], descending=[True, True, False])
    )
    best = {row["source"]: row for row in reversed(mine.rows(named=True))}
    named, worded = best.get("error_type"), best.get("template")
    chosen = named
    if worded is not None and (named is None or 2 * worded["excess"] >= named["excess"]):
        chosen = worded
    if chosen is None:
        return ""
    pool = mine.filter(pl.col("source") == chosen["source"])["excess"].sum()
    new = "new" if chosen["n_base"] == 0 else "of the increase"
    return f"{chosen['excess'] / pool:.0%} {new}: '{chosen['cause']}'"
