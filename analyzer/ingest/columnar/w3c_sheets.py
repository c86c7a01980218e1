"""Rows below a `#Fields` line to sheets: those of plain signs, parted by one blank or tab each.

A row that begins with a digit, holds nothing but printable ASCII and has a cell for each column
has one reading. All other lines, and the rows that they may continue, are left to the reader of
single lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from analyzer.ingest.columnar import table_sheets
from analyzer.ingest.columnar.page import Page, Places
from analyzer.ingest.columnar.sheet import Sheet
from analyzer.ingest.columnar.slices import Offsets, Slices
from analyzer.ingest.columnar.table_sheets import TableSheets
from analyzer.ingest.columnar.template import TEXT, Column
from analyzer.ingest.fields import Resolver
from analyzer.ingest.formats.access import MAYBE_IDS, ids_of_query
from analyzer.ingest.formats.w3c import NOTHING, STAMP, ColumnTable, Told, arranged
from analyzer.ingest.lines import Block, Line

_LF, _CR, _TAB, _BLANK, _DIRECTIVE, _ZERO, _NINE, _T = b"\n\r\t #09T"
_NOTHING = ord(NOTHING)
_DAY_CHARACTERS = 10
"""A `T` behind so many begins the stamp of a wrapper."""
_MAX_COLUMNS = 62
_DOTTED, _CLOCKED, _QUERIED = 1, 2, 4
_ODD = np.array([not 32 <= sign < 127 for sign in range(256)])
_ODD[[_LF, _TAB]] = False
_ODD[ord('"')] = True

Cells = Sequence[tuple[Offsets, Offsets]]
"""Where the cells of each column start and end."""
LineOf = Callable[[int], Line]


Named = TypeVar("Named")


class HeadedRows(NamedTuple):
    """The rows of some lines as sheets, and the places of all other lines."""

    sheets: list[Sheet]
    others: Places


class HeadedLines:
    """The lines of a block among which stand headers and rows of tables.

    `blank` tells lines that hold nothing or too much, `plain` those of nothing but plain signs.
    """

    def __init__(self, block: Block) -> None:
        self.block = block
        self.slices = Slices(block.data)
        here = self.slices.bytes
        self.starts = np.concatenate([np.zeros(1, np.int64), block.ends[:-1]])
        self.ends = block.ends - (here[block.ends - 1] == _LF)
        if b"\r" in block.data:
            self.ends = self.ends - (here[self.ends - 1] == _CR)
        self.blank = Page(block).blank
        self._directives = np.flatnonzero(here[self.starts] == _DIRECTIVE)
        self._size = len(block.data)
        begins = (here[self.starts] >= _ZERO) & (here[self.starts] <= _NINE)
        stamped = here[self.starts + _DAY_CHARACTERS] == _T
        closed = ~np.isin(here[self.ends - 1], (_BLANK, _TAB))
        self.plain = begins & ~stamped & closed & ~self.blank
        self._spoil(np.flatnonzero(_ODD[here[: self._size]]))

    def _spoil(self, places: Offsets) -> None:
        line = np.searchsorted(self.starts, places, side="right") - 1
        self.plain[line[places < self.ends[line]]] = False

    def next_directive(self, place: int) -> int:
        """Return the place of the next line that may be a header; the block's end without one."""
        found = self._directives[np.searchsorted(self._directives, place) :]
        return int(found[0]) if len(found) else len(self.starts)

    def cells(self, table: ColumnTable, first: int, behind: int) -> tuple[Places, Cells]:
        """Return the places of rows among some lines, and where their cells start and end."""
        here = self.slices.bytes[: self._size]
        from_, to = self.starts[first], self.ends[behind - 1]
        marks = np.flatnonzero(here[from_:to] == (_TAB if table.tabs else _BLANK)) + from_
        plain = self.plain[first:behind].copy()
        starts, ends = self.starts[first:behind], self.ends[first:behind]
        # Between two marks side by side is an empty cell, or a longer gap; a tab may be either.
        doubtful = marks[1:][np.diff(marks) == 1]
        if not table.tabs:
            doubtful = np.append(doubtful, np.flatnonzero(here[from_:to] == _TAB) + from_)
        plain[np.searchsorted(starts, doubtful, side="right") - 1] = False
        before = np.searchsorted(marks, starts)
        plain &= np.searchsorted(marks, ends) - before == len(table.columns) - 1
        before, starts, ends = before[plain], starts[plain], ends[plain]
        cells = [
            (
                marks[before + column - 1] + 1 if column else starts,
                marks[before + column] if column < len(table.columns) - 1 else ends,
            )
            for column in range(len(table.columns))
        ]
        return np.flatnonzero(plain) + first, cells


