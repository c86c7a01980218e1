"""Brings what a bot says to the users who wait for it."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field

from analyzer.replay.botapi.clock import NS_PER_SECOND
from analyzer.replay.botapi.door import Door
from analyzer.replay.botapi.feed import ChatEvent

POLL_SECONDS = 5.0
ANSWERS = frozenset({"message", "edited"})


@dataclass(slots=True)
class _Chat:
    events: deque[ChatEvent] = field(default_factory=deque)
    grown: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Chats:
    """One reader of the door's events, many waiting users."""

    door: Door
    sends_by_second: Counter[int] = field(default_factory=Counter)
    _chats: dict[int, _Chat] = field(default_factory=dict)
    _silent: bool = False

    async def follow(self, after: int) -> None:
        """Read events from number `after` on until cancelled."""
        while True:
            for event in await self.door.events(after, POLL_SECONDS):
                after = event.seq
                if event.kind in ANSWERS:
                    self.sends_by_second[event.monotonic_ns // NS_PER_SECOND] += 1
                    self._deliver(event)

    def open(self, chat_id: int) -> None:
        """Collect what comes to `chat_id` from now on; what was not read before is dropped."""
        self._chats[chat_id] = _Chat()

    def close(self, chat_id: int) -> None:
        """Collect nothing more for `chat_id`."""
        self._chats.pop(chat_id, None)

    async def answer(self, chat_id: int, since_ns: int, deadline_s: float) -> ChatEvent | None:
        """The next message or edit in the open `chat_id`, none from before `since_ns`.

        None after `deadline_s`, which is on the loop's clock: one deadline for several waits; and
        as soon as none can come.
        """
        chat = self._chats[chat_id]
        try:
            async with asyncio.timeout_at(deadline_s):
                while True:
                    while chat.events:
                        event = chat.events.popleft()
                        if event.monotonic_ns >= since_ns:
                            return event
                    if self._silent:
                        return None
                    chat.grown.clear()
                    await chat.grown.wait()
        except TimeoutError:
            return None

    def fall_silent(self) -> None:
        """Nothing will come any more: whoever waits need not."""
        self._silent = True
        for chat in self._chats.values():
            chat.grown.set()

    def as_it_stands(self, chat_id: int, event: ChatEvent) -> ChatEvent:
        """`event`, or the newest edit of its message; other unread events stay unread."""
        chat = self._chats[chat_id]
        edits = [e for e in chat.events if e.message_id == event.message_id]
        for edit in edits:
            chat.events.remove(edit)
        return edits[-1] if edits else event

    def _deliver(self, event: ChatEvent) -> None:
        chat = self._chats.get(event.chat_id)
        if chat is not None:  # nobody waits in the other chats
            chat.events.append(event)
            chat.grown.set()
