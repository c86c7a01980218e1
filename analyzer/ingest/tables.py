"""CSV: a row is a line, a column is a key; the aliases do the rest.

The header is excluded, and a row that spans several physical lines folds the later ones.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from analyzer.ingest import aliases
from analyzer.ingest.lines import Line
from analyzer.ingest.record import Rejected

_DELIMITERS = (",", "\t", ";", "|")
_MAX_HEADER_BYTES = 1 << 16
_FEWEST_COLUMNS = 2
MAX_ROW_LINES = 1_000
"""A row of more lines is cut: a quote that nobody closes must not take the file."""
TOO_LONG = Rejected("too_long", "longer than 1 MiB")
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


class CsvRows:
    """Joins the lines of a table to rows; a row goes on while a quote in it is open."""

    def __init__(self, delimiter: str, names: Sequence[str]) -> None:
        self.delimiter = delimiter
        self.names = names
        self._pending: list[Line] = []
        self._quotes = 0

    @property
    def is_open(self) -> bool:
        """Tell whether a row waits for its next line."""
        return bool(self._pending)

    def take(self, line: Line) -> Row | Line | None:
        """Return the row that a line ends, the line itself where it is blank between rows."""
        if not self._pending and not line.content.strip():
            return line
        self._pending.append(line)
        self._quotes += line.content.count(b'"')
        if line.too_long:
            return Row(self._pending[0], TOO_LONG, len(self._close()) - 1)
        if self._quotes % 2 and len(self._pending) < MAX_ROW_LINES:
            return None
        return self.row(self._close())

    def finish(self) -> Row | None:
        """Return the row that waits for a line that does not come."""
        return self.row(self._close()) if self._pending else None

    def _close(self) -> list[Line]:
        lines, self._pending, self._quotes = self._pending, [], 0
        return lines

    def row(self, lines: Sequence[Line]) -> Row:
        """Return the row of these lines."""
        text = "\n".join(line.content.decode("utf-8", "replace") for line in lines)
        return _row(lines, text, self.delimiter, self.names)


def _row(lines: Sequence[Line], text: str, delimiter: str, names: Sequence[str]) -> Row:
    try:
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error as error:
        return Row(lines[0], Rejected("csv_columns", str(error)), len(lines) - 1)
    if len(cells) != len(names):
        detail = f"{len(cells)} cells where the header has {len(names)}"
        return Row(lines[0], Rejected("csv_columns", detail), len(lines) - 1)
    return Row(lines[0], dict(zip(names, cells, strict=True)), len(lines) - 1)
