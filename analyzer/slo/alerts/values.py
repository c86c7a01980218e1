"""The words of alerting: alerts, incidents, notices, silences, and what is decided about them.

    inactive -> pending -> firing -> acked -> resolved            (silenced is orthogonal)

Times are seconds of one clock that the caller injects. Everything is a frozen value, so that a
board can be stored in the same transaction as the decisions it led to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ANY = "*"


class SignalKind(StrEnum):
    """What a signal is about; no data mutes the burn alerts of its context, down mutes all."""

    BURN = "burn"
    NO_DATA = "no data"
    DOWN = "down"


class State(StrEnum):
    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    ACKED = "acked"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, order=True)
class Fingerprint:
    """Identity of an alert: which objective, which context, which pair of windows."""

    slo: str
    context: str
    pair: str


@dataclass(frozen=True, slots=True)
class WindowCounts:
    """The counts that a transition was decided on, kept for the audit."""

    bad_long: int = 0
    valid_long: int = 0
    bad_short: int = 0
    valid_short: int = 0


@dataclass(frozen=True, slots=True)
class Signal:
    """One alert's condition at this tick; `text` says in words what fired."""

    fingerprint: Fingerprint
    severity: str
    condition: bool
    text: str
    kind: SignalKind = SignalKind.BURN
    keep_firing_s: float = 0
    alert_after_s: float = 0
    counts: WindowCounts = WindowCounts()


@dataclass(frozen=True, slots=True)
class Alert:
    """The state of one fingerprint: inactive, pending or firing."""

    fingerprint: Fingerprint
    severity: str
    kind: SignalKind
    state: State
    since_s: float
    last_true_s: float
    text: str
    counts: WindowCounts


class NoticeKind(StrEnum):
    """Why a new message is sent; everything else is an edit of the live message."""

    OPENED = "opened"
    REOPENED = "reopened"
    RAISED = "raised"
    CHANGED = "changed"
    ESCALATED = "escalated"
    UNACKED = "unacked"
    REPEATED = "repeated"
    RENEWED = "renewed"
    RESOLVED = "resolved"


LEVEL_NOTICES = frozenset(
    {
        NoticeKind.OPENED,
        NoticeKind.REOPENED,
        NoticeKind.RAISED,
        NoticeKind.ESCALATED,
        NoticeKind.UNACKED,
    }
)
"""Notices whose delivery starts the clock of an escalation level."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to be sent, until it is known to be delivered.

    `withdrawn`: its incident is over; it is kept in case it arrives nevertheless.
    """

    id: int
    incident: int
    kind: NoticeKind
    severity: str
    level: int
    recipients: tuple[str, ...]
    text: str
    decided_at_s: float
    attempts: int = 0
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who has the incident since when, until when, from which level and at which severity."""

    by: str
    at_s: float
    until_s: float
    level: int
    severity: str


@dataclass(frozen=True, slots=True)
class Incident:
    """What is wrong with one (slo, context): at most one is open at a time.

    `notified` are the alerts of the last message, `told` the recipients that a message reached.
    """

    id: int
    slo: str
    context: str
    state: State
    severity: str
    opened_at_s: float
    level: int = 0
    round: int = 1
    level_notice: int | None = None
    level_delivered_at_s: float | None = None
    last_sent_at_s: float | None = None
    last_edit_at_s: float | None = None
    live_text: str = ""
    notified: tuple[Fingerprint, ...] = ()
    notified_severity: str = ""
    told: tuple[str, ...] = ()
    told_resolved: tuple[str, ...] = ()
    ack: Acknowledgement | None = None
    resolved_at_s: float | None = None
    unanswered: bool = False
    reopened: int = 0

    @property
    def open(self) -> bool:
        return self.state in {State.PENDING, State.FIRING, State.ACKED}


@dataclass(frozen=True, slots=True)
class Silence:
    """Somebody's decision that matching incidents send nothing until `until_s`."""

    id: int
    slo: str
    context: str
    owner: str
    reason: str
    until_s: float

    def covers(self, incident: Incident) -> bool:
        return self.slo in {ANY, incident.slo} and self.context in {ANY, incident.context}


@dataclass(frozen=True, slots=True)
class Transition:
    """One line of the audit log: who, when, from, to, on which counts."""

    at_s: float
    who: str
    incident: int
    slo: str
    context: str
    before: str
    after: str
    reason: str
    counts: WindowCounts = WindowCounts()


@dataclass(frozen=True, slots=True)
class Board:
    """All alert state there is; `analyzer.slo.alerts.storage` turns it to JSON and back."""

    alerts: tuple[Alert, ...] = ()
    incidents: tuple[Incident, ...] = ()
    notices: tuple[Notice, ...] = ()
    silences: tuple[Silence, ...] = ()
    next_id: int = 1
    heartbeat_at_s: float | None = None

    def incident(self, incident_id: int) -> Incident | None:
        return next((i for i in self.incidents if i.id == incident_id), None)


@dataclass(frozen=True, slots=True)
class Send:
    """Send this notice as a new message, not before `not_before_s`."""

    notice: Notice
    not_before_s: float


@dataclass(frozen=True, slots=True)
class SendBySecondChannel:
    """The first channel failed too often: bring this notice by webhook, mail or log file."""

    notice: Notice


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Do not send this notice any more: its incident is over."""

    notice: int


@dataclass(frozen=True, slots=True)
class Edit:
    """Show this text in the incident's live message."""

    incident: int
    text: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Sign of life for the second channel; its silence pages."""

    at_s: float


Decision = Send | SendBySecondChannel | Withdraw | Edit | Heartbeat


@dataclass(frozen=True, slots=True)
class Step:
    """A board after something happened, what is to be done, and what the audit log says."""

    board: Board
    decisions: tuple[Decision, ...] = ()
    audit: tuple[Transition, ...] = ()
