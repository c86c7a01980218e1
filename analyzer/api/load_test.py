"""`analyze replay`: how much a bot holds, what breaks first, how it takes spikes and faults."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzer.api.beside import files_beside
from analyzer.api.bot_under_test import DATABASE_NAME, BotUnderTest, bot_of
from analyzer.api.claimed import claimed
from analyzer.api.demand import recorded_acts
from analyzer.api.journey_names import read_journey_names
from analyzer.api.load_checks import Check, checks_of, judged
from analyzer.api.load_result import LoadOptions, LoadTest
from analyzer.api.objectives import read_objective_files
from analyzer.api.observed import journey_name
from analyzer.api.pipeline import Listener
from analyzer.api.runbook import bundled_runbook, read_criteria
from analyzer.api.validation_runs import analysed
from analyzer.errors import InputError
from analyzer.replay.botapi import Limits
from analyzer.replay.drive import Journey
from analyzer.replay.integrity import integrity
from analyzer.replay.load import LoadPlan, LoadRun, Mix, planned, run_load
from analyzer.replay.load.levels import CAMPAIGN
from analyzer.replay.load.run import Moment
from analyzer.replay.workload.recorded import NOTIFICATION, scenario_of, visits_of
from analyzer.slo.spec import Objective

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
    watch = _Watch(plan, tuple(objectives), heard)
    with tempfile.TemporaryDirectory(prefix="analyze-replay-") as working:
        run = _load_run(plan, bot, folder, Path(working), chosen)
        loaded = run_load(run, watch.look)
    rows = [*loaded.driven.rows, *loaded.notifications]
    found = LoadTest(
        options=chosen,
        bot=bot.shown,
        plan=plan,
        loaded=loaded,
        levels=tuple(
            judged(level, rows, loaded.begun_ns, watch.checks(rows))
            for level in plan.levels
            if loaded.stopped_seconds is None or level.at_seconds < loaded.stopped_seconds
        ),
        integrity=integrity(loaded.driven.rows, run.journal),
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


UNLIMITED_SCALE = 1000.0


@dataclass(slots=True)
class _Watch:
    """Says live how it goes, and ends a climbing run once a level is surely broken."""

    plan: LoadPlan
    objectives: Sequence[Objective]
    heard: Listener

    def checks(self, rows: Sequence[Journey]) -> tuple[Check, ...]:
        names = {journey_name(row) for row in rows if row.outcome != "dropped"}
        return checks_of(self.objectives, sorted(names))

    def look(self, moment: Moment) -> bool:
        levels = [one for one in self.plan.levels if one.at_seconds <= moment.at_seconds]
        rows = [*moment.rows, *moment.notifications]
        begun_ns = moment.begun_ns
        self.heard.step(_live(self.plan, levels[-1].name, moment))
        if not self.plan.climbs:
            return False
        checks = self.checks(rows)
        return any(judged(level, rows, begun_ns, checks).broken for level in levels[-3:])


LIVE_SECONDS = 5.0


def _live(plan: LoadPlan, level: str, moment: Moment) -> str:
    """The last five seconds in numbers."""
    now_ns = moment.begun_ns + round(1e9 * moment.at_seconds)
    recent = [r for r in moment.rows if r.answered_ns and r.answered_ns > now_ns - 5e9]
    waits = sorted(row.waited_ms for row in recent)
    p95 = f", p95 {waits[int(0.95 * (len(waits) - 1))]:,.0f} ms" if waits else ""
    late = sum(
        row.outcome == "unanswered" for row in moment.notifications if row.journey == NOTIFICATION
    )
    waiting = f", {late} notifications under way" if late else ""
    return (
        f"{plan.scenario} {level}, {moment.at_seconds:.0f} s: "
        f"{len(recent) / LIVE_SECONDS:.1f} updates/s answered{p95}{waiting}"
    )


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
