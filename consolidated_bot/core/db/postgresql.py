"""PostgreSQL over asyncpg: a pool, one transaction per unit."""

from __future__ import annotations

import asyncio
from typing import Self, TypeVar

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from consolidated_bot.core.db.database import Promise, Unit, Urgency
from consolidated_bot.core.errors import DatabaseUnreachableError
from consolidated_bot.core.lock import AdvisoryLock, ProcessLock

T = TypeVar("T")

POOL_SIZE = 10


class PostgresDatabase:
    """Several processes may share it: row and advisory locks keep their effects single."""

    one_process = False

    def __init__(self, engine: AsyncEngine) -> None:
        """Wrap `engine`; use `open`."""
        self._engine = engine
        self._submitted: set[asyncio.Future[None]] = set()

    @classmethod
    async def open(cls, url: str) -> Self:
        """Connect once, so that a wrong URL is known at start."""
        try:
            import asyncpg
        except ImportError as error:
            raise DatabaseUnreachableError(
                "PostgreSQL needs asyncpg: install the extra, pip install 'analyzer[postgresql]'"
            ) from error
        parsed = make_url(url).set(drivername="postgresql+asyncpg")
        engine = create_async_engine(
            parsed, pool_size=POOL_SIZE, max_overflow=0, pool_pre_ping=True
        )
        try:
            async with engine.connect():
                pass
        except (OSError, SQLAlchemyError, asyncpg.PostgresError) as error:
            await engine.dispose()
            shown = parsed.render_as_string(hide_password=True)
            raise DatabaseUnreachableError(
                f"DATABASE_URL: cannot reach {shown}: {error}; "
                "is the server up, and are user and database there?"
            ) from error
        return cls(engine)

    async def write(self, unit: Unit[T], urgency: Urgency = Urgency.SOON) -> T:  # noqa: ARG002
        """See `Database.write`."""
        async with self._engine.begin() as connection:
            return await connection.run_sync(unit)

    def submit(self, unit: Unit[T], promise: Promise[T], urgency: Urgency = Urgency.SOON) -> None:
        """See `Database.submit`."""
        task = asyncio.ensure_future(self._keep(unit, promise, urgency))
        self._submitted.add(task)
        task.add_done_callback(self._submitted.discard)

    async def _keep(self, unit: Unit[T], promise: Promise[T], urgency: Urgency) -> None:
        try:
            result = await self.write(unit, urgency)
        except Exception as error:  # noqa: BLE001 - handed to who submitted the unit
            promise.set_exception(error)
        else:
            promise.set_result(result)

    async def read(self, query: Unit[T]) -> T:
        """See `Database.read`."""
        async with self._engine.connect() as connection:
            return await connection.run_sync(query)

    def lock(self, name: int) -> ProcessLock:
        """See `Database.lock`."""
        return AdvisoryLock(self._engine, name)

    async def close(self) -> None:
        """Finish what was submitted, then close all connections."""
        if self._submitted:
            await asyncio.wait(self._submitted)
        await self._engine.dispose()
