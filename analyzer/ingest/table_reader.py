"""The rows of tables: by the column where a row has one reading, else one by one.

Both ways give the same rows: what a sheet cannot say for sure is read by the reader of single
rows, in the order of the lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from analyzer.ingest.columnar.delimited import split_rows
from analyzer.ingest.columnar.resolve import Resolved, resolve
from analyzer.ingest.columnar.table_sheets import FORMAT, TableSheets
from analyzer.ingest.columnar.template import TEXT, Column
from analyzer.ingest.fields import Resolver
from analyzer.ingest.formats.line_reader import LineReader
from analyzer.ingest.ledger import Ledger
from analyzer.ingest.lines import MAX_LINE_BYTES, Block, Line
from analyzer.ingest.parquet import ParquetRows
from analyzer.ingest.record import Rejected
from analyzer.ingest.resumption import Step
from analyzer.ingest.rows import RowBuilder
from analyzer.ingest.tables import CsvRows, Row

_Places = npt.NDArray[np.int64]


class _Rows(NamedTuple):
    """Rows that follow each other: the number of each, and how many lines it folds.

    `regular` ones have a cell in each of `columns`; `alone` gives those at some places as rows,
    `line_of` the line of a number.
    """

    numbers: _Places
    folded: _Places
    regular: npt.NDArray[np.bool_]
    columns: Sequence[Column]
    alone: Callable[[_Places], Iterable[Row]]
    line_of: Callable[[int], Line]


class TableReader:
    """Reads the tables of one file into `builder`; `ledger` keeps account of their rows."""

    def __init__(
        self, builder: RowBuilder, lines: LineReader, resolver: Resolver, ledger: Ledger
    ) -> None:
        self._builder = builder
        self._lines = lines
        self._resolver = resolver
        self._ledger = ledger
        self._sheets: dict[tuple[str, ...], TableSheets] = {}

    def read_block(self, csv: CsvRows, block: Block, start: int = 0) -> Iterator[Step | None]:
        """Read the lines of a block from the one at `start` on; a last row may stay open."""
        place = start
        while csv.is_open and place < len(block):
            self.take(csv, block.line(place))
            place += 1
        if place < len(block) and self._may_split(csv, block):
            split = split_rows(block, place, csv.delimiter, len(csv.names))
            self._ledger.account.blank += len(split.blank)

            def row(place: int, count: int) -> Row:
                return csv.row([block.line(place + n) for n in range(count)])

            def alone(places: _Places) -> Iterator[Row]:
                return map(row, split.firsts[places].tolist(), split.lines[places].tolist())

            cells = [Column(TEXT, values) for values in split.cells]
            numbers, folded = split.firsts + block.number, split.lines - 1
            rows = _Rows(
                numbers,
                folded,
                split.regular,
                cells,
                alone,
                lambda n: block.line(n - block.number),
            )
            yield from self._read(rows, csv.names)
            place = split.behind
        for line in block.lines(place):
            self.take(csv, line)
            yield None
        yield Step.BLOCK

    def read_batch(self, batch: ParquetRows) -> Iterator[Step | None]:
        """Read rows of a Parquet file."""
        count = len(batch)
        flags = np.full(count, batch.is_flat)
        rows = _Rows(
            np.arange(batch.number, batch.number + count),
            np.zeros(count, np.int64),
            flags,
            batch.columns() if batch.is_flat else (),
            batch.rows,
            batch.line,
        )
        yield from self._read(rows, batch.names)
        yield Step.BLOCK

    def take(self, csv: CsvRows, line: Line) -> None:
        """Read one line of a table; its row may go on."""
        found = csv.take(line)
        if isinstance(found, Row):
            self.read_row(found)
        elif found is not None:
            self._ledger.account.blank += 1

    def finish(self, csv: CsvRows) -> None:
        """Read the row that no further line ends."""
        row = csv.finish()
        if row is not None:
            self.read_row(row)

    def read_row(self, row: Row) -> None:
        """Read one row alone."""
        self._ledger.account.folded += row.folded
        if isinstance(row.values, Rejected):
            self._ledger.quarantine(row.values, row.line)
            return
        readings = list(self._lines.read_row(row.values))
        content = row.line.content or str(row.values).encode()
        self._ledger.enter(readings, row.line._replace(content=content))

    def _may_split(self, csv: CsvRows, block: Block) -> bool:
        longest = int(np.diff(block.ends, prepend=0).max())
        return self._sheets_of(csv.names).usable and longest <= MAX_LINE_BYTES

    def _sheets_of(self, names: Sequence[str]) -> TableSheets:
        key = tuple(names)
        if key not in self._sheets:
            self._sheets[key] = TableSheets(key, self._lines.fields.renames, self._resolver)
        return self._sheets[key]

    def _read(self, rows: _Rows, names: Sequence[str]) -> Iterator[None]:
        """Read the rows that no sheet takes one by one, then add the sheets."""
        sheets, alone = self._sheets_of(names), np.ones(len(rows.numbers), np.bool_)
        found: list[Resolved] = []
        if sheets.usable and rows.regular.any():
            numbers = pl.Series(rows.numbers[rows.regular], dtype=pl.Int64)
            for sheet in sheets.sheets(numbers, rows.columns, rows.line_of):
                resolved = resolve(sheet, self._resolver)[0]
                if resolved is not None:
                    found.append(resolved)
                    alone[np.searchsorted(rows.numbers, resolved.sheet.numbers)] = False
        places = np.flatnonzero(alone)
        for place, row in zip(places.tolist(), rows.alone(places), strict=True):
            self.read_row(row)
            yield None
            if found and not sheets.usable:
                # From here on each row may prove a unit: all are read in their order.
                self._add(rows, self._before(found, row.line.number + 1))
                for later in rows.alone(np.arange(place + 1, len(alone))):
                    self.read_row(later)
                    yield None
                return
        self._add(rows, found)

    def _before(self, found: Iterable[Resolved], number: int) -> Iterator[Resolved]:
        """Yield what is resolved of the lines before a number."""
        for resolved in found:
            sheet = resolved.sheet.select(resolved.sheet.numbers < number)
            if len(sheet) and (part := resolve(sheet, self._resolver)[0]) is not None:
                yield part

    def _add(self, rows: _Rows, found: Iterable[Resolved]) -> None:
        account = self._ledger.account
        for resolved in found:
            count = len(resolved.sheet)
            self._builder.add_resolved(resolved)
            self._lines.formats[FORMAT] += count
            account.records += count
            if rows.folded.any():
                places = np.searchsorted(rows.numbers, resolved.sheet.numbers)
                account.folded += int(rows.folded[places].sum())
