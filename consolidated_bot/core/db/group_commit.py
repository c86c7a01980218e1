"""Group commit: many units of work, one transaction, one wait for the disk.

A commit costs as much of a core as an answer's whole transaction, so groups keep a distance: what
arrives within `GAP_SECONDS` of the last group's begin shares the next, each unit in a savepoint of
its own (a failing one is rolled back alone). After a pause the first unit waits for nothing, so
that this costs a quiet bot no time. Urgent units go first, and a group closes after
`LEISURELY_GROUP_SECONDS` of work; what it leaves over has a group of its own sooner.

While acknowledgements are asked for, they do not wait for answers' work: they have groups of their
own, and the others, at most one in between, close after `GROUP_SECONDS`, which bounds how long the
loop is held. Where a commit takes longer than that, the work may take as long, or
a slow disk would let few units through.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection

from consolidated_bot.core.db.database import Promise, Unit, Urgency
from consolidated_bot.core.errors import DatabaseError

GAP_SECONDS = {Urgency.NOW: 0.001, Urgency.SOON: 0.006, Urgency.LATER: 0.02}
LEFT_OVER_GAP_SECONDS = {**GAP_SECONDS, Urgency.SOON: 0.003}
GROUP_SECONDS = 0.001
LEISURELY_GROUP_SECONDS = 0.003
LONGEST_GROUP_SECONDS = 0.01
PRESSED_SECONDS = 0.005
HOP_SECONDS = 0.001
COMMITS_LOOKED_AT = 32
BUSY_SECONDS = 30.0
BUSY_RETRY_SECONDS = 0.005

_Pending = tuple[Unit[Any], Promise[Any]]
_Worked = list[tuple[Promise[Any], Any]]


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


class GroupCommit:
    """Runs units on one writing connection; the event loop's thread alone may use it."""

    def __init__(self, writer: Connection, path: Path, committed: Callable[[], None]) -> None:
        """Write through `writer` into the file at `path`; tell `committed` after each group."""
        self._writer = writer
        self._raw = cast("sqlite3.Connection", writer.connection.dbapi_connection)
        self._path = path
        self._committed = committed
        self._units: dict[Urgency, deque[_Pending]] = {urgency: deque() for urgency in Urgency}
        self._alarm: asyncio.TimerHandle | None = None
        self._began = 0.0
        self._shared = 0.0
        self._pressed = 0.0
        self._alone = False
        self._disk = DiskTimes()
        self._beside: asyncio.Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-commit")

    def submit(self, unit: Unit[Any], promise: Promise[Any], urgency: Urgency) -> None:
        """Run `unit` in one of the next groups; `promise` gets its result once it is durable."""
        if urgency is Urgency.NOW:
            self._pressed = asyncio.get_running_loop().time()
        self._units[urgency].append((unit, promise))
        self._want(self._last(urgency) + GAP_SECONDS[urgency])

    async def close(self) -> None:
        """Finish what waits; nothing may be submitted any more."""
        while self._beside is not None or any(self._units.values()):
            if self._beside is None:
                self._begin_group()
            else:
                await asyncio.wait([self._beside])
        if self._alarm is not None:
            self._alarm.cancel()
        self._thread.shutdown()

    def _last(self, urgency: Urgency) -> float:
        """When the last group began in which units of `urgency` could take part."""
        return self._began if urgency is Urgency.NOW else self._shared

    def _want(self, due: float) -> None:
        """Let a group begin at `due` at the latest."""
        if self._alarm is not None:
            if self._alarm.when() <= due:
                return
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_at(due, self._begin_group)

    def _begin_group(self) -> None:
        """Work a group off: here, unless the disk or another process would hold the loop."""
        self._alarm = None
        if self._beside is not None:
            return
        try:
            here = self._disk.fast and self._begun()
        except sqlite3.OperationalError as error:
            self._refuse_all(error)
            return
        if not here:
            self._beside = asyncio.ensure_future(self._work_beside())
            return
        worked: _Worked = []
        try:
            self._run_units(worked)
            self._commit()
        except Exception as error:  # noqa: BLE001 - handed to every caller of the group
            self._abandon(worked, error)
        else:
            self._keep(worked)
        self._go_on()

    async def _work_beside(self) -> None:
        """As `_begin_group`, waiting for other processes and, in a thread, for the disk."""
        try:
            await self._wait_for_begin()
        except sqlite3.OperationalError as error:
            self._refuse_all(error)
        else:
            worked: _Worked = []
            try:
                self._run_units(worked)
                await asyncio.get_running_loop().run_in_executor(self._thread, self._commit)
            except Exception as error:  # noqa: BLE001 - handed to every caller of the group
                self._abandon(worked, error)
            else:
                self._keep(worked)
        self._beside = None
        self._go_on()

    def _go_on(self) -> None:
        """Let what is left over, or came meanwhile, have a group."""
        for urgency, units in self._units.items():
            if units:
                self._want(self._last(urgency) + LEFT_OVER_GAP_SECONDS[urgency])

    async def _wait_for_begin(self) -> None:
        loop = asyncio.get_running_loop()
        give_up = loop.time() + BUSY_SECONDS
        while not self._begun(insist=loop.time() > give_up):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(BUSY_RETRY_SECONDS)

    def _begun(self, *, insist: bool = False) -> bool:
        """Begin a transaction; False while another process writes, an error to who insists."""
        try:
            self._raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if insist or "locked" not in str(error):
                raise
            return False
        return True

    def _run_units(self, worked: _Worked) -> None:
        """Run what is wanted at once, and of the rest what fits into the group."""
        now = asyncio.get_running_loop().time
        self._began = now()
        pressed = self._began - self._pressed < PRESSED_SECONDS
        urgent = self._units[Urgency.NOW]
        shared_lately = self._began - self._shared < LEFT_OVER_GAP_SECONDS[Urgency.SOON]
        self._alone = bool(pressed and urgent and (shared_lately or not self._alone))
        while urgent:
            self._run_unit(*urgent.popleft(), worked)
        if self._alone:
            return
        self._shared = self._began
        usual = GROUP_SECONDS if pressed else LEISURELY_GROUP_SECONDS
        until = self._began + min(LONGEST_GROUP_SECONDS, max(usual, self._disk.typical))
        for urgency in (Urgency.SOON, Urgency.LATER):
            units = self._units[urgency]
            while units:
                self._run_unit(*units.popleft(), worked)
                if now() >= until:
                    return

    def _run_unit(self, unit: Unit[Any], promise: Promise[Any], worked: _Worked) -> None:
        if promise.done():  # nobody waits any more
            return
        self._raw.execute("SAVEPOINT unit")
        try:
            result = unit(self._writer)
        except Exception as error:
            if not self._raw.in_transaction:  # SQLite gave the whole group up (disk full, I/O)
                promise.set_exception(self._meaning(error))
                raise
            self._raw.execute("ROLLBACK TO unit")
            self._raw.execute("RELEASE unit")
            promise.set_exception(self._meaning(error))
        else:
            self._raw.execute("RELEASE unit")
            worked.append((promise, result))

    def _commit(self) -> None:
        began = time.perf_counter()
        self._raw.commit()
        self._disk.took(time.perf_counter() - began)

    def _keep(self, worked: _Worked) -> None:
        for promise, result in worked:
            if not promise.done():
                promise.set_result(result)
        self._committed()

    def _abandon(self, worked: _Worked, error: Exception) -> None:
        if self._raw.in_transaction:
            self._raw.rollback()
        self._fail([promise for promise, _ in worked], f"did not commit: {error}")

    def _refuse_all(self, error: Exception) -> None:
        waiting = [promise for units in self._units.values() for _, promise in units]
        for units in self._units.values():
            units.clear()
        self._fail(waiting, f"cannot be written: {error}")

    def _fail(self, promises: list[Promise[Any]], trouble: str) -> None:
        for promise in promises:
            if not promise.done():
                promise.set_exception(DatabaseError(f"the database {self._path} {trouble}"))

    def _meaning(self, error: Exception) -> Exception:
        """What the driver said of the file, as it is said of any database."""
        if not isinstance(error, sqlite3.OperationalError):
            return error
        meaning = DatabaseError(f"the database {self._path}: {error}")
        meaning.__cause__ = error
        return meaning
