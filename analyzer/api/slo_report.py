"""What objectives say of one recording: budgets, burn and both verdicts, as frames."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property

import polars as pl

from analyzer.slo.budget import PeriodVerdict
from analyzer.slo.evaluate import Evaluation

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - times in a store are UTC without an offset


class SloReport:
    """Budgets, burn and verdicts of objectives over one recording; shows itself in a notebook."""

    def __init__(self, evaluations: Sequence[Evaluation], notes: Sequence[str]) -> None:
        """Hold `evaluations` in the order of the file; `notes` say what could not be evaluated."""
        self.evaluations = tuple(evaluations)
        self.notes = tuple(notes)

    @property
    def breached(self) -> bool:
        """Whether any objective spent more than its budget in any of its windows."""
        return any(evaluation.breached for evaluation in self.evaluations)

    @property
    def missed(self) -> tuple[str, ...]:
        """Objectives that cannot be called met: overspent, or without any data."""
        bad = (PeriodVerdict.BREACHED, PeriodVerdict.NO_DATA)
        return tuple(e.objective.name for e in self.evaluations if e.worst.period in bad)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """One row per objective: the window that decides, both verdicts, counts and bounds."""
        return pl.DataFrame([_row(e) for e in self.evaluations], schema=SCHEMA)

    @cached_property
    def windows(self) -> pl.DataFrame:
        """One row per (objective, window), as the table `sli`."""
        rows = [row for e in self.evaluations for row in sli_rows(e)]
        return pl.DataFrame(rows, schema=SLI_SCHEMA, orient="row")

    @cached_property
    def alerts(self) -> pl.DataFrame:
        """One row per stretch in which a pair of windows would have fired, in order of time."""
        rows = [
            (e.objective.name, r.pair.name, r.pair.severity, _time(r.from_us), _time(r.until_us))
            for e in self.evaluations
            for r in e.alerts
        ]
        return pl.DataFrame(rows, schema=ALERT_SCHEMA, orient="row").sort("fired", "objective")

    def _repr_html_(self) -> str:
        return str(self.frame._repr_html_())


SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "objective": pl.String,
    "context": pl.String,
    "journey": pl.String,
    "target": pl.Float64,
    "period": pl.String,
    "evidence": pl.String,
    "valid": pl.Int64,
    "good": pl.Int64,
    "bad": pl.Int64,
    "unknown": pl.Int64,
    "pending": pl.Int64,
    "sli": pl.Float64,
    "sli_upper": pl.Float64,
    "budget": pl.Float64,
    "spent": pl.Float64,
    "left": pl.Float64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "needed": pl.Int64,
    "episodes": pl.Int64,
    "alerts": pl.Int64,
    "windows": pl.Int64,
    "window_start": pl.Datetime("us"),
    "window_end": pl.Datetime("us"),
}
SLI_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "objective": pl.String,
    "context": pl.String,
    "journey": pl.String,
    "window_start": pl.Datetime("us"),
    "window_end": pl.Datetime("us"),
    "good": pl.Int64,
    "bad": pl.Int64,
    "unknown": pl.Int64,
    "valid": pl.Int64,
    "value": pl.Float64,
}
ALERT_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "objective": pl.String,
    "pair": pl.String,
    "severity": pl.String,
    "fired": pl.Datetime("us"),
    "cleared": pl.Datetime("us"),
}


def _row(evaluation: Evaluation) -> dict[str, object]:
    objective, worst = evaluation.objective, evaluation.worst
    budget, counts = worst.budget, worst.budget.counts
    return {
        "objective": objective.name,
        "context": objective.context,
        "journey": objective.journey,
        "target": float(objective.target),
        "period": worst.period.value,
        "evidence": worst.evidence.verdict.value,
        "valid": counts.valid,
        "good": counts.good,
        "bad": counts.bad,
        "unknown": counts.unknown,
        "pending": counts.pending,
        "sli": _number(budget.sli),
        "sli_upper": _number(budget.sli_upper),
        "budget": float(budget.events),
        "spent": _number(budget.spent),
        "left": float(budget.left_events),
        "lower": worst.evidence.lower,
        "upper": worst.evidence.upper,
        "needed": worst.evidence.needed,
        "episodes": worst.episodes,
        "alerts": len(evaluation.alerts),
        "windows": len(evaluation.windows),
        "window_start": _time(worst.start_us),
        "window_end": _time(worst.end_us),
    }


def sli_rows(evaluation: Evaluation) -> list[tuple[object, ...]]:
    """Rows of the table `sli`: one per window of the recording."""
    objective = evaluation.objective
    return [
        (
            objective.name,
            objective.context,
            objective.journey,
            _time(window.start_us),
            _time(window.end_us),
            window.budget.counts.good,
            window.budget.counts.bad,
            window.budget.counts.unknown,
            window.budget.counts.valid,
            _number(window.budget.sli),
        )
        for window in evaluation.windows
    ]


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _time(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)
