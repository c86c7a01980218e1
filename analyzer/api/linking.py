"""Spans to calls, journeys and critical paths: the store's rows through the trace layer."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

import pyarrow as pa

from analyzer.api.linked import TABLES, Linked, Part, linked, linked_part
from analyzer.ingest.worker import Worker
from analyzer.model.span import Span
from analyzer.store import Store
from analyzer.trace.assemble import collector_paused
from analyzer.trace.options import HOUR_NS, PathRule, TraceOptions
from analyzer.trace.quality import Quality
from analyzer.trace.untraced import assemble_loose, request_groups

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
    "date_order_assumed": "dates like 05/01/2024: no date tells the day from the month for sure",
    "year_from_file name": "dates without a year, taken from the file's name",
    "year_from_modification time": "dates without a year, taken from the modification time",
    "truncated_json": "records whose JSON text was cut short; what stood around it is kept",
    "masked": "values of this kind hidden before anything was stored",
    "cancelled": "requests that their caller cancelled (499), no error of the service",
}
"""What the notes of reading mean, for the report."""

_RULE_WORDS = {
    "sections": "critical paths: sections that tile each journey, asynchronous work left out",
    "crisp": "critical paths: spans by the rule of CRISP; exclusive times need not add up",
}

_SPANS_A_PART = 250_000
_MOST_SPANS_A_PART = 1_000_000
"""So many spans are sorted at once: a sort over all of them needs memory that grows with them."""
_PARTS = 100
"""Each part is a look at all spans: rather larger parts than more of them."""
_WORTH_A_PROCESS = 300_000
_MOST_PROCESSES = 4
_PROGRAM = "analyzer.api.linking_process"


def link(store: Store, path_rule: PathRule = "sections", *, processes: int | None = None) -> None:
    """Rebuild calls, journeys, critical paths and data quality from the spans of the store.

    Memory holds a part of the spans at a time, however many there are. `processes` of their own
    link the parts (0: none; None: as many as are worth it); what comes out is the same.
    """
    quality = Quality()
    _set_apart(store)
    with collector_paused(), store.transaction():
        store.clear([*TABLES, "data_quality"])
        options = TraceOptions(
            path_rule=path_rule, resolution_ns=dict(store.frame("clock_resolution").rows())
        )
        schemas = {table: store.schema(table) for table in TABLES}
        if processes is None:
            processes = _processes(store)
        pairs: set[tuple[str, str]] = set()
        journeys = 0
        for batch in _together(store, options, schemas, processes):
            pairs |= batch.pairs
            journeys += _keep(store, batch, quality)
        for loose in assemble_loose(lambda: _spans(store, "spans_loose"), pairs, options):
            journeys += _keep(store, linked(loose, schemas), quality)
        rule = ("path_rule", path_rule, journeys, None, _RULE_WORDS[path_rule])
        store.append("data_quality", [rule, *_quality_rows(store, quality)])
        store.drop("span_apart")


def _keep(store: Store, batch: Linked, quality: Quality) -> int:
    """Write a batch and count it; return its journeys."""
    quality.merge(batch.quality)
    for table, rows in batch.tables.items():
        store.append_arrow(table, rows)
    return batch.journeys


def _processes(store: Store) -> int:
    if _count(store, "traced") + _count(store, "by_request") < _WORTH_A_PROCESS:
        return 0
    return min(os.cpu_count() or 1, _MOST_PROCESSES)


def _together(
    store: Store, options: TraceOptions, schemas: Mapping[str, pa.Schema], processes: int
) -> Iterator[Linked]:
    """What the spans come to that share a trace id or a request id, always in the same order."""
    if processes == 0:
        for alone in _ordered_parts(store, options, schemas):
            yield from linked_part(alone)
        return
    parts = _ordered_parts(store, options, schemas)
    with ExitStack() as stack:
        free = [stack.enter_context(Worker[Part, Linked](_PROGRAM)) for _ in range(processes)]
        running: deque[tuple[Worker[Part, Linked], Iterator[Linked]]] = deque()
        while True:
            while free and (part := next(parts, None)) is not None:
                worker = free.pop()
                running.append((worker, worker.start(part)))
            if not running:
                return
            worker, answers = running.popleft()
            yield from answers
            free.append(worker)


def _ordered_parts(
    store: Store, options: TraceOptions, schemas: Mapping[str, pa.Schema]
) -> Iterator[Part]:
    """Spans with a trace id and those that carry a trace's request id; then whole requests."""
    requests = _count(store, "by_request")
    for part in _parts(_count(store, "traced") + requests):
        yield Part(store.arrow("spans_by_trace", part), False, options, schemas)
    for part in _parts(requests):
        yield Part(store.arrow("spans_by_request", part), True, options, schemas)


def _set_apart(store: Store) -> None:
    """Fill `span_apart`: spans whose request id no other service shares are linked by time."""
    store.run("span_apart")
    for part in _parts(_count(store, "by_request")):
        spans = _spans(store, "spans_by_request", part)
        store.append("span_apart", request_groups(spans, HOUR_NS)[1])


def _count(store: Store, column: str) -> int:
    return int(store.frame("span_counts")[column].item())


def _parts(spans: int) -> list[dict[str, int]]:
    """Parameters of a relation that is read in parts, none where there is nothing to read."""
    size = min(max(_SPANS_A_PART, spans // _PARTS), _MOST_SPANS_A_PART)
    parts = -(-spans // size)
    return [{"parts": parts, "part": part} for part in range(parts)]


def _spans(store: Store, relation: str, part: Mapping[str, int] | None = None) -> Iterator[Span]:
    for batch in store.batches(relation, part):
        yield from map(Span._make, batch)


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
