"""Validation: recorded demand replayed against a bot, held to objectives, past and prediction."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from analyzer import __version__
from analyzer.api.analysis import Analysis
from analyzer.api.comparison import Comparison, compare
from analyzer.api.demand import recorded_acts
from analyzer.api.journey_names import JourneyNames, read_journey_names
from analyzer.api.measured import Predicted, Side, predicted_and_measured
from analyzer.api.objectives import SloReport, evaluate_objectives, read_objective_files
from analyzer.api.observed import observed_objectives
from analyzer.api.options import RunOptions
from analyzer.api.pipeline import Listener
from analyzer.api.validation_result import Options, Validation
from analyzer.errors import InputError, OutputError, UsageError
from analyzer.replay.campaign import Campaign, Replayed, replay
from analyzer.replay.integrity import Integrity, integrity
from analyzer.replay.workload.recorded import Demand, Pace, recorded_demand
from analyzer.slo.live import SECOND_US
from analyzer.slo.spec import ObjectiveSet
from analyzer.store import STORE_NAME

BUNDLED_BOT = (sys.executable, "-m", "consolidated_bot", "run")
OURS = frozenset(
    {
        "before",
        "measured",
        "bot-logs",
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

    `logs` are logs or a folder that `analyze run -o` wrote. Takes as long as the replay, at most
    `limit_seconds` and about half a minute.

    Raises:
        InputError: the logs hold no journey that can be replayed.
        UsageError: the bot cannot be started or never asks for updates.
        OutputError: the folder holds something else.
    """
    chosen, heard = options or Options(), listener or Listener()
    folder = _claimed(Path(output))
    names = read_journey_names(chosen.journeys)
    objectives = read_objective_files(chosen.slo) if chosen.slo else ObjectiveSet(())
    before = _analysed(Path(logs), folder / "before", names, heard)
    pace = Pace(chosen.speed, chosen.limit_seconds, chosen.seed, chosen.patience_seconds)
    demand = recorded_demand(recorded_acts(before, names), pace)
    heard.step(f"replaying {len(demand.arrivals):,} visits for {demand.plan.seconds:.0f} s")
    replayed, command = _replayed(folder, demand, chosen)
    heard.step("reading the bot's logs")
    notes = [*demand.notes]
    try:
        after = _analysed(folder / "bot-logs", folder / "measured", names, heard)
    except InputError as error:
        after = None
        notes.append(f"the bot's own logs cannot be read, only what users saw is judged: {error}")
    sides = _stretches(before, after, demand, replayed, chosen.speed)
    found = _assembled(chosen, (demand, replayed), objectives, sides, names)
    found = replace(
        found,
        integrity=integrity(replayed.driven.rows, folder / "journal.jsonl"),
        facts=_facts(chosen, demand, replayed, command),
        notes=(*notes, *found.notes, *_largest_miss(found), *comparability(chosen.speed)),
    )
    from analyzer.api.validation_report import write_validation

    write_validation(found, folder)
    return found


def _claimed(folder: Path) -> Path:
    """The folder, emptied of an earlier validation; refused if it holds anything else."""
    if folder.is_dir():
        strangers = sorted({item.name for item in folder.iterdir()} - OURS)
        if strangers:
            raise OutputError(
                f"{folder}: holds something else ({strangers[0]}). Choose another folder with -o."
            )
        for name in OURS:
            item = folder / name
            if item.is_dir():
                shutil.rmtree(item)
            else:
                item.unlink(missing_ok=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}. Choose another folder with -o.") from error
    return folder


def _analysed(logs: Path, folder: Path, names: JourneyNames, heard: Listener) -> Analysis:
    """An analysis made before, or made now of a folder of logs."""
    from analyzer.api import analyze, open_analysis

    if (logs / STORE_NAME).exists():
        return open_analysis(logs)
    return analyze(logs, folder, listener=heard, options=RunOptions(journeys=names))


def _replayed(folder: Path, demand: Demand, options: Options) -> tuple[Replayed, str]:
    """The replay and the command that it was made against; the bot's database is temporary."""
    words = BUNDLED_BOT if options.bot is None else tuple(shlex.split(options.bot))
    if not words:
        raise UsageError("--bot is empty: write the command that starts the bot.")
    with tempfile.TemporaryDirectory(prefix="analyze-validate-") as working:
        campaign = Campaign(
            demand=demand,
            words=words,
            folder=folder,
            speed=options.speed,
            environment={
                "DATABASE_URL": f"sqlite:///{working}/bot.db",
                "DASHBOARD_LISTEN": "127.0.0.1:0",
                "LOG_FILE": str((folder / "bot-logs" / "bot.jsonl").resolve()),
                "SEND_RATE_SCALE": f"{options.speed:g}",
            },
        )
        shown = "the bundled bot" if options.bot is None else options.bot
        return replay(campaign), shown


