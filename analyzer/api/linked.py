"""One part of the spans linked: Arrow in, the rows of the store's tables out, in any process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import polars as pl
import pyarrow as pa

from analyzer.model.span import Span
from analyzer.trace.adoption import adopt_all
from analyzer.trace.assemble import Assembled, assemble_many
from analyzer.trace.options import TraceOptions
from analyzer.trace.quality import Quality
from analyzer.trace.untraced import assemble_groups, request_groups

TABLES: Final = ("call", "journey", "journey_service", "critical_path", "span_time")
_ROWS: Final = 65_536


class Part(NamedTuple):
    """Spans to link: whole traces, or (`by_request`) whole requests without a trace id.

    `spans` has the columns of `model.span.Span`, ordered by trace or request; `schemas` are the
    store's, by table.
    """

    spans: pa.Table
    by_request: bool
    options: TraceOptions
    schemas: Mapping[str, pa.Schema]


class Linked(NamedTuple):
    """What some traces came to: rows by table, pairs (caller, callee), counts."""

    tables: dict[str, pa.Table]
    pairs: set[tuple[str, str]]
    journeys: int
    quality: Quality


def linked_part(part: Part) -> Iterator[Linked]:
    """Everything known about the traces of a part, some thousands of spans at a time."""
    spans = _spans(part.spans)
    options = part.options
    if part.by_request:
        groups = request_groups(spans, options.quiet_gap_ns)[0]
        yield linked(assemble_groups(groups, options), part.schemas)
        return
    adopted = Quality()
    for batch in assemble_many(adopt_all(spans, options.resolution_ns, adopted), options):
        yield linked(batch, part.schemas)
    yield Linked({}, set(), 0, adopted)


def _spans(table: pa.Table) -> Iterator[Span]:
    for start in range(0, table.num_rows, _ROWS):
        rows = pl.DataFrame(table.slice(start, _ROWS)).rows()
        yield from map(Span._make, rows)


def linked(batch: Assembled, schemas: Mapping[str, pa.Schema]) -> Linked:
    """The batch as rows of the store's tables."""
    rows: dict[str, Iterable[Sequence[Any]]] = {
        "call": (_with_us(call, 5) for call in batch.calls),
        "journey": (
            (
                journey.trace_id,
                journey.journey,
                None,
                journey.entry_service,
                None if journey.start_ns is None else journey.start_ns // 1_000,
                journey.duration_ns,
                journey.status,
                journey.user_key,
                len(journey.services),
                journey.hops,
                journey.root_span_id,
                journey.extra_root,
            )
            for journey in batch.journeys
        ),
        "journey_service": (
            (journey.trace_id, journey.root_span_id, journey.journey, service)
            for journey in batch.journeys
            for service in journey.services
        ),
        "critical_path": (
            (
                section.trace_id,
                section.service_name,
                section.operation,
                section.end_ns - section.start_ns,
                section.kind,
                section.callee,
                section.span_id,
                section.start_ns,
            )
            for section in batch.sections
        ),
        "span_time": batch.times,
    }
    return Linked(
        {table: _table(rows[table], schemas[table]) for table in TABLES},
        {(call.caller, call.callee) for call in batch.calls if call.caller},
        len(batch.journeys),
        batch.quality,
    )


def _with_us(row: tuple[Any, ...], column: int) -> tuple[Any, ...]:
    """Return `row` with the nanoseconds in `column` as the microseconds of a TIMESTAMP."""
    ns = row[column]
    return (*row[:column], ns // 1_000 if isinstance(ns, int) else None, *row[column + 1 :])


def _table(rows: Iterable[Sequence[Any]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [
        pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
