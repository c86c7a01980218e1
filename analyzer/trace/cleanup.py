"""One trace's rows made clean: METHODS section 1, and the order and flags of section 2 (T1, T2).

Nothing is corrected silently: every step counts in a `Quality`, and the raw rows stay in the
store. Spans are never moved in time.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final

from analyzer.model.span import Span
from analyzer.semconv import UNKNOWN_SERVICE
from analyzer.trace.nesting import nest
from analyzer.trace.options import DEFAULT, TraceOptions
from analyzer.trace.quality import Quality

_SPAN_ID: Final = attrgetter("span_id")
_SHARED: Final = attrgetter("shared")
_NO_KIND: Final = ("unspecified", "internal")
_SENDERS: Final = ("client", "producer")
_RECEIVERS: Final = ("server", "consumer")


def clean(
    spans: Sequence[Span], quality: Quality, options: TraceOptions = DEFAULT
) -> list[list[Span]]:
    """Segments of one trace (one, unless its id was used again), each merged and in T2 order.

    The segments after the first carry the trace id with a suffix `#2`, `#3` ... so that their
    journeys stay apart. The order of the input rows does not matter.
    """
    starts = [start for span in spans if (start := span.start_ns) is not None]
    durations = [length for span in spans if (length := span.duration_ns) is not None]
    if len(starts) < len(spans):
        quality.count("no_timestamp", len(spans) - len(starts))
    if len(durations) < len(spans):
        quality.count("no_duration", len(spans) - len(durations))
    if durations and min(durations) < 0:
        spans = _without_negative(spans, quality)
    segments = [list(spans)]
    if starts and max(starts) - min(starts) > options.quiet_gap_ns:
        segments = _segments(spans, options.quiet_gap_ns)
        quality.count("id_reuse", len(segments) - 1)
    return [_merged(segment, quality) for segment in segments]


def _without_negative(spans: Sequence[Span], quality: Quality) -> list[Span]:
    kept = []
    for span in spans:
        if span.duration_ns is not None and span.duration_ns < 0:
            quality.count("negative_duration", scope=span.service_name)
            kept.append(span._replace(duration_ns=None))
        else:
            kept.append(span)
    return kept


def _segments(spans: Sequence[Span], quiet_gap_ns: int) -> list[list[Span]]:
    """Cut where nothing runs for longer than `quiet_gap_ns`; spans without time go first."""
    timed = sorted((s for s in spans if s.start_ns is not None), key=_start_then_row)
    segments: list[list[Span]] = [[s for s in spans if s.start_ns is None]]
    busy_until: int | None = None
    for span in timed:
        start, _ = _start_then_row(span)
        if busy_until is not None and start - busy_until > quiet_gap_ns:
            segments.append([])
        end = start + (span.duration_ns or 0)
        busy_until = end if busy_until is None else max(busy_until, end)
        number = len(segments)
        segments[-1].append(
            span if number == 1 else span._replace(trace_id=f"{span.trace_id}#{number}")
        )
    return segments


def _start_then_row(span: Span) -> tuple[int, int]:
    return (span.start_ns or 0, span.row)


def _merged(spans: Sequence[Span], quality: Quality) -> list[Span]:
    ordered = sorted(spans, key=_SPAN_ID)
    if len(set(map(_SPAN_ID, ordered))) < len(ordered) or any(map(_SHARED, ordered)):
        ordered = _correct_shared(_without_duplicates(ordered, quality), quality)
        ordered.sort(key=link_order)
    if _names_no_parents(ordered):
        ordered = sorted(nest(ordered, "correlated"), key=link_order)
        quality.count("nested_by_time", len(ordered) - 1)
    quality.counts["spans", ""] += len(ordered)
    return ordered


def _names_no_parents(spans: Sequence[Span]) -> bool:
    """Whether these share a trace id and nothing else: no span says whose child it is.

    Where the source speaks of kinds, a span without a parent is a root, and several of them may
    be meant; only roots that all run inside one of them are taken for children that lost their
    parent's name.
    """
    if len(spans) < 2 or any(span.parent_span_id for span in spans):
        return False
    if all(span.kind_source == "dialect" for span in spans):
        return True
    timed = [
        (start, start + length)
        for span in spans
        if (start := span.start_ns) is not None and (length := span.duration_ns) is not None
    ]
    if len(timed) < len(spans) or len(set(map(_SPAN_ID, spans))) < len(spans):
        return False
    first, last = min(start for start, _ in timed), max(end for _, end in timed)
    return any(start <= first and last <= end for start, end in timed)


def link_order(span: Span) -> tuple[str, bool, bool, str, str, int]:
    """T2: by span id, unshared before shared, CLIENT before others, then service.

    Operation and row only make the order total, so that input order cannot matter.
    """
    return (
        span.span_id,
        span.shared,
        span.kind != "client",
        span.service_name,
        span.operation,
        span.row,
    )


def _speaks_of_kinds(span: Span) -> bool:
    return span.kind not in _NO_KIND and span.kind_source != "dialect"


def _without_duplicates(spans: Sequence[Span], quality: Quality) -> list[Span]:
    """One row per (span id, kind, service); pieces that know no kind join the span they are of.

    Such a piece may be a late report, or a log line written inside a span: it carries the
    span's id, and its service if it knows one.
    """
    groups: dict[tuple[str, str, str], list[Span]] = {}
    known: dict[str, set[tuple[str, str]]] = {}
    single: list[Span] = []
    for span in spans:
        if not span.span_id:
            single.append(span)  # without an id, two rows are never known to be one span
        elif _speaks_of_kinds(span):
            known.setdefault(span.span_id, set()).add((span.kind, span.service_name))
    for span in spans:
        if span.span_id:
            kind, service = span.kind, span.service_name
            if span.span_id in known and not _speaks_of_kinds(span):
                kind, service = _whole(span, known[span.span_id])
            groups.setdefault((span.span_id, kind, service), []).append(span)
    return single + [
        rows[0] if len(rows) == 1 else _one_of(rows, quality) for rows in groups.values()
    ]


def _whole(piece: Span, known: set[tuple[str, str]]) -> tuple[str, str]:
    """(kind, service) of the span a piece belongs to: its own service's, the client's first."""
    nameless = piece.service_name in {"", UNKNOWN_SERVICE}
    fitting = [(k, s) for k, s in known if nameless or s == piece.service_name]
    if not fitting:
        return piece.kind, piece.service_name
    return min(fitting, key=lambda whole: ((whole[0] == "client") == piece.shared, whole))


def _one_of(rows: list[Span], quality: Quality) -> Span:
    """The fullest row, its gaps filled from the others (METHODS section 1, duplicates)."""
    rows = sorted(rows, key=_preference)
    best = rows[0]
    alike = all(row._replace(row=best.row) == best for row in rows)
    quality.count("duplicate" if alike else "conflict", len(rows) - 1)
    if alike:
        return best
    filled = best
    for row in rows[1:]:
        gaps: dict[str, Any] = {
            name: value
            for name, value in zip(Span._fields, row, strict=True)
            if value is not None and getattr(filled, name) is None
        }
        if row.status != "unset" and filled.status == "unset":
            gaps["status"] = row.status
        if row.shared and not filled.shared:
            gaps["shared"] = True
        if gaps:
            filled = filled._replace(**gaps)
    return filled


def _preference(span: Span) -> tuple[bool, int, int, int, int]:
    missing = sum(value is None for value in span)
    start = span.start_ns if span.start_ns is not None else 1 << 63
    return (not _speaks_of_kinds(span), missing, start, -(span.duration_ns or 0), span.row)


def _correct_shared(spans: Sequence[Span], quality: Quality) -> list[Span]:
    """T1: flags follow kinds. A sender is never shared, a receiver with a sender's id is.

    Zipkin corrects CLIENT and SERVER; PRODUCER and its receiver under one id are the same case,
    and rule 10 asks for their link whatever the flag says.
    """
    senders: dict[str, Span] = {}
    for span in sorted(spans, key=link_order):
        if span.kind in _SENDERS and span.span_id:
            senders.setdefault(span.span_id, span)
    corrected = []
    for span in spans:
        sender = senders.get(span.span_id)
        if span.kind == "client" and span.shared:
            corrected.append(span._replace(shared=False))
        elif sender is not None and span.kind in _RECEIVERS:
            quality.count("shared_id")
            parent = span.parent_span_id or sender.parent_span_id
            corrected.append(span._replace(shared=True, parent_span_id=parent))
        else:
            corrected.append(span)
    return corrected
