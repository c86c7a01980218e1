"""A block of CSV lines to rows and columns of cells, by looking at quotes and delimiters alone.

A quote opens or closes, so their number tells which delimiters part cells and which line ends
part rows. Cells are taken from a row only where every quote in it stands at the edge of a cell or
is doubled, and where no other sign can mean anything: such a row has one reading. All other rows
are told by their lines, for the reader of single rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from analyzer.ingest.columnar.page import Flags, Page, Places
from analyzer.ingest.columnar.slices import Offsets, Slices
from analyzer.ingest.lines import Block
from analyzer.ingest.tables import MAX_ROW_LINES

_LONGEST_CELL = 1 << 17  # the csv module refuses a longer one
_LF, _CR, _QUOTE = b'\n\r"'
_NONE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class DelimitedRows:
    """The rows that end in a block, blank lines left out.

    `firsts` are the places of their first lines, `lines` how many each spans. `regular` tells
    those with a cell for each column; `cells` are theirs, column by column. From the line at
    `behind` on the block must be read line by line; before it the lines at `blank` hold nothing.
    """

    firsts: Places
    lines: Places
    regular: Flags
    cells: list[pl.Series]
    blank: Places
    behind: int


def split_rows(block: Block, start: int, delimiter: str, width: int) -> DelimitedRows:
    """Return the rows of a block from the line at `start` on, which must begin one.

    No line of the block may be too long to be kept whole.
    """
    signs = _Signs(block, start, delimiter)
    firsts, lasts, behind = signs.rows()
    blank = Page(block).blank[firsts]
    empty, firsts, lasts = firsts[blank], firsts[~blank], lasts[~blank]
    starts, ends = signs.starts[firsts], signs.ends[lasts]
    before = np.searchsorted(signs.marks, starts)
    parted = np.searchsorted(signs.marks, ends) - before
    regular = (parted == width - 1) & ~signs.odd(starts, ends)
    several = (lasts > firsts)[regular]
    edges = _Edges(starts[regular], ends[regular], before[regular], width, several)
    cells = list(signs.cells(edges))
    return DelimitedRows(firsts, lasts - firsts + 1, regular, cells, empty, behind)


class _Edges(NamedTuple):
    """Where rows start and end, how many delimiters stand before each, and how many cells within.

    `several` tells those of more than one line.
    """

    starts: Offsets
    ends: Offsets
    before: Offsets
    width: int
    several: Flags


class _Signs:
    """Where the lines of a block start and end, and the quotes and delimiters in them."""

    def __init__(self, block: Block, start: int, delimiter: str) -> None:
        self._start = start
        self._mark = ord(delimiter)
        self._data = block.data
        self._slices = Slices(block.data)
        self._behind = block.ends
        here = self._slices.bytes
        self.starts = np.concatenate([np.zeros(1, np.int64), block.ends[:-1]])
        self.ends = block.ends - (here[block.ends - 1] == _LF)
        if b"\r" in block.data:
            self.ends = self.ends - (here[self.ends - 1] == _CR)
        quotes = self._places(_QUOTE)
        quotes = quotes[np.searchsorted(quotes, self.starts[start]) :]
        self._opening, self._closing = quotes[::2], quotes[1::2]
        self._quotes = quotes
        self.marks = self._places(self._mark)
        if len(quotes):
            self.marks = self.marks[np.searchsorted(quotes, self.marks) % 2 == 0]

    def _places(self, sign: int) -> Offsets:
        if sign not in self._data:
            return _NONE
        return np.flatnonzero(self._slices.bytes[: len(self._data)] == sign)

    def rows(self) -> tuple[Places, Places, int]:
        """Return first and last lines of rows, and the line from which no row can be told."""
        count = len(self._behind)
        lines = np.arange(self._start, count)
        if not len(self._quotes):
            return lines, lines, count
        opened = np.searchsorted(self._quotes, self._behind[self._start :]) % 2 == 1
        firsts = lines[np.concatenate([[True], ~opened[:-1]])]
        lasts, behind = lines[~opened], count
        if len(firsts) > len(lasts):
            behind, firsts = int(firsts[-1]), firsts[:-1]
        endless = np.flatnonzero(lasts - firsts >= MAX_ROW_LINES)
        if len(endless):
            first = int(endless[0])
            behind, firsts, lasts = int(firsts[first]), firsts[:first], lasts[:first]
        return firsts, lasts, behind

    def odd(self, starts: Offsets, ends: Offsets) -> Flags:
        """Tell the rows with a sign that may mean more than it seems to."""
        odd: Flags = ends - starts >= _LONGEST_CELL
        here = self._slices.bytes
        if b"\r" in self._data:
            returns = self._places(_CR)
            line = np.searchsorted(self._behind, returns, side="right")
            _tell(odd, starts, returns[returns != self.ends[line]])
        if len(self._quotes):
            opens = np.isin(here[self._opening - 1], (self._mark, _QUOTE, _LF))
            _tell(odd, starts, self._opening[~opens & (self._opening > 0)])
            closes = np.isin(here[self._closing + 1], (self._mark, _QUOTE, _LF, _CR))
            _tell(odd, starts, self._closing[~closes & (self._closing < len(self._data) - 1)])
        if not _is_text(self._data):
            for row in np.flatnonzero(~odd).tolist():
                odd[row] = not _is_text(self._data[starts[row] : ends[row]])
        return odd

    def cells(self, rows: _Edges) -> Iterator[pl.Series]:
        """Yield the cells of rows without their quotes, column by column."""
        here = self._slices.bytes
        doubled = self._opening[here[self._opening - 1] == _QUOTE]
        for column in range(rows.width):
            place = rows.before + column
            starts = rows.starts if column == 0 else self.marks[place - 1] + 1
            ends = rows.ends if column == rows.width - 1 else self.marks[place]
            if len(self._quotes):
                quoted = (here[starts] == _QUOTE) & (starts < ends)
                starts, ends = starts + quoted, ends - quoted
            texts = self._slices.texts(starts, ends)
            if len(doubled):
                row = np.searchsorted(starts, doubled, side="right") - 1
                within = doubled[row >= 0] < ends[row[row >= 0]]
                texts = _replaced(texts, np.unique(row[row >= 0][within]), '""', '"')
            if rows.several.any():
                texts = _replaced(texts, np.flatnonzero(rows.several), "\r\n", "\n")
            yield texts


def _tell(odd: Flags, starts: Offsets, places: Offsets) -> None:
    """Mark the rows in which the bytes at `places` stand."""
    if len(places) and len(starts):
        row = np.searchsorted(starts, places, side="right") - 1
        odd[row[row >= 0]] = True


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _replaced(texts: pl.Series, places: Places, old: str, new: str) -> pl.Series:
    if not len(places):
        return texts
    found = texts.gather(places).str.replace_all(old, new, literal=True)
    return texts.scatter(places, found)
