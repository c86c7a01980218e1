"""Notifications on Telegram: updates become commands, results become messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from aiogram.types import CallbackQuery, Message

from consolidated_bot.core.keyboards import button, keyboard
from consolidated_bot.core.messages import Answer, Priority, Send, Sender
from consolidated_bot.core.routes import Routes
from consolidated_bot.core.words import number_in
from consolidated_bot.notifications import commands as n
from consolidated_bot.notifications.domain import SUBJECT, TOPICS, NotificationsRefused
from consolidated_bot.notifications.texts import say

routes = Routes("notifications")

BUTTONS = {
    "draft": ("start", "cancel"),
    "scheduled": ("start", "cancel"),
    "running": ("pause", "cancel"),
    "paused": ("resume", "cancel"),
}


@routes.command("subscribe")
def subscribe(sender: Sender, words: str, message: Message) -> Any:
    return n.Subscribe(sender, words)


@routes.command("unsubscribe")
def unsubscribe(sender: Sender, words: str, message: Message) -> Any:
    return n.Unsubscribe(sender, words)


@routes.command("notifications")
def notifications(sender: Sender, words: str, message: Message) -> Any:
    return n.ViewSubscriptions(sender)


@routes.command("broadcast")
def broadcast(sender: Sender, words: str, message: Message) -> Any:
    """`/broadcast TOPIC TEXT`."""
    topic, _, text = words.partition(" ")
    return n.DraftBroadcast(sender, topic, text)


@routes.command("schedule")
def schedule(sender: Sender, words: str, message: Message) -> Any:
    """`/schedule NUMBER 2026-11-24 09:00 [Europe/Berlin]`."""
    number, _, moment = words.partition(" ")
    return n.ScheduleBroadcast(sender, _number(number.lstrip("#")), moment)


@routes.button("nt")
def topic_button(sender: Sender, words: str, query: CallbackQuery) -> Any:
    action, _, topic = words.partition(":")
    return n.Subscribe(sender, topic) if action == "on" else n.Unsubscribe(sender, topic)


@routes.button("bc")
def broadcast_button(sender: Sender, words: str, query: CallbackQuery) -> Any:
    action, _, number = words.partition(":")
    return n.SteerBroadcast(sender, _number(number), action)


def _number(text: str) -> int:
    """A broadcast's number; 0, which none has, for what is no number."""
    return number_in(text) or 0


def _subscriptions(result: n.Subscriptions, to: Sender) -> Answer:
    rows = [
        [
            button(
                ("✅ " if topic in result.topics else "▫️ ") + say(to.language, f"topic_{topic}"),
                f"nt:{'off' if topic in result.topics else 'on'}:{topic}",
            )
        ]
        for topic in TOPICS
    ]
    topics = _named(result.topics, to.language)
    text = say(to.language, "list", topics=topics) if topics else say(to.language, "none")
    if result.changed:
        changed = _named(result.concerned, to.language)
        text = f"{say(to.language, result.changed, topic=changed)}\n{text}"
    params = {"text": text, "parse_mode": "HTML", "reply_markup": keyboard(rows)}
    journey = {"subscribed": "subscribe", "unsubscribed": "unsubscribe"}.get(
        result.changed or "", "view"
    )
    return Answer(f"notifications/{journey}", (Send(to.chat_id, params),))


def _named(topics: Sequence[str], language: str) -> str:
    return ", ".join(say(language, f"topic_{topic}") for topic in topics)


def _refused(refusal: NotificationsRefused, to: Sender) -> Answer:
    params = {"text": say(to.language, refusal.reason, **refusal.values)}
    return Answer("notifications/refused", (Send(to.chat_id, params),), outcome="user_error")


PRESENTERS: dict[type, Callable[[Any, Sender], Answer]] = {
    n.Subscriptions: _subscriptions,
    NotificationsRefused: _refused,
}


def _moment(ms: int, zone: str) -> str:
    """A moment in the zone it was named in, and in UTC."""
    local = datetime.fromtimestamp(ms / 1000, ZoneInfo(zone))
    text = f"{local:%Y-%m-%d %H:%M} {zone}"
    return text if zone == "UTC" else f"{text} ({local.astimezone(UTC):%H:%M} UTC)"


class BroadcastView:
    """Broadcasts as staff sees them, and as they go out. Staff's language is English."""

    def __init__(self, ops_chat_id: int | None) -> None:
        """Report to `ops_chat_id`."""
        self._ops_chat_id = ops_chat_id

    @property
    def presenters(self) -> dict[type, Callable[[Any, Sender], Answer]]:
        """Answers to staff."""
        return {n.BroadcastShown: lambda result, _: self.shown(result)}

    @property
    def notices(self) -> dict[type, Callable[[Any], Answer]]:
        """What timers and events have to say."""
        return {n.BroadcastShown: self.shown, n.Fed: self.fed, n.PlanNotice: self.plan}

    def shown(self, result: n.BroadcastShown) -> Answer:
        """The broadcast's card in the operations chat, edited in place."""
        if self._ops_chat_id is None:
            return Answer("notifications/broadcast")
        it, progress = result.broadcast, result.progress
        text = (
            f"<b>Broadcast {it.number}</b> on {it.topic}: {it.state}\n{escape(it.body[:500])}\n\n"
            f"Recipients {progress.total}: sent {progress.sent}, waiting {progress.open}, "
            f"blocked {progress.dropped}, failed {progress.failed}"
        )
        if it.state in BUTTONS:
            text += f"\nTakes about {result.seconds_left} s"
        if it.state == "scheduled" and it.scheduled_ms is not None:
            text += f"\nStarts {_moment(it.scheduled_ms, it.zone)}"
        elif it.state == "draft":
            text += f"\nLater: /schedule {it.number} 2026-12-24 09:00 Europe/Berlin"
        row = [button(a.capitalize(), f"bc:{a}:{it.number}") for a in BUTTONS.get(it.state, ())]
        params = {"text": text, "parse_mode": "HTML", "reply_markup": keyboard([row])}
        card = Send(self._ops_chat_id, params, slot=f"broadcast-card:{it.number}")
        return Answer("notifications/broadcast", (card,))

    def fed(self, result: n.Fed) -> Answer:
        """One message per target; its place in the outbox is the target's `queued`."""
        sends = [
            Send(
                target.chat_id,
                {"text": it.body},
                priority=Priority.BROADCAST,
                about=f"{SUBJECT}{it.number}",
                journey="notifications/send",
            )
            for it, targets in result.batches
            for target in targets
        ]
        cards = [card for shown in result.started for card in self.shown(shown).sends]
        return Answer("notifications/feed", (*cards, *sends))

    def plan(self, result: n.PlanNotice) -> Answer:
        """A change of plan, told after quiet hours."""
        send = Send(
            result.chat_id,
            {"text": say(result.language, "plan", plan=result.plan)},
            journey="notifications/send",
            not_before_ms=result.not_before_ms,
        )
        return Answer("notifications/send", (send,))
