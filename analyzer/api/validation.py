"""Validation: recorded demand replayed against a bot, held to objectives, past and prediction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from analyzer.analysis.compare import MIN_PAIRS
from analyzer.api.beside import files_beside
from analyzer.api.bot_under_test import BotUnderTest, bot_of, legacy_of
from analyzer.api.claimed import claimed
from analyzer.api.comparison import Comparison, compare_recorded
from analyzer.api.demand import recorded_acts
from analyzer.api.journey_names import read_journey_names
from analyzer.api.measured import predicted_and_measured
from analyzer.api.objectives import evaluate_stretches, read_objective_files
from analyzer.api.observed import observed_objectives
from analyzer.api.paired import paired_comparison
from analyzer.api.pipeline import Listener
from analyzer.api.recorded import Part, Recorded
from analyzer.api.slo_report import SloReport
from analyzer.api.validation_notes import comparability, facts, largest_misses, to_decide, unseen
from analyzer.api.validation_result import Options, Validation
from analyzer.api.validation_runs import (
    Bench,
    Run,
    analysed,
    order_of_runs,
    recorded_parts,
    side_parts,
)
from analyzer.errors import InputError, UsageError
from analyzer.replay.drive import Journey
from analyzer.replay.workload.recorded import NOTIFICATION, Pace, recorded_demand
from analyzer.slo.spec import ObjectiveSet

OURS = frozenset(
    {
        "before",
        "measured",
        "bot-logs",
        "runs",
        "journal.jsonl",
        "users.jsonl",
        "validation.json",
        "validation.html",
    }
)


def validate(
    logs: str | Path,
    output: str | Path = "validation",
    *,
    options: Options | None = None,
    listener: Listener | None = None,
) -> Validation:
    """Replay the demand of `logs` against a bot and write what it showed to `output`.

    `logs` are logs or a folder that `analyze run -o` wrote. Without `slo` or `journeys` in the
    options the slo.yaml and journeys.yaml that stand beside the logs are used. Takes as long as
    the replays, each at most `limit_seconds`, and about half a minute.

    Raises:
        InputError: the logs hold no journey that can be replayed.
        UsageError: a bot cannot be started or never asks for updates.
        OutputError: the folder holds something else.
    """
    chosen, heard = options or Options(), listener or Listener()
    files = files_beside([logs], chosen.slo, chosen.journeys)
    names = read_journey_names(files.journeys)
    objectives = read_objective_files(files.slo) if files.slo else ObjectiveSet(())
    asked = _Asked(chosen, objectives, _bots(chosen), tuple(files.notes))
    folder = claimed(Path(output), OURS)
    before = analysed(Path(logs), folder / "before", names, heard)
    pace = Pace(chosen.speed, chosen.limit_seconds, chosen.seed, chosen.patience_seconds)
    demand = recorded_demand(recorded_acts(before, names), pace)
    bench = Bench(demand, chosen.speed, names, heard)
    runs = _replays(bench, folder, asked.bots, chosen.pairs)
    old = side_parts(runs, "legacy", demand, chosen.speed)
    old = old or list(recorded_parts(before, demand, chosen.speed))
    found = _judged(asked, bench, runs, old)
    from analyzer.api.validation_report import write_validation

    write_validation(found, folder)
    return found


class _Asked(NamedTuple):
    """What a validation was asked for: its options, objectives, bots, and what to say of them."""

    options: Options
    objectives: ObjectiveSet
    bots: dict[str, BotUnderTest]
    notes: tuple[str, ...]


def _judged(asked: _Asked, bench: Bench, runs: Sequence[Run], old: Sequence[Part]) -> Validation:
    """Hold what the bot showed to the objectives, to the `old` side and to the prediction."""
    chosen, objectives, demand = asked.options, asked.objectives, bench.demand
    new = side_parts(runs, "bot", demand, chosen.speed)
    comparison, notes = _compared((old, new), runs, bench, objectives, chosen)
    predicted = predicted_and_measured(old, new, bench.names, chosen.seed) if new else None
    measured = _evaluated(new, objectives, bench)
    found = Validation(
        options=chosen,
        demand=demand,
        runs=tuple(runs),
        before=_evaluated(old, objectives, bench),
        measured=measured,
        observed=observed_objectives(_seen_by_users(runs), objectives.objectives),
        comparison=comparison,
        predicted=predicted,
        facts=facts(
            demand,
            runs,
            {side: bot.shown for side, bot in asked.bots.items()},
            chosen.seed,
            chosen.speed,
        ),
        notes=(
            *asked.notes,
            *demand.notes,
            *(run.problem for run in runs if run.problem),
            *dict.fromkeys([*measured.notes, *notes]),
            *(largest_misses(predicted) if predicted else ()),
            *comparability(
                paired="legacy" in asked.bots,
                pairs=chosen.pairs,
                speed=chosen.speed,
                staffed=asked.bots["bot"].bundled,
            ),
        ),
    )
    hints = to_decide(found.open_objectives, demand) if not found.failures else ()
    return replace(found, notes=(*found.notes, *unseen(found.integrity), *hints))


def _seen_by_users(runs: Sequence[Run]) -> list[Journey]:
    return [
        row
        for run in runs
        if run.side == "bot"
        for row in (*run.replayed.driven.rows, *run.replayed.notifications)
    ]


def _bots(options: Options) -> dict[str, BotUnderTest]:
    if options.pairs < 1:
        raise UsageError("--pairs must be at least 1.")
    if options.pairs > 1 and options.legacy is None:
        raise UsageError("--pairs needs --legacy: a pair is a replay against each of the two.")
    bots = {"bot": bot_of(options.bot)}
    if options.legacy is not None:
        bots["legacy"] = legacy_of(options.legacy)
    return bots


def _replays(bench: Bench, folder: Path, bots: dict[str, BotUnderTest], pairs: int) -> list[Run]:
    runs: list[Run] = []
    order = order_of_runs(pairs, with_legacy="legacy" in bots)
    plan = bench.demand.plan
    for number, (pair, side) in enumerate(order, start=1):
        own = folder if len(order) == 1 else folder / "runs" / f"{number:02}-{side}"
        of = f" ({number} of {len(order)}: {bots[side].shown})" if len(order) > 1 else ""
        visits = len(bench.demand.arrivals)
        bench.heard.step(f"replaying {visits:,} visits for {plan.seconds:.0f} s{of}")
        runs.append(bench.run(own, bots[side], (pair, side)))
    return runs


def _compared(
    sides: tuple[Sequence[Part], Sequence[Part]],
    runs: Sequence[Run],
    bench: Bench,
    objectives: ObjectiveSet,
    options: Options,
) -> tuple[Comparison | None, list[str]]:
    """The verdicts: by pairs where there are enough of them, else by all events of both sides."""
    old, new = sides
    if not new:
        return None, []
    before, after = (Recorded(side, bench.names) for side in (old, new))
    try:
        found = compare_recorded(
            before,
            after,
            objectives.objectives,
            left_out=frozenset({NOTIFICATION}),
            seed=options.seed,
        )
    except InputError as error:
        return None, [f"nothing to compare: {error}"]
    notes = list(found.notes)
    if options.legacy is None:
        return found, notes
    if options.pairs < MIN_PAIRS:
        notes.append(
            f"verdicts are by all events of {options.pairs} of {MIN_PAIRS} pairs: with fewer the "
            "pair cannot be the unit, and what differs from run to run looks like a difference"
        )
        return found, notes
    pairs = [
        [_side_of(run, bench) for run in sorted(runs, key=lambda r: r.pair) if run.side == side]
        for side in ("legacy", "bot")
    ]
    return paired_comparison(pairs[0], pairs[1], found, objectives.objectives, options.seed), notes


def _side_of(run: Run, bench: Bench) -> Recorded:
    return Recorded(list(run.parts(bench.demand, bench.speed)), bench.names)


def _evaluated(parts: Sequence[Part], objectives: ObjectiveSet, bench: Bench) -> SloReport:
    if not parts:
        return SloReport((), ())
    return evaluate_stretches([part.stretch for part in parts], objectives, bench.names)
