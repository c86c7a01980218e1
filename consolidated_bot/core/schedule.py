"""Which send goes next, and when: lanes per chat, priorities, limits. Pure; time is an argument.

A lane holds what waits for one chat, by priority and then by age, and lets out one send at a time.
Lanes that may go stand in `ready`, those that must wait for their chat in `later`. An entry counts
only while its stamp is the lane's newest, so a lane moves by being entered anew.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from consolidated_bot.core.limits import Limits
from consolidated_bot.core.outbox import Queued

IDLE_SECONDS = 60.0


@dataclass(slots=True)
class _Lane:
    waiting: list[tuple[int, int, Queued]] = field(default_factory=list)
    not_before: float = 0.0
    stamp: int = 0
    busy: bool = False


class SendSchedule:
    """`add` sends, take the `next` one, tell when it is `done`."""

    def __init__(self, limits: Limits, is_edit: Callable[[Queued], bool]) -> None:
        """`is_edit` says whether a send will edit a message, which counts less."""
        self._limits = limits
        self._is_edit = is_edit
        self._lanes: dict[int, _Lane] = {}
        self._ready: list[tuple[int, int, int, int]] = []
        self._later: list[tuple[float, int, int]] = []
        self._appointed: list[tuple[float, int, Queued]] = []
        self._closed_until = 0.0
        self._throttled: dict[int, float] = {}
        self._tidy_at = 0.0

    def add(self, item: Queued, now: float, *, not_before: float = 0.0) -> None:
        """Let `item` wait for its turn, which is not before `not_before`."""
        if not_before > now:
            heapq.heappush(self._appointed, (not_before, item.id, item))
            return
        lane = self._lanes.setdefault(item.chat_id, _Lane())
        heapq.heappush(lane.waiting, (item.priority, item.id, item))
        if lane.waiting[0][2] is item:
            self._enter(item.chat_id, lane, now)

    def next(self, now: float) -> Queued | float | None:
        """The send to make now, or seconds until there may be one, or None: nothing waits."""
        self._bring_up(now)
        while self._ready:
            _, _, chat_id, stamp = self._ready[0]
            lane = self._lanes.get(chat_id)
            if lane is None or lane.stamp != stamp or lane.busy:
                heapq.heappop(self._ready)
                continue
            item = lane.waiting[0][2]
            edit = self._is_edit(item)
            if wait := self._limits.wait_chat(chat_id, item.priority, now, edit=edit):
                heapq.heappop(self._ready)
                heapq.heappush(self._later, (now + wait, chat_id, stamp))
                continue
            overall = self._limits.wait_overall(item.priority, now)
            if (wait := max(overall, self._closed_until - now)) > 0:
                return min(wait, self._until_next(now))
            self._limits.take(chat_id, item.priority, now, edit=edit)
            heapq.heappop(self._ready)
            heapq.heappop(lane.waiting)
            lane.busy = True
            return item
        wait = self._until_next(now)
        return None if wait == float("inf") else wait

    def done(self, chat_id: int, now: float) -> None:
        """The send to `chat_id` that was under way has ended, one way or the other."""
        lane = self._lanes[chat_id]
        lane.busy = False
        if lane.waiting:
            self._enter(chat_id, lane, now)
        elif lane.not_before <= now:
            del self._lanes[chat_id]

    def postpone(self, item: Queued, until: float) -> None:
        """Put `item` back; its chat waits until then."""
        lane = self._lanes[item.chat_id]
        lane.not_before = max(lane.not_before, until)
        heapq.heappush(lane.waiting, (item.priority, item.id, item))

    def throttle(self, item: Queued, until: float, now: float) -> None:
        """After a 429: the chat waits alone; a second one meanwhile means the bot as a whole."""
        self.postpone(item, until)
        self._throttled = {chat: end for chat, end in self._throttled.items() if end > now}
        self._throttled[item.chat_id] = max(until, self._throttled.get(item.chat_id, 0.0))
        if len(self._throttled) > 1:
            self._closed_until = max(self._closed_until, *self._throttled.values())

    def _enter(self, chat_id: int, lane: _Lane, now: float) -> None:
        if lane.busy:
            return
        lane.stamp += 1
        if lane.not_before > now:
            heapq.heappush(self._later, (lane.not_before, chat_id, lane.stamp))
        else:
            priority, number, _ = lane.waiting[0]
            heapq.heappush(self._ready, (priority, number, chat_id, lane.stamp))

    def _bring_up(self, now: float) -> None:
        while self._appointed and self._appointed[0][0] <= now:
            self.add(heapq.heappop(self._appointed)[2], now)
        while self._later and self._later[0][0] <= now:
            _, chat_id, stamp = heapq.heappop(self._later)
            lane = self._lanes.get(chat_id)
            if lane is None or lane.stamp != stamp or lane.busy:
                continue
            if lane.waiting:
                self._enter(chat_id, lane, now)
            else:
                del self._lanes[chat_id]
        if now >= self._tidy_at:
            self._limits.forget_idle(now)
            self._tidy_at = now + IDLE_SECONDS

    def _until_next(self, now: float) -> float:
        times = [queue[0][0] for queue in (self._later, self._appointed) if queue]
        return max(0.0, min(times) - now) if times else float("inf")
