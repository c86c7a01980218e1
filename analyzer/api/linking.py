"""Spans to calls, journeys and critical paths: the store's rows through the trace layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain

from analyzer.model.span import Span
from analyzer.store import Store
from analyzer.trace.adoption import adopt_all
from analyzer.trace.assemble import Assembled, assemble_many, collector_paused
from analyzer.trace.options import HOUR_NS, PathRule, TraceOptions
from analyzer.trace.quality import Quality
from analyzer.trace.untraced import assemble_groups, assemble_loose, request_groups

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

_RULE_WORDS = {
    "sections": "critical paths: sections that tile each journey, asynchronous work left out",
    "crisp": "critical paths: spans by the rule of CRISP; exclusive times need not add up",
}

_TABLES = ("call", "journey", "journey_service", "critical_path", "span_time", "data_quality")


_PART_SPANS = 500_000
"""So many spans are sorted at once: a sort over all of them needs memory that grows with them."""


def link(store: Store, path_rule: PathRule = "sections") -> None:
    """Rebuild calls, journeys, critical paths and data quality from the spans of the store.

    Memory holds a part of the spans at a time, however many there are.
    """
    quality = Quality()
    _set_apart(store)
    with collector_paused(), store.transaction():
        store.clear(_TABLES)
        options = TraceOptions(
            path_rule=path_rule, resolution_ns=dict(store.frame("clock_resolution").rows())
        )
        pairs: set[tuple[str, str]] = set()
        journeys = 0
        for batch in chain(_traced(store, options, quality), _joined(store, options)):
            pairs.update((call.caller, call.callee) for call in batch.calls if call.caller)
            quality.merge(batch.quality)
            journeys += len(batch.journeys)
            _append(store, batch)
        for batch in assemble_loose(lambda: _spans(store, "spans_loose"), pairs, options):
            quality.merge(batch.quality)
            journeys += len(batch.journeys)
            _append(store, batch)
        rule = ("path_rule", path_rule, journeys, None, _RULE_WORDS[path_rule])
        store.append("data_quality", [rule, *_quality_rows(store, quality)])
        store.drop("span_apart")


def _traced(store: Store, options: TraceOptions, quality: Quality) -> Iterator[Assembled]:
    """What the spans with a trace id come to, and those that carry a trace's request id."""
    for part in _parts(_count(store, "traced") + _count(store, "by_request")):
        spans = _spans(store, "spans_by_trace", part)
        adopted = adopt_all(spans, options.resolution_ns, quality)
        yield from assemble_many(adopted, options)


def _set_apart(store: Store) -> None:
    """Fill `span_apart`: spans whose request id no other service shares are linked by time."""
    store.run("span_apart")
    for part in _parts(_count(store, "by_request")):
        spans = _spans(store, "spans_by_request", part)
        store.append("span_apart", request_groups(spans, HOUR_NS)[1])


def _joined(store: Store, options: TraceOptions) -> Iterator[Assembled]:
    """Traces made of request ids."""
    for part in _parts(_count(store, "by_request")):
        spans = _spans(store, "spans_by_request", part)
        yield assemble_groups(request_groups(spans, options.quiet_gap_ns)[0], options)


def _count(store: Store, column: str) -> int:
    return int(store.frame("span_counts")[column].item())


def _parts(spans: int) -> list[dict[str, int]]:
    """Parameters of a relation that is read in parts, none where there is nothing to read."""
    parts = -(-spans // _PART_SPANS)
    return [{"parts": parts, "part": part} for part in range(parts)]


def _spans(store: Store, relation: str, part: Mapping[str, int] | None = None) -> Iterator[Span]:
    for batch in store.batches(relation, part):
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
