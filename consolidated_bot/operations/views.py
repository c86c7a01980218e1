"""Operations' results as messages in the operations chat, and refusals."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from analyzer.slo.alerts import Answer as Verdict
from analyzer.slo.alerts import NoticeKind
from analyzer.slo.windows import PAGE
from consolidated_bot.core.messages import Answer, Priority, Send, Sender
from consolidated_bot.operations import commands as o
from consolidated_bot.operations.campaign_view import campaign_text
from consolidated_bot.operations.consequences import SUBJECT
from consolidated_bot.operations.degraded import Shed
from consolidated_bot.operations.domain import Level, OperationsRefused
from consolidated_bot.operations.incident_view import (
    clock,
    incident_keyboard,
    incident_text,
    notice_text,
    plan_lines,
)
from consolidated_bot.operations.texts import say

LEVELS = {
    Level.NORMAL: "everything is on offer",
    Level.BROADCASTS_PAUSED: "broadcasts are paused",
    Level.NOTICES_DEFERRED: "broadcasts are paused and notices deferred",
    Level.TICKETS_ONLY: "only tickets are taken; everything else is told to come back",
}


class OperationsView:
    """Presenters and notices; says nothing about incidents without an operations chat."""

    def __init__(self, ops_chat_id: int | None, dashboard: str | None) -> None:
        """Speak to `ops_chat_id`; `dashboard` is its address, for links."""
        self._ops_chat_id = ops_chat_id
        self._dashboard = dashboard

    @property
    def presenters(self) -> dict[type, Callable[[Any, Sender], Answer]]:
        """By result."""
        return {
            o.Acted: self.acted,
            o.IncidentsShown: self.shown,
            o.CampaignShown: self.campaign,
            o.LevelShown: self.level_shown,
            OperationsRefused: refused,
            Shed: shed,
        }

    @property
    def notices(self) -> dict[type, Callable[[Any], Answer]]:
        """What timers and events have to say."""
        return {
            o.AlertsMoved: self.moved,
            o.LevelChanged: self.level,
            type(None): lambda _: Answer("operations/nothing"),
            o.CampaignShown: self.campaign_ended,
        }

    def moved(self, result: o.AlertsMoved) -> Answer:
        """New messages first: a page never waits behind an edit."""
        sends = [self._told(told) for told in result.told]
        sends += [send for edited in result.edited if (send := self._edited(edited))]
        return Answer("operations/alerts", tuple(sends))

    def _told(self, told: o.Told) -> Send:
        """The message of a notice; all but the last become the live one."""
        assert self._ops_chat_id is not None
        resolved = told.notice.kind is NoticeKind.RESOLVED
        page = told.notice.severity == PAGE and not resolved
        number = told.view.incident.id
        return Send(
            self._ops_chat_id,
            _html(notice_text(told, self._dashboard), incident_keyboard(told.view)),
            priority=Priority.PAGE if page else Priority.ALERT,
            slot=None if resolved else _slot(number, told.notice.id),
            about=f"{SUBJECT}{told.notice.id}",
            not_before_ms=told.not_before_ms,
        )

    def _edited(self, edited: o.Edited) -> Send | None:
        """An edit takes the place of a message that still waits, and then is as urgent."""
        live = edited.view.live_notice
        if live is None or self._ops_chat_id is None:
            return None
        return Send(
            self._ops_chat_id,
            _html(incident_text(edited.view, self._dashboard), incident_keyboard(edited.view)),
            priority=Priority.PAGE if edited.undelivered else Priority.ALERT,
            slot=_slot(edited.view.incident.id, live),
            about=f"{SUBJECT}{live}",
        )

    def acted(self, result: o.Acted, to: Sender) -> Answer:
        """Done shows on the live message; everything else is said to who pressed."""
        journey = f"operations/{result.action}"
        if result.verdict is Verdict.DONE:
            return Answer(journey, self.moved(result.moved).sends)
        number = result.view.incident.id if result.view else "?"
        when = f" since {clock(result.at_s)}" if result.at_s is not None else ""
        who = f" by {result.by}" if result.by else ""
        text = f"Incident {number}: {result.verdict.value}{who}{when}."
        if result.verdict is Verdict.UNKNOWN:
            text = "There is no such incident any more."
        return Answer(journey, (Send(to.chat_id, {"text": text}),), outcome="user_error")

    def shown(self, result: o.IncidentsShown, to: Sender) -> Answer:
        if not result.views:
            text = say("en", "no_incident")
            return Answer("operations/incident", (Send(to.chat_id, {"text": text}),))
        sends = []
        for view in result.views[:5]:
            lines = [incident_text(view, self._dashboard)]
            if result.with_plan:
                lines = plan_lines(view, links=True) or ["The runbook has no plan for it."]
            sends.append(Send(to.chat_id, _html("\n".join(lines), None)))
        return Answer("operations/incident", tuple(sends))

    def campaign(self, result: o.CampaignShown, to: Sender) -> Answer:
        return Answer(
            "operations/campaign", (Send(to.chat_id, _html(campaign_text(result), None)),)
        )

    def campaign_ended(self, result: o.CampaignShown) -> Answer:
        """A campaign's time is over."""
        if result.changed is None or self._ops_chat_id is None:
            return Answer("operations/campaign")
        params = _html(campaign_text(result), None)
        send = Send(self._ops_chat_id, params, priority=Priority.ALERT)
        return Answer("operations/campaign", (send,))

    def level(self, result: o.LevelChanged) -> Answer:
        """Every change of the degraded mode is announced."""
        if self._ops_chat_id is None:
            return Answer("operations/degraded")
        text = _level_text(result.before, result.level, result.reason)
        send = Send(self._ops_chat_id, _html(text, None), priority=Priority.ALERT)
        return Answer("operations/degraded", (send,))

    def level_shown(self, result: o.LevelShown, to: Sender) -> Answer:
        """The answer stands in the operations chat, so it is the announcement, too."""
        reason = "" if result.hold else result.reason
        lines = [_level_text(result.before, result.level, reason)]
        if result.hold is None:
            lines.append("The load decides.")
        else:
            until = clock(result.hold.until_ms / 1000)
            lines.append(
                f"Held by {escape(result.hold.by_name)} until {until} UTC: "
                f"{escape(result.hold.reason)}. /level auto lets the load decide again."
            )
        return Answer("operations/level", (Send(to.chat_id, _html("\n".join(lines), None)),))


def refused(refusal: OperationsRefused, to: Sender) -> Answer:
    params = {"text": say(to.language, refusal.reason, **refusal.values)}
    return Answer("operations/refused", (Send(to.chat_id, params),), outcome="user_error")


def shed(result: Shed, to: Sender) -> Answer:
    params = {"text": say(to.language, "shed")}
    return Answer("operations/shed", (Send(to.chat_id, params),), outcome="shed")


def _level_text(before: Level, level: Level, reason: str) -> str:
    sign = "⬆️" if level > before else "⬇️" if level < before else "▫️"
    was = "" if level is before else f" (was L{int(before)})"
    why = f" Reason: {escape(reason)}." if reason else ""
    return f"{sign} <b>Service level L{int(level)}</b>{was}: {LEVELS[level]}.{why}"


def _slot(incident: int, notice: int) -> str:
    return f"incident:{incident}:{notice}"


def _html(text: str, markup: dict[str, Any] | None) -> dict[str, Any]:
    params: dict[str, Any] = {
        "text": text,
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }
    if markup is not None:
        params["reply_markup"] = markup
    return params