class W3cSheets:
    """Makes sheets of the rows of one file; `renames` are the user's names of keys."""

    def __init__(self, renames: Mapping[str, str], resolver: Resolver) -> None:
        self._renames = renames
        self._resolver = resolver
        self._sheets: dict[tuple[str, ...], TableSheets] = {}

    def read(self, lines: HeadedLines, table: ColumnTable, first: int, behind: int) -> HeadedRows:
        """Return what `table` says of the lines of a block from `first` to before `behind`."""
        if behind - first < table_sheets.MIN_ROWS or len(table.columns) > _MAX_COLUMNS:
            return HeadedRows([], np.arange(first, behind))
        block = lines.block
        places, cells = lines.cells(table, first, behind)
        places, cells = lines.cells(table, first, behind)

        def line_of(number: int) -> Line:
            return block.line(number - block.number)

        sheets = [
            sheet
            for group in _by_nothing(lines.slices, places, cells)
            for rows in _arranged(table, group)
            for sheet in self._timed(rows, block.number, line_of)
        ]
        regular = np.zeros(len(block), np.bool_)
        for sheet in sheets:
            regular[sheet.numbers.to_numpy() - block.number] = True
        said = np.flatnonzero(~lines.blank[first:behind]) + first
        # A line that is no row may go on with the row before it.
        regular[said[regular[said] & np.append(~regular[said][1:], True)]] = False
        sheets = [
            sheet.select(pl.Series(regular[sheet.numbers.to_numpy() - block.number]))
            for sheet in sheets
        ]
        others = np.flatnonzero(~regular[first:behind]) + first
        return HeadedRows([sheet for sheet in sheets if len(sheet)], others)

    def _timed(
        self, rows: _Rows[dict[str, pl.Series]], number: int, line_of: LineOf
    ) -> Iterator[Sheet]:
        """Yield those of some rows that begin with a time as sheets."""
        stamp = rows.cells.get("time", rows.cells.get("ts"))
        if stamp is None:
            return
        names = tuple(rows.cells)
        if names not in self._sheets:
            self._sheets[names] = TableSheets(names, self._renames, self._resolver, "w3c")
        if not self._sheets[names].usable:
            return
        timed = stamp.str.contains(rf"^(?:{STAMP})")
        numbers = pl.Series(rows.places + number).filter(timed)
        columns = [Column(TEXT, series.filter(timed)) for series in rows.cells.values()]
        yield from self._sheets[names].sheets(numbers, columns, line_of)


class _Rows(NamedTuple, Generic[Named]):
    """Rows at some places, and their cells by column or by name."""

    places: Places
    cells: Named


def _by_nothing(
    slices: Slices, places: Places, cells: Cells
) -> Iterator[_Rows[list[pl.Series | None]]]:
    """Yield rows that have the same cells; None stands for cells that hold nothing."""
    codes = np.zeros(len(places), np.int64)
    for column, (starts, ends) in enumerate(cells):
        nothing = (ends - starts == 1) & (slices.bytes[starts] == _NOTHING)
        codes |= nothing.astype(np.int64) << column
    for code, chosen in _groups(codes):
        texts = [
            None if code >> column & 1 else slices.texts(starts[chosen], ends[chosen])
            for column, (starts, ends) in enumerate(cells)
        ]
        yield _Rows(places[chosen], texts)


def _arranged(
    table: ColumnTable, rows: _Rows[list[pl.Series | None]]
) -> Iterator[_Rows[dict[str, pl.Series]]]:
    """Yield rows of which the same is told, with their cells under common names."""
    named = table.named(rows.cells)
    codes = np.zeros(len(rows.places), np.int64)
    clock = "time" if "time" in named else "time-local"
    for name, sign, bit in (("duration_ms", ".", _DOTTED), (clock, ":", _CLOCKED)):
        if name in named:
            found = named[name].str.contains(sign, literal=True)
            codes |= found.to_numpy() * np.int64(bit)
    queried = _ids(named)
    kinds = dict.fromkeys(tuple(ids) for ids in queried.values())
    kind_of = {names: _QUERIED * kind for kind, names in enumerate(kinds, start=1)}
    for row, ids in queried.items():
        codes[row] |= kind_of[tuple(ids)]
    for code, chosen in _groups(codes):
        names = tuple(queried[int(chosen[0])]) if code >= _QUERIED else ()
        told = Told(
            table.day if code & _CLOCKED else "",
            table.local,
            table.tabs,
            bool(code & _DOTTED),
            {name: pl.Series([queried[row][name] for row in chosen.tolist()]) for name in names},
        )
        of_group = {name: series.gather(chosen) for name, series in named.items()}
        yield _Rows(rows.places[chosen], arranged(of_group, told, _joined))


def _ids(named: Mapping[str, pl.Series]) -> dict[int, dict[str, str]]:
    """Return the ids that queries name, by row."""
    if "cs-uri-query" not in named:
        return {}
    queries = pl.select(pl.format("?{}", named["cs-uri-query"])).to_series()
    marked = queries.str.contains(MAYBE_IDS).arg_true()
    found = zip(marked.to_list(), map(ids_of_query, queries.gather(marked)), strict=True)
    return {row: ids for row, ids in found if ids}


def _groups(codes: npt.NDArray[np.int64]) -> Iterator[tuple[int, Places]]:
    """Yield each code that is worth a sheet, and the places where it stands."""
    for code, count in zip(*np.unique(codes, return_counts=True), strict=True):
        if count >= table_sheets.MIN_ROWS:
            yield int(code), np.flatnonzero(codes == code)


def _joined(form: str, *cells: pl.Series) -> pl.Series:
    return pl.select(pl.format(form, *cells)).to_series()
