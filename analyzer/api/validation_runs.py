"""The replays of a validation: which process in which order, and what each left behind."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from analyzer.api.analysis import Analysis
from analyzer.api.bot_under_test import BotUnderTest
from analyzer.api.journey_names import JourneyNames
from analyzer.api.options import RunOptions
from analyzer.api.pipeline import Listener
from analyzer.api.recorded import Part
from analyzer.errors import InputError
from analyzer.replay.campaign import Replayed, replay
from analyzer.replay.integrity import Integrity, integrity
from analyzer.replay.workload.excerpts import WHOLE
from analyzer.replay.workload.recorded import Demand
from analyzer.slo.live import SECOND_US
from analyzer.store import STORE_NAME

SideName = Literal["legacy", "bot"]


@dataclass(frozen=True, slots=True)
class Run:
    """One replay. `analysis` is None where the logs hold nothing readable; `problem` says why."""

    side: SideName
    pair: int
    replayed: Replayed
    integrity: Integrity
    analysis: Analysis | None
    problem: str = ""

    def parts(self, demand: Demand, speed: float) -> Iterator[Part]:
        """The stretches of its logs, without the warm-ups, in order of time."""
        if self.analysis is None or not self.analysis.journeys.height:
            return
        last = max(self.analysis.relation("slo_journeys")["last_us"].to_list())
        for excerpt, (_, begin) in zip(demand.excerpts, demand.plan.warm_ups, strict=True):
            start = self.replayed.begun_us + round(1e6 * begin)
            end = self.replayed.begun_us + round(
                1e6 * (excerpt.at_seconds + excerpt.seconds / speed)
            )
            if excerpt.name == WHOLE:
                end = max(end, last)
            # Whole seconds: events are counted by the second, and both sides must agree.
            length = max(1, -(-(end - start) // SECOND_US)) * SECOND_US
            yield Part(self.analysis, (start, start + length), excerpt.name)


def recorded_parts(analysis: Analysis, demand: Demand, speed: float) -> Iterator[Part]:
    """The stretches of the recording that were replayed, without what a replay cuts as warm-up."""
    for excerpt, (at, begin) in zip(demand.excerpts, demand.plan.warm_ups, strict=True):
        until = round(1e6 * excerpt.until_seconds)
        seconds = max(1, int(excerpt.seconds - (begin - at) * speed))
        yield Part(analysis, (until - seconds * SECOND_US, until), excerpt.name)


def order_of_runs(pairs: int, *, with_legacy: bool) -> list[tuple[int, SideName]]:
    """(pair, side) in the order of the replays: ABBA, so that a drift of the machine cancels."""
    if not with_legacy:
        return [(1, "bot")]
    found: list[tuple[int, SideName]] = []
    for pair in range(1, pairs + 1):
        sides: list[SideName] = ["legacy", "bot"] if pair % 2 else ["bot", "legacy"]
        found += [(pair, side) for side in sides]
    return found


@dataclass(frozen=True, slots=True)
class Bench:
    """What all runs of a validation share."""

    demand: Demand
    speed: float
    names: JourneyNames
    heard: Listener

    def run(self, folder: Path, bot: BotUnderTest, place: tuple[int, SideName]) -> Run:
        """Replay against `bot`, read its logs; files go below `folder`."""
        pair, side = place
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="analyze-validate-") as working:
            campaign = bot.campaign(folder, Path(working), self.demand, self.speed)
            replayed = replay(campaign)
        self.heard.step(f"reading the logs of {bot.shown}")
        analysis, problem = None, ""
        try:
            analysis = analysed(campaign.bot_logs, folder / "measured", self.names, self.heard)
        except InputError as error:
            problem = f"the logs of {bot.shown} cannot be read: {error}"
        checked = integrity(replayed.driven.rows, campaign.journal)
        return Run(side, pair, replayed, checked, analysis, problem)


def analysed(logs: Path, folder: Path, names: JourneyNames, heard: Listener) -> Analysis:
    """An analysis made before, or made now of a folder of logs."""
    from analyzer.api import analyze, open_analysis

    if (logs / STORE_NAME).exists():
        return open_analysis(logs)
    return analyze(logs, folder, listener=heard, options=RunOptions(journeys=names))


def side_parts(runs: Sequence[Run], side: SideName, demand: Demand, speed: float) -> list[Part]:
    """All stretches of one side, in order of time."""
    found = [part for run in runs if run.side == side for part in run.parts(demand, speed)]
    return sorted(found, key=lambda part: part.span)
