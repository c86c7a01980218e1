"""Notifications' rules: topics, and the life of a broadcast."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from consolidated_bot.core.errors import Refused

TOPICS = ("news", "service", "campaign")
LONGEST_BODY = 3500
SUBJECT = "broadcast:"  # what a send of a broadcast is about, before its number
State = Literal["draft", "running", "paused", "done", "cancelled"]

STEPS: dict[tuple[State, str], State] = {
    ("draft", "start"): "running",
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
    """A text for everybody subscribed to a topic."""

    number: int
    topic: str
    body: str
    state: State
    author_id: int
    created_ms: int
    started_ms: int | None = None
    finished_ms: int | None = None

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


def checked_topic(text: str) -> str:
    """A topic that exists."""
    topic = text.strip().lower()
    if topic not in TOPICS:
        raise NotificationsRefused("bad_topic", topics=", ".join(TOPICS))
    return topic


def checked_body(text: str) -> str:
    """A text that fits into a message."""
    body = text.strip()
    if not 1 <= len(body) <= LONGEST_BODY:
        raise NotificationsRefused("bad_body", most=LONGEST_BODY)
    return body
