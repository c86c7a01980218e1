"""SQLite: one writer, WAL, synchronous=FULL, BEGIN IMMEDIATE, group commit.

A commit costs as much of a core as an answer's whole transaction, so groups keep a distance: what
arrives within `GAP_SECONDS` of the last group's begin shares the next, each unit in a savepoint of
its own (a failing one is rolled back alone). After a pause the first unit waits for nothing, so
that this costs a quiet bot no time. Urgent units go first, and a group closes after
`GROUP_SECONDS` of work, which bounds how long the loop is held and how long an acknowledgement
waits for others; what it leaves over has a group of its own sooner. While nobody waits for one, it
may take `LEISURELY_GROUP_SECONDS`. Where a commit takes longer than that, the work may take as
long, or a slow disk would let few units through.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from consolidated_bot.core.db.database import Unit, Urgency
from consolidated_bot.core.errors import DatabaseError, DatabaseUnreachableError
from consolidated_bot.core.lock import FileLock, ProcessLock

T = TypeVar("T")
_Pending = tuple[Unit[Any], asyncio.Future[Any]]

GAP_SECONDS = {Urgency.NOW: 0.002, Urgency.SOON: 0.006, Urgency.LATER: 0.02}
LEFT_OVER_GAP_SECONDS = {**GAP_SECONDS, Urgency.SOON: 0.003}
GROUP_SECONDS = 0.001
LEISURELY_GROUP_SECONDS = 0.003
PRESSED_SECONDS = 0.005
LONGEST_GROUP_SECONDS = 0.01
HOP_SECONDS = 0.001
COMMITS_LOOKED_AT = 32
CHECKPOINT_AFTER_COMMITS = 200
LONGEST_LOG_PAGES = 8_000
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"wal_autocheckpoint={LONGEST_LOG_PAGES}",
)
BUSY_SECONDS = 30.0
BUSY_RETRY_SECONDS = 0.005


class DiskTimes:
    """How fast commits have lately been.

    In the thread a commit also waits for the interpreter's lock, which says nothing of the disk:
    so the faster quarter counts.
    """

    def __init__(self) -> None:
        """Take the disk for slow until it has shown itself."""
        self.fast = False
        self.typical = 0.0
        self._lately: list[float] = []

    def took(self, seconds: float) -> None:
        """Note one commit."""
        self._lately.append(seconds)
        if len(self._lately) == COMMITS_LOOKED_AT:
            self.typical = sorted(self._lately)[COMMITS_LOOKED_AT // 4]
            self.fast = self.typical < HOP_SECONDS
            self._lately.clear()


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
        self._units: dict[Urgency, deque[_Pending]] = {urgency: deque() for urgency in Urgency}
        self._wanted = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._began = 0.0
        self._pressed = 0.0
        self._closing = False
        self._disk = DiskTimes()
        self._commits_since = 0
        self._checkpointing: asyncio.Future[None] | None = None
        self._commits = ThreadPoolExecutor(1, thread_name_prefix="sqlite-commit")
        self._reads = ThreadPoolExecutor(1, thread_name_prefix="sqlite-read")
        self._checkpoints = ThreadPoolExecutor(1, thread_name_prefix="sqlite-checkpoint")

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

    async def write(self, unit: Unit[T], urgency: Urgency = Urgency.SOON) -> T:
        """See `Database.write`."""
        if self._closing:
            raise DatabaseError(f"the database {self.path} is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if urgency is Urgency.NOW:
            self._pressed = future.get_loop().time()
        self._units[urgency].append((unit, future))
        self._want(GAP_SECONDS[urgency])
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
        self._checkpoints.shutdown()
        self._commits.shutdown()
        self._reads.shutdown()
        self._reader.close()
        self._writer.close()
        self._writer_engine.dispose()
        self._reader_engine.dispose()

    def _want(self, gap: float) -> None:
        """Let a group begin `gap` after the last one at the latest."""
        due = self._began + gap
        if self._alarm is not None:
            if self._alarm.when() <= due:
                return
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_at(due, self._wanted.set)

    async def _serve(self) -> None:
        while not self._closing:
            await self._wanted.wait()
            self._wanted.clear()
            if self._alarm is not None:
                self._alarm.cancel()
                self._alarm = None
            if any(self._units.values()):
                await self._commit_group()
            if waiting := [urgency for urgency, units in self._units.items() if units]:
                self._want(LEFT_OVER_GAP_SECONDS[waiting[0]])
        while any(self._units.values()):
            await self._commit_group()

    async def _commit_group(self) -> None:
        loop = asyncio.get_running_loop()
        finished: list[tuple[asyncio.Future[Any], Any]] = []
        try:
            await self._begin()
        except sqlite3.OperationalError as error:
            waiting = [future for units in self._units.values() for _, future in units]
            for units in self._units.values():
                units.clear()
            self._fail(waiting, f"cannot be written: {error}")
            return
        try:
            self._began = loop.time()
            self._run_units(self._began + self._work_seconds(), finished)
            await self._commit()
        except Exception as error:  # noqa: BLE001 - handed to every caller of the group
            if self._raw.in_transaction:
                self._raw.rollback()
            self._fail([future for future, _ in finished], f"did not commit: {error}")
            return
        for future, result in finished:
            if not future.done():
                future.set_result(result)
        self._checkpoint_now_and_then()

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

    def _work_seconds(self) -> float:
        """How long a group may hold the loop: longer when nobody waits to be acknowledged."""
        pressed = self._began - self._pressed < PRESSED_SECONDS
        usual = GROUP_SECONDS if pressed else LEISURELY_GROUP_SECONDS
        return min(LONGEST_GROUP_SECONDS, max(usual, self._disk.typical))

    def _run_units(self, until: float, finished: list[tuple[asyncio.Future[Any], Any]]) -> None:
        """Run all that is wanted now, and of the rest what fits into the group."""
        now = asyncio.get_running_loop().time
        for urgency, units in self._units.items():
            while units:
                self._run_unit(*units.popleft(), finished)
                if urgency is not Urgency.NOW and now() >= until:
                    return

    async def _commit(self) -> None:
        """Wait for the disk: beside the loop, unless it is faster than a hop to a thread."""
        if self._disk.fast:
            self._commit_here()
        else:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._commits, self._commit_here)

    def _commit_here(self) -> None:
        began = time.perf_counter()
        self._raw.commit()
        self._disk.took(time.perf_counter() - began)

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
            future.set_exception(self._meaning(error))
        else:
            self._raw.execute("RELEASE unit")
            finished.append((future, result))

    def _meaning(self, error: Exception) -> Exception:
        """What the driver said of the file, as it is said of any database."""
        if not isinstance(error, sqlite3.OperationalError):
            return error
        meaning = DatabaseError(f"the database {self.path}: {error}")
        meaning.__cause__ = error
        return meaning

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
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").close()

    return engine
