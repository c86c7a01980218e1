"""Which process polls and sends: the one that holds the lock, under a fencing number (rule 4)."""

from __future__ import annotations

import asyncio
import os
import socket

import structlog
from sqlalchemy import Connection, select

from consolidated_bot.core.db import Database, upsert
from consolidated_bot.core.errors import LeadershipLostError
from consolidated_bot.core.tables import LEADER
from consolidated_bot.core.telemetry import Metrics

ASK_AGAIN_SECONDS = 0.5


class Leadership:
    """Waits for the lock, then vouches for it."""

    def __init__(self, database: Database, bot_id: int, metrics: Metrics) -> None:
        """Lead bot `bot_id`."""
        self._lock = database.lock(bot_id)
        self._database = database
        self._bot_id = bot_id
        self._metrics = metrics
        self._number: int | None = None
        self._log = structlog.get_logger()

    @property
    def held(self) -> bool:
        return self._number is not None

    async def acquire(self) -> None:
        """Return once this process leads; meanwhile it stands by."""
        told = False
        while not await self._lock.try_acquire():
            if not told:
                self._log.warning("another process leads this bot: standing by")
                told = True
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        self._number = await self._database.write(self._count_up)
        self._metrics.leader.set(1)
        self._log.info("leading", fence=self._number)

    async def watch(self) -> None:
        """Raise `LeadershipLostError` if the lock is lost."""
        raise LeadershipLostError(await self._lock.lost())

    def check(self, connection: Connection) -> None:
        """Raise `LeadershipLostError` if another process has led since: its number is higher."""
        if self._database.one_process:
            return  # the kernel's lock cannot be lost while this process lives
        current = connection.execute(
            select(LEADER.c.number).where(LEADER.c.bot_id == self._bot_id)
        ).scalar()
        if current != self._number:
            raise LeadershipLostError(f"fence {self._number} was passed by {current}")

    async def release(self) -> None:
        """Let another process lead."""
        self._number = None
        self._metrics.leader.set(0)
        await self._lock.release()

    def _count_up(self, connection: Connection) -> int:
        holder = f"{socket.gethostname()}/{os.getpid()}"
        statement = upsert(connection, LEADER).values(bot_id=self._bot_id, number=1, holder=holder)
        counted = statement.on_conflict_do_update(
            index_elements=["bot_id"], set_={"number": LEADER.c.number + 1, "holder": holder}
        ).returning(LEADER.c.number)
        return int(connection.execute(counted).scalar_one())
