"""Frames from outside, checked: columns, types, no nulls, no negative numbers.

All that is wrong with a frame is said at once, by column.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import polars as pl

from analyzer.errors import UsageError

Kind = Literal["name", "amount", "optional name", "optional amount", "unknown amount"]
"""`optional` columns may be absent; an `unknown amount` may be absent or null, which is 0."""

EDGE_TABLE: Final[Mapping[str, Kind]] = {
    "caller": "name",
    "callee": "name",
    "calls": "amount",
    "mode": "optional name",
    "message": "optional name",
    "journey": "optional name",
    "time_ns": "unknown amount",
}
JOURNEY_TABLE: Final[Mapping[str, Kind]] = {
    "journey": "name",
    "service": "name",
    "weight": "optional amount",
}
LAYER_TABLE: Final[Mapping[str, Kind]] = {"service": "name", "item": "name"}

_NAME_TYPES = (pl.String, pl.Categorical, pl.Enum)


def read_edges(source: object) -> pl.DataFrame:
    """Rows (caller, callee, calls, mode, message, journey, time_ns), names as text."""
    table = read_table(source, "edges", EDGE_TABLE, {"mode": "sync", "time_ns": 0.0})
    table = table.with_columns(pl.col("mode").replace("", "sync"))
    wrong = table.filter(~pl.col("mode").is_in(["sync", "async"])).get_column("mode")
    if len(wrong):
        raise UsageError(f"edges: column 'mode' takes sync or async, not {wrong[0]!r}")
    return table


def read_journeys(source: object) -> pl.DataFrame:
    """Rows (journey, service, weight); weight is 1 where the column is absent."""
    return read_table(source, "journeys", JOURNEY_TABLE, {"weight": 1.0})


def read_table(
    source: object,
    what: str,
    columns: Mapping[str, Kind],
    defaults: Mapping[str, object] | None = None,
) -> pl.DataFrame:
    """The columns asked for, checked and cast; None reads as an empty frame.

    `source` is a polars frame or anything that `polars.DataFrame` takes: a dict of columns,
    rows as dicts, an Arrow table. Raises `UsageError` with one sentence per wrong column.
    """
    frame = _frame(source, what, columns)
    problems: list[str] = []
    parts: list[pl.Series] = []
    for column, kind in columns.items():
        if column in frame.columns:
            series, problem = _checked(frame.get_column(column), kind)
            problems += [f"{what}: column {column!r} {problem}"] if problem else []
        elif not kind.startswith(("name", "amount")):
            default = (defaults or {}).get(column, "")
            series = pl.Series(column, [default] * frame.height, dtype=_type_of(kind))
        else:
            problems.append(
                f"{what}: column {column!r} is missing; found: "
                f"{', '.join(frame.columns) or 'none'}"
            )
            continue
        parts.append(series)
    if problems:
        raise UsageError("\n".join(problems))
    return pl.DataFrame(parts)


def _frame(source: object, what: str, columns: Mapping[str, Kind]) -> pl.DataFrame:
    if source is None:
        return pl.DataFrame(schema={name: _type_of(kind) for name, kind in columns.items()})
    if isinstance(source, pl.LazyFrame):
        return source.collect()
    if isinstance(source, pl.DataFrame):
        return source
    try:
        return pl.DataFrame(source)  # type: ignore[arg-type]  # polars judges what it can read
    except (TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise UsageError(
            f"{what}: cannot be read as a frame ({error}); give a polars frame or a dict of "
            f"columns {', '.join(columns)}"
        ) from error


def _type_of(kind: Kind) -> type[pl.DataType]:
    return pl.String if kind.endswith("name") else pl.Float64


def _checked(series: pl.Series, kind: Kind) -> tuple[pl.Series, str | None]:
    if kind.endswith("amount"):
        return _checked_amount(series.fill_null(0) if kind == "unknown amount" else series)
    if len(series) == 0:
        return series.cast(pl.String), None
    if not (series.dtype in _NAME_TYPES or series.dtype.is_integer() or _is_blank(series, kind)):
        return series, f"must hold names, it holds {series.dtype}"
    named = series.cast(pl.String)
    if kind.startswith("optional"):
        return named.fill_null(""), None
    if named.null_count():
        return named, f"has {named.null_count()} null values, first at row {_first_null(named)}"
    if (named == "").any():
        return named, f"has an empty name at row {(named == '').arg_max()}"
    return named, None


def _is_blank(series: pl.Series, kind: Kind) -> bool:
    """A column of nothing but nulls has no type of its own; an optional one may be that."""
    return kind.startswith("optional") and series.null_count() == len(series)


def _checked_amount(series: pl.Series) -> tuple[pl.Series, str | None]:
    if len(series) == 0:
        return series.cast(pl.Float64, strict=False), None
    if not series.dtype.is_numeric():
        return series, f"must hold numbers, it holds {series.dtype}"
    if series.null_count():
        return series, f"has {series.null_count()} null values, first at row {_first_null(series)}"
    amounts = series.cast(pl.Float64)
    if not amounts.is_finite().all():
        return amounts, f"has a value that is no number at row {(~amounts.is_finite()).arg_max()}"
    if (amounts < 0).any():
        return amounts, f"has a negative number at row {(amounts < 0).arg_max()}"
    return amounts, None


def _first_null(series: pl.Series) -> int | None:
    return series.is_null().arg_max()
