"""Jaeger's JSON dialects: UI documents, span lists and Elasticsearch documents, domain and thrift.

UI, list and thrift count microseconds; the domain dialect spells instants (RFC 3339) and
durations (`22938000ns`) out and keeps ids in base64.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analyzer.ingest import durations, epochs, ids, outcome, times
from analyzer.ingest.formats.attributes import apply_tags
from analyzer.ingest.record import Reading, Record, Rejected
from analyzer.semconv import ERROR, SPAN_KINDS

_US = 1_000
_TRACE_KEYS = ("traceID", "traceId", "trace_id")
_SPAN_KEYS = ("spanID", "spanId", "span_id")
_JAEGER_ALONE = ("process", "processID", "references", "traceIdLow", "startTimeMillis")
_NAME_KEYS = ("operationName", "operation_name")
_TAG_VALUES = (
    "value", "vStr", "vBool", "vDouble", "vLong", "vInt64", "vFloat64", "vBinary",
    "v_str", "v_bool", "v_int64", "v_float64",
)  # fmt: skip


def recognises_document(value: Mapping[str, Any]) -> bool:
    """Tell whether an object is a Jaeger document: UI `data`, a trace, or a thrift batch."""
    data = value.get("data")
    if isinstance(data, list):
        return any(isinstance(trace, Mapping) and "spans" in trace for trace in data)
    spans = value.get("spans")
    return isinstance(spans, list) and any(
        isinstance(span, Mapping) and (recognises_span(span) or "traceIdLow" in span)
        for span in spans
    )


def recognises_span(value: Mapping[str, Any]) -> bool:
    """Tell whether an object is one Jaeger span, and not a log line that borrows its spelling."""
    if not any(key in value for key in _NAME_KEYS):
        return False
    if any(key in value for key in _JAEGER_ALONE):
        return True
    start = value.get("startTime", value.get("start_time"))
    return any(key in value for key in _SPAN_KEYS) and isinstance(start, int)


def read_document(document: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield the spans of a document, of every trace in it."""
    data = document.get("data")
    for trace in data if isinstance(data, list) else [document]:
        spans = trace.get("spans") if isinstance(trace, Mapping) else None
        if not isinstance(spans, list):
            yield Rejected("wrong_shape", "a trace without a list of spans")
            continue
        processes = trace.get("processes")
        shared_process = trace.get("process")
        for span in spans:
            if isinstance(span, Mapping):
                yield read_span(span, processes, shared_process)
            else:
                yield Rejected("wrong_shape", "a span that is not an object")


def read_span(
    span: Mapping[str, Any], processes: object = None, shared_process: object = None
) -> Reading:
    """Return the record of one span; its process stands in it or is looked up in `processes`."""
    trace, own = _trace_id(span), _first_id(span, _SPAN_KEYS)
    if trace is None or own is None:
        return Rejected("missing_span_id", "a Jaeger span without trace or span id")
    duration = _duration(span.get("duration"))
    if isinstance(duration, Rejected):
        return duration
    start = _start(span)
    notes: tuple[str, ...] = ()
    if start is not None and not epochs.plausible(start):
        notes = ("implausible_time",)
    if duration is not None and duration < 0:
        duration, notes = None, (*notes, "negative_duration")
    parent, follows = _parent(span)
    process = span.get("process") or shared_process
    if process is None and isinstance(processes, Mapping):
        process = processes.get(span.get("processID"))
    tags = _tags(span.get("tags") or span.get("tag"))
    kind = str(tags.pop("span.kind", "")).lower()
    name = next((span[key] for key in _NAME_KEYS if span.get(key)), "unknown")
    record = Record(
        time_ns=start,
        service_name=_service(process),
        operation=str(name),
        trace_id=trace,
        span_id=own,
        parent_span_id=parent,
        span_kind=kind if kind in SPAN_KINDS else "unspecified",
        start_ns=start,
        duration_ns=duration,
        follows_from=follows,
        trace_dialect=True,
        notes=notes,
    )
    if outcome.from_otlp_code(tags.get("otel.status_code")) is not None:
        record.status = str(outcome.from_otlp_code(tags.get("otel.status_code")))
    if tags.get("error") in (True, "true", "True", 1):
        record.status = ERROR
    apply_tags(record, tags)
    return record


def _trace_id(span: Mapping[str, Any]) -> str | None:
    if "traceIdLow" in span:
        low, high = _unsigned(span["traceIdLow"]), _unsigned(span.get("traceIdHigh", 0))
        return f"{high:016x}{low:016x}" if low or high else None
    return next((ids.trace_id(span[key]) for key in _TRACE_KEYS if key in span), None)


def _unsigned(value: object) -> int:
    number = epochs.instant_in_unit(value, 1) if not isinstance(value, int) else value
    return (number or 0) & (1 << 64) - 1


def _first_id(holder: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((ids.span_id(holder[key]) for key in keys if key in holder), None)


def _parent(span: Mapping[str, Any]) -> tuple[str | None, bool]:
    """Return (parent span id, whether the only reference is FOLLOWS_FROM)."""
    follows: str | None = None
    own_trace = _trace_id(span)
    references = span.get("references")
    for reference in references if isinstance(references, list) else []:
        if not isinstance(reference, Mapping) or _trace_id(reference) not in (None, own_trace):
            continue
        target = _first_id(reference, _SPAN_KEYS)
        kind = str(reference.get("refType", "CHILD_OF")).upper()
        if kind in {"CHILD_OF", "0"}:
            return target, False
        follows = follows or target
    direct = _first_id(span, ("parentSpanID", "parentSpanId", "parent_span_id"))
    return (direct, False) if direct else (follows, follows is not None)


def _start(span: Mapping[str, Any]) -> int | None:
    value = span.get("startTime", span.get("start_time"))
    if isinstance(value, str) and not value.isdigit():
        found = times.parse_instant(value)
        return found.ns if found else None
    start = epochs.instant_in_unit(value, _US)
    if start is None and span.get("startTimeMillis") is not None:
        return epochs.instant_in_unit(span["startTimeMillis"], 1_000_000)
    return start


def _duration(value: object) -> int | Rejected | None:
    if value is None:
        return None
    found = durations.parse_duration(value, _US)
    return Rejected("bad_duration", f"duration={str(value)[:40]!r}") if found is None else found


def _service(process: object) -> str | None:
    if not isinstance(process, Mapping):
        return None
    name = process.get("serviceName") or process.get("service_name")
    return str(name) if name else None


def _tags(tags: object) -> dict[str, Any]:
    """Return tags as a mapping, from a list of key/value objects or from a map."""
    if isinstance(tags, Mapping):  # Elasticsearch takes no points in names: Jaeger writes `@`
        return {str(key).replace("@", "."): value for key, value in tags.items()}
    if not isinstance(tags, list):
        return {}
    found: dict[str, Any] = {}
    for tag in tags:
        if not isinstance(tag, Mapping) or "key" not in tag:
            continue
        value = next((tag[key] for key in _TAG_VALUES if key in tag), None)
        if value is None and str(tag.get("vType", tag.get("v_type", ""))).upper() == "BOOL":
            value = False  # protobuf's JSON leaves a false value out
        found[str(tag["key"])] = value
    return found
