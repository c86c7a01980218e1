"""A prediction on a terminal: what changes first, what stays in one line, what to know of it."""

from __future__ import annotations

import polars as pl

from analyzer.analysis.whatif import WhatIf
from analyzer.api.gains import gain_table, gains, untouched_sentence
from analyzer.api.merge_words import gate_sentence, stop_sentence
from analyzer.render.tables import sentence_lines, short_table

_LEGEND = (
    "saved per run: mean over all journeys with its 95 % interval; reach: share of journeys that "
    "the failure of the largest unit touches"
)
_CARRIES = (
    "saves: over all runs, if this context alone were merged; reach: share of journeys that a "
    "failure touches, of its widest service now and of the whole context then; at once, "
    "cores, memory: the context's peak, in brackets the sum of its services' own peaks"
)
_FAILS = (
    "lost calls, retries: what the merge removes; available: share of runs that nothing stops on "
    "the way now; ways, processes: after the merge, if every lost call was lost on its way, and "
    "if every one was its callee's process being down: the truth lies between"
)
_NAMED = 3


def screen(found: WhatIf, show: str) -> str:
    """Return one view of the prediction for a terminal.

    `show` is one of journeys, failures, contexts and plan. The journeys are followed by the
    contexts, since a gain is read beside what it costs.
    """
    if show == "plan":
        shown, said = _plan(found)
        return short_table(shown) + sentence_lines([*said, *found.warnings])
    if show == "failures":
        shown, said = _failures(found.failures)
        return short_table(shown) + sentence_lines([*said, *found.warnings])
    contexts = short_table(_contexts(found.contexts))
    legend = [_CARRIES] if contexts else []
    if show == "contexts":
        return contexts + sentence_lines([*legend, *found.warnings])
    shown, said = _journeys(found)
    said = [*said, *_exposed(found.failures), *legend, *found.warnings]
    return short_table(shown) + contexts + sentence_lines(said)


def _failures(failures: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """How often each journey fails and can be used, now and then."""
    whole = pl.col("failed_before", "failed_after").eq(0)
    usable = pl.col("available_before", "available_links", "available_processes").eq(1)
    shown = failures.filter(~pl.all_horizontal(whole, usable))
    rest = len(failures) - len(shown)
    said = [_FAILS] if len(shown) else []
    said += [f"{rest} journeys never fail and stay as available as they are"] if rest else []
    table = shown.select(
        "journey",
        "runs",
        fails=_change("failed_before", "failed_after", 2),
        lost_calls="lost_calls",
        retries="retries",
        available=_percent("available_before", 2) + " %",
        ways=_percent("available_links", 2) + " %",
        processes=_percent("available_processes", 2) + " %",
    )
    return table, said


def _journeys(found: WhatIf) -> tuple[pl.DataFrame, list[str]]:
    predicted = gains(found.frame)
    touched = [gain for gain in predicted if gain.touched]
    said = [] if touched else [_unchanged(found)]
    rest = untouched_sentence(predicted)
    said += [rest] if rest and touched else []
    return gain_table(touched).drop("context"), [*said, *_failing(found)]


def _unchanged(found: WhatIf) -> str:
    if found.failures["unknown_gaps"].sum():
        return "no change can be told: no log tells both sides of a merged call"
    return "no journey changes: none makes a call between merged services"


def _failing(found: WhatIf) -> list[str]:
    """Journeys that fail less often once calls cannot get lost on their way."""
    return [
        f"{row['journey']} fails {100 * row['failed_before']:.2f} \u2192 "
        f"{100 * row['failed_after']:.2f} %: "
        f"{row['lost_calls']:,} calls were lost on their way"
        for row in found.failures.iter_rows(named=True)
        if row["failed_after"] < row["failed_before"]
    ]


def _contexts(contexts: pl.DataFrame) -> pl.DataFrame:
    """What each merged context takes in, and what it then carries."""
    return contexts.select(
        joins="services",
        calls_inside=pl.col("calls"),
        saves=pl.col("saved_s").round(1).cast(pl.String) + " s",
        reach=_change("reach_before", "reach_after", 1),
        at_once=_beside(pl.col("open_peak"), pl.col("open_sum_of_peaks")),
        cores=_beside(pl.col("cpu_peak").round(2), pl.col("cpu_sum_of_peaks").round(2)),
        memory_mb=_beside(
            pl.col("memory_peak_mb").round(0).cast(pl.Int64),
            pl.col("memory_sum_of_peaks_mb").round(0).cast(pl.Int64),
        ),
    )


def _beside(together: pl.Expr, apart: pl.Expr) -> pl.Expr:
    words = together.cast(pl.String) + " (" + apart.cast(pl.String) + ")"
    return words.fill_null("not logged")


def _percent(name: str, digits: int = 1) -> pl.Expr:
    return (100 * pl.col(name)).round(digits).cast(pl.String)


def _change(before: str, after: str, digits: int) -> pl.Expr:
    return _percent(before, digits) + " \u2192 " + _percent(after, digits) + " %"


def _exposed(failures: pl.DataFrame) -> list[str]:
    """What the merge does to availability, at its two extremes; nothing where nothing changes."""
    journeys = failures.unique("journey", maintain_order=True)
    best = (pl.col("available_links") - pl.col("available_before")).round(4)
    worst = (pl.col("available_processes") - pl.col("available_before")).round(4)
    better = journeys.filter(best > 0).sort(best, "journey", descending=[True, False])
    worse = journeys.filter(worst < 0).sort(worst, "journey")
    said = []
    if not better.is_empty():
        said.append(
            "if every lost call was lost on its way, journeys become more available: "
            + _named(better, "available_links")
        )
    if not worse.is_empty():
        said.append(
            "if every lost call was its callee's process being down, a merged context goes down "
            "as one and journeys become less available: " + _named(worse, "available_processes")
        )
    return said


def _named(journeys: pl.DataFrame, after: str) -> str:
    told = [
        f"{row['journey']} {100 * row['available_before']:.2f} \u2192 {100 * row[after]:.2f} %"
        for row in journeys.head(_NAMED).iter_rows(named=True)
    ]
    more = len(journeys) - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")


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
        reach=_percent("largest_blast") + " %",
        lost_calls=pl.col("lost_calls"),
        pays=pl.col("recommended"),
    )
    plan = found.plan
    said = [
        _LEGEND,
        stop_sentence(plan),
        *(f"cannot move: {line}" for line in plan.blocked),
        *(f"step {step.number}: {line}" for step in plan.steps for line in step.warnings),
        *(
            f"after step {step.number}, {gate_sentence(step)}"
            for step in plan.steps[: plan.stop_after]
        ),
    ]
    return shown, said


def _milliseconds(name: str) -> pl.Expr:
    return pl.col(name).round(2).cast(pl.String).fill_null("?")
