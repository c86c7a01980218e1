"""Rows of a table, given as columns, to sheets of one shape each.

The columns of a table are the same in every row, but not all hold something: rows that leave the
same decisive cells empty are of one shape. Rows that the reader of single rows would look at
twice (a message that is a line itself, a duration whose unit others may prove) are in no sheet.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from analyzer.ingest.columnar.book import of_known_form
from analyzer.ingest.columnar.resolve import needed, unproven, usable
from analyzer.ingest.columnar.sheet import Sheet
from analyzer.ingest.columnar.template import FLOAT, INT, JSON, TEXT, Column
from analyzer.ingest.fields import Resolver
from analyzer.ingest.formats.cells import MAYBE_LINE
from analyzer.ingest.lines import Line
from analyzer.ingest.shapes import HEAD_KEY, Shape, lacking, shape_of

MIN_ROWS = 64
"""Fewer rows of one shape are not worth a sheet."""
FORMAT = "table"

_NO_DURATION = {TEXT: ("", "-", "-1"), FLOAT: ("-1.0", "-1")}


class TableSheets:
    """Sorts the rows of one table by shape; `renames` are the user's names of columns."""

    def __init__(
        self,
        names: Sequence[str],
        renames: Mapping[str, str],
        resolver: Resolver,
        form: str = FORMAT,
    ) -> None:
        """Sort rows with columns called `names`; `form` is what their format is called."""
        self._form = form
        self._resolver = resolver
        self._keys = keys = tuple(renames.get(name, name) for name in names)
        written = shape_of(keys)
        self._bare: dict[str, str] = {}
        for key, name in written.contained:
            if name not in keys:
                self._bare.setdefault(name, key)
        self._named = (*keys, *self._bare)
        self._shape = shape_of(self._named)
        self._readable = len(set(keys)) == len(keys) and not written.unfinished
        messages = HEAD_KEY not in keys and "asctime" not in keys
        self._message = written.body[0] if messages and written.body else None
        self._decisive = _decisive(self._shape)
        self._shapes: dict[int, Shape] = {}

    @property
    def usable(self) -> bool:
        """Tell whether rows may be read apart from those before them, and by the column."""
        return self._readable and not self._resolver.timing.proof.unknown

    def sheets(
        self, numbers: pl.Series, cells: Sequence[Column], line_of: Callable[[int], Line]
    ) -> Iterator[Sheet]:
        """Yield the rows that can be resolved by the column; `cells` are those of each name."""
        columns = dict(zip(self._keys, cells, strict=True))
        columns |= {bare: columns[key] for bare, key in self._bare.items()}
        if any(columns[key].kind == JSON for key in self._decisive):
            return
        codes = self._codes(columns, len(numbers))
        for code, count in zip(*np.unique(codes, return_counts=True), strict=True):
            shape = self._shape_of(int(code))
            if count < MIN_ROWS or not usable(shape, self._resolver):
                continue
            sheet = Sheet(self._form, shape, numbers, columns, line_of)
            if count < len(numbers):
                sheet = sheet.select(pl.Series(codes == code))
            aside = self._aside(sheet)
            yield sheet if aside is None else sheet.select(~aside)

    def _codes(self, columns: Mapping[str, Column], count: int) -> npt.NDArray[np.int64]:
        """Return for each row a number whose bits tell which decisive cells are empty."""
        codes = np.zeros(count, np.int64)
        for place, key in enumerate(self._decisive):
            empty = _empty(columns[key], spent=self._decisive[key])
            if empty.any():
                codes |= empty.to_numpy().astype(np.int64) << place
        return codes

    def _shape_of(self, code: int) -> Shape:
        if code not in self._shapes:
            empty = frozenset(key for n, key in enumerate(self._decisive) if code >> n & 1)
            self._shapes[code] = lacking(self._named, self._shape, empty)
        return self._shapes[code]

    def _aside(self, sheet: Sheet) -> pl.Series | None:
        """Tell the rows whose values ask for the reader of single rows; None: no row does."""
        shape, columns = sheet.shape, sheet.columns
        masks = [unproven(shape, columns, self._resolver)]
        if self._message is not None:
            masks.append(of_known_form(columns[self._message]))
        if not shape.durations and not (shape.start_time and shape.end_time):
            said = dict.fromkeys((*shape.body, *shape.error_message))
            masks += [_holds_line(columns[key]) for key in said]
        found = [mask for mask in masks if mask is not None]
        return functools.reduce(operator.or_, found) if found else None


def _decisive(shape: Shape) -> dict[str, bool]:
    """Return the keys that others step in for where they are empty, and which say durations."""
    edges = shape.log_time + shape.start_time + shape.end_time
    others = dict.fromkeys((*edges, *(key for keys in needed(shape) for key in keys)))
    spent = dict.fromkeys(key for key, _ in shape.durations)
    return {key: key not in others for key in (others | spent)}


def _empty(column: Column, *, spent: bool) -> pl.Series:
    kind, values = column
    if spent and kind == INT:
        return (values == -1).fill_null(value=True)
    nothing = _NO_DURATION.get(kind, ()) if spent else ("",) if kind == TEXT else ()
    if not nothing:
        return values.is_null()
    empty = functools.reduce(operator.or_, [values == text for text in nothing])
    return empty.fill_null(value=True)


def _holds_line(column: Column) -> pl.Series | None:
    if column.kind != TEXT:
        return None
    found = column.values.str.contains(MAYBE_LINE).fill_null(value=False)
    return found if found.any() else None
