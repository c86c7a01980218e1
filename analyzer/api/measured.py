"""Predicted beside measured, per journey and quantile, for one stretch of each recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from analyzer.analysis.whatif import Measured, Recording, accuracy, headline, what_if
from analyzer.analysis.whatif.recorder import Recorder
from analyzer.api.journey_names import JourneyNames
from analyzer.api.recorded import Part
from analyzer.api.recordings import recording_of
from analyzer.replay.workload.recorded import NOTIFICATION
from analyzer.slo.intervals import order_statistic_ranks, quantile_minimum

QUANTILES = (0.5, 0.95, 0.99)
ONE_PROCESS = "consolidated"

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "phase": pl.String,
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
class Predicted:
    """Latencies per phase, journey and quantile (`SCHEMA`), and the error beside its controls.

    `headline` has one row per method: the volume-weighted median of |error| at p95.
    """

    latency: pl.DataFrame
    headline: pl.DataFrame


def predicted_and_measured(
    before: Sequence[Part], after: Sequence[Part], names: JourneyNames, seed: int
) -> Predicted:
    """Before, predicted (all services in one process) and measured, of the same journeys.

    Phase by phase, as baseline and peak must not be averaged. The prediction replays the traces
    of the stretches with every call between services in-process; it knows nothing of a rewrite,
    so all that a rewrite changes is its error.
    """
    compiled = {
        id(analysis): recording_of(analysis.relation, analysis.folder)
        for analysis in (part.analysis for part in before)
    }
    frames, errors = [], []
    for phase in dict.fromkeys(part.phase for part in before):
        own = [part for part in before if part.phase == phase]
        measured = _latencies([part for part in after if part.phase == phase], names)
        if not measured:
            continue
        recording = _recording(own, compiled, names)
        found = what_if(recording, dict.fromkeys(recording.services, ONE_PROCESS), seed)
        values = [
            Measured(name, quantile, 1e6 * float(np.quantile(latency, quantile)), len(latency))
            for name, latency in measured.items()
            for quantile in QUANTILES
            if len(latency) >= quantile_minimum(quantile, two_sided=False)
        ]
        errors.append(accuracy(recording, found.prediction, values))
        rows = [
            (phase, *_row(row, measured[row["journey"]]))
            for row in found.frame.iter_rows(named=True)
            if row["journey"] in measured
        ]
        frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
        frames.append(frame.sort("journey", "quantile"))
    if not frames:
        return Predicted(pl.DataFrame(schema=SCHEMA), pl.DataFrame())
    return Predicted(pl.concat(frames), headline(pl.concat(errors)))


def _recording(
    parts: Sequence[Part], compiled: Mapping[int, Recording], names: JourneyNames
) -> Recording:
    """The runs of the parts as one recording, by the names of journeys.

    Runs of different recordings may carry equal ids: a process that starts anew may count anew.
    """
    if len(parts) == 1:
        (part,) = parts
        return compiled[id(part.analysis)].only({t: name for t, name, _ in _named(part, names)})
    recorder = Recorder()
    for number, part in enumerate(parts):
        name_of = {trace: name for trace, name, _ in _named(part, names)}
        recorder.add(
            run._replace(trace_id=f"{number}/{run.trace_id}", journey=name_of[run.trace_id])
            for run in compiled[id(part.analysis)].runs
            if run.trace_id in name_of
        )
    return recorder.finish()


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


def _latencies(parts: Sequence[Part], names: JourneyNames) -> dict[str, list[float]]:
    """Milliseconds by journey, in order of name.

    Without notifications: they are replayed in broadcasts, where each waits for those before it.
    """
    found: dict[str, list[float]] = {}
    for part in parts:
        for _, name, duration_ns in _named(part, names):
            if not name.endswith(f" / {NOTIFICATION}"):
                found.setdefault(name, []).append(duration_ns / 1e6)
    return dict(sorted(found.items()))


def _named(part: Part, names: JourneyNames) -> list[tuple[str, str, int]]:
    """(trace, `context / journey`, duration) of the finished journeys of the stretch."""
    begin, end = part.span
    columns = "trace_id", "entry_service", "journey", "start_time", "duration_ns"
    frame = part.analysis.journeys.select(columns).filter(
        pl.col("start_time").dt.epoch("us").is_between(begin, end, closed="left"),
        pl.col("duration_ns").is_not_null(),
    )
    return [
        (trace, " / ".join(names.name(service, journey) or (service, journey)), duration)
        for trace, service, journey, _, duration in frame.rows()
    ]
