"""What a load test found: what the bot holds, what breaks first and why, in words and frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from analyzer.api.load_checks import LevelResult
from analyzer.api.load_frames import levels_frame, objectives_frame
from analyzer.api.load_limit import limit_words
from analyzer.api.load_words import disturbance, finding, when
from analyzer.api.outcome import FEWEST_JOURNEYS, Outcome
from analyzer.api.runbook import Criterion, Verified, verify
from analyzer.replay.botapi.clock import NS_PER_SECOND
from analyzer.replay.integrity import Integrity
from analyzer.replay.load import Loaded, LoadPlan
from analyzer.replay.load.levels import AFTER, DURING, FAULTS

RECOVERS_WITHIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """How to test; named and meant like the options of `analyze replay`.

    `rate` is in updates a second. `limit_scale` multiplies Telegram's send limits, 0 takes them
    away. `holds` is the rate that must be held, None asks for nothing.
    """

    scenario: str = "step"
    rate: float = 4.0
    limit_seconds: float = 180.0
    step_seconds: float = 20.0
    limit_scale: float = 1.0
    holds: float | None = None
    slo: Path | None = None
    journeys: Path | None = None
    runbook: Path | None = None
    bot: str | None = None
    seed: int = 7


@dataclass(frozen=True)
class LoadTest:
    """A load test. `.levels` are in order of time, judged alone; `.frame` shows them."""

    options: LoadOptions
    bot: str
    plan: LoadPlan
    loaded: Loaded
    levels: tuple[LevelResult, ...]
    integrity: Integrity
    criteria: tuple[Criterion, ...]
    notes: tuple[str, ...]

    @cached_property
    def first_broken(self) -> LevelResult | None:
        """The first level at which an objective did not hold; None if all held."""
        return next((level for level in self.levels if level.broken), None)

    @cached_property
    def held(self) -> tuple[LevelResult, ...]:
        """The levels before the first that broke, without those that prove nothing."""
        until = self.levels.index(self.first_broken) if self.first_broken else len(self.levels)
        return tuple(level for level in self.levels[:until] if not level.problem)

    @property
    def lasted_seconds(self) -> float:
        """How long users came."""
        stopped = self.loaded.stopped_seconds
        return self.plan.plan.seconds if stopped is None else stopped

    @property
    def holds_per_second(self) -> float:
        """Updates a second that were held; 0 when the first level already broke."""
        return max((level.offered_per_second for level in self.held), default=0.0)

    @cached_property
    def invalid(self) -> tuple[str, ...]:
        """Why the run proves nothing; empty for a valid one.

        A climb is told by the level that broke, or else by the highest: a generator that was late
        on the way and kept up with more afterwards takes nothing from that.
        """
        told = self.levels
        if self.plan.climbs:
            last = self.first_broken or next(reversed(self.levels), None)
            told = (last,) if last else ()
        found = [f"level {one.level.name}: {one.problem}" for one in told if one.problem]
        counted = sum(held.valid for level in self.levels for held in level.held)
        if counted < FEWEST_JOURNEYS and not self._gone:
            found.append(
                f"too few events: {counted} journeys were judged, {FEWEST_JOURNEYS} are the "
                "least; raise --rate or --limit"
            )
        return tuple(found)

    @property
    def _gone(self) -> str:
        """How the bot ended or stayed away, unasked; empty if it lived."""
        if self.loaded.gone:
            return f"the bot did not come back after the kill -9: {self.loaded.gone}"
        if self.loaded.exit_code is not None:
            at = f"{self.lasted_seconds:.0f} s into the run"
            code = self.loaded.exit_code
            return (
                f"the bot ended by itself with code {code}, {at} (its output is in "
                "bot-logs/output.log)"
            )
        return ""

    @cached_property
    def failures(self) -> tuple[str, ...]:
        """What the bot did not hold, in sentences."""
        found = [self._gone] if self._gone else []
        found += self.integrity.problems
        if self.options.holds is not None and self.holds_per_second < self._asked:
            found.append(
                f"holds {self.holds_per_second:.3g} updates/s, {self.options.holds:g} are asked"
            )
        if not self.plan.climbs:
            found += self._missed()
        return tuple(found)

    @property
    def _asked(self) -> float:
        """Arrivals are random: a level planned at the asked rate may come out a little below."""
        return 0.95 * (self.options.holds or 0.0)

    def _missed(self) -> Iterator[str]:
        for level in self.levels:
            tolerated = self.plan.scenario in {*FAULTS, "spike"} and level.level.name == DURING
            for held in () if tolerated else level.broken:
                yield (
                    f"{held.check.name} missed {when(level)}: {held.bad:,} of {held.valid:,} "
                    f"bad, at most {1 - float(held.check.target):.3%} allowed"
                )
        recovery = self.recovery_seconds or 0.0
        if recovery > RECOVERS_WITHIN_SECONDS:
            yield (
                f"recovered {recovery:.0f} s after the {disturbance(self)}, at most "
                f"{RECOVERS_WITHIN_SECONDS:g} s are allowed"
            )

    @cached_property
    def recovery_seconds(self) -> float | None:
        """From the end of a spike or fault to the last bad event after it; None without one."""
        after = next((one for one in self.levels if one.level.name == AFTER), None)
        if after is None:
            return None
        begin_ns = self.loaded.begun_ns + round(after.level.at_seconds * NS_PER_SECOND)
        bad = [
            row.intended_ns
            for row in self.loaded.driven.rows
            if row.intended_ns >= begin_ns and (row.late or row.outcome != "ok")
        ]
        return (max(bad) - begin_ns) / NS_PER_SECOND if bad else 0.0

    @cached_property
    def verified(self) -> tuple[Verified, ...]:
        """The runbook's pass criteria, each with what was found."""
        from analyzer.api.load_report import document

        return verify(self.criteria, document(self))

    @property
    def outcome(self) -> Outcome:
        """By the run itself; the runbook's criteria are held to it (see `exit_code`)."""
        if self.invalid:
            return Outcome.INVALID
        return Outcome.FAILED if self.failures else Outcome.PASSED

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed or a criterion of the runbook not met, 3 invalid."""
        if self.outcome is Outcome.INVALID:
            return 3
        return int(bool(self.failures) or not all(one.holds for one in self.verified))

    @property
    def headline(self) -> str:
        """The answer in a sentence or three."""
        told = "; ".join(self.invalid or self.failures)
        return f"{self.outcome.value}: {told + '. ' if told else ''}{finding(self)}"

    @cached_property
    def limit(self) -> str:
        """What was used up where the climb ended; "not reached" where nothing was."""
        last = self.first_broken or next(reversed(self.levels), None)
        if last is None or not (last.broken or last.problem):
            return "not reached"
        row = self.frame.row(self.levels.index(last), named=True)
        return limit_words(row, self.options.limit_scale)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """One row per level: load, latency, sends, processor, memory, and what broke."""
        return levels_frame(self.levels, self.loaded)

    @cached_property
    def objectives(self) -> pl.DataFrame:
        """One row per level and objective: counts and whether it held."""
        return objectives_frame(self.levels)

    def _repr_html_(self) -> str:
        from analyzer.render.fragments import frame_fragment

        return frame_fragment(self.headline, self.frame, "; ".join(self.notes))
