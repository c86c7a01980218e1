"""Two processes on one PostgreSQL: every update on either or both, effects once, order kept."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import aiohttp
from sqlalchemy import text

from analyzer.replay.botapi import Emulator, Limits, Settings, Text, User
from consolidated_bot.core.db import open_database
from tests.bot.running import BotProcess, Onlooker

PEOPLE = 12
EACH = 12
SECRET = {"X-Telegram-Bot-Api-Secret-Token": "a-secret"}


def _replica(telegram: Emulator, folder: Path, url: str) -> BotProcess:
    folder.mkdir()
    return BotProcess(
        folder,
        BOT_TOKEN=telegram.settings.token,
        BOT_API_URL=telegram.url,
        BOT_MODE="webhook",
        WEBHOOK_URL="http://127.0.0.1:1/hook",
        WEBHOOK_SECRET="a-secret",
        WEBHOOK_LISTEN="127.0.0.1:0",
        DATABASE_URL=url,
        SEND_RATE_SCALE=1000,
    )


def _address(bot: BotProcess) -> str:
    lines = [line for line in bot.lines() if line.get("listener") == "webhook"]
    return str(lines[-1]["address"])


def _update(number: int, chat: int) -> dict[str, object]:
    return {
        "update_id": 1000 + number,
        "message": {
            "message_id": 10 + number,
            "date": 1,
            "chat": {"id": chat, "type": "private", "first_name": "A"},
            "from": {"id": chat, "is_bot": False, "first_name": "A", "language_code": "en"},
            "text": f"/ticket trouble number {number}",
        },
    }


async def test_two_replicas_share_the_work_and_one_dies(postgresql: str, tmp_path: Path) -> None:
    async with Emulator(Settings(limits=Limits(enabled=False))) as telegram:
        for person in range(PEOPLE):  # a chat exists once its user has written
            await telegram.door.write(Text(user=User(user_id=40_000 + person), text="hello"))
        async with (
            _replica(telegram, tmp_path / "one", postgresql) as one,
            _replica(telegram, tmp_path / "two", postgresql) as two,
        ):
            await _deliver(one, two)
            rows = await _tickets(postgresql)
            chats = Onlooker(telegram)
            for person in range(PEOPLE):
                await chats.answered(40_000 + person, "#", seconds=40)
            assert await two.terminate() == 0
    by_chat: dict[int, list[int]] = {}
    for _, chat, message in rows:
        by_chat.setdefault(chat, []).append(message)
    assert sum(len(messages) for messages in by_chat.values()) == PEOPLE * EACH
    assert len({number for number, _, _ in rows}) == PEOPLE * EACH
    for messages in by_chat.values():
        assert messages == sorted(messages), "a chat's updates were worked on out of order"


async def _deliver(one: BotProcess, two: BotProcess) -> None:
    """Each update to one replica or to both; the first replica dies half-way."""
    source = random.Random(3)
    addresses = [_address(one), _address(two)]
    async with aiohttp.ClientSession(headers=SECRET) as session:
        for number in range(PEOPLE * EACH):
            if number == PEOPLE * EACH // 2:
                await one.kill()
                addresses = addresses[1:]
            update = _update(number, 40_000 + number % PEOPLE)
            source.shuffle(addresses)
            for address in addresses[: source.choice((1, 2))]:
                async with session.post(f"http://{address}/hook", json=update) as response:
                    assert response.status == 200


async def _tickets(url: str) -> list[tuple[int, int, int]]:
    database = await open_database(url)
    try:
        query = text("SELECT number, chat_id, message_id FROM ticket ORDER BY number")
        for _ in range(400):
            rows = await database.read(lambda c: c.execute(query).all())
            if len(rows) >= PEOPLE * EACH:
                break
            await asyncio.sleep(0.1)
        return [(row[0], row[1], row[2]) for row in rows]
    finally:
        await database.close()
