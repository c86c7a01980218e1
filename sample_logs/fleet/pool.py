"""A service's store: SQLite behind a bounded pool of connections, as a remote database behaves.

The database itself is real. That it stands on another host with a disk of its own is modelled:
every statement takes a further time drawn from a distribution that is the statement's constant
property, and holds its connection meanwhile. So capacity is set by pool sizes and not by the
speed of the machine that runs the fleet.
"""

from __future__ import annotations

import asyncio
import math
import random
import sqlite3
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class PoolTimeoutError(Exception):
    """No connection came free in time."""


class StatementTimeoutError(Exception):
    """The database gave a statement up."""


@dataclass(frozen=True, slots=True)
class Cost:
    """A lognormal time in milliseconds: its median and the spread of its logarithm."""

    median_ms: float
    sigma: float = 0.3

    def draw_seconds(self, random_source: random.Random) -> float:
        return random_source.lognormvariate(math.log(self.median_ms), self.sigma) / 1000


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How a team sized its pool."""

    size: int
    acquire_timeout_s: float
    statement_timeout_s: float = 2.0


class Connection:
    """One connection of the pool; used by one task at a time."""

    def __init__(self, path: Path, settings: PoolSettings, random_source: random.Random) -> None:
        self._settings = settings
        self._random = random_source
        self._sqlite = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._sqlite.row_factory = sqlite3.Row
        self._sqlite.execute("PRAGMA journal_mode = WAL")
        self._sqlite.execute("PRAGMA synchronous = NORMAL")
        self._sqlite.execute("PRAGMA busy_timeout = 5000")
        self._thread = ThreadPoolExecutor(1, "sqlite")

    async def run(self, sql: str, values: Sequence[Any] = (), *, cost: Cost) -> list[sqlite3.Row]:
        """The rows of one statement; raises StatementTimeoutError past the pool's limit."""
        remote_s = cost.draw_seconds(self._random)
        limit_s = self._settings.statement_timeout_s
        if remote_s > limit_s:
            await asyncio.sleep(limit_s)
            raise StatementTimeoutError(
                f"canceling statement due to statement timeout ({limit_s:g} s)"
            )
        await asyncio.sleep(remote_s)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._fetch, sql, values)

    def _fetch(self, sql: str, values: Sequence[Any]) -> list[sqlite3.Row]:
        return self._sqlite.execute(sql, values).fetchall()

    def close(self) -> None:
        self._thread.shutdown()
        self._sqlite.close()


class ConnectionPool:
    """First come, first served; whoever waits longer than the time-out gets PoolTimeoutError."""

    def __init__(self, path: Path, schema: str, settings: PoolSettings, seed: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.settings = settings
        self.waiting = 0
        self.timeouts = 0
        random_source = random.Random(seed)
        self._all = [Connection(path, settings, random_source) for _ in range(settings.size)]
        self._all[0]._sqlite.executescript(schema)  # noqa: SLF001  one module, one owner
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in self._all:
            self._free.put_nowait(connection)

    @property
    def in_use(self) -> int:
        return self.settings.size - self._free.qsize()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        connection = await self._acquire()
        try:
            yield connection
        finally:
            self._free.put_nowait(connection)

    async def _acquire(self) -> Connection:
        self.waiting += 1
        try:
            async with asyncio.timeout(self.settings.acquire_timeout_s):
                return await self._free.get()
        except TimeoutError as late:
            self.timeouts += 1
            raise PoolTimeoutError(
                f"connection pool exhausted: {self.settings.size} of {self.settings.size} in use, "
                f"gave up after {self.settings.acquire_timeout_s:g} s"
            ) from late
        finally:
            self.waiting -= 1

    async def run(self, sql: str, values: Sequence[Any] = (), *, cost: Cost) -> list[sqlite3.Row]:
        """One statement on a connection of its own."""
        async with self.connection() as connection:
            return await connection.run(sql, values, cost=cost)

    def close(self) -> None:
        for connection in self._all:
            connection.close()
