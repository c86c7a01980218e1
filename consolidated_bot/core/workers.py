"""Ordered work per chat, chats in parallel, with a bound on both work and memory.

Each chat is a lane: its updates run one after the other by update id, a failing one holds its
lane until it is done or buried, and no other. Only one update is routed per turn of the event
loop, so that an acknowledgement never waits behind a row of handlers.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

import structlog

from consolidated_bot.core.governor import Governor
from consolidated_bot.core.inbox import Received
from consolidated_bot.core.processing import TRANSIENT, Again

MOST_IN_MEMORY = 20_000

Process = Callable[[Received], Awaitable[Again | None]]
ReloadChat = Callable[[int], Awaitable[list[Received]]]


@dataclass(slots=True)
class _Lane:
    waiting: list[Received] = field(default_factory=list)
    running: bool = False


class ChatWorkers:
    """Offers go in; `process` is called for each, in order within a chat."""

    def __init__(
        self,
        process: Process,
        reload_chat: ReloadChat,
        governor: Governor,
        *,
        concurrency: int,
        most_in_memory: int = MOST_IN_MEMORY,
    ) -> None:
        """Run at most `concurrency` chats at once; hold at most `most_in_memory` updates."""
        self._process = process
        self._reload_chat = reload_chat
        self._governor = governor
        self._most = most_in_memory
        self._lanes: dict[int, _Lane] = {}
        self._known: set[int] = set()
        self._ready: deque[int] = deque()
        self._work = asyncio.Semaphore(0)
        self._turn = asyncio.Lock()
        self._concurrency = concurrency
        self._tasks: list[asyncio.Future[None]] = []
        self._retries: set[asyncio.TimerHandle] = set()
        self._stopping = False
        self.behind = (
            False  # some stored updates are not in memory: reload them when there is room
        )

    def __len__(self) -> int:
        """How many updates wait or run."""
        return len(self._known)

    @property
    def busy(self) -> int:
        """How many chats are being worked on."""
        return sum(lane.running for lane in self._lanes.values())

    @property
    def has_room(self) -> bool:
        return len(self._known) < self._most // 2

    def start(self) -> list[asyncio.Future[None]]:
        """Begin to work; the tasks returned end only by `stop` or by a bug."""
        self._tasks = [asyncio.ensure_future(self._serve()) for _ in range(self._concurrency)]
        return list(self._tasks)

    def offer(self, rows: Iterable[Received]) -> None:
        """Take rows that were just stored; while `behind`, they are left to a reload."""
        for row in rows:
            if self.behind or len(self._known) >= self._most:
                self.behind = True
                return
            self._admit(row)

    def reload(self, rows: Iterable[Received], *, complete: bool) -> None:
        """Take the oldest pending rows of the inbox; `complete` when there are no others."""
        for row in rows:
            self._admit(row)
        self.behind = not complete

    async def stop(self, seconds: float) -> None:
        """Begin nothing new, give what runs `seconds`; the rest stays in the inbox."""
        self._stopping = True
        for handle in self._retries:
            handle.cancel()
        for _ in self._tasks:
            self._work.release()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _admit(self, row: Received) -> None:
        if row.update_id in self._known:
            return
        self._known.add(row.update_id)
        lane = self._lanes.get(row.chat_id)
        if lane is None:
            lane = self._lanes[row.chat_id] = _Lane()
        heapq.heappush(lane.waiting, row)
        if not lane.running:
            self._make_ready(row.chat_id, lane)

    def _make_ready(self, chat_id: int, lane: _Lane) -> None:
        lane.running = True
        self._ready.append(chat_id)
        self._work.release()

    async def _serve(self) -> None:
        while True:
            await self._work.acquire()
            if self._stopping:
                return
            await self._step(self._ready.popleft())

    async def _step(self, chat_id: int) -> None:
        lane = self._lanes[chat_id]
        row = heapq.heappop(lane.waiting)
        async with self._turn:
            await asyncio.sleep(self._governor.pause(len(self._known)))
        again = await self._process(row)
        if again is None:
            self._known.discard(row.update_id)
            self._next(chat_id, lane)
            return
        heapq.heappush(lane.waiting, row)
        if again.reload:
            await self._admit_chat(chat_id)
        self._later(again.seconds, chat_id, lane)

    async def _admit_chat(self, chat_id: int) -> None:
        try:
            rows = await self._reload_chat(chat_id)
        except TRANSIENT as error:
            structlog.get_logger().warning("a chat could not be reloaded", error=str(error))
            return
        for row in rows:
            self._admit(row)

    def _next(self, chat_id: int, lane: _Lane) -> None:
        if lane.waiting:
            self._make_ready(chat_id, lane)
        else:
            del self._lanes[chat_id]

    def _later(self, seconds: float, chat_id: int, lane: _Lane) -> None:
        def resume() -> None:
            self._retries.discard(handle)
            self._make_ready(chat_id, lane)

        handle = asyncio.get_running_loop().call_later(seconds, resume)
        self._retries.add(handle)
