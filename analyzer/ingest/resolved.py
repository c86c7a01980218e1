"""What the columns of many lines of one shape say, in canonical terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from analyzer.ingest import ids
from analyzer.ingest.record import Record
from analyzer.ingest.shapes import Shape
from analyzer.ingest.text import operation_name

_PLAIN_TRACE, _PLAIN_SPAN = "^[0-9a-f]{32}$", "^[0-9a-f]{16}$"


class ResolvedColumns:
    """Columns of the canonical fields, a value for each line.

    `models` holds for each line a record with the same status, kind, level and notes;
    `time_ns` is the line's time, `duration_ns` is None where the shape reports none.
    """

    def __init__(
        self,
        shape: Shape,
        columns: dict[str, tuple[Any, ...]],
        models: list[Record],
        moments: list[int],
        spent: list[int] | None,
    ) -> None:
        self._columns = columns
        self._nothing: list[None] = [None] * len(models)
        self._shape = shape
        self.models = models
        self.time_ns = moments
        self.duration_ns = spent

    def texts(self, name: str) -> Sequence[str | None]:
        """Return the one column that feeds a field of texts; empty ones are None."""
        keys: tuple[str, ...] = getattr(self._shape, name)
        if not keys:
            return self._nothing
        return [value or None for value in self._columns[keys[0]]]

    @property
    def trace_id(self) -> Sequence[str | None]:
        """Return the trace ids in their one spelling."""
        values = self.texts("trace_id")
        return values if _all_match(values, _PLAIN_TRACE) else [ids.trace_id(v) for v in values]

    def span_ids(self, name: str) -> Sequence[str | None]:
        """Return `span_id` or `parent_span_id`."""
        values = self.texts(name)
        return values if _all_match(values, _PLAIN_SPAN) else [ids.span_id(v) for v in values]

    @property
    def operation(self) -> Sequence[str | None]:
        """Return what the work is called, None where only the message could tell."""
        if self._shape.operation:
            named = self.texts("operation")
            return [name and operation_name(name) for name in named]
        if not self._shape.http_path:
            return self._nothing
        methods, paths = self.texts("http_method"), self.texts("http_path")
        return [
            path and operation_name(f"{method} {path}" if method else path)
            for method, path in zip(methods, paths, strict=True)
        ]

    @property
    def user(self) -> Sequence[object]:
        """Return the raw users, None where a line names none."""
        if not self._shape.user:
            return self._nothing
        return [None if value == "" else value for value in self._columns[self._shape.user[0]]]

    @property
    def attributes(self) -> Iterator[dict[str, Any]]:
        """Yield what no field took, line by line."""
        keys = self._shape.unused
        if not keys:
            return ({} for _ in self.models)
        rows = zip(*(self._columns[key] for key in keys), strict=True)
        return (
            {key: value for key, value in zip(keys, row, strict=True) if value is not None}
            for row in rows
        )


def _all_match(values: Sequence[str | None], pattern: str) -> bool:
    column = pl.Series(values, dtype=pl.String)
    return bool(column.str.contains(pattern).all()) and not column.str.contains("^0+$").any()
