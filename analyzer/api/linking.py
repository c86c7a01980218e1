"""Spans to calls, journeys and critical paths: the store's rows through the trace layer."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.model.span import Span
from analyzer.store import Store
from analyzer.trace.assemble import Assembled, assemble_many
from analyzer.trace.quality import Quality

_TABLES = ("call", "journey", "journey_service", "critical_path", "span_time", "data_quality")


def link(store: Store) -> None:
    """Rebuild calls, journeys, critical paths and data quality from the spans of the store."""
    quality = Quality()
    with store.transaction():
        store.clear(_TABLES)
        for batch in assemble_many(_spans(store)):
            quality.merge(batch.quality)
            _append(store, batch)
        store.append("data_quality", _quality_rows(store, quality))


def _spans(store: Store) -> Iterator[Span]:
    for batch in store.batches("spans_by_trace"):
        yield from map(Span._make, batch)


def _append(store: Store, batch: Assembled) -> None:
    store.append("call", [_with_us(call, 5) for call in batch.calls])
    store.append(
        "journey",
        [
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
        ],
    )
    store.append(
        "journey_service",
        [
            (journey.trace_id, journey.root_span_id, journey.journey, service)
            for journey in batch.journeys
            for service in journey.services
        ],
    )
    store.append(
        "critical_path",
        [
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
        ],
    )
    store.append("span_time", batch.times)


def _with_us(row: tuple[object, ...], column: int) -> tuple[object, ...]:
    """Return `row` with the nanoseconds in `column` as the microseconds of a TIMESTAMP."""
    ns = row[column]
    return (*row[:column], ns // 1_000 if isinstance(ns, int) else None, *row[column + 1 :])


def _quality_rows(store: Store, quality: Quality) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        (row.check, row.scope, row.count, row.share, row.note) for row in quality.rows()
    ]
    records = store.frame("totals").row(0, named=True)["records"]
    for note, scope, count in store.frame("file_notes").rows():
        check, _, subject = note.partition(":")
        rows.append((check, scope, count, count / records if records else None, subject))
    return rows
