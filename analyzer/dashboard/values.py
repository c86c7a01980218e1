"""What a board is told besides journeys: incidents, marks, the campaign, the level of service.

All times are microseconds UTC, as everywhere in `analyzer.slo`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class MarkKind(StrEnum):
    """What stands as a line in the charts."""

    CAMPAIGN = "campaign"
    DEPLOYMENT = "deployment"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Something done to the service at `at_us`; with `until_us` it lasted."""

    at_us: int
    kind: MarkKind
    label: str
    until_us: int | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """The time for which a budget is planned; `planned` gives arrivals per objective's name.

    Without a plan for an objective its `planned_events` count, else the present rate goes on.
    """

    name: str
    start_us: int
    end_us: int
    planned: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """One open incident as people on call need it.

    `state` is firing, acked, silenced or unanswered; `next_step` says in words what happens at
    `next_at_us` if nobody acts.
    """

    id: str
    objective: str
    context: str
    severity: str
    state: str
    since_us: int
    text: str = ""
    level: str = ""
    acker: str | None = None
    next_step: str | None = None
    next_at_us: int | None = None


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """How much of the service is on offer; `degraded` is False for all of it."""

    name: str
    degraded: bool
    reason: str = ""
    since_us: int | None = None


FULL_SERVICE = ServiceLevel("full service", degraded=False)
