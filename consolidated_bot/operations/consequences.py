"""What follows from a step of the alerts: what is stored, told, edited, brought by other ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol

from analyzer.slo import alerts
from analyzer.slo.alerts import Board, Incident, Notice, NoticeKind, State, Step, Transition
from analyzer.slo.windows import PAGE
from consolidated_bot.core.messages import Scope
from consolidated_bot.operations.commands import (
    AlertsMoved,
    Edited,
    IncidentView,
    StepDone,
    Told,
)
from consolidated_bot.operations.domain import Runbook
from consolidated_bot.operations.policy import policy_of
from consolidated_bot.published import StaffRoles

SUBJECT = "alert:"
"""What a message about a notice is about, before the notice's number."""
UNDELIVERED_S = 20.0
"""A page that Telegram has not taken by then goes by the second channel as well."""
HEARTBEAT = 0


class AlertStore(Protocol):
    """What alerting needs to have stored."""

    def board(self) -> Board: ...

    def save_board(self, board: Board, now_ms: int) -> None: ...

    def add_transitions(self, transitions: tuple[Transition, ...]) -> None: ...

    def live_notice(self, incident: int) -> int | None: ...

    def set_live_notice(self, incident: int, notice: int) -> None: ...

    def steps_done(self, incident: int) -> tuple[StepDone, ...]: ...

    def tick_step(self, incident: int, step: str, by: tuple[int, str], at_ms: int) -> bool: ...

    def bring(self, incident: int, notice: int, body: dict[str, Any], now_ms: int) -> None: ...

    def brought(self, incident: int) -> set[int]: ...


class Consequences:
    """Turns steps into stored boards and into what there is to say."""

    def __init__(self, runbook: Runbook, *, has_chat: bool, has_webhook: bool) -> None:
        """`has_chat`: there is an operations chat; `has_webhook`: somebody counts heartbeats."""
        self._runbook = runbook
        self._policy = policy_of(runbook.escalation)
        self._has_chat = has_chat
        self._has_webhook = has_webhook

    def settle(self, store: AlertStore, scope: Scope, before: Board, step: Step) -> AlertsMoved:
        """Store the step; return what is to be said about it."""
        board = step.board
        told: list[Told] = []
        edited: list[Edited] = []
        for decision in step.decisions:
            match decision:
                case alerts.Send(notice, not_before_s):
                    told += self._tell(store, scope, board, notice, not_before_s)
                case alerts.SendBySecondChannel(notice):
                    self._bring(store, scope, notice)
                case alerts.Edit(number, _):
                    edited.append(self.edit(board, self._view_of(store, board, number)))
                case alerts.Heartbeat(at_s) if self._has_webhook:
                    store.bring(0, HEARTBEAT, {"kind": "heartbeat", "at_s": at_s}, scope.now_ms)
        edited += self._close(store, scope, step)
        self._bring_undelivered(store, scope, board)
        if not self._has_chat:
            board = self._count_as_told(board, scope)
        if board != before:
            store.save_board(board, scope.now_ms)
        store.add_transitions(step.audit)
        return AlertsMoved(tuple(told), tuple(edited))

    def _tell(
        self, store: AlertStore, scope: Scope, board: Board, notice: Notice, not_before_s: float
    ) -> list[Told]:
        incident = board.incident(notice.incident)
        if incident is None:
            return []
        if not self._has_chat:
            self._bring(store, scope, notice)
            return []
        if notice.kind is not NoticeKind.RESOLVED:
            store.set_live_notice(incident.id, notice.id)
        rungs = self._runbook.escalation.rungs
        rung = rungs[min(notice.level, len(rungs) - 1)]
        call: tuple[int, ...] = ()
        if notice.severity == PAGE and notice.kind is not NoticeKind.RESOLVED:
            staff = scope.ask(StaffRoles())
            call = tuple(sorted(user for user, role in staff.items() if role in rung.roles))
        view = self.view(store, board, incident, notice.text)
        return [Told(view, notice, rung.name, call, round(not_before_s * 1000))]

    def _close(self, store: AlertStore, scope: Scope, step: Step) -> list[Edited]:
        """Incidents that are resolved: their live message says so, and the second channel too."""
        ended = []
        for number in {t.incident for t in step.audit if t.after == State.RESOLVED}:
            view = self._view_of(store, step.board, number)
            if view.live_notice is not None:
                ended.append(self.edit(step.board, view))
            if self._has_chat and store.brought(number):
                body = _body(view.incident, "resolved", f"resolved: {view.incident.slo}")
                store.bring(number, -number, body, scope.now_ms)
        return ended

    def _bring_undelivered(self, store: AlertStore, scope: Scope, board: Board) -> None:
        """Sent is not delivered: what Telegram has not taken in time goes the other way, too."""
        late_s = scope.now_ms / 1000 - UNDELIVERED_S
        for notice in board.notices:
            if notice.severity == PAGE and not notice.withdrawn and notice.decided_at_s <= late_s:
                self._bring(store, scope, notice)

    def _bring(self, store: AlertStore, scope: Scope, notice: Notice) -> None:
        if notice.id in store.brought(notice.incident):
            return
        body = {
            "kind": notice.kind.value,
            "severity": notice.severity,
            "incident": notice.incident,
            "level": notice.level + 1,
            "text": notice.text,
            "at_s": notice.decided_at_s,
        }
        store.bring(notice.incident, notice.id, body, scope.now_ms)

    def _count_as_told(self, board: Board, scope: Scope) -> Board:
        """Without a chat the second channel is the only one; its rows are durable."""
        for notice in board.notices:
            board = alerts.delivered(board, notice.id, scope.now_ms / 1000, self._policy).board
        return replace(board, notices=())

    def _view_of(self, store: AlertStore, board: Board, number: int) -> IncidentView:
        incident = board.incident(number)
        assert incident is not None
        return self.view(store, board, incident)

    def view(
        self, store: AlertStore, board: Board, incident: Incident, text: str | None = None
    ) -> IncidentView:
        silenced = [s.until_s for s in board.silences if s.covers(incident)]
        return IncidentView(
            incident,
            text or incident.live_text,
            self._runbook.plan_for(incident.slo, incident.context),
            store.steps_done(incident.id),
            store.live_notice(incident.id),
            max(silenced, default=None),
        )

    def edit(self, board: Board, view: IncidentView) -> Edited:
        waiting = any(n.id == view.live_notice and not n.withdrawn for n in board.notices)
        return Edited(view, undelivered=waiting and view.incident.severity == PAGE)


def _body(incident: Incident, kind: str, text: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "severity": incident.severity,
        "incident": incident.id,
        "level": incident.level + 1,
        "text": text,
        "at_s": incident.resolved_at_s,
    }
