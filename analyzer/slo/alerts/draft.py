"""A board being changed: the one place that numbers notices and writes the audit log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from analyzer.slo.alerts.policy import AlertingPolicy
from analyzer.slo.alerts.values import (
    LEVEL_NOTICES,
    Alert,
    Board,
    Decision,
    Fingerprint,
    Incident,
    Notice,
    NoticeKind,
    Send,
    Silence,
    State,
    Step,
    Transition,
    WindowCounts,
    Withdraw,
)

CLOCK = "clock"
ALLOWED = frozenset(
    {
        (State.INACTIVE, State.PENDING),
        (State.PENDING, State.INACTIVE),
        (State.PENDING, State.FIRING),
        (State.FIRING, State.ACKED),
        (State.ACKED, State.FIRING),
        (State.FIRING, State.RESOLVED),
        (State.ACKED, State.RESOLVED),
        (State.RESOLVED, State.FIRING),
    }
)
"""The only ways an incident moves; resolved to firing is the re-fire within the flap window."""


class Draft:
    """Working copy of a board at one moment; `finish` gives the step."""

    def __init__(self, board: Board, policy: AlertingPolicy, now_s: float) -> None:
        """Copy `board`, which stays as it is."""
        self.policy, self.now_s = policy, now_s
        self.alerts: dict[Fingerprint, Alert] = {a.fingerprint: a for a in board.alerts}
        self.incidents: dict[int, Incident] = {i.id: i for i in board.incidents}
        self.notices: dict[int, Notice] = {n.id: n for n in board.notices}
        self.silences: list[Silence] = list(board.silences)
        self.next_id = board.next_id
        self.heartbeat_at_s = board.heartbeat_at_s
        self.decisions: list[Decision] = []
        self.audit: list[Transition] = []

    def finish(self) -> Step:
        board = Board(
            tuple(sorted(self.alerts.values(), key=lambda a: a.fingerprint)),
            tuple(sorted(self.incidents.values(), key=lambda i: i.id)),
            tuple(sorted(self.notices.values(), key=lambda n: n.id)),
            tuple(self.silences),
            self.next_id,
            self.heartbeat_at_s,
        )
        return Step(board, tuple(self.decisions), tuple(self.audit))

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id - 1

    def update(self, incident: Incident, **changes: Any) -> Incident:
        """Replace fields other than the state."""
        assert "state" not in changes
        changed = replace(incident, **changes)
        self.incidents[incident.id] = changed
        return changed

    def move(
        self, incident: Incident, state: State, reason: str, who: str = CLOCK, **changes: Any
    ) -> Incident:
        """Change the state and write the audit line; a move that does not exist is a bug."""
        assert (incident.state, state) in ALLOWED, (incident.state, state)
        self.record(incident, incident.state, state, reason, who)
        changed = replace(incident, state=state, **changes)
        self.incidents[incident.id] = changed
        return changed

    def record(
        self, incident: Incident, before: str, after: str, reason: str, who: str = CLOCK
    ) -> None:
        self.audit.append(
            Transition(
                self.now_s,
                who,
                incident.id,
                incident.slo,
                incident.context,
                before,
                after,
                reason,
                self.counts_of(incident),
            )
        )

    def counts_of(self, incident: Incident) -> WindowCounts:
        """Counts of the most severe alert of the incident."""
        alerts = self.alerts_of(incident)
        if not alerts:
            return WindowCounts()
        return max(alerts, key=lambda a: (self.policy.rank(a.severity), a.state)).counts

    def alerts_of(self, incident: Incident) -> list[Alert]:
        """The incident's pending and firing alerts, in the order of their fingerprints."""
        key = incident.slo, incident.context
        alerts = sorted(self.alerts.values(), key=lambda a: a.fingerprint)
        return [a for a in alerts if (a.fingerprint.slo, a.fingerprint.context) == key]

    def silenced(self, incident: Incident) -> bool:
        return any(s.covers(incident) and self.now_s < s.until_s for s in self.silences)

    def send(
        self, incident: Incident, kind: NoticeKind, recipients: Iterable[str], text: str
    ) -> Incident:
        """Decide a new message; one that opens a level starts that level's clock on delivery."""
        notice = Notice(
            self.new_id(),
            incident.id,
            kind,
            incident.severity,
            incident.level,
            tuple(recipients),
            text,
            self.now_s,
        )
        self.notices[notice.id] = notice
        self.decisions.append(Send(notice, self.now_s))
        if kind not in LEVEL_NOTICES:
            return self.update(incident, last_sent_at_s=self.now_s)
        return self.update(
            incident,
            last_sent_at_s=self.now_s,
            level_notice=notice.id,
            level_delivered_at_s=None,
        )

    def withdraw_notices(self, incident: Incident) -> None:
        """Take back what has not been delivered; it may be on its way, so it is remembered."""
        for notice in list(self.notices.values()):
            if notice.incident == incident.id and not notice.withdrawn:
                self.notices[notice.id] = replace(notice, withdrawn=True)
                self.decisions.append(Withdraw(notice.id))

    def drop(self, incident: Incident) -> None:
        """Forget an incident and what is left of its notices."""
        del self.incidents[incident.id]
        self.notices = {n.id: n for n in self.notices.values() if n.incident != incident.id}
