"""What a validation found: objectives, comparison, tickets, and the verdict over all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from analyzer.api.comparison import Comparison
from analyzer.api.measured import Predicted
from analyzer.api.outcome import FEWEST_JOURNEYS, Outcome
from analyzer.api.slo_report import SloReport
from analyzer.api.validation_frames import load_frame, objectives_frame
from analyzer.api.validation_runs import Run
from analyzer.replay.drive import Journey
from analyzer.replay.integrity import Integrity
from analyzer.replay.workload.recorded import PATIENCE_SECONDS, Demand
from analyzer.slo.budget import EvidenceVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to validate; named and meant like the options of `analyze validate`.

    `bot` None is the bundled bot; `legacy` None replays against the bot alone, an empty one is
    the sample fleet, and `pairs` says how often both are run. `limit_seconds` is the longest
    replay, `patience_seconds` how long a user waits for an answer (it should exceed every
    deadline).
    """

    slo: Path | None = None
    journeys: Path | None = None
    bot: str | None = None
    legacy: str | None = None
    pairs: int = 1
    speed: float = 1.0
    limit_seconds: float = 150.0
    seed: int = 7
    patience_seconds: float = PATIENCE_SECONDS


@dataclass(frozen=True)
class Validation:
    """What a replay showed. Parts are frames; `.outcome` and `.headline` say it in words.

    `before`, `measured` and `observed` evaluate the same objectives: over the recorded stretches
    or the legacy system's replays, over the bot's own logs, and over what users saw of the bot.
    `comparison` and `predicted` are None where the bot's logs hold nothing comparable; `notes`
    then say so.
    """

    options: Options
    demand: Demand
    runs: tuple[Run, ...]
    before: SloReport
    measured: SloReport
    observed: SloReport
    comparison: Comparison | None
    predicted: Predicted | None
    facts: Mapping[str, str]
    notes: tuple[str, ...]

    @cached_property
    def bot_runs(self) -> tuple[Run, ...]:
        """The replays against the bot under test."""
        return tuple(run for run in self.runs if run.side == "bot")

    @cached_property
    def integrity(self) -> Integrity:
        """What became of the tickets of all replays against the bot."""
        found = [run.integrity for run in self.bot_runs]
        return Integrity(
            sum(one.submitted for one in found),
            sum(one.lost for one in found),
            sum(one.doubled for one in found),
        )

    @cached_property
    def invalid(self) -> tuple[str, ...]:
        """Why the run proves nothing about the bot; empty for a valid run."""
        found: list[str] = []
        for run in self.runs:
            of = f"{run.side} {run.pair}: " if len(self.runs) > 1 else ""
            found += [f"{of}{problem}" for problem in run.replayed.driven.summary.problems]
            if run.side == "legacy" and run.replayed.exit_code is not None:
                found.append(f"{of}the legacy system ended with code {run.replayed.exit_code}")
        counted = sum(not row.warm_up for row in self.rows)
        ended = any(run.replayed.exit_code is not None for run in self.bot_runs)
        if counted < FEWEST_JOURNEYS and not ended:  # what ended by itself has failed
            found.append(
                f"too few events: {counted} journeys after the warm-up, {FEWEST_JOURNEYS} are the "
                f"least that is worth judging; {self.remedy}"
            )
        return tuple(found)

    @property
    def remedy(self) -> str:
        """What brings more events."""
        if self.demand.whole:
            return "the whole recording was replayed, so only a longer one has more"
        return "allow more time with --limit"

    @cached_property
    def rows(self) -> tuple[Journey, ...]:
        """What users did and saw in all replays against the bot."""
        return tuple(
            row
            for run in self.bot_runs
            for row in (*run.replayed.driven.rows, *run.replayed.notifications)
        )

    @cached_property
    def failures(self) -> tuple[str, ...]:
        """What the bot did not hold, in sentences."""
        found = list(self.integrity.problems)
        for run in self.bot_runs:
            if run.replayed.exit_code is not None:
                found.insert(0, _ended(run.replayed.exit_code))
        for side, report in (("by its logs", self.measured), ("as users saw it", self.observed)):
            found += _missed(side, report)
        if self.comparison:
            found += [
                f"{one.journey} regressed against {self.past}"
                for one in self.comparison.journeys
                if one.verdict.value == "regressed"
            ]
        return tuple(found)

    @property
    def past(self) -> str:
        """What the bot is compared with."""
        return "the recording" if self.options.legacy is None else "the legacy system"

    @cached_property
    def undecided(self) -> tuple[str, ...]:
        """Objectives that the run is too short to decide."""
        return tuple(
            f"{row['objective']} has {row['valid']:,} of {row['needed']:,} events"
            for row in self.open_objectives.iter_rows(named=True)
        )

    @property
    def open_objectives(self) -> pl.DataFrame:
        """The rows of `objectives` without a verdict."""
        return self.objectives.filter(pl.col("verdict") == Outcome.NOT_ENOUGH_DATA.value)

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
        certain = self.integrity.problems if self.invalid else ()
        nevertheless = f" Seen nevertheless: {'; '.join(certain)}." if certain else ""
        summaries = [run.replayed.driven.summary for run in self.bot_runs]
        issued, offered = (sum(getattr(s, n) for s in summaries) for n in ("issued", "offered"))
        told = f"{issued:,} of {offered:,} offered journeys issued"
        return (
            f"{self.outcome.value}: {'; '.join(why) or 'every objective is demonstrated'}."
            f"{nevertheless} {told}."
        )

    @property
    def against_past(self) -> str:
        """The comparison with what was before in one sentence; empty without one."""
        return f"Against {self.past}: {self.comparison.headline}" if self.comparison else ""

    @property
    def _open(self) -> bool:
        decided = self.comparison and self.comparison.verdict.value != Outcome.NOT_ENOUGH_DATA
        return bool(self.undecided) or not (self.objectives.height or decided)

    @cached_property
    def objectives(self) -> pl.DataFrame:
        """One row per objective: target, shares of good events before, by logs, by users."""
        return objectives_frame(self.before, self.measured, self.observed)

    @cached_property
    def load(self) -> pl.DataFrame:
        """One row per journey: recorded, offered, served, failed, unanswered, dropped."""
        return load_frame(self.rows, self.demand.recorded, len(self.bot_runs))

    def _repr_html_(self) -> str:
        from analyzer.render.fragments import frame_fragment

        return frame_fragment(self.headline, self.objectives, "; ".join(self.notes))


def _ended(code: int) -> str:
    return f"the bot ended by itself with code {code} (its output is in bot-logs/output.log)"


def _missed(side: str, report: SloReport) -> Iterator[str]:
    for row in report.frame.iter_rows(named=True):
        if row["evidence"] == EvidenceVerdict.REFUTED:
            yield (
                f"{row['objective']} missed {side}: {row['bad']:,} of {row['valid']:,} bad, "
                f"at most {1 - row['target']:.3%} allowed"
            )
