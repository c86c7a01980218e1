"""PostgreSQL over asyncpg: a pool, one transaction per unit."""

from __future__ import annotations

from typing import Self, TypeVar

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from consolidated_bot.core.db.database import Unit, Urgency
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

    async def read(self, query: Unit[T]) -> T:
        """See `Database.read`."""
        async with self._engine.connect() as connection:
            return await connection.run_sync(query)

    def lock(self, name: int) -> ProcessLock:
        """See `Database.lock`."""
        return AdvisoryLock(self._engine, name)

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
