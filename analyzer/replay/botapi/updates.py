"""Updates of one bot: queued until confirmed, polled by one at a time, or pushed by webhook.

Rules: core.telegram.org/bots/api#getting-updates. Updates come again until a higher offset
confirms them; nobody keeps them longer than 24 hours; ids rise by one.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain, islice, takewhile

from analyzer.replay.botapi.clock import NS_PER_SECOND, Clock
from analyzer.replay.botapi.errors import ApiError, conflict
from analyzer.replay.botapi.faults import FaultPlan
from analyzer.replay.botapi.journal import Journal
from analyzer.replay.botapi.shapes import Json

LONGEST_POLL_SECONDS = 50
MOST_PER_POLL = 100
# core.telegram.org/bots/api#getupdates: these come only when asked for by name.
ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
LONGEST_HOLD_SECONDS = 1.0


@dataclass(slots=True)
class QueuedUpdate:
    """An update that nobody has confirmed yet."""

    update_id: int
    body: Json
    expires_ns: int
    attempts: int = 0


@dataclass(slots=True)
class _Held:
    """An update that a fault holds back; the next one overtakes it."""

    kind: str
    body: Json
    timer: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """The parameters of one getUpdates call."""

    offset: int = 0
    limit: int = MOST_PER_POLL
    timeout_seconds: int = 0
    allowed: list[str] | None = None


@dataclass(slots=True)
class UpdateQueue:
    """Unconfirmed updates in order of their ids."""

    clock: Clock
    journal: Journal
    faults: FaultPlan
    ttl_seconds: float
    next_id: int
    allowed: list[str] = field(default_factory=list)
    pending: dict[int, QueuedUpdate] = field(default_factory=dict)
    on_push: Callable[[QueuedUpdate], None] | None = None
    listened: asyncio.Event = field(default_factory=asyncio.Event)
    restarted: bool = False
    _waiter: asyncio.Future[None] | None = None
    _held: list[_Held] = field(default_factory=list)
    _again: list[QueuedUpdate] = field(default_factory=list)

    def allows(self, kind: str) -> bool:
        """Whether updates of `kind` are queued at all under the remembered setting."""
        return kind in self.allowed if self.allowed else kind not in ON_REQUEST

    def restart_ids(self, source: random.Random) -> None:
        """Go on from a random id, as Telegram does after a week without updates."""
        self.next_id = source.randrange(1_000_000, 1_000_000_000)
        self.restarted = True

    def push(self, kind: str, body: Json) -> int | None:
        """Queue an update; its id, or None when not wanted or held back by a fault."""
        if not self.allows(kind):
            return None
        late = self.faults.delivery("late")
        swap = self.faults.delivery("reorder") is not None
        if late is None and not swap:
            update_id = self._append(kind, body)
            self._release_all()
            return update_id
        loop = asyncio.get_running_loop()
        seconds = LONGEST_HOLD_SECONDS if late is None else late
        held = _Held(kind, body)
        held.timer = loop.call_later(seconds, self._release, held)
        if late is None:
            self._held.append(held)
        return None

    def _release(self, held: _Held) -> None:
        if held in self._held:
            self._held.remove(held)
        if held.timer is not None:
            held.timer.cancel()
        self._append(held.kind, held.body)

    def _release_all(self) -> None:
        for held in list(self._held):
            self._release(held)

    def _append(self, kind: str, body: Json) -> int:
        update_id = self.next_id
        self.next_id += 1
        expires = self.clock.monotonic_ns() + round(self.ttl_seconds * NS_PER_SECOND)
        queued = QueuedUpdate(update_id, {"update_id": update_id, **body}, expires)
        self.pending[update_id] = queued
        self.journal.write("update_queued", update_id=update_id, kind=kind, update=body)
        if self.on_push is not None:
            self.on_push(queued)
        self._wake()
        return update_id

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def poll(self, poll: Poll) -> list[Json]:
        """The answer of getUpdates: confirms below the offset, waits for news if there are none.

        A newer poll ends an older one with 409, as tdlib/telegram-bot-api does.
        """
        self.end_poll(
            conflict(
                "terminated by other getUpdates request; "
                "make sure that only one bot instance is running"
            )
        )
        self.listened.set()
        if poll.allowed is not None:
            self.allowed = poll.allowed
        self._confirm(poll.offset)
        batch = self._take(poll.limit)
        if batch or poll.timeout_seconds <= 0:
            return batch
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(min(poll.timeout_seconds, LONGEST_POLL_SECONDS)):
                await waiter
        except TimeoutError:
            return []
        finally:
            if self._waiter is waiter:
                self._waiter = None
        return self._take(poll.limit)

    def end_poll(self, reason: ApiError) -> None:
        """End the poll that is waiting, if any, with `reason`."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(reason)
        self._waiter = None

    def remove(self, update_id: int, event: str) -> None:
        """Forget an update: delivered, expired or dropped, as `event` says."""
        if self.pending.pop(update_id, None) is not None:
            self.journal.write(event, update_id=update_id)

    def drop_all(self) -> None:
        """Forget every pending update (`drop_pending_updates`)."""
        for update_id in list(self.pending):
            self.remove(update_id, "update_dropped")

    def expire(self) -> None:
        """Forget what is older than the time Telegram keeps updates."""
        now = self.clock.monotonic_ns()
        while self.pending:
            oldest = next(iter(self.pending.values()))  # they stand in order of their coming
            if oldest.expires_ns > now:
                return
            self.remove(oldest.update_id, "update_expired")

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            confirmed = list(self.pending)[:offset]
        else:
            below = self.pending if self.restarted else takewhile(offset.__gt__, self.pending)
            confirmed = [update_id for update_id in below if update_id < offset]
        for update_id in confirmed:
            queued = self.pending[update_id]
            self.remove(update_id, "update_confirmed")
            if self.faults.delivery("duplicate") is not None:
                self._again.append(queued)

    def _take(self, limit: int) -> list[Json]:
        self.expire()
        most = min(max(limit, 1), MOST_PER_POLL)
        batch = list(islice(chain(self._again, self.pending.values()), most))
        del self._again[:most]
        for queued in batch:
            queued.attempts += 1
            self.journal.write(
                "update_delivered",
                update_id=queued.update_id,
                via="polling",
                attempt=queued.attempts,
            )
        return [queued.body for queued in batch]
