"""Statements of the hot path: written in SQLAlchemy Core, turned into SQL once.

Building a statement, finding its SQL in SQLAlchemy's cache and wrapping its rows costs an update
more than SQLite's own work. So what runs with every update is a constant with named parameters,
and on SQLite its text goes straight to the driver. On PostgreSQL it is executed like any other.

The columns concerned hold text and whole numbers, which neither driver needs converted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import ClauseElement, Connection, Executable, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.sql.compiler import SQLCompiler

Params = Mapping[str, Any]
Row = tuple[Any, ...]
Upsert = SqliteInsert | PostgresInsert


class Prepared:
    """One statement; it is run with values for its `bindparam`s, or an INSERT's columns, by name.

    Those of an INSERT are all columns of the table or, if given, `columns`.
    """

    def __init__(
        self,
        statement: ClauseElement,
        columns: Sequence[str] | None = None,
        *,
        on_postgresql: ClauseElement | None = None,
    ) -> None:
        """`on_postgresql` is the same statement where it has to be put in other words."""
        compiled = statement.compile(dialect=sqlite.dialect(), column_keys=columns)
        assert isinstance(compiled, SQLCompiler)
        names = compiled.positiontup or []
        self._sql = str(compiled)
        self._constants = {
            name: bind.effective_value
            for name in names
            if not (bind := compiled.binds[name]).required
        }
        self._ordered: Callable[[Params], Any] = itemgetter(*names) if names else lambda _: ()
        self._single = len(names) == 1
        self._statement = cast("Executable", statement if on_postgresql is None else on_postgresql)

    def rows(self, connection: Connection, **params: Any) -> list[Row]:
        """All rows."""
        if connection.dialect.name == "sqlite":
            return cast("list[Row]", self._run(connection, params).fetchall())
        return [tuple(row) for row in connection.execute(self._statement, params)]

    def first(self, connection: Connection, **params: Any) -> Row | None:
        """The first row, if there is one; meant for statements that give no second."""
        rows = self.rows(connection, **params)
        return rows[0] if rows else None

    def scalar(self, connection: Connection, **params: Any) -> Any:
        """The first column of the first row; None without one."""
        row = self.first(connection, **params)
        return row[0] if row else None

    def change(self, connection: Connection, **params: Any) -> int:
        """Run a statement that gives no rows; how many it changed."""
        if connection.dialect.name == "sqlite":
            return cast("int", self._run(connection, params).rowcount)
        return connection.execute(self._statement, params).rowcount

    def change_each(self, connection: Connection, params: Sequence[Params]) -> None:
        """Run it once for each of `params`."""
        if connection.dialect.name == "sqlite":
            values = [self._values(each) for each in params]
            _driver(connection).executemany(self._sql, values)
        elif params:
            connection.execute(self._statement, params)

    def _run(self, connection: Connection, params: Params) -> Any:
        return _driver(connection).execute(self._sql, self._values(params))

    def _values(self, params: Params) -> Any:
        ordered = self._ordered({**self._constants, **params} if self._constants else params)
        return (ordered,) if self._single else ordered


def prepared_upsert(
    table: Table, build: Callable[[Upsert], ClauseElement], columns: Sequence[str] | None = None
) -> Prepared:
    """An INSERT with ON CONFLICT: `build` is given an INSERT into `table` of either dialect."""
    return Prepared(
        build(SqliteInsert(table)), columns, on_postgresql=build(PostgresInsert(table))
    )


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection
