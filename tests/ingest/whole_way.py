"""A file's bytes to the rows of the store, all the way but for the database: for fuzzing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import orjson

from analyzer.ingest.fields import Resolver
from analyzer.ingest.formats.line_reader import LineReader
from analyzer.ingest.lines import split_lines
from analyzer.ingest.mask import Masker
from analyzer.ingest.reader import FileReader
from analyzer.ingest.rows import RowBuilder
from analyzer.ingest.times import Clock

PARTS = ("records", "quarantined", "blank", "folded", "excluded")
_DAY = date(2026, 3, 1)
_REASONS = frozenset({
    "no_format", "bad_json", "truncated_json", "bad_encoding", "too_long", "too_deep", "no_time",
    "bad_time", "bad_duration", "bad_id", "missing_span_id", "wrong_shape", "end_before_start",
    "csv_columns", "partial_unfinished", "bad_archive", "unreadable",
})  # fmt: skip


def rows_of(content: bytes) -> dict[str, list[Sequence[Any]]]:
    """Return the columns that a file of `content` brings to each table.

    Raises:
        AssertionError: a line is missing from the account or in it twice, a column has another
            length than its table, or holds what the store cannot take.
    """
    builder = RowBuilder(1, "app.log", "app", Masker(b"a key of the tests"))
    resolver = Resolver({}, Clock(None, _DAY, _DAY))
    reader = FileReader(builder, LineReader(resolver, {}), resolver)
    lines = list(split_lines(iter((content,))))
    for _ in reader.read(iter(lines)):
        pass
    reader.settle()
    account = reader.account
    assert account.lines == len(lines), f"{account} of {len(lines)} lines"
    tables = builder.take()
    for table, columns in tables.items():
        assert len({len(column) for column in columns}) <= 1, f"{table}: ragged columns"
        for column in columns:
            for cell in column:
                _check(table, cell)
    for attributes in (*tables["span"][-1:], *tables["log_record"][11:12]):
        for cell in attributes:
            assert cell is None or isinstance(orjson.loads(cell), dict)
    if quarantine := tables["quarantine"]:
        assert set(quarantine[4]) <= _REASONS
    return tables


def _check(table: str, cell: object) -> None:
    if isinstance(cell, str):
        cell.encode("utf-8")  # half a surrogate pair cannot be stored
    elif isinstance(cell, int):
        assert -(1 << 63) <= cell < 1 << 63, f"{table}: {cell} needs more than 64 bits"
    else:
        assert cell is None or isinstance(cell, float), f"{table}: {cell!r}"
