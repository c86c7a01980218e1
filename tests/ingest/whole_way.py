"""A file's bytes to the rows of the store, all the way but for the database: for fuzzing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import orjson
import polars as pl
import pyarrow as pa

from analyzer.ingest.fields import Resolver
from analyzer.ingest.formats.line_reader import LineReader
from analyzer.ingest.lines import Block, split_blocks
from analyzer.ingest.mask import Masker
from analyzer.ingest.reader import FileReader
from analyzer.ingest.rows import RowBuilder
from analyzer.ingest.times import Clock

PARTS = ("records", "quarantined", "blank", "folded", "excluded")
_SMALL = 32
_DAY = date(2026, 3, 1)
_REASONS = frozenset({
    "no_format", "bad_json", "truncated_json", "bad_encoding", "too_long", "too_deep", "no_time",
    "bad_time", "bad_duration", "bad_id", "missing_span_id", "wrong_shape", "end_before_start",
    "csv_columns", "partial_unfinished", "bad_archive", "unreadable",
})  # fmt: skip


class _LookingMasker(Masker):
    """Looks at every text of a small batch: compiling the fast look would take all the time."""

    def suspects(self, texts: Sequence[str] | pl.Series) -> list[int]:
        return super().suspects(texts) if len(texts) > _SMALL else list(range(len(texts)))


def rows_of(content: bytes) -> dict[str, pa.Table]:
    """Return the rows that a file of `content` brings to each table.

    Raises:
        AssertionError: a line is missing from the account or in it twice, a column has another
            length than its table, or holds what the store cannot take.
    """
    builder = RowBuilder(1, "app.log", "app", _LookingMasker(b"a key of the tests"))
    resolver = Resolver({}, Clock(None, _DAY, _DAY))
    reader = FileReader(builder, LineReader(resolver, {}), resolver)
    items = list(split_blocks(iter((content,))))
    lines = sum(len(item) if isinstance(item, Block) else 1 for item in items)
    for _ in reader.read(iter(items)):
        pass
    reader.settle()
    account = reader.ledger.account
    assert account.lines == lines, f"{account} of {lines} lines"
    tables = builder.take()
    for table, rows in tables.items():
        for column in rows.columns:
            for cell in column.to_pylist():
                _check(table, cell)
        for cell in rows["attributes"].to_pylist() if "attributes" in rows.column_names else ():
            assert cell is None or isinstance(orjson.loads(cell), dict)
    if (quarantine := tables.get("quarantine")) is not None:
        assert set(quarantine["reason"].to_pylist()) <= _REASONS
    return tables


def _check(table: str, cell: object) -> None:
    if isinstance(cell, str):
        cell.encode("utf-8")  # half a surrogate pair cannot be stored
    elif isinstance(cell, int):
        assert -(1 << 63) <= cell < 1 << 63, f"{table}: {cell} needs more than 64 bits"
    else:
        assert cell is None or isinstance(cell, (float, datetime)), f"{table}: {cell!r}"
