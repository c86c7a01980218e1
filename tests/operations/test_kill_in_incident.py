"""kill -9 in the middle of an incident: it stands, nobody is paged again, people can go on."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import aiohttp

from analyzer.replay.botapi import (
    Emulator,
    FaultRule,
    Latency,
    Limits,
    Press,
    Settings,
    Text,
    User,
)
from tests.bot.conftest import AGENT, OPERATIONS
from tests.bot.running import BotProcess, Onlooker
from tests.operations.rig import one_objective


def hasty(folder: Path) -> Path:
    """Tickets must be confirmed within half a second."""
    file = one_objective(folder)
    text = file.read_text("utf-8")
    assert 'deadline-ms: "5000"' in text
    file.write_text(text.replace('deadline-ms: "5000"', 'deadline-ms: "500"'), "utf-8")
    return file


async def test_incident_survives_the_kill_and_is_acknowledged_afterwards(tmp_path: Path) -> None:
    slow = FaultRule(kind="delay", latency=Latency(median_seconds=0.8), methods=("send*",))
    settings = Settings(limits=Limits(enabled=False), faults=(slow,))
    async with Emulator(settings) as telegram:
        await telegram.door.add_group(OPERATIONS, {AGENT.user_id: "member"})
        async with BotProcess(
            tmp_path,
            BOT_TOKEN=telegram.settings.token,
            BOT_API_URL=telegram.url,
            OPS_CHAT_ID=OPERATIONS.chat_id,
            OPS_MEMBERS=f"{AGENT.user_id}:agent",
            SLO_FILE=hasty(tmp_path),
            SEND_RATE_SCALE=1000,
        ) as bot:
            chats = Onlooker(telegram)
            for number in range(12):
                user = User(user_id=8000 + number)
                await telegram.door.write(Text(user=user, text="/ticket it is broken"))
            page = await chats.answered(OPERATIONS.chat_id, "New incident")
            async with asyncio.timeout(10):
                while not _is_recorded(tmp_path):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            await bot.kill()
            await bot.start()
            address = (await bot.logged("listening"))["address"]
            async with aiohttp.ClientSession(f"http://{address}") as session:
                async with asyncio.timeout(10):
                    while not (found := await _incidents(session)):  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
                assert [(i["objective"], i["state"]) for i in found] == [
                    ("support-ticket-submit-5s", "firing")
                ]
                data = next(b.data for b in page.buttons if b.text == "Acknowledge")
                assert page.message_id is not None
                assert data is not None
                await telegram.door.press(
                    Press(
                        user=AGENT,
                        message_id=page.message_id,
                        callback_data=data,
                        chat_id=OPERATIONS.chat_id,
                    )
                )
                await chats.until(lambda e: "Taken by" in e.text)  # on the live message
                (incident,) = await _incidents(session)
                assert incident["state"] in {"firing", "acked"}, "the page follows in a second"
            await chats.read()
            opened = [e for e in chats.events if "New incident" in e.text and e.kind == "message"]
            assert len(opened) == 1


def _is_recorded(folder: Path) -> bool:
    """Whether the bot knows that its page arrived; before, a kill may rightly send it again."""
    with closing(sqlite3.connect(folder / "bot.db")) as database:
        query = "SELECT count(*) FROM outbox WHERE about LIKE 'alert:%' AND state = 'sent'"
        return bool(database.execute(query).fetchone()[0])


async def _incidents(session: aiohttp.ClientSession) -> list[dict[str, str]]:
    async with session.get("/api/incidents") as answer:
        found: list[dict[str, str]] = await answer.json()
        return found
