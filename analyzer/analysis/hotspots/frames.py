"""The frames that hotspots are computed from, and the columns made from them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from analyzer.analysis.hotspots.templates import with_mined_templates

_UUID: Final = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_HEX: Final = r"\b(?:0x)?[0-9a-fA-F]*[0-9][0-9a-fA-F]{7,}\b"
_PLACEHOLDER: Final = r"\{[A-Za-z_]*id\}|<\*>"
_NUMBER: Final = r"\d{3,}"
_VARYING: Final = f"{_UUID}|{_HEX}|{_PLACEHOLDER}|{_NUMBER}"

_NAMES: Final = (
    "trace_id",
    "service_name",
    "operation",
    "callee",
    "callee_operation",
    "parent_service",
    "error_type",
    "template",
    "message",
)


def operation_key(operation: str) -> str:
    """`operation` with UUIDs, hex ids and numbers of three or more digits replaced by `#`."""
    return re.sub(_VARYING, "#", operation)


RECORDS_SCHEMA: Final = {
    "service_name": pl.String,
    "start_ns": pl.Int64,
    "operation": pl.String,
    "template": pl.String,
    "failed": pl.Boolean,
}

CALLS_SCHEMA: Final = {
    "callee": pl.String,
    "message": pl.String,
    "start_ns": pl.Int64,
    "retry": pl.Boolean,
}

MEASUREMENTS_SCHEMA: Final = {
    "service_name": pl.String,
    "start_ns": pl.Int64,
    "name": pl.String,
    "value": pl.Float64,
}

_OPTIONAL: Final = {
    "records": RECORDS_SCHEMA,
    "calls": CALLS_SCHEMA,
    "measurements": MEASUREMENTS_SCHEMA,
}
_KEYED: Final[dict[str, tuple[str, ...]]] = {
    "times": ("operation", "callee_operation"),
    "journeys": (),
    "path": ("operation",),
    "records": ("operation",),
    "calls": ("message",),
    "measurements": (),
}
"""The frames and their columns of operations."""


@dataclass(frozen=True, slots=True)
class TraceFrames:
    """What a run knows about its traces, times in integer nanoseconds UTC.

    `times`: one row per span as `model.span.SpanTime` (the table `span_time`): service_name,
    operation, start_ns, duration_ns, own_ns, gap_ns, callee, callee_operation, uninstrumented,
    parent_service, status, error_type, origin, trace_id, weight (how many spans a row stands for
    where it is one of a sample). `journeys`: trace_id, journey, start_ns, duration_ns, status.
    `path`: trace_id, service_name, operation, kind, callee, exclusive_ns (the table
    `critical_path`). `records`:
    service_name, start_ns, operation (may be null), template, failed: one row per log line that
    has a template; empty where there are no logs. `calls`: callee, message, start_ns, retry;
    empty where nobody asks for retries. `measurements`: service_name, start_ns, name, value: what
    services log of their pools, queues and processors.
    """

    times: pl.DataFrame
    journeys: pl.DataFrame
    path: pl.DataFrame
    records: pl.DataFrame
    calls: pl.DataFrame
    measurements: pl.DataFrame

    @classmethod
    def of(
        cls,
        times: pl.DataFrame,
        journeys: pl.DataFrame,
        path: pl.DataFrame,
        records: pl.DataFrame | None = None,
        calls: pl.DataFrame | None = None,
    ) -> TraceFrames:
        """The frames with operations turned into keys and names into categories."""
        frames = {
            "times": times, "journeys": journeys, "path": path, "records": records, "calls": calls,
        }  # fmt: skip
        return cls.read(frames.get)

    @classmethod
    def read(cls, frame: Callable[[str], pl.DataFrame | None]) -> TraceFrames:
        """The same, each frame asked for by its name and made small before the next one."""
        keyed = {}
        for name, columns in _KEYED.items():
            found = frame(name)
            if found is None:
                found = pl.DataFrame(schema=_OPTIONAL[name])
            if name == "times":
                found = _completed(found)
            if name == "journeys":
                found = found.filter(pl.col("start_ns").is_not_null())
            if name == "records":
                found = with_mined_templates(found)
            keyed[name] = _with_keys(found, *columns)
        return cls(**keyed)


def _completed(times: pl.DataFrame) -> pl.DataFrame:
    """`times` with what only some sources know: every row for itself, every callee reporting."""
    known = {"weight": pl.lit(1), "uninstrumented": pl.lit(value=False)}
    return times.with_columns(
        **{name: value for name, value in known.items() if name not in times.columns}
    )


def _with_keys(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """`columns` as operation keys; names as categories, which group and join as integers."""
    for column in columns:
        names = frame[column].drop_nulls().unique().sort().cast(pl.String).to_list()
        changed = {name: key for name in names if (key := operation_key(name)) != name}
        if changed:
            frame = frame.with_columns(pl.col(column).cast(pl.String).replace(changed))
    kept = [name for name in _NAMES if name in frame.columns]
    return frame.with_columns(pl.col(kept).cast(pl.Categorical))
