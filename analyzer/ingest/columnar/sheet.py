"""Lines of one shape as columns, whatever way they became so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from analyzer.ingest.columnar.origins import Origins
from analyzer.ingest.columnar.template import FLAG, FLOAT, INT, JSON, TEXT, Column, Wording
from analyzer.ingest.epochs import exact_or_float
from analyzer.ingest.line_times import NO_ORIGIN, Origin
from analyzer.ingest.lines import Line
from analyzer.ingest.shapes import Shape

_TEXTS = frozenset({str, type(None)})
_WHOLES = frozenset({int, type(None)})
_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Sheet:
    """Lines of one shape: their numbers, and a column for each of their keys.

    `line_of` gives the line of a number back, for those that must be refused. `wording` tells
    how a message of theirs is made of other columns; `origins` are what the wrappers of lines say
    (None: they are in none).
    """

    format: str
    shape: Shape
    numbers: pl.Series
    columns: Mapping[str, Column]
    line_of: Callable[[int], Line]
    wording: Wording | None = None
    origins: Origins | None = None

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.numbers)

    def select(self, chosen: pl.Series) -> Sheet:
        """Return the lines for which `chosen` is true."""
        count = int(chosen.sum())
        if count == len(self):
            return self

        def taken(values: pl.Series) -> pl.Series:
            return values.head(count) if first else values.filter(chosen)

        # Mostly it is but the last that is left out: nothing needs to be copied.
        first = bool(chosen.head(count).all())
        columns = {
            key: Column(kind, taken(values)) for key, (kind, values) in self.columns.items()
        }
        origins = self.origins and self.origins.filter(chosen)
        return replace(self, numbers=taken(self.numbers), columns=columns, origins=origins)

    def fields(self, place: int) -> dict[str, Any]:
        """Return one line as its reader would give it: its keys and values."""
        return {key: _value(key, column, place) for key, column in self.columns.items()}

    def origin(self, place: int) -> Origin:
        """Return what the wrappers of one line say of it."""
        return NO_ORIGIN if self.origins is None else self.origins.at(place)


def column_of(values: Sequence[Any]) -> Column:
    """Return a column of parsed values; those of mixed types stay objects."""
    types = set(map(type, values))
    if types <= _TEXTS:
        return Column(TEXT, pl.Series(values, dtype=pl.String))
    if types <= _WHOLES and all(value is None or abs(value) < _LARGEST for value in values):
        return Column(INT, pl.Series(values, dtype=pl.Int64))
    return Column(JSON, pl.Series(values, dtype=pl.Object))


def _value(key: str, column: Column, place: int) -> Any:
    value = column.values[place]
    if value is None:
        return None
    if column.kind == FLOAT:
        return exact_or_float(key, value)
    return value == "true" if column.kind == FLAG else value
