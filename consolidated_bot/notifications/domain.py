"""Notifications' rules: topics, and the life of a broadcast."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from consolidated_bot.core.errors import Refused
from consolidated_bot.core.lengths import units
from consolidated_bot.core.zones import zone_named

TOPICS = ("news", "service", "campaign")
LONGEST_BODY = 3500
MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T]+(\d{1,2}:\d{2})(?:\s+([\w/+-]+))?")
SUBJECT = "broadcast:"  # what a send of a broadcast is about, before its number
State = Literal["draft", "scheduled", "running", "paused", "done", "cancelled"]

STEPS: dict[tuple[State, str], State] = {
    ("draft", "start"): "running",
    ("scheduled", "start"): "running",
    ("scheduled", "cancel"): "cancelled",
    ("running", "pause"): "paused",
    ("paused", "resume"): "running",
    ("draft", "cancel"): "cancelled",
    ("running", "cancel"): "cancelled",
    ("paused", "cancel"): "cancelled",
}
REACHED: dict[str, frozenset[State]] = {
    "start": frozenset({"running", "paused", "done"}),
    "pause": frozenset({"paused"}),
    "resume": frozenset({"running", "done"}),
    "cancel": frozenset({"cancelled"}),
}


class NotificationsRefused(Refused):
    """Notifications turns a request down; `reason` is a key of its texts."""


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A text for everybody subscribed to a topic; `zone` is the one its start was named in."""

    number: int
    topic: str
    body: str
    state: State
    author_id: int
    created_ms: int
    started_ms: int | None = None
    finished_ms: int | None = None
    scheduled_ms: int | None = None
    zone: str = "UTC"

    def scheduled(self, at_ms: int, zone: str, now_ms: int) -> Broadcast:
        """The same, to start by itself at `at_ms`; refused in the past, or once it has begun."""
        if self.state not in {"draft", "scheduled"}:
            raise NotificationsRefused("bad_step", number=self.number, state=self.state)
        if at_ms <= now_ms:
            raise NotificationsRefused("past_moment")
        return replace(self, state="scheduled", scheduled_ms=at_ms, zone=zone)

    def steered(self, action: str, at_ms: int) -> Broadcast:
        """The same after start, pause, resume or cancel; a second press changes nothing."""
        if self.state in REACHED.get(action, frozenset()):
            return self
        state = STEPS.get((self.state, action))
        if state is None:
            raise NotificationsRefused("bad_step", number=self.number, state=self.state)
        ended = at_ms if state == "cancelled" else None
        started = at_ms if action == "start" else self.started_ms
        return replace(self, state=state, started_ms=started, finished_ms=ended)

    def finished(self, at_ms: int) -> Broadcast:
        """The same, with everybody reached or given up."""
        return replace(self, state="done", finished_ms=at_ms)


@dataclass(frozen=True, slots=True)
class Progress:
    """How many targets of a broadcast are where."""

    waiting: int = 0
    queued: int = 0
    sent: int = 0
    dropped: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        return self.waiting + self.queued + self.sent + self.dropped + self.failed

    @property
    def open(self) -> int:
        """Those who may still get it."""
        return self.waiting + self.queued

    def seconds_left(self, per_second: float) -> int:
        """At the pace that Telegram's limits leave to broadcasts."""
        return math.ceil(self.open / per_second)


def planned_moment(text: str, zone: str) -> tuple[int, str]:
    """The moment (UTC epoch ms) that `2026-11-24 09:00 [ZONE]` names, and its zone.

    Refused: no such date, zone, or local time (the hour that a switch to summer time skips).
    """
    match = MOMENT.fullmatch(text.strip())
    if match is None:
        raise NotificationsRefused("bad_moment")
    try:
        named = zone_named(match[3] or zone)
        local = datetime.fromisoformat(f"{match[1]} {match[2]:0>5}").replace(tzinfo=named)
    except ValueError as error:
        raise NotificationsRefused("bad_moment") from error
    again = datetime.fromtimestamp(local.timestamp(), named)
    if again.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NotificationsRefused("skipped_moment")
    return round(local.timestamp() * 1000), named.key


def checked_topic(text: str) -> str:
    """A topic that exists."""
    topic = text.strip().lower()
    if topic not in TOPICS:
        raise NotificationsRefused("bad_topic", topics=", ".join(TOPICS))
    return topic


def checked_body(text: str) -> str:
    """A text that fits into a message."""
    body = text.strip()
    if not 1 <= units(body) <= LONGEST_BODY:
        raise NotificationsRefused("bad_body", most=LONGEST_BODY)
    return body
