"""The second channel: a webhook that hears what Telegram did not take, and a heartbeat a minute.

What it must bring is a row before it is tried, so nothing is lost with the process. Without
ALERT_WEBHOOK_URL the log file is the second channel.
"""

from __future__ import annotations

import asyncio
from typing import Any, Self

import aiohttp
import orjson
import structlog
from sqlalchemy import Connection, delete, select, update

from consolidated_bot.core.clock import Clock
from consolidated_bot.core.db import Database
from consolidated_bot.operations.alert_storage import HEARTBEAT, SECOND_CHANNEL
from consolidated_bot.operations.metrics import JourneyMetrics

LOOK_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
REQUEST_SECONDS = 10.0
AT_ONCE = 20


class SecondChannel:
    """Brings the rows in order; a webhook that fails is tried again with growing pauses."""

    def __init__(
        self, database: Database, clock: Clock, url: str | None, metrics: JourneyMetrics
    ) -> None:
        """Post to `url`, or write to the log."""
        self._database = database
        self._clock = clock
        self._url = url
        self._metrics = metrics
        self._session: aiohttp.ClientSession | None = None
        self._log = structlog.get_logger()

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
        self._session = aiohttp.ClientSession(timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def run(self) -> None:
        """Bring what waits, for ever."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                await self.bring_waiting()
            except (aiohttp.ClientError, TimeoutError) as error:
                self._metrics.second_channel.labels("failed").inc()
                self._log.error("the second channel failed; trying again", error=str(error))
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE_SECONDS, 2 * pause)
            except Exception as error:  # noqa: BLE001 - the database may come back
                self._log.error("the second channel waits for the database", error=str(error))
                await asyncio.sleep(pause)
            else:
                pause = FIRST_PAUSE_SECONDS
                await asyncio.sleep(LOOK_SECONDS)

    async def bring_waiting(self) -> int:
        """Bring all rows that wait; return how many. Raises what the request raises."""
        brought = 0
        while rows := await self._database.read(_waiting):
            for number, notice, body in rows:
                await self._bring(orjson.loads(body))
                now_ms = self._clock.now_ms()
                await self._database.write(
                    lambda c, n=number, k=notice, t=now_ms: _done(c, n, k, t)  # type: ignore[misc]
                )
                brought += 1
        return brought

    async def _bring(self, body: dict[str, Any]) -> None:
        if self._url is None:
            self._log.critical("alert by the second channel", **body)
        else:
            assert self._session is not None, "use `async with`"
            async with self._session.post(self._url, json=body) as answer:
                answer.raise_for_status()
        self._metrics.second_channel.labels("delivered").inc()


def _waiting(connection: Connection) -> list[tuple[int, int, str]]:
    c = SECOND_CHANNEL.c
    statement = (
        select(c.id, c.notice, c.body)
        .where(c.delivered_ms.is_(None))
        .order_by(c.id)
        .limit(AT_ONCE)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(statement)]


def _done(connection: Connection, number: int, notice: int, now_ms: int) -> None:
    if notice == HEARTBEAT:
        connection.execute(delete(SECOND_CHANNEL).where(SECOND_CHANNEL.c.id == number))
        return
    connection.execute(
        update(SECOND_CHANNEL).where(SECOND_CHANNEL.c.id == number).values(delivered_ms=now_ms)
    )
