"""An incident as staff reads it at three in the morning. Staff's language is English."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any

from analyzer.slo.alerts import NoticeKind, State
from consolidated_bot.core.keyboards import button, keyboard
from consolidated_bot.operations.commands import IncidentView, Told
from consolidated_bot.operations.domain import PlanStep

LONGEST_TEXT = 1500
KINDS = {
    NoticeKind.OPENED: "New incident",
    NoticeKind.REOPENED: "It is back",
    NoticeKind.RAISED: "It got worse",
    NoticeKind.CHANGED: "More is firing",
    NoticeKind.ESCALATED: "Escalated",
    NoticeKind.UNACKED: "Nobody is on it any more",
    NoticeKind.REPEATED: "Still firing",
    NoticeKind.RENEWED: "Still firing",
    NoticeKind.RESOLVED: "Resolved",
}


def notice_text(told: Told, dashboard: str | None) -> str:
    """A new message: why it comes, who is called, and the incident itself."""
    view = told.view
    if told.notice.kind is NoticeKind.RESOLVED:
        return _resolved(view)
    why = KINDS[told.notice.kind]
    if told.call:
        called = " ".join(
            f'<a href="tg://user?id={user}">{told.rung}</a>' for user in told.call[:20]
        )
        why = f"{why}. Calling {called}"
    else:
        why = f"{why}. {escape(told.rung)}"
    return f"{why}\n{incident_text(view, dashboard)}"


def incident_text(view: IncidentView, dashboard: str | None) -> str:
    """The live message: state, figures, who has it, the plan with what is done."""
    incident = view.incident
    if incident.state is State.RESOLVED:
        return _resolved(view)
    words, sign = _state(view)
    about = f"{escape(incident.slo)} ({escape(incident.context)})"
    lines = [
        f"{sign} <b>Incident {incident.id}: {escape(incident.severity)}, {words}</b>",
        f"{about}, since {clock(incident.opened_at_s)}",
        escape(_figures(view.text)[:LONGEST_TEXT]),
    ]
    if incident.ack is not None:
        lines.append(
            f"Taken by {escape(incident.ack.by)} at {clock(incident.ack.at_s)}, "
            f"until {clock(incident.ack.until_s)} unless confirmed"
        )
    if view.silenced_until_s is not None:
        lines.append(f"Silenced until {clock(view.silenced_until_s)}")
    lines += plan_lines(view, links=False)
    if dashboard:
        lines.append(f'<a href="{escape(dashboard)}">Dashboard</a>')
    return "\n".join(lines)


def plan_lines(view: IncidentView, *, links: bool) -> list[str]:
    """The steps of the plan; `links` shows where each is described."""
    if view.plan is None:
        return []
    done = {each.step: each for each in view.done}
    lines = [f"<b>{escape(view.plan.title)}</b>"]
    for number, step in enumerate(view.plan.steps, 1):
        ticked = done.get(step.id)
        mark = "☑" if ticked else "☐"
        line = f"{mark} {number}. {escape(step.text)} ({escape(step.owner)})"
        if ticked:
            line += f", {escape(ticked.by_name)} {clock(ticked.at_ms / 1000)}"
        if links and step.link:
            line += f' <a href="{escape(step.link)}">more</a>'
        lines.append(line)
    return lines


def incident_keyboard(view: IncidentView) -> dict[str, Any] | None:
    """The buttons that make sense in the incident's state."""
    incident = view.incident
    if incident.state is State.RESOLVED:
        return None
    number = incident.id
    if incident.ack is None:
        first = [button("Acknowledge", f"op:ack:{number}")]
    else:
        first = [
            button("Still on it", f"op:confirm:{number}"),
            button("Give back", f"op:back:{number}"),
        ]
    second = [
        button("Escalate", f"op:escalate:{number}"),
        button("Silence 1 h", f"op:silence:{number}"),
        button("Runbook", f"op:runbook:{number}"),
    ]
    return keyboard([first, second, *_step_rows(view)])


def _step_rows(view: IncidentView) -> list[list[dict[str, str]]]:
    steps: tuple[PlanStep, ...] = view.plan.steps if view.plan else ()
    done = {each.step for each in view.done}
    row = [
        button(
            f"{'☑' if step.id in done else '☐'} {index}", f"op:step:{view.incident.id}:{step.id}"
        )
        for index, step in enumerate(steps, 1)
    ]
    return [row[:4], row[4:]]


def _state(view: IncidentView) -> tuple[str, str]:
    """In words and by a sign: colour is never the only one."""
    incident = view.incident
    if incident.unanswered:
        return "unanswered", "🆘"
    if incident.state is State.ACKED:
        return "acknowledged", "👤"
    return "firing", "🔴" if incident.severity == "page" else "🟡"


def _resolved(view: IncidentView) -> str:
    incident = view.incident
    ended_s = incident.resolved_at_s or incident.opened_at_s
    minutes = (ended_s - incident.opened_at_s) / 60
    return (
        f"✅ <b>Incident {incident.id}: resolved</b>\n{escape(incident.slo)} "
        f"({escape(incident.context)}), {clock(incident.opened_at_s)} to {clock(ended_s)}, "
        f"{minutes:.0f} min"
    )


def _figures(text: str) -> str:
    """The alerts' own words, without their headline, which the message has already."""
    headline, _, rest = text.partition("\n")
    return rest or headline


def clock(at_s: float) -> str:
    """A time of day in UTC."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%H:%M:%S")
