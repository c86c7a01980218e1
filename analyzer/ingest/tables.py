"""CSV and Parquet: a row is a line, a column is a key; the aliases do the rest.

Parquet rows are counted as lines; a CSV's header is excluded, and a row that spans several
physical lines folds the later ones.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from analyzer.ingest import aliases
from analyzer.ingest.archives import ArchiveDamage
from analyzer.ingest.lines import Line
from analyzer.ingest.record import Rejected

PARQUET_MAGIC = b"PAR1"
_DELIMITERS = (",", "\t", ";", "|")
_MAX_HEADER_BYTES = 1 << 16
_BATCH_ROWS = 16_384
_FEWEST_COLUMNS = 2
TYPE_LINE = b"#TYPE "
"""What PowerShell's Export-Csv writes before the header."""
_KNOWN = frozenset(
    spelling.lower()
    for spellings in (
        aliases.LOG_TIME,
        aliases.START_TIME,
        aliases.TRACE_ID,
        aliases.SPAN_ID,
        aliases.SERVICE_NAME,
        aliases.OPERATION,
        aliases.BODY,
        aliases.SEVERITY,
        aliases.CORRELATION_ID,
    )
    for spelling in spellings
)


class Row(NamedTuple):
    """One row: its first line, the values by column (or why not), and how many lines it folds."""

    line: Line
    values: Mapping[str, Any] | Rejected
    folded: int = 0


def csv_columns(header: bytes) -> tuple[str, list[str]] | None:
    """Return (delimiter, column names) if a first line is a header of known columns."""
    text = header.decode("utf-8", "replace").lstrip("\ufeff")
    if "\r" in text or len(header) > _MAX_HEADER_BYTES:
        return None
    for delimiter in _DELIMITERS:
        if delimiter not in text:
            continue
        names = [name.strip() for name in next(csv.reader([text], delimiter=delimiter))]
        known = sum(name.lower() in _KNOWN for name in names)
        if (
            len(names) >= _FEWEST_COLUMNS
            and known >= _FEWEST_COLUMNS
            and all(names)
            and len(set(names)) == len(names)
        ):
            return delimiter, names
    return None


class Header(NamedTuple):
    """The columns of a table, and how many lines of the file say so."""

    delimiter: str
    names: list[str]
    lines: int


def header_of(head: Sequence[bytes]) -> Header | None:
    """Return what the first lines of a file name as columns, None where they name none."""
    lines = 2 if head and head[0].removeprefix(b"\xef\xbb\xbf").startswith(TYPE_LINE) else 1
    columns = csv_columns(head[lines - 1]) if len(head) >= lines else None
    return None if columns is None else Header(*columns, lines)


def read_csv(
    source: Iterator[Line | ArchiveDamage | Row], delimiter: str, names: Sequence[str]
) -> Iterator[Row | ArchiveDamage | Line]:
    """Yield the rows after the header; blank lines come back as lines."""
    pending: list[Line] = []
    for item in source:
        if not isinstance(item, Line):
            yield item
            continue
        if not pending and not item.content.strip():
            yield item
            continue
        pending.append(item)
        text = "\n".join(line.content.decode("utf-8", "replace") for line in pending)
        if text.count('"') % 2 and len(pending) < 1_000:
            continue  # an open quote: the row goes on in the next line
        yield _row(pending, text, delimiter, names)
        pending = []
    if pending:
        text = "\n".join(line.content.decode("utf-8", "replace") for line in pending)
        yield _row(pending, text, delimiter, names)


def _row(lines: Sequence[Line], text: str, delimiter: str, names: Sequence[str]) -> Row:
    try:
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error as error:
        return Row(lines[0], Rejected("csv_columns", str(error)), len(lines) - 1)
    if len(cells) != len(names):
        detail = f"{len(cells)} cells where the header has {len(names)}"
        return Row(lines[0], Rejected("csv_columns", detail), len(lines) - 1)
    return Row(lines[0], dict(zip(names, cells, strict=True)), len(lines) - 1)


def read_parquet(path: Path) -> Iterator[Row]:
    """Yield the rows of a Parquet file; its content is rendered only for a refused row."""
    number = 0
    with pq.ParquetFile(path) as table:
        for batch in table.iter_batches(_BATCH_ROWS):
            for values in batch.to_pylist():
                number += 1
                yield Row(Line(number, 0, b""), values)
