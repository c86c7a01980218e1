"""What users see: every message, edit, deletion and callback answer, in order, for drivers."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Literal, get_args

from analyzer.replay.botapi.clock import Clock
from analyzer.replay.botapi.shapes import Json

Kind = Literal["message", "edited", "deleted", "callback_answered", "chat_action"]
KINDS = get_args(Kind)
KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message; `data` is None for links and reply keyboards."""

    text: str
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ChatEvent:
    """One thing the bot made visible in a chat, at the moment the Bot API accepted it."""

    seq: int
    kind: Kind
    chat_id: int
    monotonic_ns: int
    message_id: int | None = None
    text: str = ""
    buttons: tuple[Button, ...] = ()
    reply_to_message_id: int | None = None
    callback_query_id: str | None = None
    message: Json | None = None

    def as_json(self) -> Json:
        """The event as the control door sends it."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: Json) -> ChatEvent:
        """The event that `as_json` wrote."""
        buttons = tuple(Button(**button) for button in body["buttons"])
        return cls(**{**body, "buttons": buttons})


class Feed:
    """An ordered record of chat events that many readers can follow, each at its own pace."""

    def __init__(self, clock: Clock) -> None:
        """Start empty; sequence numbers begin at 1."""
        self._clock = clock
        self._events: deque[ChatEvent] = deque(maxlen=KEPT)
        self._next = 1
        self._grown = asyncio.Event()

    @property
    def last_seq(self) -> int:
        """The number of the newest event; 0 before the first."""
        return self._next - 1

    def publish(self, kind: Kind, chat_id: int, **fields: Any) -> ChatEvent:
        """Append an event and wake every reader."""
        event = ChatEvent(self._next, kind, chat_id, self._clock.monotonic_ns(), **fields)
        self._next += 1
        self._events.append(event)
        self._grown.set()
        self._grown = asyncio.Event()
        return event

    def since(self, seq: int) -> list[ChatEvent]:
        """Events after number `seq` that are still kept."""
        missing = self._next - 1 - seq
        if missing <= 0:
            return []
        return list(islice(reversed(self._events), missing))[::-1]

    async def after(self, seq: int, timeout_seconds: float) -> list[ChatEvent]:
        """Events after number `seq`, waiting for the first one up to `timeout_seconds`."""
        events = self.since(seq)
        if events or timeout_seconds <= 0:
            return events
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._grown.wait()
        except TimeoutError:
            return []
        return self.since(seq)
