"""More comes than can be handled: what is late is the handling, never the acknowledgement."""

from __future__ import annotations

import asyncio
import io
import statistics
import time
from collections import defaultdict
from pathlib import Path

from consolidated_bot.core import inbox
from consolidated_bot.core.bot_api import BotApi
from consolidated_bot.core.clock import SystemClock
from consolidated_bot.core.governor import Governor
from consolidated_bot.core.inbox import Received
from consolidated_bot.core.intake import Intake
from consolidated_bot.core.processing import Again
from consolidated_bot.core.telemetry import LogLines, Metrics, Telemetry
from consolidated_bot.core.workers import ChatWorkers
from tests.bot.core_parts import fresh_database, sqlite_url, wait_until

BOT = 42
UPDATES = 600
PER_SECOND = 600.0
HANDLING_SECONDS = 0.004  # of the loop: 250 updates a second at the very most


async def test_acknowledgements_stay_quick_while_handling_falls_behind(tmp_path: Path) -> None:
    handled: dict[int, list[int]] = defaultdict(list)
    governor = Governor()
    clock = SystemClock()

    async with fresh_database(sqlite_url(tmp_path)) as database:

        async def handle(row: Received) -> Again | None:
            time.sleep(HANDLING_SECONDS)  # noqa: ASYNC251 - a handler that holds the loop
            handled[row.chat_id].append(row.update_id)
            assert await database.write(lambda c: inbox.finish(c, row, clock.now_ms()))
            return None

        async def never(chat_id: int) -> list[Received]:
            raise AssertionError(f"chat {chat_id} is not reloaded")

        workers = ChatWorkers(handle, never, governor, concurrency=8)
        workers.start()
        telemetry = Telemetry(Metrics(), LogLines(io.BytesIO()), b"key")
        api = BotApi("http://127.0.0.1:1", "42:token")
        intake = Intake(database, api, workers, governor, (telemetry, clock))
        seconds, behind = await _flood(intake, workers)
        acknowledged_at = time.monotonic()
        await wait_until(lambda: len(workers) == 0, 60.0)
        lag = time.monotonic() - acknowledged_at
        await workers.stop(1.0)
        assert (await database.read(lambda c: inbox.depth(c, BOT)))[0] == 0
    assert behind > UPDATES / 2, "most were only acknowledged when the last one was"
    assert statistics.median(seconds) < lag / 4, "on a machine however busy"
    assert sum(map(len, handled.values())) == UPDATES
    assert all(numbers == sorted(numbers) for numbers in handled.values())


async def _flood(intake: Intake, workers: ChatWorkers) -> tuple[list[float], int]:
    """How long each acknowledgement took, and how many updates were unhandled at the last."""
    loop = asyncio.get_running_loop()
    seconds: list[float] = []

    async def accept(number: int) -> None:
        began = loop.time()
        message = {"chat": {"id": number % 50}, "text": "x"}
        await intake.accept(BOT, [{"update_id": number, "message": message}])
        seconds.append(loop.time() - began)

    begin = loop.time()
    async with asyncio.TaskGroup() as group:
        for number in range(UPDATES):
            await asyncio.sleep(begin + number / PER_SECOND - loop.time())
            group.create_task(accept(number))
    return seconds, len(workers)
