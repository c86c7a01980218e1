"""What the rest of the bot knows of a database."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

if TYPE_CHECKING:
    from consolidated_bot.core.lock import ProcessLock

T = TypeVar("T")
Unit = Callable[[Connection], T]


class Urgency(IntEnum):
    """Who waits for a unit of work; a smaller number overtakes."""

    NOW = 0
    """Somebody's acknowledgement."""
    SOON = 1
    """Somebody's answer."""
    LATER = 2
    """Nobody: it must only survive."""


class Database(Protocol):
    """A store of units of work."""

    @property
    def one_process(self) -> bool:
        """Whether one process alone may use it (SQLite)."""
        ...

    async def write(self, unit: Unit[T], urgency: Urgency = Urgency.SOON) -> T:
        """Return the unit's result once it is durable; if it raises, nothing of it stays."""
        ...

    async def read(self, query: Unit[T]) -> T:
        """Return the query's result from a snapshot; never waits for writers."""
        ...

    def lock(self, name: int) -> ProcessLock:
        """A lock for bot `name` that ends with the process that holds it."""
        ...

    async def close(self) -> None: ...


async def open_database(url: str) -> Database:
    """Connect to `url`; raises `DatabaseError` with a sentence if that is impossible."""
    scheme, _, rest = url.partition("://")
    if scheme.startswith("sqlite"):
        from consolidated_bot.core.db.sqlite import SqliteDatabase

        return await SqliteDatabase.open(Path(rest.removeprefix("/")))
    from consolidated_bot.core.db.postgresql import PostgresDatabase

    return await PostgresDatabase.open(url)


def upsert(connection: Connection, table: Table) -> SqliteInsert | PostgresInsert:
    """An INSERT that understands ON CONFLICT, in the connection's dialect."""
    if connection.dialect.name == "sqlite":
        return SqliteInsert(table)
    return PostgresInsert(table)
