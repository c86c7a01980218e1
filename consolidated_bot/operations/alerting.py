"""Alerts as use cases: the board of `analyzer.slo.alerts`, kept in the database.

Each use case loads the board, lets the pure code decide, and stores board, audit and everything to
be sent in one transaction. A kill between two of them loses no step and repeats none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from analyzer.slo import alerts
from analyzer.slo.alerts import (
    Board,
    Incident,
    Signal,
    State,
    Step,
)
from consolidated_bot.core.messages import Scope, SendEnded, Sender, SendTroubled
from consolidated_bot.operations.commands import (
    Acted,
    ActOnIncident,
    AlertsMoved,
    IncidentsShown,
    ShowIncidents,
    SilenceIncident,
    TickAlerts,
    TickStep,
)
from consolidated_bot.operations.consequences import SUBJECT, AlertStore, Consequences
from consolidated_bot.operations.domain import OperationsRefused, Runbook
from consolidated_bot.operations.policy import down_signal, policy_of
from consolidated_bot.published import RANK, RoleOf

SILENCE_AT_MOST_S = 86_400.0


class Conditions(Protocol):
    """Where the present comes from."""

    def signals(self) -> tuple[Signal, ...] | None:
        """None: nothing is known yet, so nothing is decided."""
        ...


ACTIONS = {
    "ack": alerts.acknowledge,
    "confirm": alerts.confirm,
    "back": alerts.unacknowledge,
    "escalate": alerts.escalate,
}


class Alerting:
    """The use cases, over the live conditions and one runbook."""

    def __init__(
        self, conditions: Conditions, runbook: Runbook, *, has_chat: bool, has_webhook: bool
    ) -> None:
        """`has_chat`: there is an operations chat; `has_webhook`: somebody counts heartbeats."""
        self._conditions = conditions
        self._runbook = runbook
        self._policy = policy_of(runbook.escalation)
        self._follow = Consequences(runbook, has_chat=has_chat, has_webhook=has_webhook)

    # What time and transport do

    def tick(self, store: AlertStore, scope: Scope, command: TickAlerts) -> AlertsMoved:
        """Take in the present."""
        found = self._conditions.signals()
        if found is None:
            return AlertsMoved()
        board, now_s = store.board(), scope.now_ms / 1000
        signals = (down_signal(board.heartbeat_at_s, now_s, self._policy), *found)
        return self._follow.settle(
            store, scope, board, alerts.tick(board, signals, now_s, self._policy)
        )

    def end_send(self, store: AlertStore, scope: Scope, event: SendEnded) -> AlertsMoved | None:
        """A message about an incident arrived, or never will."""
        notice = _notice_of(event.about)
        if notice is None:
            return None
        board, now_s = store.board(), scope.now_ms / 1000
        outcome = alerts.delivered if event.state == "sent" else alerts.failed
        return self._follow.settle(
            store, scope, board, outcome(board, notice, now_s, self._policy)
        )

    def hear_trouble(
        self, store: AlertStore, scope: Scope, event: SendTroubled
    ) -> AlertsMoved | None:
        """Telegram did not take a message yet; the outbox goes on trying by itself."""
        notice = _notice_of(event.about)
        if notice is None:
            return None
        board = store.board()
        step = alerts.failed(board, notice, scope.now_ms / 1000, self._policy)
        kept = tuple(d for d in step.decisions if not isinstance(d, alerts.Send))
        return self._follow.settle(store, scope, board, replace(step, decisions=kept))

    # What people do

    def act(self, store: AlertStore, scope: Scope, command: ActOnIncident) -> Acted:
        """Acknowledge, confirm, give back, escalate; every press gets an answer."""
        sender = command.sender
        role = _role(scope, sender)
        board, now_s = store.board(), scope.now_ms / 1000
        number = _chosen(board, command.incident)
        policy = policy_of(self._runbook.escalation, person_of(sender), role)
        reply = ACTIONS[command.action](board, number, person_of(sender), now_s, policy)
        moved = self._follow.settle(store, scope, board, reply.step)
        incident = reply.step.board.incident(number)
        view = self._follow.view(store, reply.step.board, incident) if incident else None
        if view is not None and reply.answer is alerts.Answer.DONE:
            moved = replace(
                moved, edited=(*moved.edited, self._follow.edit(reply.step.board, view))
            )
        return Acted(command.action, reply.answer, view, moved, reply.by, reply.at_s)

    def silence(self, store: AlertStore, scope: Scope, command: SilenceIncident) -> Acted:
        """By a lead: nothing is sent about the incident's objective for a while."""
        sender = command.sender
        role = _role(scope, sender)
        if role is None or RANK[role] < RANK["lead"]:
            raise OperationsRefused("lead_only")
        if command.seconds > SILENCE_AT_MOST_S:
            raise OperationsRefused("silence_too_long")
        if command.seconds and not command.reason.strip():
            raise OperationsRefused("silence_needs_reason")
        board, now_s = store.board(), scope.now_ms / 1000
        incident = _open_incident(board, _chosen(board, command.incident))
        kept = tuple(s for s in board.silences if not s.covers(incident))
        after = replace(board, silences=kept)
        if command.seconds:
            after = alerts.silence(
                after,
                incident.slo,
                incident.context,
                owner=person_of(sender),
                reason=command.reason.strip()[:200],
                until_s=now_s + command.seconds,
            )
        scope.audit(
            "incident.silence" if command.seconds else "incident.unsilence",
            f"incident:{incident.id}",
            actor_id=sender.user_id,
            reason=command.reason[:200],
        )
        moved = self._follow.settle(store, scope, board, Step(after))
        view = self._follow.view(store, after, incident)
        moved = replace(moved, edited=(*moved.edited, self._follow.edit(after, view)))
        return Acted("silence", alerts.Answer.DONE, view, moved)

    def tick_step(self, store: AlertStore, scope: Scope, command: TickStep) -> Acted:
        """A step of the plan is done, or after a second press is not."""
        sender = command.sender
        if _role(scope, sender) is None:
            raise OperationsRefused("staff_only")
        board = store.board()
        incident = board.incident(command.incident)
        plan = self._runbook.plan_for(incident.slo, incident.context) if incident else None
        if incident is None or plan is None or command.step not in {s.id for s in plan.steps}:
            raise OperationsRefused("unknown_incident", incident=command.incident)
        by = sender.user_id, sender.name
        done = store.tick_step(incident.id, command.step, by, scope.now_ms)
        scope.audit(
            "plan.step",
            f"incident:{incident.id}",
            actor_id=sender.user_id,
            after=f"{command.step} {'done' if done else 'not done'}",
        )
        view = self._follow.view(store, board, incident)
        moved = AlertsMoved(edited=(self._follow.edit(board, view),))
        return Acted("step", alerts.Answer.DONE, view, moved)

    def show(self, store: AlertStore, scope: Scope, command: ShowIncidents) -> IncidentsShown:
        """Open incidents, or one with its plan."""
        if _role(scope, command.sender) is None:
            raise OperationsRefused("staff_only")
        board = store.board()
        if command.incident is None:
            found = [i for i in board.incidents if i.open and i.state is not State.PENDING]
        else:
            incident = board.incident(command.incident)
            if incident is None:
                raise OperationsRefused("unknown_incident", incident=command.incident)
            found = [incident]
        views = tuple(self._follow.view(store, board, incident) for incident in found)
        return IncidentsShown(views, with_plan=command.incident is not None)

    @property
    def handlers(self) -> dict[type, Callable[..., Any]]:
        """By command."""
        return {
            TickAlerts: self.tick,
            ActOnIncident: self.act,
            SilenceIncident: self.silence,
            TickStep: self.tick_step,
            ShowIncidents: self.show,
        }

    @property
    def subscribers(self) -> dict[type, Callable[..., Any]]:
        """By event."""
        return {SendEnded: self.end_send, SendTroubled: self.hear_trouble}


def person_of(sender: Sender) -> str:
    """A person as boards and audit name them."""
    return f"{sender.name or 'somebody'} ({sender.user_id})"


def _role(scope: Scope, sender: Sender) -> str | None:
    """The person's role if it is one of staff's; incidents are dealt with where staff is."""
    if not sender.is_operations:
        raise OperationsRefused("operations_only")
    role = str(scope.ask(RoleOf(sender.user_id, sender.is_operations)))
    return role if RANK[role] >= RANK["agent"] else None


def _chosen(board: Board, number: int | None) -> int:
    """The incident that is meant: the one named, else the only open one."""
    if number is not None:
        return number
    found = [i.id for i in board.incidents if i.open and i.state is not State.PENDING]
    if len(found) != 1:
        raise OperationsRefused("which_incident" if found else "no_incident")
    return found[0]


def _open_incident(board: Board, number: int) -> Incident:
    incident = board.incident(number)
    if incident is None or not incident.open:
        raise OperationsRefused("unknown_incident", incident=number)
    return incident


def _notice_of(about: str) -> int | None:
    return int(about.removeprefix(SUBJECT)) if about.startswith(SUBJECT) else None
