"""What operations can be asked (commands, imperative) and what it says (results)."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.slo.alerts import Answer as Verdict
from analyzer.slo.alerts import Incident, Notice
from analyzer.slo.watch import Snapshot
from consolidated_bot.core.messages import Sender
from consolidated_bot.operations.domain import Campaign, IncidentPlan, Level, LevelHold, Watchpoint


@dataclass(frozen=True, slots=True)
class TickAlerts:
    """By a timer: let the alerts take in the present, and say what follows."""


@dataclass(frozen=True, slots=True)
class StepDone:
    """Who did a step of a plan, and when."""

    step: str
    by_name: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class IncidentView:
    """Everything an incident's message shows."""

    incident: Incident
    text: str
    plan: IncidentPlan | None
    done: tuple[StepDone, ...]
    live_notice: int | None
    silenced_until_s: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A new message about an incident; `call` are the people to be called by it."""

    view: IncidentView
    notice: Notice
    rung: str
    call: tuple[int, ...]
    not_before_ms: int = 0


@dataclass(frozen=True, slots=True)
class Edited:
    """The incident's live message is brought up to date; it may not have arrived yet."""

    view: IncidentView
    undelivered: bool = False


@dataclass(frozen=True, slots=True)
class AlertsMoved:
    """What follows from a tick, a delivery or a failure, in order."""

    told: tuple[Told, ...] = ()
    edited: tuple[Edited, ...] = ()


@dataclass(frozen=True, slots=True)
class ActOnIncident:
    """`action` is ack, confirm, back or escalate; `incident` None: the only open one."""

    sender: Sender
    action: str
    incident: int | None


@dataclass(frozen=True, slots=True)
class SilenceIncident:
    """Send nothing about the incident's objective for `seconds`; 0 ends the silence."""

    sender: Sender
    incident: int | None
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class TickStep:
    """A step of the incident's plan is done, or (pressed again) is not."""

    sender: Sender
    incident: int
    step: str


@dataclass(frozen=True, slots=True)
class ShowIncidents:
    """`incident` None: all that are open; else that one with its plan."""

    sender: Sender
    incident: int | None = None


@dataclass(frozen=True, slots=True)
class Acted:
    """What came of an action; `by` and `at_s` say whose acknowledgement stands since when."""

    action: str
    verdict: Verdict
    view: IncidentView | None
    moved: AlertsMoved = AlertsMoved()
    by: str | None = None
    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class IncidentsShown:
    views: tuple[IncidentView, ...]
    with_plan: bool


@dataclass(frozen=True, slots=True)
class LevelChanged:
    """The degraded mode went from `before` to `level`."""

    before: Level
    level: Level
    reason: str


@dataclass(frozen=True, slots=True)
class SetLevel:
    """Hold the degraded mode at `level` for `seconds`; None: the load decides again."""

    sender: Sender
    level: int | None
    seconds: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ShowLevel:
    sender: Sender


@dataclass(frozen=True, slots=True)
class LevelShown:
    """Where the level stands; `before` is another one if it was changed just now."""

    before: Level
    level: Level
    reason: str
    hold: LevelHold | None


@dataclass(frozen=True, slots=True)
class StartCampaign:
    sender: Sender
    name: str
    planned_events: int
    length_minutes: int | None


@dataclass(frozen=True, slots=True)
class EndCampaign:
    sender: Sender


@dataclass(frozen=True, slots=True)
class ShowCampaign:
    sender: Sender


@dataclass(frozen=True, slots=True)
class CampaignShown:
    """`changed` is started, ended or None.

    `rehearsal` is the last load test: when, passed, its summary, the hash of its file.
    """

    campaign: Campaign | None
    changed: str | None
    snapshots: tuple[Snapshot, ...] = ()
    rehearsal: tuple[int, bool, str, str] | None = None
    watchpoints: tuple[Watchpoint, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchCampaign:
    """By a timer: end a campaign whose time is over."""


@dataclass(frozen=True, slots=True)
class WatchLoad:
    """By a timer: decide on the degraded mode."""


@dataclass(frozen=True, slots=True)
class AskStatus:
    """By anybody: tell how the service is doing."""

    sender: Sender


@dataclass(frozen=True, slots=True)
class StatusShown:
    snapshots: tuple[Snapshot, ...]
    level: Level
    campaign: Campaign | None


@dataclass(frozen=True, slots=True)
class Misunderstood:
    """By staff: something that reads like no command; `key` names the words that help."""

    sender: Sender
    key: str
