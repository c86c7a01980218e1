"""How the desk did over some days: pure arithmetic over its tickets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import NamedTuple


class Course(NamedTuple):
    """How a ticket went: what the figures need of it, for there may be many thousands."""

    created_ms: int
    first_response_ms: int | None
    first_response_due_ms: int
    closed_ms: int | None
    resolution_due_ms: int
    rating: int | None
    agent_id: int | None
    agent_name: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """How many promises could be judged, and how many were kept."""

    kept: int
    judged: int


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """One agent's tickets of the period; `rating` is a mean of stars, None without any."""

    name: str
    tickets: int
    closed: int
    rating: float | None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Figures of the tickets received in the period; `closed` counts all closed in it."""

    received: int
    closed: int
    first_response_minutes: float | None
    """Median; None while nothing was answered."""
    first_responses: Kept
    resolutions: Kept
    rating: float | None
    rated: int
    agents: tuple[AgentFigures, ...]
    """The busiest first."""


def statistics_of(tickets: Sequence[Course], since_ms: int, now_ms: int) -> Statistics:
    """Figures from `since_ms` to `now_ms` out of `tickets` created or closed in that time."""
    received = [ticket for ticket in tickets if ticket.created_ms >= since_ms]
    closed = [t for t in tickets if t.closed_ms is not None and t.closed_ms >= since_ms]
    waits = [
        (t.first_response_ms - t.created_ms) / 60_000
        for t in received
        if t.first_response_ms is not None
    ]
    stars = _stars(closed)
    return Statistics(
        received=len(received),
        closed=len(closed),
        first_response_minutes=median(waits) if waits else None,
        first_responses=_kept(
            ((t.first_response_ms, t.first_response_due_ms) for t in received), now_ms
        ),
        resolutions=_kept(((t.closed_ms, t.resolution_due_ms) for t in received), now_ms),
        rating=fmean(stars) if stars else None,
        rated=len(stars),
        agents=_agents([*received, *(t for t in closed if t.created_ms < since_ms)]),
    )


def _kept(ends_and_dues: Iterable[tuple[int | None, int]], now_ms: int) -> Kept:
    """A promise is judged once it is kept or its time is over."""
    kept = judged = 0
    for end_ms, due_ms in ends_and_dues:
        if end_ms is not None or due_ms < now_ms:
            judged += 1
            kept += end_ms is not None and end_ms <= due_ms
    return Kept(kept, judged)


def _agents(tickets: Iterable[Course]) -> tuple[AgentFigures, ...]:
    by_agent: defaultdict[int, list[Course]] = defaultdict(list)
    for ticket in tickets:
        if ticket.agent_id is not None:
            by_agent[ticket.agent_id].append(ticket)
    figures = []
    for agent_id, own in by_agent.items():
        stars = _stars(own)
        name = own[-1].agent_name or str(agent_id)
        closed = sum(ticket.closed_ms is not None for ticket in own)
        figures.append(AgentFigures(name, len(own), closed, fmean(stars) if stars else None))
    return tuple(sorted(figures, key=lambda each: (-each.tickets, each.name)))


def _stars(tickets: Iterable[Course]) -> list[int]:
    return [ticket.rating for ticket in tickets if ticket.rating is not None]
