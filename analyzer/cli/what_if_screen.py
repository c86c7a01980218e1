"""A prediction on a terminal: what changes first, what stays in one line, what to know of it."""

from __future__ import annotations

import polars as pl

from analyzer.analysis.whatif import WhatIf
from analyzer.api.gains import gain_table, gains, untouched_sentence
from analyzer.render.tables import sentence_lines, short_table

_LEGEND = (
    "saved per run: mean over all journeys with its 95 % interval; reach: share of journeys that "
    "the failure of the largest unit touches"
)


def screen(found: WhatIf, *, plan: bool) -> str:
    """Return the prediction, or with `plan` the order of migration, for a terminal."""
    shown, said = _plan(found) if plan else _journeys(found)
    return short_table(shown) + sentence_lines([*said, *found.warnings])


def _journeys(found: WhatIf) -> tuple[pl.DataFrame, list[str]]:
    predicted = gains(found.frame)
    touched = [gain for gain in predicted if gain.touched]
    said = [] if touched else ["no journey changes: none makes a call between merged services"]
    rest = untouched_sentence(predicted)
    said += [rest] if rest and touched else []
    return gain_table(touched).drop("context"), [*said, *_failing(found)]


def _failing(found: WhatIf) -> list[str]:
    """Journeys that fail less often once calls cannot get lost on their way."""
    return [
        f"{row['journey']} fails {row['failed_before']:.2%} \u2192 {row['failed_after']:.2%}: "
        f"{row['lost_calls']:,} calls were lost on their way"
        for row in found.failures.iter_rows(named=True)
        if row["failed_after"] < row["failed_before"]
    ]


def _plan(found: WhatIf) -> tuple[pl.DataFrame, list[str]]:
    curve = found.curve
    shown = curve.select(
        "step",
        move=pl.col("services") + " joins " + pl.col("into"),
        saved_per_run=_milliseconds("saved_mean_ms")
        + " ("
        + _milliseconds("saved_mean_low_ms")
        + " to "
        + _milliseconds("saved_mean_high_ms")
        + ") ms",
        so_far=_milliseconds("total_saved_mean_ms") + " ms",
        reach=(100 * pl.col("largest_blast")).round(1).cast(pl.String) + " %",
        lost_calls=pl.col("lost_calls"),
        pays=pl.col("recommended"),
    )
    plan = found.plan
    said = [
        _LEGEND,
        f"stop after step {plan.stop_after}: {plan.reason}" if plan.steps else plan.reason,
        *(f"cannot move: {line}" for line in plan.blocked),
        *(f"step {step.number}: {line}" for step in plan.steps for line in step.warnings),
    ]
    return shown, said


def _milliseconds(name: str) -> pl.Expr:
    return pl.col(name).round(2).cast(pl.String).fill_null("?")