def _stretches(
    before: Analysis, after: Analysis | None, demand: Demand, replayed: Replayed, speed: float
) -> tuple[Side, Side | None]:
    """The recorded stretch and the replay of it, both without the warm-up."""
    warm_up = demand.plan.warm_up_seconds
    until = round(1e6 * demand.until_seconds)
    seconds = int(demand.until_seconds - demand.from_seconds - warm_up * speed)
    old = Side(before, (until - seconds * SECOND_US, until))
    if after is None or not after.journeys.height:
        return old, None
    last = max(after.relation("slo_journeys")["last_us"].to_list())
    begin = replayed.begun_us + round(1e6 * warm_up)
    # Whole seconds: events are counted by the second, and both sides of a report must agree.
    return old, Side(after, (begin, begin + max(1, -(-(last - begin) // SECOND_US)) * SECOND_US))


def _assembled(
    options: Options,
    run: tuple[Demand, Replayed],
    objectives: ObjectiveSet,
    sides: tuple[Side, Side | None],
    names: JourneyNames,
) -> Validation:
    """Everything that follows from both sides; integrity and facts are filled in by the caller."""
    old, new = sides
    demand, replayed = run
    comparison: Comparison | None = None
    predicted: Predicted | None = None
    notes: list[str] = []
    if new:
        predicted = predicted_and_measured(old, new, names, options.seed)
        try:
            comparison = compare(
                old.analysis,
                new.analysis,
                options.slo,
                options.journeys,
                seed=options.seed,
                spans=(old.span, new.span),
            )
            notes += comparison.notes
        except InputError as error:
            notes.append(f"nothing to compare: {error}")
    reports = [
        evaluate_objectives(side.analysis.relation, objectives, names, side.span)
        if side
        else SloReport((), ())
        for side in (old, new)
    ]
    return Validation(
        options=options,
        demand=demand,
        replayed=replayed,
        integrity=Integrity(0, 0, 0),
        before=reports[0],
        measured=reports[1],
        observed=observed_objectives(replayed.driven.rows, objectives.objectives),
        comparison=comparison,
        predicted=predicted,
        facts={},
        notes=tuple(dict.fromkeys([*reports[1].notes, *notes])),
    )


def _largest_miss(found: Validation) -> Iterator[str]:
    """Where the prediction is furthest off at p95, and why it may be."""
    if found.predicted is None:
        return
    rows = found.predicted.latency.filter(
        (pl.col("quantile") == 0.95) & pl.col("prediction_error").is_not_null()
    ).sort(pl.col("prediction_error").abs(), "journey", descending=[True, False])
    for row in rows.head(1).iter_rows(named=True):
        yield (
            f"the prediction is furthest off for {row['journey']}: p95 {row['before_ms']:,.0f} ms "
            f"before, {row['predicted_ms']:,.0f} predicted, {row['measured_ms']:,.0f} measured. "
            "A merge removes the gaps between services and nothing else: the rest is other code, "
            "other storage, other resources"
        )


def comparability(speed: float) -> Iterator[str]:
    """What may be compared with what, said plainly."""
    yield (
        "comparable: journeys by name, the same objectives by the same code, latency from the "
        "update's arrival to the Bot API's acceptance of the answer, on both sides by the logs"
    )
    yield (
        "not comparable: the recording was made at another time, perhaps on another machine and "
        "behind another network, by other code; one run of each, no pairs. A difference is that "
        "of two recordings, not of the merge alone"
    )
    yield (
        "seen by users counts from the moment a user meant to act, which no log knows; the "
        "prediction puts all services into one process and knows nothing of a rewrite"
    )
    if speed != 1:
        yield (
            f"replayed at {speed:g} times the recorded rate: latencies stand under another load "
            "than those before and those predicted"
        )


def _facts(options: Options, demand: Demand, replayed: Replayed, bot: str) -> dict[str, str]:
    summary = replayed.driven.summary
    stretch = demand.until_seconds - demand.from_seconds
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "bot": bot,
        "stretch replayed": f"{stretch:,.0f} s of the recording",
        "speed": f"{options.speed:g}",
        "visits": f"{len(demand.arrivals):,} by {demand.plan.users:,} users",
        "offered": f"{summary.offered:,} journeys, {summary.issued:,} issued, "
        f"{summary.dropped:,} dropped",
        "generator lag p99": f"{summary.lag_p99_ms:.1f} ms",
        "warm-up cut": f"{summary.warm_up_seconds:.1f} s",
        "seed": str(options.seed),
        "machine": f"{platform.system()} on {platform.machine()}, {cores} cores",
        "versions": f"analyzer {__version__}, Python {platform.python_version()}",
    }
