"""Notifications' use cases: who hears of what, and broadcasts that survive everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from consolidated_bot.core.messages import (
    ChatUnreachable,
    LanguageOf,
    Scope,
    SendEnded,
    Sender,
    StandingOf,
)
from consolidated_bot.notifications.commands import (
    BroadcastShown,
    DraftBroadcast,
    Fed,
    FeedBroadcasts,
    PlanNotice,
    ScheduleBroadcast,
    SteerBroadcast,
    Subscribe,
    Subscriptions,
    Target,
    Unsubscribe,
    ViewSubscriptions,
)
from consolidated_bot.notifications.domain import (
    SUBJECT,
    TOPICS,
    Broadcast,
    NotificationsRefused,
    Progress,
    checked_body,
    checked_topic,
    planned_moment,
)
from consolidated_bot.published import (
    RANK,
    AccountErased,
    NotificationHoldingsOf,
    PlanChanged,
    QuietUntil,
    RoleOf,
    ServiceLevel,
)

IN_FLIGHT = 60
PAUSED_FROM, DEFERRED_FROM = 1, 2
"""Service levels from which broadcasts pause and single notices wait."""
DEFERRED_MS = 15 * 60_000


class Notifications(Protocol):
    """What notifications needs to have stored."""

    def subscribe(self, sender: Sender, topic: str, now_ms: int) -> bool: ...

    def unsubscribe(self, user_id: int, topic: str) -> bool: ...

    def topics_of(self, user_id: int) -> list[str]: ...

    def count_subscribers(self, topic: str) -> int: ...

    def mark_gone(self, chat_id: int, now_ms: int) -> None: ...

    def mark_back(self, chat_id: int) -> None: ...

    def add_broadcast(self, broadcast: Broadcast) -> None: ...

    def get_broadcast(self, number: int) -> Broadcast | None: ...

    def save_broadcast(self, broadcast: Broadcast) -> None: ...

    def running(self) -> list[Broadcast]: ...

    def due(self, now_ms: int) -> list[Broadcast]:
        """Scheduled ones whose moment has come."""
        ...

    def make_targets(self, broadcast: Broadcast) -> int: ...

    def progress(self, number: int) -> Progress: ...

    def count_queued(self, number: int) -> int: ...

    def has_open(self, number: int) -> bool: ...

    def next_targets(self, number: int, now_ms: int, most: int) -> list[Target]: ...

    def set_target(self, target: Target, state: str, not_before_ms: int = 0) -> None: ...

    def end_target(self, number: int, chat_id: int, state: str) -> bool: ...

    def erase(self, user_id: int) -> None: ...


class NotificationUseCases:
    """The use cases; `per_second` is the pace of broadcasts."""

    def __init__(self, per_second: float) -> None:
        """Plan by `per_second`."""
        self._per_second = per_second

    def subscribe(self, store: Notifications, scope: Scope, command: Subscribe) -> Subscriptions:
        sender = command.sender
        store.mark_back(sender.chat_id)
        topics = [checked_topic(command.topic)] if command.topic else list(TOPICS)
        for topic in topics:
            store.subscribe(sender, topic, scope.now_ms)
        now = tuple(store.topics_of(sender.user_id))
        return Subscriptions(now, "subscribed", tuple(topics))

    def unsubscribe(
        self, store: Notifications, scope: Scope, command: Unsubscribe
    ) -> Subscriptions:
        user_id = command.sender.user_id
        topics = [checked_topic(command.topic)] if command.topic else list(TOPICS)
        for topic in topics:
            store.unsubscribe(user_id, topic)
        now = tuple(store.topics_of(user_id))
        return Subscriptions(now, "unsubscribed", tuple(topics))

    def view(
        self, store: Notifications, scope: Scope, command: ViewSubscriptions
    ) -> Subscriptions:
        return Subscriptions(tuple(store.topics_of(command.sender.user_id)))

    def draft(self, store: Notifications, scope: Scope, command: DraftBroadcast) -> BroadcastShown:
        _require_lead(scope, command.sender)
        broadcast = Broadcast(
            number=scope.next_number("broadcast"),
            topic=checked_topic(command.topic),
            body=checked_body(command.text),
            state="draft",
            author_id=command.sender.user_id,
            created_ms=scope.now_ms,
        )
        store.add_broadcast(broadcast)
        expected = Progress(waiting=store.count_subscribers(broadcast.topic))
        return self._shown(broadcast, expected)

    def steer(self, store: Notifications, scope: Scope, command: SteerBroadcast) -> BroadcastShown:
        _require_lead(scope, command.sender)
        before = store.get_broadcast(command.number)
        if before is None:
            raise NotificationsRefused("unknown_broadcast", number=command.number)
        broadcast = before.steered(command.action, scope.now_ms)
        if broadcast != before:
            store.save_broadcast(broadcast)
            if command.action == "start":
                store.make_targets(broadcast)
            scope.audit(
                f"broadcast.{command.action}",
                f"broadcast:{broadcast.number}",
                actor_id=command.sender.user_id,
                before=before.state,
                after=broadcast.state,
            )
        return self._shown(*self._settled(store, scope, broadcast))

    def schedule(
        self, store: Notifications, scope: Scope, command: ScheduleBroadcast
    ) -> BroadcastShown:
        """Let a broadcast start by itself, at a moment in a zone named or its author's."""
        sender = command.sender
        _require_lead(scope, sender)
        before = store.get_broadcast(command.number)
        if before is None:
            raise NotificationsRefused("unknown_broadcast", number=command.number)
        own_zone = scope.ask(StandingOf(sender.user_id, sender.language)).zone
        at_ms, zone = planned_moment(command.moment, own_zone)
        broadcast = before.scheduled(at_ms, zone, scope.now_ms)
        store.save_broadcast(broadcast)
        scope.audit(
            "broadcast.schedule",
            f"broadcast:{broadcast.number}",
            actor_id=sender.user_id,
            before=before.state,
            after=f"{command.moment} {zone}",
        )
        expected = Progress(waiting=store.count_subscribers(broadcast.topic))
        return self._shown(broadcast, expected)

    def _start_due(self, store: Notifications, scope: Scope) -> tuple[BroadcastShown, ...]:
        started = []
        for before in store.due(scope.now_ms):
            broadcast = before.steered("start", scope.now_ms)
            store.save_broadcast(broadcast)
            store.make_targets(broadcast)
            scope.audit(
                "broadcast.start",
                f"broadcast:{broadcast.number}",
                before=before.state,
                after=broadcast.state,
                reason="its moment came",
            )
            started.append(self._shown(*self._settled(store, scope, broadcast)))
        return tuple(started)

    def feed(self, store: Notifications, scope: Scope, command: FeedBroadcasts) -> Fed:
        """Keep a few sends of each running broadcast in the outbox, no more: it stays steerable.

        Moving a target to `queued` and storing its send are one transaction, so a kill neither
        skips nor doubles anybody.
        """
        batches: list[tuple[Broadcast, tuple[Target, ...]]] = []
        if scope.ask(ServiceLevel()) >= PAUSED_FROM:
            return Fed(())
        started = self._start_due(store, scope)
        for broadcast in store.running():
            room = IN_FLIGHT - store.count_queued(broadcast.number)
            if room <= 0:
                continue
            awake = []
            for target in store.next_targets(broadcast.number, scope.now_ms, room):
                quiet_until = int(scope.ask(QuietUntil(target.user_id)))
                if quiet_until:
                    store.set_target(target, "waiting", quiet_until)
                else:
                    store.set_target(target, "queued")
                    awake.append(target)
            if awake:
                batches.append((broadcast, tuple(awake)))
        return Fed(tuple(batches), started)

    def end_send(
        self, store: Notifications, scope: Scope, event: SendEnded
    ) -> BroadcastShown | None:
        """A send was accepted, dropped or failed; the last one ends its broadcast."""
        if not event.about.startswith(SUBJECT):
            return None
        number = int(event.about.removeprefix(SUBJECT))
        if not store.end_target(number, event.chat_id, event.state):
            return None
        broadcast = store.get_broadcast(number)
        if broadcast is None or broadcast.state != "running" or store.has_open(number):
            return None
        settled, progress = self._settled(store, scope, broadcast)
        return self._shown(settled, progress) if settled.state == "done" else None

    def lose_chat(self, store: Notifications, scope: Scope, event: ChatUnreachable) -> None:
        store.mark_gone(event.chat_id, scope.now_ms)

    def tell_plan(
        self, store: Notifications, scope: Scope, event: PlanChanged
    ) -> PlanNotice | None:
        """Whoever follows the service hears of a change of plan, outside quiet hours."""
        if "service" not in store.topics_of(event.user_id):
            return None
        language = scope.ask(LanguageOf(event.user_id))
        not_before_ms = int(scope.ask(QuietUntil(event.user_id)))
        if scope.ask(ServiceLevel()) >= DEFERRED_FROM:
            not_before_ms = max(not_before_ms, scope.now_ms + DEFERRED_MS)
        return PlanNotice(event.chat_id, language, event.plan, not_before_ms)

    def erase(self, store: Notifications, scope: Scope, event: AccountErased) -> None:
        store.erase(event.user_id)

    def holdings(
        self, store: Notifications, scope: Scope, question: NotificationHoldingsOf
    ) -> list[str]:
        """The topics of a person, for an export."""
        return store.topics_of(question.user_id)

    def _settled(
        self, store: Notifications, scope: Scope, broadcast: Broadcast
    ) -> tuple[Broadcast, Progress]:
        """The broadcast, ended if nobody is left."""
        progress = store.progress(broadcast.number)
        if broadcast.state == "running" and not progress.open:
            broadcast = broadcast.finished(scope.now_ms)
            store.save_broadcast(broadcast)
        return broadcast, progress

    def _shown(self, broadcast: Broadcast, progress: Progress) -> BroadcastShown:
        return BroadcastShown(broadcast, progress, progress.seconds_left(self._per_second))

    @property
    def handlers(self) -> dict[type, Callable[..., Any]]:
        """By command or question."""
        return {
            Subscribe: self.subscribe,
            Unsubscribe: self.unsubscribe,
            ViewSubscriptions: self.view,
            DraftBroadcast: self.draft,
            SteerBroadcast: self.steer,
            ScheduleBroadcast: self.schedule,
            FeedBroadcasts: self.feed,
            NotificationHoldingsOf: self.holdings,
        }

    @property
    def subscribers(self) -> dict[type, Callable[..., Any]]:
        """By event."""
        return {
            SendEnded: self.end_send,
            ChatUnreachable: self.lose_chat,
            PlanChanged: self.tell_plan,
            AccountErased: self.erase,
        }


def _require_lead(scope: Scope, sender: Sender) -> None:
    role = scope.ask(RoleOf(sender.user_id, sender.is_operations))
    if not sender.is_operations or RANK[role] < RANK["lead"]:
        raise NotificationsRefused("lead_only")
