"""A Bot API of one answer and a webhook client, both as thin as HTTP allows.

The load generator shares the machine with the bot it measures, so it must cost little: raw
asyncio streams, one fixed answer, no framework.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from dataclasses import dataclass, field

import orjson

CHAT = re.compile(rb"(?:^|&)chat_id=(\d+)")
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
ME = {"id": 42, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}


@dataclass
class AnsweringApi:
    """Accepts every call; counts messages and measures how long awaited replies took."""

    messages: int = 0
    expected: int = 0
    complete: asyncio.Event = field(default_factory=asyncio.Event)
    awaited: dict[int, deque[float]] = field(default_factory=dict)
    replied_after: list[float] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One keep-alive connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = LENGTH.search(head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                writer.write(self._answer(head, body))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def expect(self, chat_id: int, due: float) -> None:
        """The next reply to `chat_id` is to an update that was due at `due`."""
        self.awaited.setdefault(chat_id, deque()).append(due)

    def _note(self, body: bytes) -> None:
        """A chat's replies come in the order of its updates, so each finds its own."""
        self.messages += 1
        found = CHAT.search(body)
        if found and (waiting := self.awaited.get(int(found[1]))):
            self.replied_after.append(time.perf_counter() - waiting.popleft())
        if self.messages == self.expected:
            self.complete.set()

    def _answer(self, head: bytes, body: bytes) -> bytes:
        path = head[: head.index(b"\r\n")].split(b" ")[1]
        if path.endswith(b"/sendMessage"):
            self._note(body)
            result: object = {
                "message_id": self.messages,
                "date": 1,
                "chat": {"id": 1, "type": "private", "first_name": "A"},
                "text": "x",
            }
        else:
            result = ME if path.endswith(b"/getMe") else True
        answer = orjson.dumps({"ok": True, "result": result})
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
            + str(len(answer)).encode()
            + b"\r\n\r\n"
            + answer
        )


def chat_of(update_id: int, chats: int) -> int:
    """Who sends the update."""
    return 1000 + update_id % chats


def request(port: int, update_id: int, chats: int) -> bytes:
    """The webhook request of one `/help`."""
    chat = chat_of(update_id, chats)
    body = orjson.dumps(
        {
            "update_id": update_id,
            "message": {
                "message_id": update_id,
                "date": 1_700_000_000,
                "chat": {"id": chat, "type": "private", "first_name": "A"},
                "from": {"id": chat, "is_bot": False, "first_name": "A", "language_code": "en"},
                "text": "/help",
                "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
            },
        }
    )
    return (
        f"POST /hook HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"X-Telegram-Bot-Api-Secret-Token: bench\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class HookClient:
    """One keep-alive connection to the bot's webhook."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Use `connect`."""
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, port: int) -> HookClient:
        """Open the connection."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def post(self, raw: bytes) -> None:
        """Send a request and wait for its 200; anything else raises."""
        self._writer.write(raw)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        await self._reader.readexactly(int(length[1]) if length else 0)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()
