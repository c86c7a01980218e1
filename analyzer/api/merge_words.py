"""A merge in sentences: what each context takes in and carries, in which order, where to stop."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.analysis.whatif import WhatIf
from analyzer.analysis.whatif.migration import Plan, Step
from analyzer.analysis.whatif.quantiles import Estimate

_NS_PER_MS = 1e6
_MOST_PLANNED = 40
"""A step of the order costs a replay of the whole recording: a run plans no more than so many."""


def context_sentences(found: WhatIf) -> Iterator[str]:
    """Yield one sentence per context of several services."""
    for row in found.contexts.iter_rows(named=True):
        cores = row["cpu_peak"]
        busy = "" if cores is None else f"; {cores:.2f} of a core busy at its peak"
        yield (
            f"{row['services']} in one process: {row['calls']:,} calls become in-process and save "
            f"{row['saved_s']:,.1f} s over all runs; a failure touches "
            f"{100 * row['reach_after']:.1f} % of all journeys (now at most "
            f"{100 * row['reach_before']:.1f} %); {row['open_peak']:,} spans at once at its peak "
            f"({row['open_sum_of_peaks']:,} if all peaked together){busy}"
        )


def migration_sentences(found: WhatIf) -> list[str]:
    """Return the order of migration, a sentence per step, and where merging more stops paying."""
    moving = sum(len(load.services) for load in found.loads)
    if moving > _MOST_PLANNED:
        asked = "`analyze whatif --show plan` works out the order, which takes a while for so many"
        return [f"{moving} services move: {asked}"]
    plan = found.plan
    steps = [f"step {step.number}: {_step(step)}" for step in plan.steps]
    return [*steps, *(f"cannot move: {line}" for line in plan.blocked), stop_sentence(plan)]


def stop_sentence(plan: Plan) -> str:
    """Return where merging more stops paying, and why."""
    return f"stop after step {plan.stop_after}: {plan.reason}" if plan.steps else plan.reason


def gate_sentence(step: Step) -> str:
    """Return what must hold before the next step, and what to do if it does not."""
    return f"go on when {step.gate}; if not, {step.way_back}"


def _step(step: Step) -> str:
    lost = step.lost_calls_removed
    risk = f"; {'; '.join(step.warnings)}" if step.warnings else ""
    return (
        f"{', '.join(step.services)} joins {', '.join(step.into)}, saving "
        f"{_mean(step.saved_mean)} per run"
        + (f" and {lost:,} lost calls" if lost else "")
        + f"; the largest unit's failure then touches {100 * step.largest_blast:.1f} % of "
        f"journeys{risk}; {gate_sentence(step)}"
    )


def _mean(saved: Estimate) -> str:
    if saved.value is None or saved.low is None or saved.high is None:
        return "an unknown time"
    value, low, high = (ns / _NS_PER_MS for ns in (saved.value, saved.low, saved.high))
    return f"{value:.2f} ms ({low:.2f} to {high:.2f})"
