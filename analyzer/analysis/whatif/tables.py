"""The answers of a what-if as frames, sorted, numbers with six significant digits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from analyzer.analysis.rounding import six_digits
from analyzer.analysis.whatif.critical import critical_sites
from analyzer.analysis.whatif.exposure import Availability, BlastRadius
from analyzer.analysis.whatif.inside import Inside
from analyzer.analysis.whatif.migration import Plan
from analyzer.analysis.whatif.neighbours import Load
from analyzer.analysis.whatif.prediction import Prediction
from analyzer.analysis.whatif.recording import Recording
from analyzer.analysis.whatif.replay import Merger, replay

_NS_PER_MS = 1e6
_NS_PER_SECOND = 1e9
_MEASURED = (
    "busy_peak",
    "busy_sum_of_peaks",
    "cpu_peak",
    "cpu_sum_of_peaks",
    "memory_peak_mb",
    "memory_sum_of_peaks_mb",
)
"""The figures of a `Load` that hold fractions, in the order of the table."""


def latency_table(prediction: Prediction) -> pl.DataFrame:
    """One row per journey and quantile."""
    rows = [
        (
            one.context,
            one.journey,
            pair.quantile,
            _ms(pair.before.value),
            _ms(pair.after.value),
            _ms(pair.after.low),
            _ms(pair.after.high),
            pair.n,
            _ms(best),
            _ms(pair.saved.value),
            _ms(pair.saved.low),
            _ms(pair.saved.high),
        )
        for one in prediction.journeys
        for pair, best in zip(one.pairs, one.best_ns, strict=True)
    ]
    floats = ("best_ms", "saved_ms", "saved_low_ms", "saved_high_ms")
    schema = {
        "context": pl.String,
        "journey": pl.String,
        "quantile": pl.Float64,
        **dict.fromkeys(("before_ms", "predicted_ms", "low_ms", "high_ms"), pl.Float64),
        "n": pl.Int64,
        **dict.fromkeys(floats, pl.Float64),
    }
    return pl.DataFrame(rows, schema=schema, orient="row").sort("context", "journey", "quantile")


def failure_table(prediction: Prediction, available: Sequence[Availability]) -> pl.DataFrame:
    """One row per journey."""
    of = {one.journey: one for one in available}
    rows = [
        (
            one.context,
            one.journey,
            one.runs,
            six_digits(one.failed / one.runs),
            six_digits(one.failed_after / one.runs),
            one.transport,
            one.retries,
            one.deadlines,
            one.imputed,
            one.calls,
            one.unknown_gaps,
            one.low_confidence,
            *(six_digits(share) for share in of[one.journey][1:]),
        )
        for one in prediction.journeys
    ]
    counts = ("lost_calls", "retries", "deadlines", "imputed", "calls", "unknown_gaps")
    schema = {
        "context": pl.String,
        "journey": pl.String,
        "runs": pl.Int64,
        "failed_before": pl.Float64,
        "failed_after": pl.Float64,
        **dict.fromkeys(counts, pl.Int64),
        "low_confidence": pl.Boolean,
        **dict.fromkeys(
            ("available_before", "available_links", "available_processes"), pl.Float64
        ),
    }
    return pl.DataFrame(rows, schema=schema, orient="row").sort("context", "journey")


def context_table(
    recording: Recording, merger: Merger, reach: BlastRadius, carried: Sequence[Load]
) -> pl.DataFrame:
    """One row per context of several services: what it takes in, and what it then carries."""
    before = {one.unit: one.share for one in reach.before}
    after = {one.unit: one.share for one in reach.after}
    rows = [
        (
            load.context,
            ", ".join(load.services),
            *_brought(recording, merger, load.services),
            six_digits(max(before[name] for name in load.services)),
            six_digits(after[load.context]),
            load.open_peak,
            load.open_sum_of_peaks,
            *(_figure(getattr(load, name)) for name in _MEASURED),
        )
        for load in carried
    ]
    schema = {
        "context": pl.String,
        "services": pl.String,
        "calls": pl.Int64,
        "saved_s": pl.Float64,
        "critical_hops": pl.Int64,
        "critical_gap_s": pl.Float64,
        "gap_s": pl.Float64,
        "lost_calls": pl.Int64,
        "journeys": pl.Int64,
        "reach_before": pl.Float64,
        "reach_after": pl.Float64,
        "open_peak": pl.Int64,
        "open_sum_of_peaks": pl.Int64,
        **dict.fromkeys(_MEASURED, pl.Float64),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def curve_table(plan: Plan) -> pl.DataFrame:
    """One row per step of a migration plan."""
    rows = [
        (
            step.number,
            step.context,
            ", ".join(step.services),
            ", ".join(step.into),
            _ms(step.saved_mean.value),
            _ms(step.saved_mean.low),
            _ms(step.saved_mean.high),
            _ms(step.total_saved_mean_ns),
            _ms(step.saved_p95_ns),
            six_digits(step.largest_blast),
            step.lost_calls_removed,
            step.number <= plan.stop_after,
            step.gate,
            step.way_back,
        )
        for step in plan.steps
    ]
    saved = ("saved_mean_ms", "saved_mean_low_ms", "saved_mean_high_ms")
    floats = (*saved, "total_saved_mean_ms", "saved_p95_ms", "largest_blast")
    schema = {
        "step": pl.Int64,
        **dict.fromkeys(("context", "services", "into"), pl.String),
        **dict.fromkeys(floats, pl.Float64),
        "lost_calls": pl.Int64,
        "recommended": pl.Boolean,
        **dict.fromkeys(("gate", "way_back"), pl.String),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _brought(
    recording: Recording, merger: Merger, names: Sequence[str]
) -> tuple[int, float, int, float, float, int, int]:
    """The figures of one context, as if no other one were merged."""
    inside = set(names)
    alone = Merger(
        {name: home for name, home in merger.context_of.items() if name in inside},
        merger.delta_ns,
    )
    merged = Inside.of(recording, alone)
    runs = recording.runs.at(np.flatnonzero(merged.touched))
    gaps = recording.runs.sites.columns["gap_ns"]
    saved = hops = critical = 0
    for run in runs:
        saved += run.duration_ns - replay(run, alone, recording).duration_ns
        on_path = [site for site in critical_sites(run) if alone.inside(site.caller, site.callee)]
        hops += len(on_path)
        critical += sum(site.gap_ns for site in on_path)
    calls = int(merged.sites.sum()) + int(merged.unknown.sum())
    lost = int((merged.sites & recording.lost).sum())
    gap = int(gaps[merged.sites].sum())
    touched = sum(
        count for needs, count in recording.patterns.items() if not inside.isdisjoint(needs)
    )
    seconds = [six_digits(amount / _NS_PER_SECOND) for amount in (saved, critical, gap)]
    return calls, seconds[0], hops, seconds[1], seconds[2], lost, touched


def _ms(value: float | None) -> float | None:
    return None if value is None else six_digits(value / _NS_PER_MS)


def _figure(value: float | None) -> float | None:
    return None if value is None else six_digits(value)
