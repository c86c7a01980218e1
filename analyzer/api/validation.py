"""Validation: recorded demand replayed against a bot, held to objectives, past and prediction."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import polars as pl

from analyzer import __version__
from analyzer.api.analysis import Analysis
from analyzer.api.comparison import Comparison, compare
from analyzer.api.demand import recorded_acts
from analyzer.api.journey_names import JourneyNames, read_journey_names
from analyzer.api.measured import Predicted, Side, predicted_and_measured
from analyzer.api.objectives import SloReport, evaluate_objectives, read_objective_files
from analyzer.api.observed import journey_name, observed_objectives
from analyzer.api.options import RunOptions
from analyzer.api.pipeline import Listener
from analyzer.errors import InputError, OutputError, UsageError
from analyzer.replay.campaign import Campaign, Replayed, replay
from analyzer.replay.integrity import Integrity, integrity
from analyzer.replay.workload.recorded import PATIENCE_SECONDS, Demand, Pace, recorded_demand
from analyzer.slo.budget import EvidenceVerdict
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
ALWAYS_UNTIL_US = 2**60


class Outcome(StrEnum):
    """What a validation says in one word."""

    PASSED = "passed"
    FAILED = "failed"
    INVALID = "invalid"
    NOT_ENOUGH_DATA = "not enough data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to validate; named and meant like the options of `analyze validate`.

    `bot` None is the bundled bot; `limit_seconds` is the longest replay, `patience_seconds` how
    long a user waits for an answer (it should exceed every deadline).
    """

    slo: Path | None = None
    journeys: Path | None = None
    bot: str | None = None
    speed: float = 1.0
    limit_seconds: float = 180.0
    seed: int = 7
    patience_seconds: float = PATIENCE_SECONDS


