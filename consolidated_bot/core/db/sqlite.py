"""SQLite: one writer, WAL, synchronous=FULL, BEGIN IMMEDIATE, commits in groups."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Self, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from consolidated_bot.core.db.database import Promise, Unit, Urgency
from consolidated_bot.core.db.group_commit import GroupCommit
from consolidated_bot.core.errors import DatabaseError, DatabaseUnreachableError
from consolidated_bot.core.lock import FileLock, ProcessLock

T = TypeVar("T")

CHECKPOINT_AFTER_COMMITS = 200
LONGEST_LOG_PAGES = 8_000
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"wal_autocheckpoint={LONGEST_LOG_PAGES}",
)


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
        self._closing = False
        self._commits_since = 0
        self._checkpointing: asyncio.Future[None] | None = None
        self._reads = ThreadPoolExecutor(1, thread_name_prefix="sqlite-read")
        self._checkpoints = ThreadPoolExecutor(1, thread_name_prefix="sqlite-checkpoint")

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open or create the file at `path`."""
        database = cls(path)
        try:
            database._writer = database._writer_engine.connect()
            database._reader = database._reader_engine.connect()
        except DBAPIError as error:
            raise DatabaseUnreachableError(
                f"DATABASE_URL: cannot open {path}: {error.orig}; "
                "check that the folder exists and may be written to"
            ) from error
        database._groups = GroupCommit(database._writer, path, database._checkpoint_now_and_then)
        return database

    async def write(self, unit: Unit[T], urgency: Urgency = Urgency.SOON) -> T:
        """See `Database.write`."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self.submit(unit, future, urgency)
        return await future

    def submit(self, unit: Unit[T], promise: Promise[T], urgency: Urgency = Urgency.SOON) -> None:
        """See `Database.submit`."""
        if self._closing:
            promise.set_exception(DatabaseError(f"the database {self.path} is closed"))
        else:
            self._groups.submit(unit, promise, urgency)

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
        self._closing = True
        await self._groups.close()
        self._checkpoints.shutdown()
        self._reads.shutdown()
        self._reader.close()
        self._writer.close()
        self._writer_engine.dispose()
        self._reader_engine.dispose()

    def _checkpoint_now_and_then(self) -> None:
        """Bring the log's pages home beside the loop: a writer's own checkpoint would stop it."""
        self._commits_since += 1
        if self._commits_since < CHECKPOINT_AFTER_COMMITS:
            return
        if self._checkpointing is None or self._checkpointing.done():
            self._commits_since = 0
            loop = asyncio.get_running_loop()
            self._checkpointing = loop.run_in_executor(self._checkpoints, self._checkpoint)

    def _checkpoint(self) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").close()

    _writer: Connection
    _reader: Connection
    _groups: GroupCommit


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
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    return engine
