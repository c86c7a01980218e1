"""A failing handler, a poisoned update, a full memory: in one process over a real database."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiogram import Bot, Dispatcher
from aiogram.types import Message
from sqlalchemy import text

from consolidated_bot.core import inbox
from consolidated_bot.core.bus import Bus
from consolidated_bot.core.clock import SystemClock
from consolidated_bot.core.db import Database
from consolidated_bot.core.flood import Flood
from consolidated_bot.core.governor import Governor
from consolidated_bot.core.inbox import Received
from consolidated_bot.core.json_text import dumps, loads
from consolidated_bot.core.messages import Answer, Scope, Send, Sender
from consolidated_bot.core.outbox import Queued
from consolidated_bot.core.place import Place
from consolidated_bot.core.processing import Again, Processor, ProcessorParts
from consolidated_bot.core.routes import Routes
from consolidated_bot.core.telemetry import LogLines, Metrics, Telemetry
from consolidated_bot.core.workers import ChatWorkers
from tests.bot.core_parts import fresh_database, sqlite_url, wait_until

BOT = 42
OPS = -5


@dataclass(frozen=True)
class Do:
    sender: Sender
    words: str


@dataclass(frozen=True)
class Never:
    """Never refused."""

    words: str


@dataclass(frozen=True)
class Done:
    words: str


class Rig:
    """A processor whose one command fails as often as it is told to."""

    def __init__(self, database: Database, flood_per_minute: float = 0) -> None:
        """Wire the core's parts to `database`."""
        self.database = database
        self.failures = 0
        self.tried: list[str] = []
        self.delivered: list[Queued] = []
        routes = Routes("test")
        routes.command("do")(_do)
        routes.command("never")(lambda _, words, __: Never(words))
        bus = Bus()
        bus.mount_handlers(lambda connection: connection, {Do: self._handle, Never: self._handle})
        bus.mount_presenters({Done: _present}, {})
        place = Place("bot", OPS)
        dispatcher = Dispatcher(disable_fsm=True, place=place)
        dispatcher.include_router(routes.router())
        self.processor = Processor(
            ProcessorParts(
                database=database,
                bus=bus,
                dispatcher=dispatcher,
                bot=Bot("42:token"),
                place=place,
                telemetry=Telemetry(Metrics(), LogLines(io.BytesIO()), b"key"),
                clock=SystemClock(),
                deliver=self.delivered.extend,
                flood=Flood(flood_per_minute, (Never,)),
            ),
            max_attempts=3,
            ops_chat_id=OPS,
        )

    def _handle(self, _: Any, scope: Scope, command: Do | Never) -> Done:
        self.tried.append(command.words)
        number = scope.next_number("effect")
        if command.words == "fail" and self.failures:
            self.failures -= 1
            raise RuntimeError(f"as planned, after effect {number}")
        return Done(command.words)

    async def receive(self, update_id: int, words: str, chat_id: int = 7) -> Received:
        row = Received(update_id, BOT, chat_id, update(update_id, words, chat_id), 1)
        await self.database.write(lambda c: inbox.store(c, [row]))
        return row

    async def effects(self) -> int:
        query = text("SELECT value FROM counter WHERE name = 'effect'")
        return await self.database.read(lambda c: c.execute(query).scalar()) or 0


def _do(sender: Sender, words: str, message: Message) -> Do:
    return Do(sender, words)


def _present(result: Done, to: Sender) -> Answer:
    return Answer("test/do", (Send(to.chat_id, {"text": result.words}),))


def update(update_id: int, words: str, chat_id: int) -> str:
    person = {"id": chat_id, "is_bot": False, "first_name": "A"}
    return orjson.dumps(
        {
            "update_id": update_id,
            "message": {
                "message_id": update_id,
                "date": 1,
                "chat": {"id": chat_id, "type": "private", "first_name": "A"},
                "from": person,
                "text": f"/do {words}",
            },
        }
    ).decode()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with fresh_database(sqlite_url(tmp_path)) as database:
        yield Rig(database)


async def test_failed_attempt_leaves_no_effect_and_the_next_one_has_one(rig: Rig) -> None:
    rig.failures = 2
    row = await rig.receive(1, "fail")
    assert isinstance(await rig.processor.process(row), Again)
    assert isinstance(await rig.processor.process(row), Again)
    assert await rig.effects() == 0
    assert await rig.processor.process(row) is None
    assert await rig.effects() == 1
    assert [send.params["text"] for send in rig.delivered] == ["fail"]


async def test_worked_on_again_has_no_second_effect(rig: Rig) -> None:
    row = await rig.receive(1, "once")
    for _ in range(3):
        assert await rig.processor.process(row) is None
    assert await rig.effects() == 1
    assert len(rig.delivered) == 1


async def test_hopeless_update_is_buried_told_of_and_its_chat_goes_on(rig: Rig) -> None:
    rig.failures = 99
    workers = ChatWorkers(rig.processor.process, _no_reload, Governor(), concurrency=4)
    rows = [await rig.receive(1, "fail"), await rig.receive(2, "good")]
    workers.offer(rows)
    workers.start()
    await wait_until(lambda: not len(workers))
    await workers.stop(1)
    assert rig.tried == ["fail", "fail", "fail", "good"]
    [dead] = await rig.database.read(lambda c: inbox.dead(c, BOT))
    assert dead[:2] == (1, 3)
    apology, alert, answer = rig.delivered
    assert dead[2] in apology.params["text"]
    assert (alert.chat_id, answer.params["text"]) == (OPS, "good")
    assert await rig.effects() == 1


