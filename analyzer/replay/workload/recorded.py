"""Demand as a recording shows it: visits of users, when they came, what they came for.

Acts of one user that follow each other closely are a visit; a visit is replayed as the scenario
that makes the same journeys. Times, users, mix and pauses are the recording's; what the users
write is made up anew, so no text of a log is ever sent.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from analyzer.errors import InputError, UsageError
from analyzer.replay.workload.arrivals import Arrival
from analyzer.replay.workload.excerpts import WHOLE, Excerpt, excerpts
from analyzer.replay.workload.plan import Phase, Plan
from analyzer.replay.workload.users import personas
from analyzer.replay.workload.visits import JOURNEYS, Act, scenario_of, visits_of

REST_SECONDS = 150.0
"""Replay seconds before a user may come again: above patience and the longest conversation."""
PATIENCE_SECONDS = 40.0
"""Above the longest deadline of an answer (30 s)."""
NOTIFICATION = "send"
"""The journey of a notification, as the mapping file names it."""
LEFT_OUT_TOLD = 4
PAUSES_TRIED = 2_001
FEWEST_PAUSES = 20
"""Fewer than this say nothing about how long people think."""
LONGEST_THOUGHT_SECONDS = 12.0
"""Longer pauses are waits for something else than the next answer."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What to replay: a plan, its arrivals, and what was recorded in that stretch.

    `excerpts` are the stretches of the recording, in the order of the replay. `recorded`
    counts their acts by journey. `notified` are the
    seconds of replay at which notifications were sent: no user begins them. After
    `closes_seconds` nobody begins anything more.
    """

    plan: Plan
    arrivals: tuple[Arrival, ...]
    excerpts: tuple[Excerpt, ...]
    recorded: Mapping[str, int]
    notified: tuple[float, ...]
    closes_seconds: float
    notes: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether all of the recording is replayed."""
        return [excerpt.name for excerpt in self.excerpts] == [WHOLE]


@dataclass(frozen=True, slots=True)
class Pace:
    """How to replay: `speed` times as fast, for at most `limit_seconds` of replay."""

    speed: float = 1.0
    limit_seconds: float = 150.0
    seed: int = 7
    patience_seconds: float = PATIENCE_SECONDS

    def __post_init__(self) -> None:
        """Refuse what cannot be replayed."""
        if min(self.speed, self.limit_seconds, self.patience_seconds) <= 0:
            raise UsageError("speed, limit and patience must be above 0")


def recorded_demand(acts: Iterable[Act], pace: Pace) -> Demand:
    """The demand behind `acts`; equal acts and pace give equal demand.

    Where the recording is longer than the limit allows, a quiet stretch and the busiest are taken.

    Raises:
        InputError: no journey there that a user of the bot could have begun.
    """
    listed = sorted(acts, key=lambda act: (act.at_seconds, act.user, act.operation))
    known = [act for act in listed if scenario_of([act]) is not None]
    if not known:
        raise InputError(_nothing_known(listed))
    taken = excerpts(
        [act.at_seconds for act in known], pace.speed * pace.limit_seconds, pace.speed
    )
    inside = [act for act in known if _excerpt(taken, act)]
    visits = [visit for visit in visits_of(known) if _excerpt(taken, visit[0])]
    coming, substitutes, users = _arrivals(visits, taken, pace)
    plan = Plan(
        name="recorded",
        phases=tuple(_phase(excerpt, coming, pace.speed) for excerpt in taken),
        fresh_phases=True,
        users=users,
        seed=pace.seed,
        patience_seconds=pace.patience_seconds,
        pace=pace.speed,
    )
    plan = replace(plan, pace=pace.speed * _haste(visits_of(inside), plan))
    return Demand(
        plan=plan,
        arrivals=tuple(coming),
        excerpts=taken,
        recorded=dict(sorted(Counter(act.journey for act in inside).items())),
        notified=tuple(_notified(listed, taken, pace.speed)),
        closes_seconds=pace.limit_seconds,
        notes=(*_left_out(listed), *_notes(known, substitutes)),
    )


def _excerpt(taken: Sequence[Excerpt], act: Act) -> Excerpt | None:
    return next((excerpt for excerpt in taken if excerpt.holds(act.at_seconds)), None)


