"""The store: the one place that speaks to DuckDB.

A `Store` is a writer: it holds the file for the length of a run. Readers (`query`) open the file
read-only and close it again at once, since an open reader would block the next run. Values cross
this border (tuples in, polars frames out), connections never do.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import duckdb
import polars as pl
import pyarrow as pa

from analyzer.errors import OutputError, StoreError, UsageError
from analyzer.store.relations import relation

SCHEMA_VERSION = "3"
STORE_NAME = "analysis.duckdb"

_VIEWS = ("inventory", "span_row")
_ARROW_TYPES = {
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "VARCHAR": pa.string(),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMP": pa.timestamp("us"),
}
_NOTHING = pa.table({"nothing": pa.array([], pa.int64())})
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # A Python variable must never stand in for a table.
    "python_enable_replacements": "false",
    # Logs decide nothing about what is loaded or fetched.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


class _Incoming:
    """The Arrow table that is being written, under one name for all of them.

    A table registered by itself is kept in memory until its transaction ends, even when it is
    unregistered at once.
    """

    def __init__(self) -> None:
        self.batch = _NOTHING

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.batch.__arrow_c_stream__(requested_schema)


class Store:
    """A writable analysis store.

    `rows` given to `append` are tuples in the column order of the table; TIMESTAMP columns take
    integer microseconds UTC. Use as a context manager; leaving it closes the file.
    """

    def __init__(self, path: Path, memory_limit: str = "1GB") -> None:
        """Open or create the store at `path`.

        Raises:
            StoreError: the file is in use by another run, of another version, or not a store.
        """
        self.path = path
        existed = path.exists()
        self._connection = _connect(path, read_only=False)
        self._memory_limit = memory_limit
        self._limit_memory(memory_limit)
        self._connection.execute("SET preserve_insertion_order = true")
        self._incoming = _Incoming()
        self._connection.register("incoming_batch", self._incoming)
        self._schemas: dict[str, pa.Schema] = {}
        try:
            if existed:
                _check_version(self._connection, path)
            else:
                self._create()
        except BaseException:
            self._connection.close()
            raise

    def _create(self) -> None:
        with self.transaction():
            # Ids that never repeat, and attributes, are written sooner where no dictionary of them
            # is tried first.
            self._connection.execute(re.sub(r"/\*|\*/", "", relation("schema")))
            for view in _VIEWS:
                self._connection.execute(relation(view))
            self.append("store_property", [("schema_version", SCHEMA_VERSION)])

    @contextlib.contextmanager
    def modest(self, memory_limit: str) -> Iterator[None]:
        """Take less memory inside and one thread, since others (reading processes) need some too.

        What does not fit spills into `<store>.tmp` beside the store. Rows come one batch after
        the other: a second thread would cost a quarter more and bring nothing.
        """
        self._limit_memory(memory_limit)
        self._connection.execute("SET threads = 1")
        try:
            yield
        finally:
            self._connection.execute("RESET threads")
            self._limit_memory(self._memory_limit)

    def _limit_memory(self, limit: str) -> None:
        self._connection.execute(f"SET memory_limit = '{limit}'")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside one transaction: all of it is kept, or nothing.

        Raises:
            OutputError: the disk is full or the file cannot be written; nothing was kept.
        """
        with self._writing():
            self._connection.execute("BEGIN")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # A failed write may have ended the transaction already.
                with contextlib.suppress(duckdb.Error):
                    self._connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (
            duckdb.IOException,
            duckdb.FatalException,
            duckdb.TransactionException,
        ) as error:
            raise OutputError(
                f"{self.path}: cannot be written ({_first_line(error)}). "
                "Free space, or choose another folder with -o."
            ) from error

    def append(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add `rows` to `table`."""
        if rows:
            self.append_columns(table, list(zip(*rows, strict=True)))

    def append_columns(self, table: str, columns: Sequence[Sequence[Any]]) -> None:
        """Add rows given as one sequence for each column of `table`, in its order."""
        if not columns or not columns[0]:
            return
        schema = self._schema(table)
        arrays = [
            pa.array(column, type=field.type)
            for column, field in zip(columns, schema, strict=True)
        ]
        self.append_arrow(table, pa.Table.from_arrays(arrays, schema=schema))

    def append_arrow(self, table: str, batch: pa.Table) -> None:
        """Add an Arrow table whose columns are named as those of `table` (missing ones: null)."""
        names = ", ".join(_quoted(name) for name in batch.column_names)
        self._incoming.batch = batch
        try:
            self._connection.execute(
                # The names are the store's own, quoted; nothing from a log gets here.
                f"INSERT INTO {_quoted(table)} ({names}) SELECT {names} FROM incoming_batch"  # noqa: S608
            )
        finally:
            self._incoming.batch = _NOTHING

    def run(self, name: str, parameters: Mapping[str, object] | None = None) -> None:
        """Execute the statements of `sql/<name>.sql`."""
        self._connection.execute(relation(name), dict(parameters or {})).fetchall()

    def frame(self, name: str, parameters: Mapping[str, object] | None = None) -> pl.DataFrame:
        """Return the result of `sql/<name>.sql`, a single query."""
        return _frame(self._connection.cursor(), relation(name), parameters)

    def batches(
        self, name: str, parameters: Mapping[str, object] | None = None, rows: int = 65_536
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of `sql/<name>.sql` in batches, from a snapshot of their own."""
        cursor = self._connection.cursor()
        try:
            cursor.execute(relation(name), dict(parameters or {}))
            while batch := cursor.fetchmany(rows):
                yield batch
        finally:
            cursor.close()

    def arrow(self, name: str, parameters: Mapping[str, object] | None = None) -> pa.Table:
        """Return the result of `sql/<name>.sql` in Arrow's columns, for another process."""
        cursor = self._connection.cursor()
        return cursor.sql(relation(name), params=dict(parameters or {})).to_arrow_table()

    def schema(self, table: str) -> pa.Schema:
        """Return the Arrow schema in which `append_arrow` takes the rows of `table`."""
        return self._schema(table)

    def clear(self, tables: Iterable[str]) -> None:
        """Empty `tables`."""
        for table in tables:
            self._connection.execute(f"DELETE FROM {_quoted(table)}")  # noqa: S608 - our own name

    def drop(self, table: str) -> None:
        """Remove a temporary table and everything in it."""
        self._connection.execute(f"DROP TABLE {_quoted(table)}")
        self._schemas.pop(table, None)

    def run_each(self, name: str, parameters: Mapping[str, object]) -> None:
        """Execute the statements of `sql/<name>.sql` one by one, each with all `parameters`."""
        for statement in relation(name).split(";"):
            if statement.strip():
                self._connection.execute(statement, dict(parameters))

    def properties(self) -> dict[str, str]:
        """Return the store's properties (schema version, roots, options of the run)."""
        rows = self._connection.execute("SELECT name, value FROM store_property").fetchall()
        return dict(rows)

    def set_property(self, name: str, value: str) -> None:
        """Set one property."""
        self._connection.execute("DELETE FROM store_property WHERE name = $name", {"name": name})
        self.append("store_property", [(name, value)])

    def close(self) -> None:
        """Write everything out and let go of the file.

        Raises:
            OutputError: the last write failed.
        """
        with self._writing():
            # A connection that failed for good knows no more names; closing it is what counts.
            with contextlib.suppress(duckdb.Error):
                self._connection.unregister("incoming_batch")
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _schema(self, table: str) -> pa.Schema:
        if table not in self._schemas:
            described = self._connection.execute(f"DESCRIBE {_quoted(table)}").fetchall()
            self._schemas[table] = pa.schema(
                [(row[0], _ARROW_TYPES[str(row[1])]) for row in described]
            )
        return self._schemas[table]


def query(
    path: Path,
    sql: str,
    parameters: Mapping[str, object] | None = None,
    *,
    seconds: float | None = None,
) -> pl.DataFrame:
    """Return the result of one SQL query on the store at `path`, opened read-only.

    Raises:
        StoreError: no store there, of another version, or held by a running analysis.
        UsageError: the SQL is wrong, or it ran longer than `seconds`.
    """
    if not path.exists():
        raise StoreError(f"{path}: no store here. Run `analyze LOGS -o {path.parent}` first.")
    with contextlib.closing(_connect(path, read_only=True)) as connection:
        _check_version(connection, path)
        timer = threading.Timer(seconds, connection.interrupt) if seconds else None
        if timer:
            timer.start()
        try:
            return _frame(connection, sql, parameters)
        except duckdb.Error as error:
            raise UsageError(f"the query failed: {error}") from error
        finally:
            if timer:
                timer.cancel()


def query_relation(
    path: Path, name: str, parameters: Mapping[str, object] | None = None
) -> pl.DataFrame:
    """Return the result of `sql/<name>.sql` on the store at `path`, opened read-only."""
    return query(path, relation(name), parameters)


def _connect(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), read_only=read_only, config=_CONFIG)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise StoreError(
                f"{path}: in use by another run or reader. Wait for it, "
                "or write elsewhere with -o."
            ) from error
        raise StoreError(f"{path}: cannot be opened ({_first_line(error)}).") from error
    except duckdb.Error as error:
        raise StoreError(f"{path}: cannot be opened ({_first_line(error)}).") from error


def _check_version(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    try:
        row = connection.execute(
            "SELECT value FROM store_property WHERE name = 'schema_version'"
        ).fetchall()
    except duckdb.CatalogException:
        row = []
    if not row:
        raise StoreError(f"{path}: a DuckDB file, but not a store of analyze. Choose another -o.")
    if row[0][0] != SCHEMA_VERSION:
        raise StoreError(
            f"{path}: written by another version (schema {row[0][0]}, this one needs "
            f"{SCHEMA_VERSION}). Run `analyze LOGS --force` to build it anew."
        )


def _frame(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Mapping[str, object] | None
) -> pl.DataFrame:
    relation_ = connection.sql(sql, params=dict(parameters or {}))
    # A statement without a result (SET, CREATE) gives no relation.
    return pl.DataFrame() if relation_ is None else cast("pl.DataFrame", relation_.pl())


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
