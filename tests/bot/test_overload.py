"""More comes than can be handled: what is late is the handling, never the acknowledgement."""

from __future__ import annotations

import asyncio
import io
import statistics
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

from consolidated_bot.core import inbox
from consolidated_bot.core.bot_api import BotApi
from consolidated_bot.core.clock import SystemClock
from consolidated_bot.core.db import Database
from consolidated_bot.core.governor import Governor
from consolidated_bot.core.inbox import Received
from consolidated_bot.core.intake import Intake
from consolidated_bot.core.processing import Again
from consolidated_bot.core.telemetry import LogLines, Metrics, Telemetry
from consolidated_bot.core.workers import ChatWorkers
from tests.bot.core_parts import fresh_database, sqlite_url, wait_until

pytestmark = pytest.mark.alone

BOT = 42
UPDATES = 600
TICK_SECONDS = 0.002


class Unhurried(Governor):
    """Lets handlers have the loop, whatever arrives."""

    def pause(self, backlog: int) -> float:  # noqa: ARG002
        return 0.0


@dataclass(frozen=True, slots=True)
class Flood:
    """So many updates a second, each of which holds the loop for so long when handled."""

    per_second: float
    handling_seconds: float


@dataclass(frozen=True, slots=True)
class Survived:
    """How long each acknowledgement took, how many were unhandled at the last, the lag then."""

    seconds: list[float]
    behind: int
    lag: float
    handled: dict[int, list[int]]


async def test_acknowledgements_stay_quick_while_handling_falls_behind(tmp_path: Path) -> None:
    found = await _survive(tmp_path, Flood(600.0, 0.004), Governor())
    assert found.behind > UPDATES / 2, "most were only acknowledged when the last one was"
    assert statistics.median(found.seconds) < found.lag / 4, "on a machine however busy"


async def test_in_a_flood_handlers_are_slowed_for_the_sake_of_acknowledgements(
    tmp_path: Path,
) -> None:
    flood = Flood(2_500.0, 0.003)
    (tmp_path / "unhurried").mkdir()
    unhurried = await _survive(tmp_path / "unhurried", flood, Unhurried())
    governed = await _survive(tmp_path, flood, Governor())
    assert _quicker_quarter(governed.seconds) < 0.7 * _quicker_quarter(unhurried.seconds)
    assert governed.behind > unhurried.behind, "the handlers' time was not taken"


def _quicker_quarter(seconds: list[float]) -> float:
    """A machine that stands still for a moment makes many late, and says nothing of us."""
    return statistics.quantiles(seconds, n=4)[0]


async def _survive(folder: Path, flood: Flood, governor: Governor) -> Survived:
    """Let `UPDATES` come; all are handled in the end, each once and in its chat's order."""
    handled: dict[int, list[int]] = defaultdict(list)
    clock = SystemClock()
    async with fresh_database(sqlite_url(folder)) as database:

        async def handle(row: Received) -> Again | None:
            time.sleep(flood.handling_seconds)  # noqa: ASYNC251 - it holds the loop
            handled[row.chat_id].append(row.update_id)
            assert await database.write(lambda c: inbox.finish(c, row, clock.now_ms()))
            return None

        async def never(chat_id: int) -> list[Received]:
            raise AssertionError(f"chat {chat_id} is not reloaded")

        workers = ChatWorkers(handle, never, governor, concurrency=8)
        workers.start()
        intake = _intake(database, workers, governor)
        seconds = await _send(intake, flood.per_second)
        behind, acknowledged_at = len(workers), time.monotonic()
        await wait_until(lambda: len(workers) == 0, 60.0)
        lag = time.monotonic() - acknowledged_at
        await workers.stop(1.0)
        assert (await database.read(lambda c: inbox.depth(c, BOT)))[0] == 0
    assert sum(map(len, handled.values())) == UPDATES
    assert all(numbers == sorted(set(numbers)) for numbers in handled.values())
    return Survived(seconds, behind, lag, handled)


def _intake(database: Database, workers: ChatWorkers, governor: Governor) -> Intake:
    telemetry = Telemetry(Metrics(), LogLines(io.BytesIO()), b"key")
    api = BotApi("http://127.0.0.1:1", "42:token")
    return Intake(database, api, workers, governor, (telemetry, SystemClock()))


async def _send(intake: Intake, per_second: float) -> list[float]:
    """Seconds to each acknowledgement; a loop that is held holds no update back."""
    loop = asyncio.get_running_loop()
    begin, sent = loop.time(), 0
    seconds: list[float] = []

    async def accept(number: int) -> None:
        message = {"chat": {"id": number % 50}, "text": "x"}
        await intake.accept(BOT, [{"update_id": number, "message": message}])
        seconds.append(loop.time() - begin - number / per_second)

    async with asyncio.TaskGroup() as group:
        while sent < UPDATES:
            due = min(UPDATES, 1 + int((loop.time() - begin) * per_second))
            for number in range(sent, due):
                group.create_task(accept(number))
            sent = due
            await asyncio.sleep(TICK_SECONDS)
    return seconds
