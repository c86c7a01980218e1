"""The dashboard as the running bot serves it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from analyzer.replay.botapi import Emulator
from tests.bot.conftest import AGENT, ANN, OPERATIONS
from tests.bot.running import BotProcess, Onlooker

TOKEN = "a-token-of-the-dashboard"


@pytest.fixture
async def telegram() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def bot(telegram: Emulator, tmp_path: Path) -> AsyncIterator[BotProcess]:
    async with BotProcess(
        tmp_path,
        BOT_TOKEN=telegram.settings.token,
        BOT_API_URL=telegram.url,
        OPS_CHAT_ID=OPERATIONS.chat_id,
        OPS_MEMBERS=f"{AGENT.user_id}:owner",
        DASHBOARD_TOKEN=TOKEN,
    ) as process:
        yield process


async def address(bot: BotProcess) -> URL:
    line = await bot.logged("listening")
    return URL(f"http://{line['address']}")


async def board(session: aiohttp.ClientSession, base: URL) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with session.get(base / "api/board", headers=headers) as answer:
        assert answer.status == 200
        found: dict[str, Any] = await answer.json()
        return found


async def test_journey_stands_on_the_page_within_a_second_and_nobody_else_reads_it(
    telegram: Emulator, bot: BotProcess
) -> None:
    base = await address(bot)
    chats = Onlooker(telegram)
    async with aiohttp.ClientSession() as session:
        async with session.get(base / "api/board") as refused:
            assert refused.status == 401
        async with session.get(base / "metrics") as metrics:
            assert "journey_good_events_total" in await metrics.text()
        await chats.ask("/ticket my order did not arrive", ANN, contains="#1")
        async with asyncio.timeout(5):
            while not _good(await board(session, base)):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/html"}
        async with session.get(base, headers=headers) as page:
            text = await page.text()
            assert page.status == 200
            assert "99.9 % within 5 s" in text
            assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        async with session.get(base / "api/gauges", headers=headers) as gauges:
            names = {gauge["name"] for gauge in await gauges.json()}
        assert {"inbox_depth", "telegram_429", "cpu_ratio", "memory_bytes", "pool_used"} <= names


def _good(found: dict[str, Any]) -> int:
    return sum(
        each["sli"]["good"]
        for each in found["objectives"]
        if each["name"] == "support-ticket-submit-5s"
    )