@dataclass(frozen=True)
class Validation:
    """What a replay showed. Parts are frames; `.outcome` and `.reasons` say it in words.

    `before`, `measured` and `observed` evaluate the same objectives: over the recorded stretch,
    over the bot's own logs, and over what users saw. `comparison` and `predicted` are None where
    the bot's logs hold nothing comparable; `notes` then say so.
    """

    options: Options
    demand: Demand
    replayed: Replayed
    integrity: Integrity
    before: SloReport
    measured: SloReport
    observed: SloReport
    comparison: Comparison | None
    predicted: Predicted | None
    facts: Mapping[str, str]
    notes: tuple[str, ...]

    @cached_property
    def invalid(self) -> tuple[str, ...]:
        """Why the run proves nothing about the bot; empty for a valid run."""
        return self.replayed.driven.summary.problems

    @cached_property
    def failures(self) -> tuple[str, ...]:
        """What the bot did not hold, in sentences."""
        found = list(self.integrity.problems)
        if self.replayed.exit_code is not None:
            found.insert(0, f"the bot ended by itself with code {self.replayed.exit_code}")
        for side, report in (("by its logs", self.measured), ("as users saw it", self.observed)):
            found += _missed(side, report)
        if self.comparison:
            found += [
                f"{one.journey} regressed against the recording"
                for one in self.comparison.journeys
                if one.verdict.value == "regressed"
            ]
        return tuple(found)

    @cached_property
    def undecided(self) -> tuple[str, ...]:
        """Objectives that the run is too short to decide."""
        return tuple(
            f"{row['objective']} has {row['valid']:,} of {row['needed']:,} events"
            for row in self.objectives.iter_rows(named=True)
            if row["verdict"] == Outcome.NOT_ENOUGH_DATA
        )

    @property
    def outcome(self) -> Outcome:
        """Invalid before failed: a generator that was late measures itself."""
        if self.invalid:
            return Outcome.INVALID
        if self.failures:
            return Outcome.FAILED
        return Outcome.NOT_ENOUGH_DATA if self._open else Outcome.PASSED

    @property
    def exit_code(self) -> int:
        """0 passed or not enough data, 1 failed, 3 invalid."""
        return {Outcome.INVALID: 3, Outcome.FAILED: 1}.get(self.outcome, 0)

    @property
    def headline(self) -> str:
        """The answer in one sentence."""
        why = self.invalid or self.failures or self.undecided
        if not why and self._open:
            why = ("no measure of the comparison could be decided",)
        summary = self.replayed.driven.summary
        told = f"{summary.issued:,} of {summary.offered:,} offered journeys issued"
        return (
            f"{self.outcome.value}: {'; '.join(why) or 'every objective is demonstrated'}. {told}."
        )

    @property
    def against_recording(self) -> str:
        """The comparison with the recorded stretch in one sentence; empty without one."""
        return f"Against the recording: {self.comparison.headline}" if self.comparison else ""

    @property
    def _open(self) -> bool:
        decided = self.comparison and self.comparison.verdict.value != Outcome.NOT_ENOUGH_DATA
        return bool(self.undecided) or not (self.objectives.height or decided)

    @cached_property
    def objectives(self) -> pl.DataFrame:
        """One row per objective: target, shares of good events before, by logs, by users."""
        before, measured, observed = (
            {row["objective"]: row for row in report.frame.iter_rows(named=True)}
            for report in (self.before, self.measured, self.observed)
        )
        rows = []
        for name in dict.fromkeys([*before, *measured]):
            old, new, seen = before.get(name), measured.get(name), observed.get(name)
            judged = new if new and new["valid"] else seen or new or old
            assert judged is not None
            rows.append(
                (
                    name,
                    judged["target"],
                    old["sli"] if old else None,
                    new["sli"] if new else None,
                    seen["sli"] if seen else None,
                    judged["bad"],
                    judged["valid"] if judged is not old else 0,
                    judged["lower"],
                    judged["upper"],
                    judged["needed"],
                    _verdict([row for row in (new, seen) if row]),
                )
            )
        return pl.DataFrame(rows, schema=OBJECTIVES, orient="row")

    @cached_property
    def load(self) -> pl.DataFrame:
        """One row per journey: recorded, offered, served, failed, unanswered, dropped."""
        offered = Counter(journey_name(row) for row in self.replayed.driven.rows)
        by_outcome = Counter((journey_name(r), r.outcome) for r in self.replayed.driven.rows)
        recorded = self.demand.recorded
        rows = [
            (
                name,
                recorded.get(name),
                offered[name],
                *(by_outcome[name, how] for how in ("ok", "failed", "unanswered", "dropped")),
            )
            for name in sorted({*offered, *recorded})
        ]
        return pl.DataFrame(rows, schema=LOAD, orient="row")

    def _repr_html_(self) -> str:
        from analyzer.render.fragments import frame_fragment

        return frame_fragment(self.headline, self.objectives, "; ".join(self.notes))


OBJECTIVES: dict[str, pl.DataType | type[pl.DataType]] = {
    "objective": pl.String,
    "target": pl.Float64,
    "before": pl.Float64,
    "measured": pl.Float64,
    "seen_by_users": pl.Float64,
    "bad": pl.Int64,
    "valid": pl.Int64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "needed": pl.Int64,
    "verdict": pl.String,
}
LOAD: dict[str, pl.DataType | type[pl.DataType]] = {
    "journey": pl.String,
    **dict.fromkeys(
        ("recorded", "offered", "served", "failed", "unanswered", "dropped"), pl.Int64
    ),
}


def _verdict(rows: Sequence[Mapping[str, object]]) -> str:
    """Missed on either side counts; met only where it is demonstrated."""
    verdicts = {str(row["evidence"]) for row in rows}
    if EvidenceVerdict.REFUTED in verdicts:
        return "missed"
    return "met" if verdicts == {EvidenceVerdict.DEMONSTRATED.value} else "not enough data"


def _missed(side: str, report: SloReport) -> Iterator[str]:
    for row in report.frame.iter_rows(named=True):
        if row["evidence"] == EvidenceVerdict.REFUTED:
            yield (
                f"{row['objective']} missed {side}: {row['bad']:,} of {row['valid']:,} bad, "
                f"at most {1 - row['target']:.3%} allowed"
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
