"""Who writes faster than anybody can read is asked to slow down, and told so.

The count is over the stored updates, so a restart or a second replica changes nothing; memory
only decides whether counting is worth a query. Commands that are never refused (tickets) pass.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from consolidated_bot.core import inbox
from consolidated_bot.core.inbox import Received
from consolidated_bot.core.messages import Answer, Send
from consolidated_bot.core.texts import slow_down

WINDOW_MS = 60_000


class Flood:
    """At most `per_minute` updates of a private chat; 0 switches it off."""

    def __init__(self, per_minute: float, passing: tuple[type, ...]) -> None:
        """Commands of the types `passing` are never refused."""
        self._most = int(per_minute)
        self._passing = passing
        self._counts: dict[int, int] = {}
        self._window = 0

    def refusal(self, connection: Connection, row: Received, command: Any) -> Answer | None:
        """The answer to an update too many; without words to most of them."""
        if self._most <= 0 or row.chat_id <= 0 or isinstance(command, self._passing):
            return None
        if not self._suspicious(row):
            return None
        since = row.received_ms - WINDOW_MS
        excess = inbox.count_received(connection, row, since) - self._most
        if excess <= 0:
            return None
        told = excess % self._most == 1 % self._most
        sends = (Send(row.chat_id, slow_down(row.body)),) if told else ()
        return Answer("platform/throttled", sends, outcome="user_error")

    def _suspicious(self, row: Received) -> bool:
        """Whether this process has seen half of what is allowed within the minute."""
        window = row.received_ms // WINDOW_MS
        if window != self._window:
            self._window = window
            self._counts = {chat: n // 2 for chat, n in self._counts.items() if n > 1}
        count = self._counts[row.chat_id] = self._counts.get(row.chat_id, 0) + 1
        return count > self._most // 2
