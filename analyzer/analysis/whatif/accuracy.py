"""A prediction held to what was measured, beside two controls that it must beat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from analyzer.analysis.whatif.prediction import Prediction
from analyzer.analysis.whatif.recording import Recording

PREDICTED = "prediction"
UNCHANGED = "control: nothing changes"
ALL_GAPS = "control: all gaps removed"


class Measured(NamedTuple):
    """A quantile of a journey on the consolidated service, from `n` runs, in nanoseconds."""

    journey: str
    quantile: float
    value_ns: float
    n: int


def accuracy(
    recording: Recording, prediction: Prediction, measured: Sequence[Measured]
) -> pl.DataFrame:
    """One row per (journey, quantile, method): predicted, measured and the relative error.

    Columns journey, quantile, method, predicted_ms, measured_ms, error, inside (the measured
    value lies in the prediction's interval; null for controls), n. Measured journeys that the
    recording does not know are left out.
    """
    guesses = _guesses(recording, prediction)
    rows = []
    for one in sorted(measured):
        for method, values in guesses.items():
            guess = values.get((one.journey, one.quantile))
            if guess is None or one.value_ns <= 0:
                continue
            value, low, high = guess
            inside = None
            if low is not None and high is not None:
                inside = bool(low <= one.value_ns <= high)
            error = value / one.value_ns - 1
            rows.append(
                (
                    one.journey,
                    one.quantile,
                    method,
                    value / 1e6,
                    one.value_ns / 1e6,
                    error,
                    inside,
                    one.n,
                )
            )
    schema = {
        "journey": pl.String,
        "quantile": pl.Float64,
        "method": pl.String,
        "predicted_ms": pl.Float64,
        "measured_ms": pl.Float64,
        "error": pl.Float64,
        "inside": pl.Boolean,
        "n": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def headline(table: pl.DataFrame, quantile: float = 0.95) -> pl.DataFrame:
    """Per method the volume-weighted median of |error| at `quantile`, and the share inside.

    Columns method, median_error, inside_share, journeys; the prediction first.
    """
    rows = []
    for method in (PREDICTED, UNCHANGED, ALL_GAPS):
        part = table.filter((pl.col("method") == method) & (pl.col("quantile") == quantile))
        errors = part["error"].abs().to_numpy()
        share = part["inside"].mean()
        rows.append(
            (
                method,
                _weighted_median(errors, part["n"].to_numpy()) if len(errors) else None,
                share if isinstance(share, float) else None,
                part.height,
            )
        )
    schema = {
        "method": pl.String,
        "median_error": pl.Float64,
        "inside_share": pl.Float64,
        "journeys": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def failure_accuracy(
    prediction: Prediction, measured: Mapping[str, tuple[int, int]]
) -> pl.DataFrame:
    """Failure rates predicted and measured; `measured` maps a journey to (failed, runs).

    One row per journey that both know, sorted: journey, before, predicted, measured (shares),
    difference_pp (predicted less measured, in percentage points), n (measured runs).
    """
    rows = []
    for one in prediction.journeys:
        failed, runs = measured.get(one.journey, (0, 0))
        if runs:
            after = one.failed_after / one.runs
            rows.append(
                (
                    one.journey,
                    one.failed / one.runs,
                    after,
                    failed / runs,
                    100 * (after - failed / runs),
                    runs,
                )
            )
    shares = ("before", "predicted", "measured", "difference_pp")
    schema = {"journey": pl.String, **dict.fromkeys(shares, pl.Float64), "n": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


_Guess = tuple[float, float | None, float | None]


def _guesses(
    recording: Recording, prediction: Prediction
) -> dict[str, dict[tuple[str, float], _Guess]]:
    """Predicted value and interval per method and (journey, quantile)."""
    found: dict[str, dict[tuple[str, float], _Guess]] = {
        PREDICTED: {},
        UNCHANGED: {},
        ALL_GAPS: {},
    }
    bare = _without_gaps(recording, prediction)
    for one in prediction.journeys:
        for pair in one.pairs:
            if pair.after.value is None or pair.before.value is None:
                continue
            key = (one.journey, pair.quantile)
            found[PREDICTED][key] = (pair.after.value, pair.after.low, pair.after.high)
            found[UNCHANGED][key] = (pair.before.value, None, None)
            gone = float(np.quantile(bare[one.journey], pair.quantile))
            found[ALL_GAPS][key] = (gone, None, None)
    return found


def _without_gaps(recording: Recording, prediction: Prediction) -> dict[str, list[int]]:
    """Durations less every merged gap, on the critical path or not."""
    durations: dict[str, list[int]] = {}
    for run in recording.runs:
        gone = sum(
            site.gap_ns for site in run.sites if prediction.merger.inside(site.caller, site.callee)
        )
        durations.setdefault(run.journey, []).append(max(0, run.duration_ns - gone))
    return durations


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values, kind="stable")
    reached = weights[order].cumsum()
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
