"""Rungs of the ladder: L1, then L2, then L3, each counted from the delivery of its message."""

from __future__ import annotations

from analyzer.slo.alerts.draft import CLOCK, Draft
from analyzer.slo.alerts.values import Incident, NoticeKind, State


def start_ladder(draft: Draft, incident: Incident, kind: NoticeKind, text: str) -> Incident:
    """Tell the first level."""
    incident = draft.update(incident, level=0, round=1, unanswered=False)
    return tell_level(draft, incident, kind, text)


def tell_level(draft: Draft, incident: Incident, kind: NoticeKind, text: str) -> Incident:
    level = draft.policy.ladder(incident.severity).level(incident.level)
    return draft.send(incident, kind, level.recipients, text)


def escalate_if_due(draft: Draft, incident: Incident, text: str) -> Incident:
    """One rung up when the present one had its time since delivery and nobody acknowledged.

    After the last rung a new round begins; after `max_rounds` the incident stands unanswered.
    """
    ladder = draft.policy.ladder(incident.severity)
    delivered_at_s = incident.level_delivered_at_s
    if incident.unanswered or ladder.last == 0 or delivered_at_s is None:
        return incident
    if draft.now_s - delivered_at_s < ladder.level(incident.level).delay_s:
        return incident
    if incident.level < ladder.last:
        return go_to_level(draft, incident, incident.level + 1, "nobody answered", CLOCK, text)
    if incident.round < draft.policy.max_rounds:
        incident = draft.update(incident, round=incident.round + 1)
        return go_to_level(draft, incident, 0, "nobody answered, next round", CLOCK, text)
    draft.record(incident, incident.state, incident.state, "unanswered: all rounds are over")
    return draft.update(incident, unanswered=True)


def go_to_level(
    draft: Draft, incident: Incident, level: int, reason: str, who: str, text: str
) -> Incident:
    """Tell another level; the state stays, the audit log says why."""
    ladder = draft.policy.ladder(incident.severity)
    told = f"{reason}: {ladder.level(incident.level).name} to {ladder.level(level).name}"
    draft.record(incident, incident.state, incident.state, told, who)
    incident = draft.update(incident, level=level)
    return tell_level(draft, incident, NoticeKind.ESCALATED, text)


def unack(draft: Draft, incident: Incident, reason: str, who: str, text: str) -> Incident:
    """Back to firing, and on at the level after the acker's."""
    acker = incident.ack.level if incident.ack else incident.level
    level = min(acker + 1, draft.policy.ladder(incident.severity).last)
    incident = draft.move(incident, State.FIRING, reason, who, ack=None, level=level)
    return tell_level(draft, incident, NoticeKind.UNACKED, text)


def resolved_text(incident: Incident) -> str:
    return f"resolved: {incident.slo} ({incident.context})"
