"""Operations in the words of those who run a campaign."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from consolidated_bot.core.errors import Refused


class OperationsRefused(Refused):
    """A request that operations turns down."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A stretch of planned load; its planned volume makes the error budget."""

    number: int
    name: str
    planned_events: int
    length_minutes: int
    started_ms: int
    started_by: int
    ended_ms: int | None = None
    ended_by: int | None = None

    @property
    def until_ms(self) -> int:
        """When it ended, or when it is planned to."""
        return self.ended_ms or self.started_ms + self.length_minutes * 60_000


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step of an incident plan: who does what, and where it is described."""

    id: str
    text: str
    owner: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentPlan:
    """What to do about incidents of `context` and `slo`; None matches any."""

    id: str
    title: str
    steps: tuple[PlanStep, ...]
    context: str | None = None
    slo: str | None = None

    def fits(self, slo: str, context: str) -> bool:
        return self.slo in {None, slo} and self.context in {None, context}


@dataclass(frozen=True, slots=True)
class Rung:
    """A level of the escalation: who is called, and how long they have to answer."""

    name: str
    roles: tuple[str, ...]
    delay_s: float


@dataclass(frozen=True, slots=True)
class EscalationProtocol:
    """Step 4 of the runbook."""

    rungs: tuple[Rung, ...]
    rounds: int
    acknowledgement_s: float
    repeat_s: float


@dataclass(frozen=True, slots=True)
class LoadTestCriterion:
    """A figure of `validation.json` (a path of keys) and what it must be."""

    id: str
    text: str
    figure: str
    op: str
    value: float | str | bool


@dataclass(frozen=True, slots=True)
class Watchpoint:
    """Something to look at while a campaign runs."""

    what: str
    where: str
    normal: str


class Level(IntEnum):
    """The degraded mode (BOT section 8): each level adds to the one before.

    The FAQ stays until the last: it answers from memory, without a write, at every level.
    """

    NORMAL = 0
    BROADCASTS_PAUSED = 1
    NOTICES_DEFERRED = 2
    TICKETS_ONLY = 3


@dataclass(frozen=True, slots=True)
class LevelHold:
    """Somebody set the level by hand, until then; the load decides nothing meanwhile."""

    level: Level
    until_ms: int
    by_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class DegradedRules:
    """When the level rises, by age of the oldest update and by share of budget left.

    Entry n holds for level n + 1. It falls a level after `hold_s` below `ratio` of the age.
    """

    inbox_age_s: tuple[float, float, float]
    budget_left: tuple[float | None, float | None, float | None]
    hold_s: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Runbook:
    """The five steps: load test, monitoring, incident plan, escalation, analysis afterwards."""

    name: str
    load_test: tuple[LoadTestCriterion, ...]
    watchpoints: tuple[Watchpoint, ...]
    plans: tuple[IncidentPlan, ...]
    escalation: EscalationProtocol
    degraded: DegradedRules
    questions: tuple[str, ...]
    volume_of: tuple[str, str]
    length_minutes: int

    def plan_for(self, slo: str, context: str) -> IncidentPlan | None:
        """The first plan that fits: the file goes from the particular to the general."""
        return next((plan for plan in self.plans if plan.fits(slo, context)), None)
