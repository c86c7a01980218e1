"""Spans to calls, journeys and critical paths: the store's rows through the trace layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from analyzer.model.span import Span
from analyzer.store import Store
from analyzer.trace.adoption import adopt_all
from analyzer.trace.assemble import Assembled, assemble_many
from analyzer.trace.options import TraceOptions
from analyzer.trace.quality import Quality
from analyzer.trace.untraced import assemble_untraced

NOTE_WORDS = {
    "zone_assumed": "times without a zone, read as UTC; --tz says otherwise",
    "zone_proved": "times without a zone, whose offset a wrapper proved",
    "unit_unknown": "durations whose unit nobody states, kept as attributes; --unit says:",
    "unit_by_interval": "unit proved by the intervals of the same records:",
    "unit_by_user": "unit as the user states it:",
    "bad_time": "times before 2001 or in the future, replaced by the wrapper's",
    "implausible_time": "spans with times before 2001: order and durations hold, dates do not",
    "negative_duration": "negative durations, treated as none",
    "copy_of": "the same content as",
    "date_from_file name": "times without a date, dated by the file's name",
    "date_from_modification time": "times without a date, dated by the file's modification time",
    "year_from_file name": "dates without a year, taken from the file's name",
    "year_from_modification time": "dates without a year, taken from the modification time",
    "masked": "values of this kind hidden before anything was stored",
    "cancelled": "requests that their caller cancelled (499), no error of the service",
}
"""What the notes of reading mean, for the report."""

_TABLES = ("call", "journey", "journey_service", "critical_path", "span_time", "data_quality")


def link(store: Store) -> None:
    """Rebuild calls, journeys, critical paths and data quality from the spans of the store."""
    quality = Quality()
    with store.transaction():
        store.clear(_TABLES)
        resolution = dict(store.frame("clock_resolution").rows())
        options = TraceOptions(resolution_ns=resolution)
        traced = adopt_all(_spans(store, "spans_by_trace"), resolution)
        pairs: set[tuple[str, str]] = set()
        for batch in assemble_many(traced, options):
            pairs.update((call.caller, call.callee) for call in batch.calls if call.caller)
            quality.merge(batch.quality)
            _append(store, batch)
        rest = assemble_untraced(_spans(store, "spans_untraced"), sorted(pairs), options)
        quality.merge(rest.quality)
        _append(store, rest)
        store.append("data_quality", _quality_rows(store, quality))


def _spans(store: Store, relation: str) -> Iterator[Span]:
    for batch in store.batches(relation):
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
    masked: Counter[str] = Counter()
    for note, scope, count in store.frame("file_notes").rows():
        check, _, subject = note.partition(":")
        if check == "masked":
            masked[subject] += count
            continue
        words = " ".join(part for part in (NOTE_WORDS.get(check, ""), subject) if part)
        rows.append((check, scope, count, count / records if records else None, words))
    rows += [("masked", kind, n, None, NOTE_WORDS["masked"]) for kind, n in sorted(masked.items())]
    return rows
