"""What people and the transport do to incidents; every press gets an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from analyzer.slo.alerts.draft import Draft
from analyzer.slo.alerts.escalation import go_to_level, resolved_text, unack
from analyzer.slo.alerts.policy import AlertingPolicy
from analyzer.slo.alerts.values import (
    Acknowledgement,
    Board,
    Incident,
    NoticeKind,
    Send,
    SendBySecondChannel,
    Silence,
    State,
    Step,
)


class Answer(StrEnum):
    """What the person who pressed learns."""

    DONE = "done"
    ALREADY = "already acknowledged"
    NOT_ACKNOWLEDGED = "not acknowledged"
    NOT_LISTED = "not listed as a responder"
    RESOLVED = "already resolved"
    UNKNOWN = "no such incident"


@dataclass(frozen=True, slots=True)
class Reply:
    """The step and the answer; `by` and `at_s` tell whose acknowledgement stands since when."""

    step: Step
    answer: Answer
    by: str | None = None
    at_s: float | None = None


def acknowledge(
    board: Board, incident_id: int, person: str, now_s: float, policy: AlertingPolicy
) -> Reply:
    """Take the incident: repeats and escalation stop, the resolved notice does not."""
    return _act(board, incident_id, person, now_s, policy, _acknowledge)


def _acknowledge(draft: Draft, incident: Incident, person: str) -> Answer:
    if incident.state is State.ACKED:
        return Answer.ALREADY
    level = draft.policy.ladder(incident.severity).level_of(person)
    ack = Acknowledgement(
        person,
        draft.now_s,
        draft.now_s + draft.policy.ack_expiry_s,
        incident.level if level is None else level,
        incident.severity,
    )
    draft.move(incident, State.ACKED, "acknowledged", person, ack=ack, unanswered=False)
    return Answer.DONE


def confirm(
    board: Board, incident_id: int, person: str, now_s: float, policy: AlertingPolicy
) -> Reply:
    """Still at work: the acknowledgement holds for another expiry time."""
    return _act(board, incident_id, person, now_s, policy, _confirm)


def _confirm(draft: Draft, incident: Incident, person: str) -> Answer:
    if incident.ack is None:
        return Answer.NOT_ACKNOWLEDGED
    ack = replace(incident.ack, until_s=draft.now_s + draft.policy.ack_expiry_s)
    draft.record(incident, incident.state, incident.state, "acknowledgement confirmed", person)
    draft.update(incident, ack=ack)
    return Answer.DONE


def unacknowledge(
    board: Board, incident_id: int, person: str, now_s: float, policy: AlertingPolicy
) -> Reply:
    """Give the incident back: it goes on at the level after the acker's."""
    return _act(board, incident_id, person, now_s, policy, _unacknowledge)


def _unacknowledge(draft: Draft, incident: Incident, person: str) -> Answer:
    if incident.ack is None:
        return Answer.NOT_ACKNOWLEDGED
    unack(draft, incident, "acknowledgement given back", person, incident.live_text)
    return Answer.DONE


def escalate(
    board: Board, incident_id: int, person: str, now_s: float, policy: AlertingPolicy
) -> Reply:
    """Call the next level now; an acknowledgement stays with its owner."""
    return _act(board, incident_id, person, now_s, policy, _escalate)


def _escalate(draft: Draft, incident: Incident, person: str) -> Answer:
    level = min(incident.level + 1, draft.policy.ladder(incident.severity).last)
    go_to_level(draft, incident, level, "escalated by hand", person, incident.live_text)
    return Answer.DONE


def _act(
    board: Board,
    incident_id: int,
    person: str,
    now_s: float,
    policy: AlertingPolicy,
    change: Callable[[Draft, Incident, str], Answer],
) -> Reply:
    """Let a listed person change an open incident; anyone else only gets an answer."""
    incident = board.incident(incident_id)
    unchanged = Step(board)
    if incident is None:
        return Reply(unchanged, Answer.UNKNOWN)
    if incident.state is State.RESOLVED:
        return Reply(unchanged, Answer.RESOLVED, at_s=incident.resolved_at_s)
    if not policy.may_acknowledge(person):
        return Reply(unchanged, Answer.NOT_LISTED)
    if incident.state is State.PENDING:
        return Reply(unchanged, Answer.UNKNOWN)  # nobody has been told of it yet
    draft = Draft(board, policy, now_s)
    answer = change(draft, incident, person)
    ack = draft.incidents[incident_id].ack
    step = draft.finish()
    return Reply(step, answer, ack.by if ack else None, ack.at_s if ack else None)


def silence(
    board: Board, slo: str, context: str, *, owner: str, reason: str, until_s: float
) -> Board:
    """A board that sends nothing about matching incidents until `until_s` (`*` matches all)."""
    if not reason.strip():
        raise ValueError("a silence needs a reason: others must know why nothing rings")
    added = Silence(board.next_id, slo, context, owner, reason, until_s)
    return replace(board, silences=(*board.silences, added), next_id=board.next_id + 1)


def unsilence(board: Board, silence_id: int) -> Board:
    """The board without that silence; what fires is told at the next tick."""
    return replace(board, silences=tuple(s for s in board.silences if s.id != silence_id))


def delivered(board: Board, notice_id: int, now_s: float, policy: AlertingPolicy) -> Step:
    """The transport brought a notice: the level's clock starts, its recipients count as told.

    A page that arrives although its incident is already over is followed by its all-clear.
    """
    draft = Draft(board, policy, now_s)
    notice = draft.notices.pop(notice_id, None)
    incident = draft.incidents.get(notice.incident) if notice else None
    if notice is None or incident is None or notice.kind is NoticeKind.RESOLVED:
        return draft.finish()
    told = tuple(sorted({*incident.told, *notice.recipients}))
    incident = draft.update(incident, told=told)
    if incident.level_notice == notice_id:
        incident = draft.update(incident, level_delivered_at_s=now_s)
    unaware = [r for r in notice.recipients if r not in incident.told_resolved]
    if incident.state is State.RESOLVED and unaware:
        incident = draft.update(incident, told_resolved=told)
        draft.send(incident, NoticeKind.RESOLVED, unaware, resolved_text(incident))
    return draft.finish()


def failed(
    board: Board,
    notice_id: int,
    now_s: float,
    policy: AlertingPolicy,
    retry_after_s: float | None = None,
) -> Step:
    """The transport could not bring a notice: try again, and by the second channel after N."""
    draft = Draft(board, policy, now_s)
    notice = draft.notices.get(notice_id)
    if notice is None:
        return draft.finish()
    if notice.withdrawn:
        del draft.notices[notice_id]
        return draft.finish()
    notice = replace(notice, attempts=notice.attempts + 1)
    draft.notices[notice_id] = notice
    wait_s = policy.retry_s * 2 ** min(notice.attempts - 1, 5)
    draft.decisions.append(
        Send(notice, now_s + (wait_s if retry_after_s is None else retry_after_s))
    )
    if notice.attempts == policy.second_channel_after:
        draft.decisions.append(SendBySecondChannel(notice))
    return draft.finish()


def live_message_gone(
    board: Board, incident_id: int, now_s: float, policy: AlertingPolicy
) -> Step:
    """The live message cannot be edited any more: a new one takes its place."""
    draft = Draft(board, policy, now_s)
    incident = draft.incidents.get(incident_id)
    if incident is not None and incident.open:
        draft.send(incident, NoticeKind.RENEWED, incident.told, incident.live_text)
    return draft.finish()
