"""The columns of the rows that reading brings, in the order of the store's tables.

Texts are of 64-bit offsets, as polars has them, so that nothing is copied on the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pyarrow as pa

_TEXT, _WHOLE, _MOMENT = pa.large_string(), pa.int64(), pa.timestamp("us")
_PLACE = [("file_id", _WHOLE), ("line_number", _WHOLE)]

SCHEMAS = {
    "span": pa.schema([
        *((name, _TEXT) for name in (
            "trace_id", "span_id", "parent_span_id", "service_name", "operation", "span_kind",
        )),
        ("start_time", _MOMENT), ("duration_ns", _WHOLE),
        *((name, _TEXT) for name in (
            "status", "error_type", "peer_service", "user_key", "evidence",
        )),
        *_PLACE,
        *((name, _WHOLE) for name in (
            "trace_key", "span_key", "parent_key", "span_index", "start_ns",
        )),
        ("kind_source", _TEXT), ("shared", pa.bool_()), ("follows_from", pa.bool_()),
        *((name, _TEXT) for name in (
            "correlation_id", "severity_text", "body", "template", "attributes",
        )),
    ]),
    "log_record": pa.schema([
        *_PLACE, ("time", _MOMENT),
        *((name, _TEXT) for name in (
            "service_name", "severity_text", "body", "template", "trace_id", "span_id",
            "correlation_id", "user_key", "attributes", "status", "error_type",
        )),
    ]),
    "measurement": pa.schema([
        ("time", _MOMENT), ("service_name", _TEXT), ("name", _TEXT), ("value", pa.float64()),
        ("unit", _TEXT), *_PLACE,
    ]),
    "quarantine": pa.schema([
        ("file_id", _WHOLE), ("path", _TEXT), ("line_number", _WHOLE), ("byte_offset", _WHOLE),
        ("reason", _TEXT), ("detail", _TEXT), ("excerpt", _TEXT),
    ]),
}  # fmt: skip


def rows_table(table: str, columns: Sequence[Sequence[Any]]) -> pa.Table:
    """Return rows of `table` given as one sequence for each of its columns, in their order."""
    schema = SCHEMAS[table]
    arrays = [
        pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def part_of(table: str, rows: pl.DataFrame) -> pa.Table:
    """Return rows of `table` given by column name; columns that are not there are null."""
    found = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    arrays = [
        found.column(field.name)
        if field.name in found.column_names
        else pa.nulls(found.num_rows, field.type)
        for field in SCHEMAS[table]
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMAS[table])
