"""What notifications can be asked (commands, imperative) and what it says (results)."""

from __future__ import annotations

from dataclasses import dataclass

from consolidated_bot.core.messages import Sender
from consolidated_bot.notifications.domain import Broadcast, Progress


@dataclass(frozen=True, slots=True)
class Target:
    """One recipient of one broadcast."""

    broadcast_number: int
    user_id: int
    chat_id: int


@dataclass(frozen=True, slots=True)
class Subscribe:
    sender: Sender
    topic: str


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    sender: Sender
    topic: str


@dataclass(frozen=True, slots=True)
class ViewSubscriptions:
    sender: Sender


@dataclass(frozen=True, slots=True)
class DraftBroadcast:
    """By a lead, in the operations chat: shows who would get it and how long it takes."""

    sender: Sender
    topic: str
    text: str


@dataclass(frozen=True, slots=True)
class SteerBroadcast:
    """`action` is start, pause, resume or cancel."""

    sender: Sender
    number: int
    action: str


@dataclass(frozen=True, slots=True)
class ScheduleBroadcast:
    """`moment` as its author writes it: a date, a time, maybe a time zone."""

    sender: Sender
    number: int
    moment: str


@dataclass(frozen=True, slots=True)
class FeedBroadcasts:
    """By a timer: start what is due, move the next targets of running ones into the outbox."""


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """`changed` says what just happened to the topics `concerned`: subscribed or unsubscribed."""

    topics: tuple[str, ...]
    changed: str | None = None
    concerned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BroadcastShown:
    broadcast: Broadcast
    progress: Progress
    seconds_left: int


@dataclass(frozen=True, slots=True)
class Fed:
    """Texts that now go out, and broadcasts that have just started by themselves."""

    batches: tuple[tuple[Broadcast, tuple[Target, ...]], ...]
    started: tuple[BroadcastShown, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanNotice:
    chat_id: int
    language: str
    plan: str
    not_before_ms: int
