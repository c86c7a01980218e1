"""What a load test found: what the bot holds, what breaks first and why, in words and frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from analyzer.api.load_checks import Held, LevelResult
from analyzer.api.load_frames import levels_frame, objectives_frame
from analyzer.api.runbook import Criterion, Verified, verify
from analyzer.api.validation_result import FEWEST_JOURNEYS, Outcome
from analyzer.replay.botapi.clock import NS_PER_SECOND
from analyzer.replay.botapi.limits import Limits
from analyzer.replay.integrity import Integrity
from analyzer.replay.load import Loaded, LoadPlan
from analyzer.replay.load.levels import AFTER, DURING, FAULTS

NEAR_LIMIT = 0.75
"""Of Telegram's overall limit: a bot that keeps a reserve for pages stops below it."""
REFUSED_SHARE = 0.01
BUSY_CORE = 0.85
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
        """The levels before the first that broke or proves nothing."""
        found: list[LevelResult] = []
        for level in self.levels:
            if level.broken or level.problem:
                break
            found.append(level)
        return tuple(found)

    @property
    def holds_per_second(self) -> float:
        """Updates a second that were held; 0 when the first level already broke."""
        return max((level.offered_per_second for level in self.held), default=0.0)

    @cached_property
    def invalid(self) -> tuple[str, ...]:
        """Why the run proves nothing; empty for a valid one.

        A climbing run is valid if its generator kept up until something broke.
        """
        until = self.levels.index(self.first_broken) if self.first_broken else len(self.levels)
        looked_at = self.levels[: until + 1]
        found = [f"level {one.level.name}: {one.problem}" for one in looked_at if one.problem]
        counted = sum(held.valid for level in self.levels for held in level.held)
        if counted < FEWEST_JOURNEYS:
            found.append(
                f"too few events: {counted} journeys were judged, {FEWEST_JOURNEYS} are the "
                "least; raise --rate or --limit"
            )
        return tuple(found)

    @cached_property
    def failures(self) -> tuple[str, ...]:
        """What the bot did not hold, in sentences."""
        found = list(self.integrity.problems)
        if self.loaded.exit_code is not None:
            found.insert(0, f"the bot ended by itself with code {self.loaded.exit_code}")
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
                    f"{held.check.name} missed {_when(level)}: {held.bad:,} of {held.valid:,} "
                    f"bad, at most {1 - float(held.check.target):.3%} allowed"
                )
        recovery = self.recovery_seconds or 0.0
        if recovery > RECOVERS_WITHIN_SECONDS:
            yield (
                f"recovered {recovery:.0f} s after the {_disturbance(self.plan)}, at most "
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
        return f"{self.outcome.value}: {told + '. ' if told else ''}{self._finding}"

    @property
    def _finding(self) -> str:
        if self.plan.climbs:
            if self.first_broken is None:
                return (
                    f"Holds {self.holds_per_second:.3g} updates/s, the most that was tried; no "
                    "objective broke."
                )
            first = self.first_broken.broken[0]
            held = f"Holds {self.holds_per_second:.3g} updates/s"
            if not self.held:
                held = f"Does not hold {self.first_broken.offered_per_second:.3g} updates/s"
            return (
                f"{held}; the first to break is {broken_words(first)} at "
                f"{self.first_broken.offered_per_second:.3g} updates/s; the limit is {self.limit}."
            )
        rate = f"{self.options.rate:g} updates/s for {self.options.limit_seconds:.0f} s"
        if self.recovery_seconds is not None:
            last = (
                f"the last bad answer was asked for {self.recovery_seconds:.0f} s after its end"
                if self.recovery_seconds
                else "no bad answer after its end"
            )
            tickets = self.integrity
            return (
                f"{_disturbance(self.plan).capitalize()} in the second quarter of {rate}: {last}; "
                f"{tickets.submitted:,} tickets submitted, {tickets.lost:,} lost, "
                f"{tickets.doubled:,} doubled."
            )
        return f"Soak at {rate}: {self.drift}."

    @property
    def drift(self) -> str:
        """Whether the bot became slower or larger while the load stayed the same."""
        waits = [level.p95_ms for level in self.levels if level.p95_ms is not None]
        told = [f"p95 {waits[0]:,.0f} ms at first, {waits[-1]:,.0f} ms at last"] if waits else []
        memory = [used.memory_mb for _, used in self.loaded.usages]
        if memory:
            told.append(f"memory {memory[len(memory) // 10]:,.0f} MB, then {memory[-1]:,.0f} MB")
        return "; ".join(told) or "nothing was measured"

    @cached_property
    def limit(self) -> str:
        """What was used up where the first objective broke, as far as it shows from outside."""
        if self.first_broken is None:
            return "not reached"
        row = self.frame.row(self.levels.index(self.first_broken), named=True)
        limits = Limits(scale=self.options.limit_scale or 1)
        allowed = limits.overall_per_second * limits.scale
        if self.options.limit_scale and (
            row["sends_per_second"] >= NEAR_LIMIT * allowed
            or row["refused_429"] > REFUSED_SHARE * row["sends_per_second"] * row["seconds"]
        ):
            return (
                f"Telegram's: {row['sends_per_second']:.1f} messages a second were sent of "
                f"{allowed:g} allowed, {row['refused_429']} were refused with 429"
            )
        if (row["bot_cores"] or 0) >= BUSY_CORE:
            return f"the bot's processor: {row['bot_cores']:.2f} cores busy"
        cores = "unknown" if row["bot_cores"] is None else f"{row['bot_cores']:.2f} cores busy"
        return (
            f"not Telegram's ({row['sends_per_second']:.1f} of {allowed:g} messages a second) and "
            f"not the bot's processor ({cores}): a wait inside the bot, which its own log divides "
            "into queue, handle and send"
        )

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


def broken_words(held: Held) -> str:
    """Like `support-ticket-submit-5s (3 of 120 bad)`."""
    return f"{held.check.name} ({held.bad:,} of {held.valid:,} bad)"


def _when(level: LevelResult) -> str:
    name = level.level.name
    return f"in level {name}" if name.isdecimal() else f"{name} the disturbance"


def _disturbance(plan: LoadPlan) -> str:
    return {
        "spike": "spike",
        "database-slow": "slow database",
        "telegram-429": "storm of 429",
        "kill-9": "kill -9",
    }.get(plan.scenario, plan.scenario)