async def test_body_that_is_no_update_is_buried_at_once(rig: Rig) -> None:
    row = Received(1, BOT, 7, '{"update_id": 1, "message": {"message_id": "x"}}', 1)
    await rig.database.write(lambda c: inbox.store(c, [row]))
    assert await rig.processor.process(row) is None
    assert [each[0] for each in await rig.database.read(lambda c: inbox.dead(c, BOT))] == [1]


@pytest.mark.parametrize(
    "body",
    [
        '{"update_id": 1, "telepathy": {"id": 5}}',
        '{"update_id": 1, "poll_answer": {"poll_id": "1", "option_ids": ["x"]}}',
        '{"update_id": 1, "message": null}',
    ],
)
async def test_kind_of_update_nobody_asked_for_is_done_without_effect(rig: Rig, body: str) -> None:
    row = Received(1, BOT, 0, body, 1)
    await rig.database.write(lambda c: inbox.store(c, [row]))
    assert await rig.processor.process(row) is None
    assert await rig.database.read(lambda c: inbox.depth(c, BOT)) == (0, None)


@pytest.mark.parametrize(
    "strange",
    [
        {"forward_origin": {"type": "of a future kind", "date": 1}},
        {"external_reply": {"origin": {"type": "of a future kind"}}},
        {"entities": [{"type": "bot_command", "offset": "x"}], "hologram": {"depth": 3}},
        {"reply_to_message": {"message_id": 1}, "reply_markup": []},
        {"from": {"id": 7}},
        {"chat": {"id": "7", "type": "private", "photo": "none"}, "message_id": "5"},
    ],
)
async def test_strange_part_of_a_message_does_not_lose_the_message(
    rig: Rig, strange: dict[str, Any]
) -> None:
    body = orjson.loads(update(1, "good", 7))
    body["message"] |= strange
    row = Received(1, BOT, 7, dumps(body), 1)
    await rig.database.write(lambda c: inbox.store(c, [row]))
    assert await rig.processor.process(row) is None
    assert rig.tried == ["good"]


async def test_characters_that_no_database_holds_are_marked(rig: Rig) -> None:
    raw = update(1, "good", 7).replace("good", r"half \ud83d of a pair, nul \u0000, 😀")
    row = Received(1, BOT, 7, dumps(loads(raw.encode())), 1)
    await rig.database.write(lambda c: inbox.store(c, [row]))
    assert await rig.processor.process(row) is None
    assert rig.tried == ["half ? of a pair, nul \ufffd, 😀"]


async def test_more_than_memory_holds_is_taken_from_the_inbox_in_order(rig: Rig) -> None:
    workers = ChatWorkers(
        rig.processor.process, _no_reload, Governor(), concurrency=4, most_in_memory=4
    )
    rows = [await rig.receive(number, f"n{number:02}") for number in range(1, 11)]
    workers.offer(rows[:6])
    assert len(workers) == 4
    workers.start()
    workers.offer(rows[6:])
    async with asyncio.timeout(20):
        while len(workers) or workers.behind:
            if workers.behind and workers.has_room:
                waiting = await rig.database.read(lambda c: inbox.pending(c, BOT, limit=3))
                workers.reload(waiting, complete=len(waiting) < 3)
            await asyncio.sleep(0.01)
    await workers.stop(1)
    assert rig.tried == [f"n{number:02}" for number in range(1, 11)]


async def test_late_delivery_of_an_earlier_update_goes_first_while_it_can(rig: Rig) -> None:
    workers = ChatWorkers(rig.processor.process, _no_reload, Governor(), concurrency=1)
    second, first = await rig.receive(2, "second"), await rig.receive(1, "first")
    workers.offer([second, first])
    workers.start()
    await wait_until(lambda: not len(workers))
    await workers.stop(1)
    assert rig.tried == ["first", "second"]


async def _no_reload(_: int) -> list[Received]:
    return []


async def test_flooding_chat_is_told_once_and_what_is_never_refused_passes(rig: Rig) -> None:
    flooded = Rig(rig.database, flood_per_minute=4)
    for number in range(1, 9):
        await flooded.processor.process(await flooded.receive(number, f"n{number}"))
    said = [send.params["text"] for send in flooded.delivered]
    assert said[:4] == ["n1", "n2", "n3", "n4"]
    assert len(said) == 5
    assert "faster than we can read" in said[4]
    row = await flooded.receive(9, "ticket")
    passing = replace(row, body=row.body.replace("/do", "/never"))
    await flooded.processor.process(passing)
    assert flooded.tried[-1] == "ticket"
    await flooded.processor.process(await flooded.receive(10, "other chat", chat_id=8))
    assert flooded.tried[-1] == "other chat"


async def test_flood_is_counted_over_what_is_stored_so_a_restart_forgets_little(rig: Rig) -> None:
    before = Rig(rig.database, flood_per_minute=4)
    for number in range(1, 7):
        await before.processor.process(await before.receive(number, f"n{number}"))
    after = Rig(rig.database, flood_per_minute=4)
    for number in range(7, 10):
        await after.processor.process(await after.receive(number, f"n{number}"))
    assert after.tried == ["n7", "n8"]
