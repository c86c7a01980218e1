"""Looks on while a load test runs: live figures, and whether enough is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.api.load_checks import Check, LevelResult, Stretch, checks_of, judged
from analyzer.api.observed import journey_name
from analyzer.api.pipeline import Listener
from analyzer.replay.drive import Journey
from analyzer.replay.load import LoadPlan, Moment
from analyzer.replay.workload.recorded import NOTIFICATION
from analyzer.slo.spec import Objective

HOPELESS_LEVELS = 2
"""So many levels in turn without a generator that keeps up: more load would prove no more."""
LOOKED_AT = 3
"""Newest levels that are judged while it runs: what is older has long been answered."""
LIVE_SECONDS = 5.0


@dataclass(slots=True)
class LoadWatch:
    """Says live how it goes, and ends a climbing run once a level is surely broken."""

    plan: LoadPlan
    objectives: Sequence[Objective]
    heard: Listener

    def levels(
        self, rows: Sequence[Journey], stretch: Stretch, newest: int = 0
    ) -> tuple[LevelResult, ...]:
        """Every level that began to count before the run ended, or the `newest` of them."""
        checks = self._checks(rows)
        begun = [
            level
            for level in self.plan.levels
            if level.at_seconds + level.settle_seconds < stretch.seconds
        ]
        found: list[LevelResult] = []
        for level in begun[-newest:]:
            found.append(judged(level, rows, stretch, checks))
            if self.plan.climbs and found[-1].broken:
                break  # it ends the run: what is above has hardly begun
        return tuple(found)

    def look(self, moment: Moment) -> bool:
        """Say how it goes; whether a climb has found what it is for."""
        begun = [one for one in self.plan.levels if one.at_seconds <= moment.at_seconds]
        self.heard.step(_live(self.plan, begun[-1].name, moment))
        if not self.plan.climbs:
            return False
        rows = [*moment.rows, *moment.notifications]
        found = self.levels(rows, Stretch(moment.begun_ns, moment.at_seconds), LOOKED_AT)
        over = [one for one in found if one.level.until_seconds <= moment.at_seconds]
        late = [bool(one.problem) for one in over[-HOPELESS_LEVELS:]]
        return any(one.broken for one in found) or late == [True] * HOPELESS_LEVELS

    def _checks(self, rows: Sequence[Journey]) -> tuple[Check, ...]:
        names = {journey_name(row) for row in rows if row.outcome != "dropped"}
        return checks_of(self.objectives, sorted(names))


def _live(plan: LoadPlan, level: str, moment: Moment) -> str:
    """The last seconds in numbers."""
    since_ns = moment.begun_ns + round(1e9 * (moment.at_seconds - LIVE_SECONDS))
    recent = [row for row in moment.rows if row.answered_ns and row.answered_ns > since_ns]
    waits = sorted(row.waited_ms for row in recent)
    p95 = f", p95 {waits[int(0.95 * (len(waits) - 1))]:,.0f} ms" if waits else ""
    late = sum(
        row.outcome == "unanswered" for row in moment.notifications if row.journey == NOTIFICATION
    )
    waiting = f", {late} notifications under way" if late else ""
    return (
        f"{plan.scenario} {level}, {moment.at_seconds:.0f} of {plan.plan.seconds:.0f} s: "
        f"{len(recent) / LIVE_SECONDS:.1f} updates/s answered{p95}{waiting}"
    )