def _phase(excerpt: Excerpt, coming: Sequence[Arrival], speed: float) -> Phase:
    seconds = excerpt.seconds / speed
    own = sum(arrival.phase == excerpt.name for arrival in coming)
    return Phase(name=excerpt.name, seconds=seconds, rate=own / seconds)


def _notified(acts: Sequence[Act], taken: Sequence[Excerpt], speed: float) -> list[float]:
    return sorted(
        excerpt.replayed_at(act.at_seconds, speed)
        for act in acts
        if act.journey == NOTIFICATION and (excerpt := _excerpt(taken, act))
    )


def _arrivals(
    visits: Sequence[Sequence[Act]], taken: Sequence[Excerpt], pace: Pace
) -> tuple[list[Arrival], int, int]:
    """Arrivals, how many play a substitute, and how many users that takes.

    A user who comes back sooner (in replay time) than a conversation may last is played by
    another: a slow bot must not thin out the load.
    """
    numbers: dict[str, int] = {}
    rested: dict[str, float] = {}
    found: list[Arrival] = []
    substitutes = users = 0
    placed = ((_excerpt(taken, visit[0]), visit) for visit in visits)
    coming = [
        (excerpt.replayed_at(visit[0].at_seconds, pace.speed), excerpt.name, visit)
        for excerpt, visit in placed
        if excerpt
    ]
    for number, (at, phase, visit) in enumerate(sorted(coming, key=lambda one: one[0])):
        name = visit[0].user
        returns = bool(name) and name in numbers
        if returns and at >= rested[name]:
            user = numbers[name]
        else:
            substitutes += returns
            user, users = users, users + 1
        if name:
            numbers[name], rested[name] = user, at + REST_SECONDS
        found.append(Arrival(number, at, phase, scenario_of(visit) or "", user))
    return found, substitutes, users


def _haste(visits: Sequence[Sequence[Act]], plan: Plan) -> float:
    """How much faster than the made-up users the recorded ones thought, by the medians."""
    pauses = [
        later.at_seconds - act.ends_seconds
        for visit in visits
        for act, later in pairwise(visit)
        if 0 < later.at_seconds - act.ends_seconds <= LONGEST_THOUGHT_SECONDS
    ]
    if len(pauses) < FEWEST_PAUSES:
        return 1.0
    people = personas(PAUSES_TRIED, plan.seed)
    drawn = [person.pause_seconds() for person in people]
    return median(pause for pause in drawn if pause <= LONGEST_THOUGHT_SECONDS) / median(pauses)


def _nothing_known(acts: Sequence[Act]) -> str:
    busiest = Counter(act.operation for act in acts).most_common(5)
    there = ", ".join(sorted({act.journey for act in acts})[:5]) or "none"
    operation = json.dumps(busiest[0][0]) if busiest else "NAME"
    return (
        f"none of the journeys in these logs is one that a scenario makes (there are {there}). "
        "Name them with --journeys FILE, one line for each, below `journeys:`: "
        f"- {{service: SERVICE, operation: {operation}, context: CONTEXT, journey: JOURNEY}}. "
        f"Scenarios know the journeys {', '.join(sorted(JOURNEYS))}."
    )


def _left_out(acts: Sequence[Act]) -> Iterator[str]:
    """What of the recording no user of the replay will do."""
    strange = Counter(
        act.journey for act in acts if act.journey != NOTIFICATION and scenario_of([act]) is None
    )
    if strange:
        named = sorted(strange.items(), key=lambda pair: (-pair[1], pair[0]))
        told = ", ".join(f"{name} ({count:,})" for name, count in named[:LEFT_OUT_TOLD])
        more = f" and {len(named) - LEFT_OUT_TOLD} more" if len(named) > LEFT_OUT_TOLD else ""
        yield (
            f"{strange.total():,} of {len(acts):,} recorded journeys are not replayed, since no "
            f"scenario makes them: {told}{more}. Those that users began can be named with "
            "--journeys FILE"
        )


def _notes(acts: Sequence[Act], substitutes: int) -> Iterator[str]:
    unknown = sum(not act.user for act in acts)
    if unknown:
        yield (
            f"{unknown:,} of {len(acts):,} journeys name no user: each is replayed as a visit of "
            "its own, which asks for more than was recorded"
        )
    if substitutes:
        yield (
            f"{substitutes:,} visits of users who came back within {REST_SECONDS:g} s of replay "
            "are played by another user"
        )
