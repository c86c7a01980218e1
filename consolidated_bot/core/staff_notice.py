"""What the core itself has to tell staff: a line in the operations chat, through the outbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from consolidated_bot.core import outbox
from consolidated_bot.core.clock import Clock
from consolidated_bot.core.db import Database
from consolidated_bot.core.messages import Priority, Send
from consolidated_bot.core.outbox import Queued


class StaffNotice:
    """`tell` returns when the words are stored; without an operations chat it does nothing."""

    def __init__(
        self, database: Database, clock: Clock, bot_id: int, ops_chat_id: int | None
    ) -> None:
        """Wire up; `deliver` is set by the bootstrap module."""
        self._database = database
        self._clock = clock
        self._bot_id = bot_id
        self._ops_chat_id = ops_chat_id
        self.deliver: Callable[[Sequence[Queued]], None] = lambda _: None

    async def tell(self, text: str) -> None:
        """Raises what the database raises."""
        if self._ops_chat_id is None:
            return
        sends = [Send(self._ops_chat_id, {"text": text}, priority=Priority.ALERT)]
        now = self._clock.now_ms()
        self.deliver(
            await self._database.write(lambda c: outbox.add(c, self._bot_id, sends, None, now))
        )
