"""Predicted beside measured, per journey and quantile, for one stretch of each recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from analyzer.analysis.whatif import Measured, accuracy, headline, what_if
from analyzer.api.analysis import Analysis
from analyzer.api.journey_names import JourneyNames
from analyzer.api.recordings import recording_of
from analyzer.slo.intervals import order_statistic_ranks, quantile_minimum

QUANTILES = (0.5, 0.95, 0.99)
ONE_PROCESS = "consolidated"

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "journey": pl.String,
    "quantile": pl.Float64,
    "before_ms": pl.Float64,
    "predicted_ms": pl.Float64,
    "predicted_low_ms": pl.Float64,
    "predicted_high_ms": pl.Float64,
    "measured_ms": pl.Float64,
    "measured_low_ms": pl.Float64,
    "measured_high_ms": pl.Float64,
    "prediction_error": pl.Float64,
    "n_before": pl.Int64,
    "n_measured": pl.Int64,
}


@dataclass(frozen=True, slots=True)
class Side:
    """An analysis, and the stretch [from, until) of it that counts, in microseconds UTC."""

    analysis: Analysis
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Predicted:
    """Latencies per journey and quantile (`SCHEMA`), and the prediction's error beside controls.

    `headline` has one row per method: the volume-weighted median of |error| at p95.
    """

    latency: pl.DataFrame
    headline: pl.DataFrame


def predicted_and_measured(before: Side, after: Side, names: JourneyNames, seed: int) -> Predicted:
    """Before, predicted (all services in one process) and measured, of the same journeys.

    The prediction replays the recorded traces of the stretch with every call between services
    in-process; it knows nothing of a rewrite, so all that a rewrite changes is its error.
    """
    measured = _latencies(after, names)
    whole = recording_of(before.analysis.relation, before.analysis.folder)
    recording = whole.only({trace: name for trace, name, _ in _named(before, names)})
    found = what_if(recording, dict.fromkeys(recording.services, ONE_PROCESS), seed)
    values = [
        Measured(name, quantile, 1e6 * float(np.quantile(latency, quantile)), len(latency))
        for name, latency in measured.items()
        for quantile in QUANTILES
        if len(latency) >= quantile_minimum(quantile, two_sided=False)
    ]
    errors = accuracy(recording, found.prediction, values)
    rows = [
        _row(row, measured[row["journey"]])
        for row in found.frame.iter_rows(named=True)
        if row["journey"] in measured
    ]
    latency = pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("journey", "quantile")
    return Predicted(latency, headline(errors))


def _row(row: dict[str, object], latency: Sequence[float]) -> tuple[object, ...]:
    quantile, predicted = row["quantile"], row["predicted_ms"]
    assert isinstance(quantile, float)
    value = low = high = error = None
    if len(latency) >= quantile_minimum(quantile, two_sided=False):
        value = float(np.quantile(latency, quantile))
        ranks = order_statistic_ranks(len(latency), quantile)
        ordered = sorted(latency)
        low, high = (None if rank is None else ordered[rank - 1] for rank in ranks)
        if isinstance(predicted, float) and value > 0:
            error = predicted / value - 1
    return (
        row["journey"],
        quantile,
        row["before_ms"],
        predicted,
        row["low_ms"],
        row["high_ms"],
        value,
        low,
        high,
        error,
        row["n"],
        len(latency),
    )


def _latencies(side: Side, names: JourneyNames) -> dict[str, list[float]]:
    """Milliseconds by journey, in order of name."""
    found: dict[str, list[float]] = {}
    for _, name, duration_ns in _named(side, names):
        found.setdefault(name, []).append(duration_ns / 1e6)
    return dict(sorted(found.items()))


def _named(side: Side, names: JourneyNames) -> list[tuple[str, str, int]]:
    """(trace, `context / journey`, duration) of the finished journeys of the stretch."""
    begin, end = side.span
    columns = "trace_id", "entry_service", "journey", "start_time", "duration_ns"
    frame = side.analysis.journeys.select(columns).filter(
        pl.col("start_time").dt.epoch("us").is_between(begin, end, closed="left"),
        pl.col("duration_ns").is_not_null(),
    )
    return [
        (trace, " / ".join(names.name(service, journey) or (service, journey)), duration)
        for trace, service, journey, _, duration in frame.rows()
    ]
