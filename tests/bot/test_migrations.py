"""Every older schema, with rows in every table, becomes today's and keeps the rows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, Table, insert, select

from consolidated_bot.components import COMPONENTS
from consolidated_bot.core.clock import SystemClock
from consolidated_bot.core.db import Database, migrations, open_database
from consolidated_bot.core.db.migrations import Migration, read_migrations, upgrade
from tests.bot.conftest import create_database
from tests.bot.core_parts import sqlite_url

NEWEST = max(each.number for each in read_migrations(COMPONENTS))
STATES = {
    "inbox": "dead",
    "outbox": "queued",
    "ticket": "taken",
    "broadcast": "paused",
    "broadcast_target": "waiting",
}
NUMBERED_BY_THE_DATABASE = {"inbox_rejected": "id", "outbox": "id", "audit": "id"} | {
    "ticket": "number",
    "ticket_entry": "id",
}


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    url = sqlite_url(tmp_path)
    if request.param == "postgresql":
        url = await create_database(request.getfixturevalue("postgresql_server"))
    database = await open_database(url)
    yield database
    await database.close()


def older(number: int) -> list[Migration]:
    return [each for each in read_migrations(COMPONENTS) if each.number <= number]


@pytest.mark.parametrize("number", range(1, NEWEST))
async def test_older_schema_is_brought_up_to_date_with_its_rows(
    empty: Database, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "read_migrations", lambda _: older(number))
        await upgrade(empty, COMPONENTS, SystemClock())
    before = await empty.write(_filled)
    applied = await upgrade(empty, COMPONENTS, SystemClock())
    assert len(applied) + len(older(number)) == len(read_migrations(COMPONENTS))
    after = await empty.read(
        lambda c: {name: _rows(c, name, rows) for name, rows in before.items()}
    )
    assert after == before
    assert await empty.write(lambda c: len(_rows(c, "ticket", _fill(c, "ticket", 3)))) == 1


def _filled(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Two rows in every table there is; by table."""
    tables = MetaData()
    tables.reflect(connection)
    names = sorted(set(tables.tables) - {"schema_migration"})
    return {name: _fill(connection, name, 1) + _fill(connection, name, 2) for name in names}


def _fill(connection: Connection, name: str, number: int) -> list[dict[str, Any]]:
    table = Table(name, MetaData(), autoload_with=connection)
    values = {
        column.name: _value(name, column.name, column.type.python_type, number)
        for column in table.columns
        if NUMBERED_BY_THE_DATABASE.get(name) != column.name
    }
    connection.execute(insert(table).values(values))
    return [values]


def _value(table: str, column: str, kind: type, number: int) -> Any:
    if column == "state" and table in STATES:
        return STATES[table]
    if column == "role":
        return "lead"
    return number if kind in {int, float} else f"{column} {number}"


def _rows(connection: Connection, name: str, like: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a table that are as `like`, with the columns that those have."""
    table = Table(name, MetaData(), autoload_with=connection)
    columns = [table.c[column] for column in like[0]]
    rows = connection.execute(select(*columns).order_by(*columns[:2])).mappings()
    found = [dict(row) for row in rows]
    return [row for row in found if row in like]
