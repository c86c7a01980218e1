"""Stored before acknowledged: what polling and webhook have in common (BOT rules 1-3).

No model is built here: of an update only its id and its chat are looked at.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Sequence
from typing import Any

from consolidated_bot.core import inbox
from consolidated_bot.core.batching import Coalescer
from consolidated_bot.core.bot_api import BotApi, BotApiError
from consolidated_bot.core.clock import Clock
from consolidated_bot.core.db import Database, Urgency
from consolidated_bot.core.governor import Governor
from consolidated_bot.core.inbox import Received, Rejected
from consolidated_bot.core.json_text import dumps, loads
from consolidated_bot.core.telemetry import Telemetry
from consolidated_bot.core.workers import ChatWorkers

LONGEST_REJECTED = 100_000
INTEGER = re.compile(r"-?[0-9]{1,19}")
ACKNOWLEDGE_SECONDS = 0.001
STORES_AT_ONCE = 4


class Intake:
    """`accept` returns when the updates are on disk; new ones then go to the workers."""

    def __init__(
        self,
        database: Database,
        api: BotApi,
        workers: ChatWorkers,
        governor: Governor,
        telemetry: tuple[Telemetry, Clock],
    ) -> None:
        """Hand what is new to `workers`, and tell `governor` of every arrival."""
        self._database = database
        self._api = api
        self._workers = workers
        self._governor = governor
        self._telemetry, self._clock = telemetry
        self._metrics = self._telemetry.metrics
        self._rows: Coalescer[Received] = Coalescer(self._store, at_once=STORES_AT_ONCE)
        self._answers: set[asyncio.Future[None]] = set()

    async def accept(self, bot_id: int, updates: Sequence[Any]) -> None:
        """Make `updates` (parsed JSON) durable; a database that cannot raises its error."""
        now = self._clock.now_ms()
        self._governor.arrived(len(updates))
        stored = []
        for update in updates:
            if (number := update_id_of(update)) is not None:
                row = Received(number, bot_id, chat_of(update), dumps(update), now)
                stored.append(self._rows.put(row))
                self._note(update, now)
            else:
                await self.reject(bot_id, dumps(update).encode(), "it has no update_id")
        if stored:
            await (stored[0] if len(stored) == 1 else asyncio.gather(*stored))
            self._metrics.store.observe((self._clock.now_ms() - now) / 1000)

    async def reject(self, bot_id: int, body: bytes, reason: str) -> None:
        """Keep what is no update, so that it neither comes again nor is forgotten."""
        self._metrics.rejected.inc()
        text = body[:LONGEST_REJECTED].decode(errors="replace").replace("\0", "\ufffd")
        row = Rejected(bot_id, self._clock.now_ms(), reason, text)
        await self._database.write(lambda connection: inbox.store_rejected(connection, [row]))

    async def _store(self, rows: list[Received]) -> None:
        new = await self._database.write(lambda c: inbox.store(c, rows), Urgency.NOW)
        if len(new) < len(rows):
            self._metrics.duplicates.inc(len(rows) - len(new))
        for row in new:
            if query := button_press(row.body):
                self._in_background(self._answer_button(query))
        # The acknowledgement leaves before its update is worked on.
        asyncio.get_running_loop().call_later(ACKNOWLEDGE_SECONDS, self._hand_over, new)

    def _hand_over(self, new: list[Received]) -> None:
        self._telemetry.watch.received(new)
        self._workers.offer(new)

    async def _answer_button(self, query_id: str) -> None:
        """Stop the button's clock at once, best effort: the press itself is safely stored."""
        try:
            await self._api.call("answerCallbackQuery", {"callback_query_id": query_id}, seconds=5)
        except BotApiError:
            return  # too old or throttled: nothing depends on it (BOT rule 15)

    def _in_background(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(coroutine)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    def _note(self, update: dict[str, Any], now_ms: int) -> None:
        message = update.get("message")
        if isinstance(message, dict) and isinstance(message.get("date"), int):
            self._metrics.lag.set(max(0.0, now_ms / 1000 - message["date"]))


def update_id_of(update: Any) -> int | None:
    """The id if it is one that a database can hold."""
    return _whole(update.get("update_id")) if isinstance(update, dict) else None


def _whole(value: Any) -> int | None:
    """The number that an id is, be it written as text; None for what no database can hold."""
    if isinstance(value, str) and INTEGER.fullmatch(value):
        value = int(value)
    return value if isinstance(value, int) and -(2**63) <= value < 2**63 else None


def button_press(body: str) -> str | None:
    """The id of the callback query in a stored update."""
    if '"callback_query"' not in body:
        return None
    query = loads(body.encode()).get("callback_query")
    number = query.get("id") if isinstance(query, dict) else None
    return str(number) if number is not None else None


def chat_of(update: dict[str, Any]) -> int:
    """The chat that orders this update: its chat, else its author, else 0."""
    for event in update.values():
        if not isinstance(event, dict):
            continue
        message = event.get("message")
        for holder in (event, message if isinstance(message, dict) else {}):
            chat = holder.get("chat")
            if isinstance(chat, dict) and "id" in chat:
                return _whole(chat["id"]) or 0
        author = event.get("from") or event.get("user")
        if isinstance(author, dict) and "id" in author:
            return _whole(author["id"]) or 0
    return 0
