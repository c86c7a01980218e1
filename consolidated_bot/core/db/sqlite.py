"""SQLite: one writer, WAL, synchronous=FULL, BEGIN IMMEDIATE, group commit.

Units that wait while a commit is on its way to the disk share the next transaction, each in a
savepoint of its own: a failing one is rolled back alone. Urgent units go first, and a group closes
after `GROUP_SECONDS` of work, which bounds how long the loop is held and how long an
acknowledgement waits for others.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from consolidated_bot.core.db.database import Unit
from consolidated_bot.core.errors import DatabaseError, DatabaseUnreachableError
from consolidated_bot.core.lock import FileLock, ProcessLock

T = TypeVar("T")

GROUP_SECONDS = 0.001
HOP_SECONDS = 0.0005
BUSY_SECONDS = 30.0
BUSY_RETRY_SECONDS = 0.005


class SqliteDatabase:
    """One file, one process (`lock`), one writing connection and one reading one."""

    one_process = True

    def __init__(self, path: Path) -> None:
        """Remember `path`; use `open`."""
        self.path = path
        # Nothing but a commit may block, so the writer polls a lock held by another process
        # (a backup, `sqlite3` at a terminal) instead of waiting inside SQLite.
        self._writer_engine = _engine(path, busy_ms=0)
        self._reader_engine = _engine(path, busy_ms=5_000)
        self._units: deque[tuple[Unit[Any], asyncio.Future[Any]]] = deque()
        self._urgent: deque[tuple[Unit[Any], asyncio.Future[Any]]] = deque()
        self._wanted = asyncio.Event()
        self._closing = False
        self._commit_seconds = 10 * HOP_SECONDS  # moving average
        self._commits = ThreadPoolExecutor(1, thread_name_prefix="sqlite-commit")
        self._reads = ThreadPoolExecutor(1, thread_name_prefix="sqlite-read")

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open or create the file at `path`."""
        database = cls(path)
        try:
            database._writer = database._writer_engine.connect()
            database._raw = cast(
                "sqlite3.Connection", database._writer.connection.dbapi_connection
            )
            database._reader = database._reader_engine.connect()
        except DBAPIError as error:
            raise DatabaseUnreachableError(
                f"DATABASE_URL: cannot open {path}: {error.orig}; "
                "check that the folder exists and may be written to"
            ) from error
        database._loop_task = asyncio.ensure_future(database._serve())
        return database

    async def write(self, unit: Unit[T], *, urgent: bool = False) -> T:
        """See `Database.write`."""
        if self._closing:
            raise DatabaseError(f"the database {self.path} is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        (self._urgent if urgent else self._units).append((unit, future))
        self._wanted.set()
        return await future

    async def read(self, query: Unit[T]) -> T:
        """See `Database.read`; runs in a thread of its own, so it may be slow."""
        return await asyncio.get_running_loop().run_in_executor(
            self._reads, lambda: query(self._reader)
        )

    def lock(self, name: int) -> ProcessLock:
        """See `Database.lock`."""
        return FileLock(self.path.with_name(f"{self.path.name}.{name}.lock"))

    async def close(self) -> None:
        """Finish waiting units, then close."""
        if not self._loop_task.done():
            self._closing = True
            self._wanted.set()
            await asyncio.wait([self._loop_task])
        self._commits.shutdown()
        self._reads.shutdown()
        self._reader.close()
        self._writer.close()
        self._writer_engine.dispose()
        self._reader_engine.dispose()

    async def _serve(self) -> None:
        while not self._closing:
            await self._wanted.wait()
            self._wanted.clear()
            while self._units or self._urgent:
                await self._commit_group()
                await asyncio.sleep(0)  # who was waited for goes on before the next group

    async def _commit_group(self) -> None:
        loop = asyncio.get_running_loop()
        finished: list[tuple[asyncio.Future[Any], Any]] = []
        try:
            await self._begin()
        except sqlite3.OperationalError as error:
            waiting = [future for _, future in (*self._urgent, *self._units)]
            self._urgent.clear()
            self._units.clear()
            self._fail(waiting, f"cannot be written: {error}")
            return
        try:
            deadline = loop.time() + GROUP_SECONDS
            while self._urgent:
                self._run_unit(*self._urgent.popleft(), finished)
            while self._units:
                self._run_unit(*self._units.popleft(), finished)
                if loop.time() >= deadline:
                    break
            await self._commit()
        except Exception as error:  # noqa: BLE001 - handed to every caller of the group
            if self._raw.in_transaction:
                self._raw.rollback()
            self._fail([future for future, _ in finished], f"did not commit: {error}")
            return
        for future, result in finished:
            if not future.done():
                future.set_result(result)

    async def _commit(self) -> None:
        """Wait for the disk: beside the loop, unless it has lately been faster than a hop."""
        if self._commit_seconds < HOP_SECONDS:
            self._commit_here()
        else:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._commits, self._commit_here)

    def _commit_here(self) -> None:
        began = time.perf_counter()
        self._raw.commit()
        self._commit_seconds += (time.perf_counter() - began - self._commit_seconds) / 8

    async def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        give_up = loop.time() + BUSY_SECONDS
        while True:
            try:
                self._raw.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or loop.time() > give_up:
                    raise
                await asyncio.sleep(BUSY_RETRY_SECONDS)
            else:
                return

    def _run_unit(
        self,
        unit: Unit[Any],
        future: asyncio.Future[Any],
        finished: list[tuple[asyncio.Future[Any], Any]],
    ) -> None:
        if future.cancelled():
            return
        self._raw.execute("SAVEPOINT unit")
        try:
            result = unit(self._writer)
        except Exception as error:
            if not self._raw.in_transaction:  # SQLite gave the whole group up (disk full, I/O)
                future.set_exception(error)
                raise
            self._raw.execute("ROLLBACK TO unit")
            self._raw.execute("RELEASE unit")
            future.set_exception(error)
        else:
            self._raw.execute("RELEASE unit")
            finished.append((future, result))

    def _fail(self, futures: list[asyncio.Future[Any]], trouble: str) -> None:
        for future in futures:
            if not future.done():
                future.set_exception(DatabaseError(f"the database {self.path} {trouble}"))

    _writer: Connection
    _reader: Connection
    _raw: sqlite3.Connection
    _loop_task: asyncio.Future[None]


def _engine(path: Path, *, busy_ms: int) -> Engine:
    """One connection in autocommit mode: transactions are begun and ended by hand."""
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=StaticPool,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "timeout": busy_ms / 1000},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    return engine
