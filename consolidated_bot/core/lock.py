"""A lock that dies with its process (BOT rule 4): no lease that a restart must wait out."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

HEARTBEAT_SECONDS = 2.0


class ProcessLock(Protocol):
    """Held by one process at a time; the operating system or the server frees it."""

    async def try_acquire(self) -> bool:
        """Whether the lock is now ours."""
        ...

    async def lost(self) -> str:
        """Return the reason once the lock is no longer ours; may never return."""
        ...

    async def release(self) -> None: ...


class FileLock:
    """`flock` on a file beside the database: the kernel frees it with the process."""

    def __init__(self, path: Path) -> None:
        """Lock `path`, which is created and never removed (removing it would race)."""
        self._path = path
        self._descriptor: int | None = None

    async def try_acquire(self) -> bool:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    async def lost(self) -> str:
        """Never returns: the kernel takes a file lock from a living process for no reason."""
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await never

    async def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class AdvisoryLock:
    """A session's advisory lock in PostgreSQL: the server frees it with the connection."""

    def __init__(self, engine: AsyncEngine, name: int) -> None:
        """Lock number `name` on a connection of its own."""
        self._engine = engine
        self._name = name
        self._connection: AsyncConnection | None = None

    async def try_acquire(self) -> bool:
        connection = await self._engine.connect()
        connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        query = text("SELECT pg_try_advisory_lock(:name)")
        if not await connection.scalar(query, {"name": self._name}):
            await connection.close()
            return False
        self._connection = connection
        return True

    async def lost(self) -> str:
        """Return when the session that holds the lock no longer answers."""
        assert self._connection is not None
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await self._connection.execute(text("SELECT 1"))
            except Exception as error:  # noqa: BLE001 - whatever it is, the session is gone
                return f"the session that held the lock is gone: {error}"

    async def release(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.invalidate()
            await connection.close()
