"""Lines that came one by one, gathered by shape and resolved together."""

from __future__ import annotations

from typing import Any, NamedTuple

import polars as pl

from analyzer.ingest.columnar.resolve import resolve
from analyzer.ingest.columnar.sheet import Sheet, column_of
from analyzer.ingest.fields import Resolver
from analyzer.ingest.line_times import NO_ORIGIN, Origin
from analyzer.ingest.lines import Line
from analyzer.ingest.record import Record
from analyzer.ingest.rows import RowBuilder
from analyzer.ingest.shapes import Shape

MIN_LINES = 64
"""Fewer lines of one shape are not worth a column."""


class _Group(NamedTuple):
    """Lines of one shape: their values in the order of `keys`."""

    shape: Shape
    keys: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    lines: list[Line]


class PlainLines:
    """Resolves plain log lines of one file a shape at a time and adds them to `builder`.

    `records` and `refused` count what became of them.
    """

    def __init__(self, resolver: Resolver, builder: RowBuilder) -> None:
        self._resolver = resolver
        self._builder = builder
        self._groups: dict[tuple[str, ...], _Group] = {}
        self._waiting = 0
        self.records = 0
        self.refused = 0

    def __len__(self) -> int:
        """Return the number of lines that wait."""
        return self._waiting

    def add(self, fields: dict[str, Any], shape: Shape, line: Line) -> None:
        """Take one line."""
        keys = tuple(fields)
        group = self._groups.get(keys)
        if group is None:
            group = self._groups[keys] = _Group(shape, keys, [], [])
        group.rows.append(tuple(fields.values()))
        group.lines.append(line)
        self._waiting += 1

    def settle(self) -> None:
        """Add all that wait."""
        for group in self._groups.values():
            if len(group.rows) < MIN_LINES:
                for row, line in zip(group.rows, group.lines, strict=True):
                    self._alone(dict(zip(group.keys, row, strict=True)), group.shape, line)
            else:
                self.add_sheet(_sheet(group))
        self._groups.clear()
        self._waiting = 0

    def add_sheet(self, sheet: Sheet) -> None:
        """Add lines that are columns already."""
        resolved, odd = resolve(sheet, self._resolver)
        if resolved is not None:
            self.records += len(resolved.sheet)
            self._builder.add_resolved(resolved)
        for place, number in enumerate(odd.numbers):
            self._alone(odd.fields(place), odd.shape, odd.line_of(number), odd.origin(place))

    def _alone(
        self, fields: dict[str, Any], shape: Shape, line: Line, origin: Origin = NO_ORIGIN
    ) -> None:
        reading = self._resolver.resolve_shape(fields, shape, origin)
        if isinstance(reading, Record):
            self.records += 1
            self._builder.add(reading, line.number)
        else:
            self.refused += 1
            self._builder.reject(reading, line.number, line.byte_offset, line.content)


def _sheet(group: _Group) -> Sheet:
    by_number = {line.number: line for line in group.lines}
    columns = zip(group.keys, zip(*group.rows, strict=True), strict=True)
    return Sheet(
        "",
        group.shape,
        pl.Series([line.number for line in group.lines], dtype=pl.Int64),
        {key: column_of(values) for key, values in columns},
        by_number.__getitem__,
    )
