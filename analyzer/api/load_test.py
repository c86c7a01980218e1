"""`analyze replay`: how much a bot holds, what breaks first, how it takes spikes and faults."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from analyzer.api.beside import files_beside
from analyzer.api.bot_under_test import DATABASE_NAME, BotUnderTest, bot_of
from analyzer.api.claimed import claimed
from analyzer.api.demand import recorded_acts
from analyzer.api.journey_names import read_journey_names
from analyzer.api.load_checks import LevelResult, Stretch
from analyzer.api.load_result import LoadOptions, LoadTest
from analyzer.api.load_watch import LoadWatch
from analyzer.api.objectives import read_objective_files
from analyzer.api.pipeline import Listener
from analyzer.api.runbook import bundled_runbook, read_criteria
from analyzer.api.validation_runs import analysed
from analyzer.errors import InputError
from analyzer.replay.botapi import Limits
from analyzer.replay.botapi.clock import NS_PER_SECOND
from analyzer.replay.integrity import integrity
from analyzer.replay.load import Loaded, LoadPlan, LoadRun, Mix, planned, run_load
from analyzer.replay.load.levels import CAMPAIGN
from analyzer.replay.workload.recorded import NOTIFICATION
from analyzer.replay.workload.visits import scenario_of, visits_of

UNLIMITED_SCALE = 1000.0
OURS = frozenset(
    {"before", "bot-logs", "journal.jsonl", "users.jsonl", "replay.json", "replay.html"}
)


def load_test(
    logs: str | Path | None = None,
    output: str | Path = "replay",
    *,
    options: LoadOptions | None = None,
    listener: Listener | None = None,
) -> LoadTest:
    """Put a bot under load, alone, and write what it held to `output`.

    `logs` (logs, or a folder that `analyze run -o` wrote) give the mix of visits; without them it
    is the mix of the sample campaign. Takes as long as the run, at most `limit_seconds`.

    Raises:
        InputError: the logs hold no journey that can be replayed.
        UsageError: the bot cannot be started, or the fault cannot be made.
        OutputError: the folder holds something else.
    """
    chosen, heard = options or LoadOptions(), listener or Listener()
    files = files_beside([logs] if logs else [], chosen.slo, chosen.journeys)
    objectives = read_objective_files(files.slo).objectives if files.slo else ()
    runbook = chosen.runbook or (bundled_runbook() if chosen.bot is None else None)
    criteria = read_criteria(runbook) if runbook else ()
    bot = bot_of(chosen.bot)
    folder = claimed(Path(output), OURS)
    mix = _mix(logs, folder, files.journeys, heard) if logs else CAMPAIGN
    plan = planned(
        chosen.scenario, chosen.rate, chosen.limit_seconds, chosen.step_seconds, mix, chosen.seed
    )
    watch = LoadWatch(plan, tuple(objectives), heard)
    with tempfile.TemporaryDirectory(prefix="analyze-replay-") as working:
        run = _load_run(plan, bot, folder, Path(working), chosen)
        loaded = run_load(run, watch.look)
    rows = [*loaded.driven.rows, *loaded.notifications]
    levels = watch.levels(rows, Stretch(loaded.begun_ns, _lasted(plan, loaded)))
    found = LoadTest(
        options=chosen,
        bot=bot.shown,
        plan=plan,
        loaded=loaded,
        levels=levels,
        integrity=integrity(loaded.driven.rows, run.journal, _overloaded_ns(plan, loaded, levels)),
        criteria=criteria,
        notes=(
            *files.notes,
            *([f"pass criteria are those of {runbook.name}"] if runbook else ()),
            *(() if bot.bundled else (_NO_STAFF,)),
        ),
    )
    from analyzer.api.load_report import write_load_test

    write_load_test(found, folder)
    return found


_NO_STAFF = (
    "notifications are begun by no user: only the bundled bot's staff is known here, so another "
    "bot's notifications are not judged"
)


def _load_run(
    plan: LoadPlan, bot: BotUnderTest, folder: Path, working: Path, options: LoadOptions
) -> LoadRun:
    scale = options.limit_scale
    return LoadRun(
        plan=plan,
        words=bot.command(folder),
        folder=folder,
        database=working / DATABASE_NAME,
        staffed=bot.bundled,
        limits=Limits(scale=scale) if scale else Limits(enabled=False),
        environment=bot.environment(folder, working, scale or UNLIMITED_SCALE),
    )


def _lasted(plan: LoadPlan, loaded: Loaded) -> float:
    stopped = loaded.stopped_seconds
    return plan.plan.seconds if stopped is None else stopped


def _overloaded_ns(plan: LoadPlan, loaded: Loaded, levels: Sequence[LevelResult]) -> int | None:
    """When a climb reached the level that broke it, which ends the run; None for no such."""
    broken = next((one.level for one in levels if one.broken), None)
    if broken is None or not plan.climbs:
        return None
    return loaded.begun_ns + round(broken.at_seconds * NS_PER_SECOND)


def _mix(logs: str | Path, folder: Path, journeys: Path | None, heard: Listener) -> Mix:
    """The scenarios of the recorded visits, and how many updates and notifications they make."""
    names = read_journey_names(journeys)
    acts = recorded_acts(analysed(Path(logs), folder / "before", names, heard), names)
    known = [act for act in acts if scenario_of([act]) is not None]
    visits = visits_of(known)
    weights = Counter(scenario_of(visit) or "" for visit in visits)
    if not weights:
        raise InputError(
            "none of the journeys in these logs is one that a scenario makes: name them with "
            "--journeys FILE, or leave the logs out for the mix of the sample campaign."
        )
    told = sum(act.journey == NOTIFICATION for act in acts)
    return Mix(dict(weights), len(known) / len(visits), told / len(known))
