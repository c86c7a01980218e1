"""What a tick does: conditions in, decisions out. Pure; the caller brings time and signals."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.slo.alerts.draft import CLOCK, Draft
from analyzer.slo.alerts.escalation import escalate_if_due, resolved_text, start_ladder, unack
from analyzer.slo.alerts.policy import AlertingPolicy
from analyzer.slo.alerts.values import (
    ANY,
    Alert,
    Board,
    Edit,
    Fingerprint,
    Heartbeat,
    Incident,
    NoticeKind,
    Signal,
    SignalKind,
    State,
    Step,
)

ORDER = (SignalKind.DOWN, SignalKind.NO_DATA, SignalKind.BURN)


def tick(board: Board, signals: Iterable[Signal], now_s: float, policy: AlertingPolicy) -> Step:
    """Advance all alerts and incidents to `now_s`.

    `signals` holds one signal per alert that exists; an alert without one counts as not true.
    After a restart the same call takes up where the stored board left off: what was sent is not
    sent again, and a step that fell due meanwhile is taken once.
    """
    draft = Draft(board, policy, now_s)
    _end_silences(draft)
    _advance_alerts(draft, list(signals))
    for key in sorted({(a.fingerprint.slo, a.fingerprint.context) for a in draft.alerts.values()}):
        _open_or_join(draft, *key)
    for incident_id in sorted(draft.incidents):
        _advance_incident(draft, draft.incidents[incident_id])
    _beat(draft)
    return draft.finish()


def _advance_alerts(draft: Draft, signals: list[Signal]) -> None:
    """Blackouts first: what they mute is frozen, neither firing anew nor resolving.

    Without data a burn condition is false, and "resolved" would be the one thing not known.
    """
    given = {signal.fingerprint for signal in signals}
    for kind in ORDER:
        for signal in signals:
            if signal.kind is kind and not _muted(draft, signal.kind, signal.fingerprint.context):
                _advance_alert(draft, signal)
    for alert in list(draft.alerts.values()):
        if alert.fingerprint not in given and not _muted(
            draft, alert.kind, alert.fingerprint.context
        ):
            del draft.alerts[alert.fingerprint]


def _muted(draft: Draft, kind: SignalKind, context: str) -> bool:
    if kind is SignalKind.DOWN:
        return False
    firing = [a for a in draft.alerts.values() if a.state is State.FIRING]
    if any(a.kind is SignalKind.DOWN for a in firing):
        return True
    return kind is SignalKind.BURN and any(
        a.kind is SignalKind.NO_DATA and a.fingerprint.context in {ANY, context} for a in firing
    )


def _advance_alert(draft: Draft, signal: Signal) -> None:
    now_s, known = draft.now_s, draft.alerts.get(signal.fingerprint)
    if signal.condition:
        since_s = known.since_s if known else now_s
        waited = now_s - since_s >= signal.alert_after_s
        firing = waited or (known is not None and known.state is State.FIRING)
        state, last_true_s = (State.FIRING if firing else State.PENDING), now_s
    elif (
        known and known.state is State.FIRING and now_s - known.last_true_s <= signal.keep_firing_s
    ):
        state, since_s, last_true_s = State.FIRING, known.since_s, known.last_true_s
    else:
        draft.alerts.pop(signal.fingerprint, None)
        return
    draft.alerts[signal.fingerprint] = Alert(
        signal.fingerprint,
        signal.severity,
        signal.kind,
        state,
        since_s,
        last_true_s,
        signal.text,
        signal.counts,
    )


def _open_or_join(draft: Draft, slo: str, context: str) -> None:
    """One open incident per (slo, context); a re-fire within the flap window re-opens the last."""
    same = [i for i in draft.incidents.values() if (i.slo, i.context) == (slo, context)]
    if any(incident.open for incident in same):
        return
    last = max(same, key=lambda i: i.id, default=None)
    if last is None or not _flaps(draft, last):
        incident = Incident(draft.new_id(), slo, context, State.INACTIVE, "", draft.now_s)
        alerts = draft.alerts_of(incident)
        severity = max((alert.severity for alert in alerts), key=draft.policy.rank)
        incident = draft.update(incident, severity=severity)
        draft.move(incident, State.PENDING, "condition became true")
        return
    if any(a.state is State.FIRING for a in draft.alerts_of(last)):
        draft.move(
            last,
            State.FIRING,
            "fired again within the flap window",
            resolved_at_s=None,
            notified=(),
            notified_severity="",
            told=(),
            told_resolved=(),
            ack=None,
            unanswered=False,
            reopened=last.reopened + 1,
        )


def _flaps(draft: Draft, incident: Incident) -> bool:
    resolved_at_s = incident.resolved_at_s
    return resolved_at_s is not None and draft.now_s - resolved_at_s <= draft.policy.flap_window_s


def _advance_incident(draft: Draft, incident: Incident) -> None:
    if incident.state is State.RESOLVED:
        if not _flaps(draft, incident) and not _awaits_delivery(draft, incident):
            draft.drop(incident)  # the audit log keeps it
        return
    alerts = draft.alerts_of(incident)
    firing = [alert for alert in alerts if alert.state is State.FIRING]
    if incident.state is State.PENDING:
        if not alerts:
            draft.move(incident, State.INACTIVE, "condition became false before it fired")
            draft.drop(incident)
            return
        if not firing:
            return
        incident = draft.move(incident, State.FIRING, firing[0].text)
    if not firing:
        _resolve(draft, incident)
        return
    _notify(draft, _follow_severity(draft, incident, firing), _visible(draft, firing))


def _awaits_delivery(draft: Draft, incident: Incident) -> bool:
    own = [n for n in draft.notices.values() if n.incident == incident.id]
    return any(not notice.withdrawn for notice in own)


def _follow_severity(draft: Draft, incident: Incident, firing: list[Alert]) -> Incident:
    severity = max((alert.severity for alert in firing), key=draft.policy.rank)
    if severity == incident.severity:
        return incident
    return draft.update(incident, severity=severity)


def _visible(draft: Draft, firing: list[Alert]) -> list[Alert]:
    """What may be told: a page hides the ticket, a blackout hides the burn."""
    shown = [a for a in firing if not _muted(draft, a.kind, a.fingerprint.context)]
    top = max((draft.policy.rank(a.severity) for a in shown), default=0)
    return [a for a in shown if draft.policy.rank(a.severity) == top]


def _notify(draft: Draft, incident: Incident, visible: list[Alert]) -> None:
    """SLO.md section 6: send for what is new, otherwise only after the repeat interval."""
    if not visible or draft.silenced(incident):
        return
    text = _text(incident, visible)
    shown = tuple(alert.fingerprint for alert in visible)
    if incident.state is State.ACKED:
        incident = _keep_ack(draft, incident, text)
    else:
        incident = _tell_what_is_new(draft, incident, shown, text)
    notified = tuple(sorted({*incident.notified, *shown} & set(draft.alerts)))
    incident = draft.update(incident, notified=notified, notified_severity=incident.severity)
    _edit_live_message(draft, incident, text)


def _tell_what_is_new(
    draft: Draft, incident: Incident, shown: tuple[Fingerprint, ...], text: str
) -> Incident:
    policy = draft.policy
    if not incident.notified:
        kind = NoticeKind.REOPENED if incident.reopened else NoticeKind.OPENED
        return start_ladder(draft, incident, kind, text)
    if policy.rank(incident.severity) > policy.rank(incident.notified_severity):
        return start_ladder(draft, incident, NoticeKind.RAISED, text)
    if set(shown) - set(incident.notified):
        recipients = policy.ladder(incident.severity).level(incident.level).recipients
        return draft.send(incident, NoticeKind.CHANGED, recipients, text)
    incident = escalate_if_due(draft, incident, text)
    return _repeat_if_due(draft, incident, text)


def _keep_ack(draft: Draft, incident: Incident, text: str) -> Incident:
    """An acknowledgement holds until it expires or something more severe fires."""
    ack, rank = incident.ack, draft.policy.rank
    assert ack is not None
    if rank(incident.severity) > rank(ack.severity):
        incident = draft.move(incident, State.FIRING, "a higher severity fired", ack=None)
        return start_ladder(draft, incident, NoticeKind.RAISED, text)
    if draft.now_s < ack.until_s:
        return incident
    return unack(draft, incident, "the acknowledgement was not confirmed", CLOCK, text)


def _repeat_if_due(draft: Draft, incident: Incident, text: str) -> Incident:
    last = incident.last_sent_at_s
    if last is None or draft.now_s - last < draft.policy.repeat_interval_s:
        return incident
    recipients = draft.policy.ladder(incident.severity).level(incident.level).recipients
    return draft.send(incident, NoticeKind.REPEATED, recipients, text)


def _edit_live_message(draft: Draft, incident: Incident, text: str) -> None:
    """Show the newest figures, at most every `edit_interval_s`; equal text is not sent again."""
    if incident.last_sent_at_s == draft.now_s:
        draft.update(incident, live_text=text, last_edit_at_s=draft.now_s)
        return
    last = incident.last_edit_at_s
    if text == incident.live_text:
        return
    if last is not None and draft.now_s - last < draft.policy.edit_interval_s:
        return
    draft.decisions.append(Edit(incident.id, text))
    draft.update(incident, live_text=text, last_edit_at_s=draft.now_s)


def _resolve(draft: Draft, incident: Incident) -> None:
    """Tell it once, and only those who know that it fired; a silence does not hold it back."""
    incident = draft.move(
        incident,
        State.RESOLVED,
        "no condition holds any more",
        resolved_at_s=draft.now_s,
        told_resolved=incident.told,
    )
    draft.withdraw_notices(incident)
    if incident.told:
        draft.send(incident, NoticeKind.RESOLVED, incident.told, resolved_text(incident))


def _text(incident: Incident, visible: list[Alert]) -> str:
    lines = [f"{incident.severity}: {incident.slo} ({incident.context})"]
    return "\n".join(lines + [alert.text for alert in visible])


def _end_silences(draft: Draft) -> None:
    draft.silences = [s for s in draft.silences if draft.now_s < s.until_s]


def _beat(draft: Draft) -> None:
    last = draft.heartbeat_at_s
    if last is None or draft.now_s - last >= draft.policy.heartbeat_s:
        draft.heartbeat_at_s = draft.now_s
        draft.decisions.append(Heartbeat(draft.now_s))


def heartbeat_missing(last_seen_s: float, now_s: float, policy: AlertingPolicy) -> bool:
    """For the watcher at the second channel: two beats in a row did not come."""
    return now_s - last_seen_s > 2.5 * policy.heartbeat_s
