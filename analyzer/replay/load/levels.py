"""Levels of load: a step or ramp upwards, a soak, a spike, or a fault in the middle."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analyzer.errors import UsageError
from analyzer.replay.workload.arrivals import Arrival, arrivals
from analyzer.replay.workload.plan import CAMPAIGN_MIX, Phase, Plan

SCENARIOS = ("step", "ramp", "soak", "spike", "database-slow", "telegram-429", "kill-9")
FAULTS = frozenset(SCENARIOS[4:])
GROWTH = 1.5
MOST_PER_SECOND = 1000.0
"""Updates a second above which nothing is planned: far more than one generator can offer."""
SPIKE_FACTOR = 5.0
BEFORE, DURING, AFTER = "before", "during", "after"
LONGEST_VISIT_SECONDS = 120.0
SPARE_USERS = 50
PATIENCE_SECONDS = 6.5
"""Above the longest deadline of an answer (5 s): whoever waits longer is lost to the level."""
UPDATES_PER_VISIT = 1.65
NOTIFICATIONS_PER_UPDATE = 0.18
"""Both as in the recorded campaign: 18,321 updates of 11,132 visits, 3,234 notifications."""


@dataclass(frozen=True, slots=True)
class Mix:
    """What visits are for, by scenario, and how many updates one makes."""

    weights: Mapping[str, float]
    updates_per_visit: float = UPDATES_PER_VISIT
    notifications_per_update: float = NOTIFICATIONS_PER_UPDATE


CAMPAIGN = Mix(CAMPAIGN_MIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A stretch of the run at `rate` updates a second (at its end `end_rate`); judged alone."""

    name: str
    at_seconds: float
    seconds: float
    rate: float
    end_rate: float | None = None

    @property
    def until_seconds(self) -> float:
        return self.at_seconds + self.seconds

    @property
    def settle_seconds(self) -> float:
        """Left out at its beginning, by a rule fixed beforehand: a fifth, 10 s at most.

        Nothing of a disturbance: its beginning is what it is for.
        """
        return 0.0 if self.name == DURING else min(10.0, 0.2 * self.seconds)


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """A scenario as levels; `notified` are moments at which notifications are asked for."""

    scenario: str
    levels: tuple[Level, ...]
    plan: Plan
    arrivals: tuple[Arrival, ...]
    notified: tuple[float, ...]

    @property
    def fault_seconds(self) -> tuple[float, float]:
        """[from, until) of the fault; the whole middle level."""
        middle = next(level for level in self.levels if level.name == DURING)
        return middle.at_seconds, middle.until_seconds

    @property
    def climbs(self) -> bool:
        """Whether the load goes up until something breaks, instead of being held."""
        return self.scenario in {"step", "ramp"}


def planned(
    scenario: str, rate: float, seconds: float, step_seconds: float, mix: Mix, seed: int
) -> LoadPlan:
    """The run of `scenario` that begins with `rate` updates a second and lasts `seconds`.

    Raises:
        UsageError: no such scenario, or nothing can be done at that rate in that time.
    """
    if scenario not in SCENARIOS:
        raise UsageError(f"no scenario is called {scenario!r}; there are {', '.join(SCENARIOS)}")
    if min(rate, seconds, step_seconds) <= 0:
        raise UsageError("rate, limit and step must be above 0")
    if rate > MOST_PER_SECOND:
        raise UsageError(f"rate must be at most {MOST_PER_SECOND:g} updates/s, not {rate:g}")
    levels = _levels(scenario, rate, seconds, step_seconds)
    highest = max(max(level.rate, level.end_rate or 0) for level in levels)
    plan = Plan(
        name=scenario,
        phases=tuple(_phase(level, mix) for level in levels),
        mix=mix.weights,
        users=SPARE_USERS + math.ceil(highest / mix.updates_per_visit * LONGEST_VISIT_SECONDS),
        seed=seed,
        patience_seconds=PATIENCE_SECONDS,
    )
    return LoadPlan(scenario, levels, plan, tuple(arrivals(plan)), _notified(levels, mix))


def _levels(scenario: str, rate: float, seconds: float, step_seconds: float) -> tuple[Level, ...]:
    if scenario in {"step", "ramp", "soak"}:
        return tuple(_even(scenario, rate, seconds, min(step_seconds, seconds)))
    quarter = seconds / 4
    higher = rate * SPIKE_FACTOR if scenario == "spike" else rate
    return (
        Level(name=BEFORE, at_seconds=0, seconds=quarter, rate=rate),
        Level(name=DURING, at_seconds=quarter, seconds=quarter, rate=higher),
        Level(name=AFTER, at_seconds=2 * quarter, seconds=2 * quarter, rate=rate),
    )


def _even(scenario: str, rate: float, seconds: float, step_seconds: float) -> Iterator[Level]:
    """Levels of one length; a climb ends early where it would ask for the impossible."""
    for number in range(int(seconds / step_seconds)):
        begun = _rate(scenario, rate, number)
        if begun > MOST_PER_SECOND:
            return
        yield Level(
            name=f"{number + 1}",
            at_seconds=number * step_seconds,
            seconds=step_seconds,
            rate=begun,
            end_rate=rate * (number + 2) if scenario == "ramp" else None,
        )


def _rate(scenario: str, rate: float, number: int) -> float:
    if scenario == "step":
        return rate * float(GROWTH**number)
    return rate * (number + 1) if scenario == "ramp" else rate


def _phase(level: Level, mix: Mix) -> Phase:
    visits = 1 / mix.updates_per_visit
    return Phase(
        name=level.name,
        seconds=level.seconds,
        rate=level.rate * visits,
        end_rate=None if level.end_rate is None else level.end_rate * visits,
    )


def _notified(levels: tuple[Level, ...], mix: Mix) -> tuple[float, ...]:
    found: list[float] = []
    for level in levels:
        mean = (level.rate + (level.end_rate or level.rate)) / 2
        count = round(mean * mix.notifications_per_update * level.seconds)
        found += [level.at_seconds + level.seconds * n / count for n in range(count)]
    return tuple(found)
