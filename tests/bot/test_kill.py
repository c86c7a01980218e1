"""Kill -9 at random moments under load, with duplicated and late deliveries: 0 lost, 0 doubled.

Five kills a database here; `pytest -m long tests/bot/test_kill.py` makes fifty.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from analyzer.replay.botapi import Emulator, FaultRule, Latency, Limits, Settings, Text, User
from consolidated_bot.core.db import Database, open_database
from tests.bot.running import BotProcess, Onlooker

PEOPLE = 40
PER_SECOND = 60.0
STANDSTILL_TENTHS = 300
NUMBER = re.compile(r"#(\d+)")
FAULTS = (
    FaultRule(kind="duplicate", share=0.05),
    FaultRule(kind="late", share=0.02, latency=Latency(median_seconds=0.3, sigma=0.5)),
)


@pytest.fixture
async def rough_telegram(tmp_path: Path) -> AsyncIterator[Emulator]:
    settings = Settings(
        journal=tmp_path / "telegram.jsonl", limits=Limits(enabled=False), faults=FAULTS, seed=7
    )
    async with Emulator(settings) as emulator:
        yield emulator


async def _write_tickets(telegram: Emulator, stop: asyncio.Event) -> list[tuple[int, int]]:
    """Tickets at a steady rate until `stop`; the (chat, message) of each."""
    written = []
    number = 0
    while not stop.is_set():
        user = User(user_id=10_000 + number % PEOPLE)
        acted = await telegram.door.write(Text(user=user, text=f"/ticket trouble number {number}"))
        assert acted.message_id is not None
        written.append((acted.chat_id, acted.message_id))
        number += 1
        await asyncio.sleep(1 / PER_SECOND)
    return written


async def _survive(bot: BotProcess, telegram: Emulator, kills: int) -> None:
    moments = random.Random(11)
    stop = asyncio.Event()
    writing = asyncio.ensure_future(_write_tickets(telegram, stop))
    try:
        for _ in range(kills):
            await asyncio.sleep(moments.uniform(0.05, 1.0))
            await bot.kill()
            await bot.start()
        await asyncio.sleep(0.5)
    finally:
        stop.set()
    written = await writing
    await _expect_each_once(bot, telegram, written)


async def _expect_each_once(
    bot: BotProcess, telegram: Emulator, written: list[tuple[int, int]]
) -> None:
    database = await open_database(bot.settings["DATABASE_URL"])
    try:
        await _all_done(database, len(written))
        rows = await database.read(_ticket_rows)
        answers = await database.read(_confirmations)
    finally:
        await database.close()
    assert await bot.terminate() == 0
    assert sorted((chat, message) for _, chat, message in rows) == sorted(written)
    numbers = [number for number, _, _ in rows]
    assert len(set(numbers)) == len(numbers)
    assert answers == len(written)
    chats = Onlooker(telegram)
    await chats.read()
    confirmed: Counter[int] = Counter()
    owner = {number: chat for number, chat, _ in rows}
    for event in chats.events:
        if event.kind == "message" and (found := NUMBER.search(event.text)):
            number = int(found[1])
            assert event.chat_id == owner[number], "a confirmation went to a stranger"
            confirmed[number] += 1
    assert set(confirmed) == set(owner), "a ticket was never confirmed"


async def _all_done(database: Database, wanted: int) -> None:
    """Wait while the backlog shrinks: a busy machine may take minutes for it."""
    before, standstill = (-1, -1), 0
    while standstill < STANDSTILL_TENTHS:
        now = await database.read(_tickets), await database.read(_unfinished)
        if now == (wanted, 0):
            return
        standstill = 0 if now != before else standstill + 1
        before = now
        await asyncio.sleep(0.1)


def _unfinished(connection: Connection) -> int:
    query = """
    SELECT (SELECT count(*) FROM inbox WHERE state = 'pending')
         + (SELECT count(*) FROM outbox WHERE state = 'queued')
    """
    return int(connection.execute(text(query)).scalar_one())


def _tickets(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM ticket")).scalar_one())


def _confirmations(connection: Connection) -> int:
    """Sends that were decided on: an update handled twice would have decided twice."""
    return int(connection.execute(text("SELECT count(*) FROM outbox")).scalar_one())


def _ticket_rows(connection: Connection) -> list[tuple[int, int, int]]:
    rows = connection.execute(text("SELECT number, chat_id, message_id FROM ticket ORDER BY 1"))
    return [(row[0], row[1], row[2]) for row in rows]


def _bot(telegram: Emulator, folder: Path, **settings: object) -> BotProcess:
    return BotProcess(
        folder,
        BOT_TOKEN=telegram.settings.token,
        BOT_API_URL=telegram.url,
        SEND_RATE_SCALE=1000,
        **settings,
    )


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.long)])
async def test_no_ticket_is_lost_or_doubled_by_kills_on_sqlite(
    rough_telegram: Emulator, tmp_path: Path, kills: int
) -> None:
    async with _bot(rough_telegram, tmp_path) as bot:
        await _survive(bot, rough_telegram, kills)


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.long)])
async def test_no_ticket_is_lost_or_doubled_by_kills_on_postgresql(
    rough_telegram: Emulator, tmp_path: Path, postgresql: str, kills: int
) -> None:
    async with _bot(rough_telegram, tmp_path, DATABASE_URL=postgresql) as bot:
        await _survive(bot, rough_telegram, kills)
