"""The contexts behind the real dispatcher, without a network: updates in, sends out."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from aiogram import Bot

from consolidated_bot.config import load_settings
from consolidated_bot.contexts import make_bus, make_dispatcher, mount_core
from consolidated_bot.core import inbox, outbox
from consolidated_bot.core.db import Database
from consolidated_bot.core.flood import Flood
from consolidated_bot.core.inbox import Received
from consolidated_bot.core.intake import chat_of
from consolidated_bot.core.json_text import dumps
from consolidated_bot.core.outbox import Finished, Queued
from consolidated_bot.core.place import Place
from consolidated_bot.core.processing import Processor, ProcessorParts
from consolidated_bot.core.telemetry import LogLines, Metrics, Telemetry
from consolidated_bot.support.handbook import read_policy
from tests.bot.core_parts import fresh_database, sqlite_url

BOT = 42
NOON_MS = 1_795_435_200_000
OPS_ID = -1_000_000_000_777
ANN_ID = 1001
OPS = {"id": OPS_ID, "type": "supergroup", "title": "Desk", "is_forum": True}
ELSEWHERE = {"id": -1_000_000_000_999, "type": "supergroup", "title": "A group"}
ANN = {"id": ANN_ID, "is_bot": False, "first_name": "Ann"}
BORIS = {"id": 1002, "is_bot": False, "first_name": "Борис", "language_code": "ru"}
AGNES = {"id": 2001, "is_bot": False, "first_name": "Agnes", "username": "agnes"}
OTTO = {"id": 2002, "is_bot": False, "first_name": "Otto", "username": "Otto"}
MEMBERS = "2001:agent,2002:agent,2003:owner"


class ManualClock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.ms = NOON_MS

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


class Front:
    """Updates are worked on at once; `sent` is all that was to be sent because of the last."""

    def __init__(self, database: Database) -> None:
        settings = load_settings(bot_token=f"{BOT}:token", ops_chat_id=OPS_ID, ops_members=MEMBERS)
        self.database = database
        self.clock = ManualClock()
        self.place = Place("desk_bot", settings.ops_chat_id)
        self.sent: list[Queued] = []
        bus = make_bus(settings, read_policy(None))
        mount_core(bus, settings, self.place)
        self._processor = Processor(
            ProcessorParts(
                database=database,
                bus=bus,
                dispatcher=make_dispatcher(self.place),
                bot=Bot(f"{BOT}:token"),
                place=self.place,
                telemetry=Telemetry(Metrics(), LogLines(io.BytesIO()), b"key"),
                clock=self.clock,
                deliver=self.sent.extend,
                flood=Flood(0, ()),
            ),
            max_attempts=1,
            ops_chat_id=settings.ops_chat_id,
        )
        self._numbers = count(1)

    async def receive(self, **event: Any) -> list[Queued]:
        """Work on one update; what is to be sent. Everything sent before has arrived."""
        await self._arrive()
        update = {"update_id": next(self._numbers), **event}
        row = Received(update["update_id"], BOT, chat_of(update), dumps(update), self.clock.ms)
        await self.database.write(lambda c: inbox.store(c, [row]))
        self.sent.clear()
        assert await self._processor.process(row) is None
        assert await self.dead() == []
        return list(self.sent)

    async def write(
        self, text: str | None, by: dict[str, Any] = ANN, **message: Any
    ) -> list[Queued]:
        """A message, in private unless `chat` says otherwise."""
        return await self.receive(message=self.message(text, by, **message))

    async def press(self, data: str, by: dict[str, Any] = ANN, **on: Any) -> list[Queued]:
        """A button of a message of ours, in private unless `chat` says otherwise."""
        ours = {"id": BOT, "is_bot": True, "first_name": "Desk", "username": "desk_bot"}
        message = self.message("with buttons", ours, **{"chat": private(by), **on})
        query = {"id": "1", "from": by, "chat_instance": "1", "data": data, "message": message}
        return await self.receive(callback_query=query)

    def message(self, text: str | None, by: dict[str, Any], **more: Any) -> dict[str, Any]:
        body = {"message_id": next(self._numbers), "date": 1, "chat": private(by), "from": by}
        return body | ({} if text is None else {"text": text}) | more

    async def dead(self) -> list[tuple[int, int, str, str]]:
        return await self.database.read(lambda c: inbox.dead(c, BOT))

    async def _arrive(self) -> None:
        """What waits in the outbox is sent, each as the message with the number of its row."""
        waiting = await self.database.read(lambda c: outbox.queued(c, BOT, limit=100))
        ended = [Finished(item, "sent", self.clock.ms, (100_000 + item.id,)) for item in waiting]
        if ended:
            await self.database.write(lambda c: outbox.finish(c, BOT, ended))


def private(person: dict[str, Any]) -> dict[str, Any]:
    return {"id": person["id"], "type": "private", "first_name": person["first_name"]}


def texts(sends: list[Queued], chat: int = ANN_ID) -> list[str]:
    """What is said in one chat."""
    return [send.params.get("text", "") for send in sends if send.chat_id == chat]


def buttons(send: Queued) -> list[str]:
    """The callback data under a message, row by row."""
    rows = (send.params.get("reply_markup") or {}).get("inline_keyboard", [])
    return [each.get("callback_data", "") for row in rows for each in row]


@asynccontextmanager
async def open_front(folder: Path) -> AsyncIterator[Front]:
    async with fresh_database(sqlite_url(folder)) as database:
        yield Front(database)
