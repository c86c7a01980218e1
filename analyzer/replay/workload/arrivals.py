"""When scenarios begin: a Poisson process whose rate follows the plan's phases.

Source of the method: inversion of the cumulative rate (Cinlar, Introduction to Stochastic
Processes, 1975, chapter 4): unit-rate arrivals are mapped through the inverse of its integral.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.replay.workload.plan import Phase, Plan


@dataclass(frozen=True, slots=True)
class Arrival:
    """One scenario that begins `at_seconds` after the start, whoever is ready or not."""

    number: int
    at_seconds: float
    phase: str
    scenario: str
    user: int


def arrivals(plan: Plan) -> list[Arrival]:
    """Every arrival of `plan` in order of time; equal plans give equal lists."""
    source = random.Random(f"{plan.seed}/arrivals")
    users = list(range(plan.users))
    source.shuffle(users)
    found = []
    for number, (at_seconds, phase) in enumerate(_times(plan, source)):
        mix = phase.mix or plan.mix
        scenario = source.choices(list(mix), list(mix.values()))[0]
        # In turn, not at random: a user is back only when all others have been here.
        user = users[number % len(users)]
        found.append(Arrival(number, at_seconds, phase.name, scenario, user))
    return found


def _times(plan: Plan, source: random.Random) -> Iterator[tuple[float, Phase]]:
    begun, wanted = 0.0, source.expovariate(1.0)
    for phase in plan.phases:
        area = _area(phase, phase.seconds)
        while wanted <= area:
            yield begun + _inverse(phase, wanted), phase
            wanted += source.expovariate(1.0)
        wanted -= area
        begun += phase.seconds


def _slope(phase: Phase) -> float:
    end = phase.rate if phase.end_rate is None else phase.end_rate
    return (end - phase.rate) / phase.seconds


def _area(phase: Phase, seconds: float) -> float:
    """Expected arrivals in the first `seconds` of a phase."""
    return phase.rate * seconds + _slope(phase) * seconds * seconds / 2


def _inverse(phase: Phase, area: float) -> float:
    """The moment of a phase before which `area` arrivals are expected."""
    slope = _slope(phase)
    root = math.sqrt(max(0.0, phase.rate * phase.rate + 2 * slope * area))
    # The form without cancellation; it holds for a slope of 0, too.
    return min(phase.seconds, 2 * area / (phase.rate + root))
