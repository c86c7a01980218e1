"""Log lines of one shape, resolved column by column.

Most lines of a file share few shapes. They are gathered and resolved together: times, durations
and ids as whole columns, and everything that follows from a few distinct values (status, kind,
level) once for each combination, by the very code that resolves a line alone. Lines that are in
any way out of the ordinary go through that code one by one, so both ways give the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from analyzer.ingest import durations
from analyzer.ingest.fields import Resolver
from analyzer.ingest.line_times import NO_ORIGIN
from analyzer.ingest.lines import Line
from analyzer.ingest.record import Record
from analyzer.ingest.resolved import ResolvedColumns
from analyzer.ingest.rows import RowBuilder
from analyzer.ingest.shapes import COMBINED_FIELDS, SINGLE_FIELDS, Shape
from analyzer.ingest.times import EARLIEST_NS

MIN_LINES = 64
"""Fewer lines of one shape are not worth a column."""

_TEXT = frozenset({str})
_TEXT_OR_NONE = frozenset({str, type(None)})
_WHOLE_OR_NONE = frozenset({int, type(None)})
_TYPES = {"user": frozenset({str, int, type(None)})}
_MAX_COMBINATIONS = 512
_ZULU = "%Y-%m-%dT%H:%M:%S%.fZ"
_LOCAL = "%Y-%m-%d %H:%M:%S%.f"
_OFFSET = "%d/%b/%Y:%H:%M:%S %z"


class _Group(NamedTuple):
    """Lines of one shape: their values in the order of `keys`."""

    shape: Shape
    keys: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    lines: list[Line]


class PlainLines:
    """Gathers plain log lines of one file and adds them to `builder` a shape at a time.

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
            self._settle(group)
        self._groups.clear()
        self._waiting = 0

    def _settle(self, group: _Group) -> None:
        shape, keys, rows, lines = group
        columns = dict(zip(keys, zip(*rows, strict=True), strict=True))
        if len(rows) < MIN_LINES or not _uniform(shape, columns):
            self._alone(keys, rows, lines)
            return
        moments = self._moments(columns[shape.log_time[0]])
        spent = _spent(columns, shape)
        regular = [n for n, moment in enumerate(moments) if moment is not None]
        if spent is not None:
            regular = [n for n in regular if spent[n] is not None]
        if len(regular) < len(rows):
            chosen = set(regular)
            odd = [n for n in range(len(rows)) if n not in chosen]
            self._alone(keys, [rows[n] for n in odd], [lines[n] for n in odd])
            if regular:
                usual_rows, usual_lines = [rows[n] for n in regular], [lines[n] for n in regular]
                self._settle(_Group(shape, keys, usual_rows, usual_lines))
            return
        models = self._combined(shape, keys, rows, columns)
        if models is None:
            self._alone(keys, rows, lines)
            return
        usual = [moment for moment in moments if moment is not None]
        took = None if spent is None else [part for part in spent if part is not None]
        resolved = ResolvedColumns(shape, columns, models, usual, took)
        if spent is not None and None in resolved.operation:
            self._alone(keys, rows, lines)
            return
        self.records += len(lines)
        self._builder.add_columns(resolved, lines)

    def _alone(
        self, keys: tuple[str, ...], rows: Sequence[tuple[Any, ...]], lines: Sequence[Line]
    ) -> None:
        for row, line in zip(rows, lines, strict=True):
            fields = dict(zip(keys, row, strict=True))
            reading = self._resolver.resolve(fields, NO_ORIGIN)
            if isinstance(reading, Record):
                self.records += 1
                self._builder.add(reading, line.number)
            else:
                self.refused += 1
                self._builder.reject(reading, line.number, line.byte_offset, line.content)

    def _moments(self, texts: Sequence[Any]) -> list[int | None]:
        """Return each line's time in ns; None where only the full reader can tell."""
        column = pl.Series(texts, dtype=pl.String)
        first = texts[0]
        clock = self._resolver.clock
        if first[-1:] == "Z" and first[10:11] == "T":
            found = column.str.to_datetime(_ZULU, time_unit="ns", strict=False)
        elif first[2:3] == "/":
            found = column.str.to_datetime(_OFFSET, time_unit="ns", strict=False)
        elif clock.zoned or first[10:11] != " ":
            return [None] * len(texts)
        else:
            dotted = column.str.replace(",", ".", literal=True)
            found = dotted.str.to_datetime(_LOCAL, time_unit="ns", strict=False)
        epoch = found.dt.epoch("ns")
        usual = (epoch >= EARLIEST_NS) & (epoch <= clock.limit_ns)
        return epoch.set(~usual.fill_null(value=False), None).to_list()

    def _combined(
        self,
        shape: Shape,
        keys: tuple[str, ...],
        rows: Sequence[tuple[Any, ...]],
        columns: dict[str, tuple[Any, ...]],
    ) -> list[Record] | None:
        """Return for each line a record that shares its status, kind and level."""
        names = [key for name in COMBINED_FIELDS for key in getattr(shape, name)]
        if not names:
            one = self._resolver.resolve(dict(zip(keys, rows[0], strict=True)), NO_ORIGIN)
            return [one] * len(rows) if isinstance(one, Record) else None
        known: dict[tuple[Any, ...], Record] = {}
        found: list[Record] = []
        for place, values in enumerate(zip(*(columns[key] for key in names), strict=True)):
            record = known.get(values)
            if record is None:
                fields = dict(zip(keys, rows[place], strict=True))
                reading = self._resolver.resolve(fields, NO_ORIGIN)
                if not isinstance(reading, Record) or len(known) >= _MAX_COMBINATIONS:
                    return None
                record = known[values] = reading
            found.append(record)
        return found


def _uniform(shape: Shape, columns: dict[str, tuple[Any, ...]]) -> bool:
    """Tell whether every column that matters holds values of the one type it should."""
    if set(map(type, columns[shape.log_time[0]])) != _TEXT:
        return False
    for name in SINGLE_FIELDS:
        keys = getattr(shape, name)
        if keys and not set(map(type, columns[keys[0]])) <= _TYPES.get(name, _TEXT_OR_NONE):
            return False
        # Where several keys could feed a field, the best must do so in every line.
        if len(keys) > 1 and not all(columns[keys[0]]):
            return False
    for name in COMBINED_FIELDS:
        for key in getattr(shape, name):
            types = set(map(type, columns[key]))
            if not (types <= _TEXT_OR_NONE or types <= _WHOLE_OR_NONE):
                return False
    return True


def _spent(columns: dict[str, tuple[Any, ...]], shape: Shape) -> list[int | None] | None:
    """Return each line's duration in ns, None where only the full reader can tell."""
    if not shape.durations:
        return None
    key, unit = shape.durations[0]
    found = [durations.parse_duration(value, unit) for value in columns[key]]
    return [None if value is None or value < 0 else value for value in found]
