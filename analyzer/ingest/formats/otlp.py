"""OTLP JSON (documents, or one request a line as the file exporter writes): traces, logs, metrics.

Ids may be hex or base64, 64-bit numbers are strings, enumerations numbers or names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from analyzer.ingest import epochs, ids, outcome, severity
from analyzer.ingest.formats.attributes import apply_tags
from analyzer.ingest.record import Measurement, Reading, Record, Rejected
from analyzer.semconv import ERROR, SPAN_KINDS

_INTEGER = re.compile(r"-?[0-9]{1,18}$")
_KIND_NUMBERS = ("unspecified", "internal", "server", "client", "producer", "consumer")
_SIGNALS = {
    "resourceSpans": ("scopeSpans", "instrumentationLibrarySpans", "spans"),
    "resourceLogs": ("scopeLogs", "instrumentationLibraryLogs", "logRecords"),
    "resourceMetrics": ("scopeMetrics", "instrumentationLibraryMetrics", "metrics"),
}


def recognises(value: Mapping[str, Any]) -> bool:
    """Tell whether an object is an OTLP request."""
    request = _unwrapped(value)
    return any(_get(request, signal) is not None for signal in _SIGNALS)


def is_answer(value: Mapping[str, Any]) -> bool:
    """Tell whether an object is Tempo's answer to a question for one trace."""
    trace = value.get("trace")
    return isinstance(trace, dict) and ("resourceSpans" in trace or "batches" in trace)


def _unwrapped(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the request inside Grafana Tempo's answers: `{"trace": ...}`, `{"batches": ...}`."""
    if is_answer(value):
        return _unwrapped(value["trace"])
    batches = value.get("batches")
    if isinstance(batches, list) and batches and isinstance(batches[0], Mapping):
        return {"resourceSpans": batches} if _get(batches[0], "resource") is not None else value
    return value


def read_document(document: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield the spans, log records and measurements of an OTLP request."""
    request = _unwrapped(document)
    for signal, (scopes_key, old_scopes_key, items_key) in _SIGNALS.items():
        for resource in _list(_get(request, signal)):
            holder = _get(resource, "resource")
            tags = _attributes(_get(holder, "attributes")) if isinstance(holder, Mapping) else {}
            scopes = _list(_get(resource, scopes_key)) or _list(_get(resource, old_scopes_key))
            for scope in scopes:
                for item in _list(_get(scope, items_key)):
                    yield from _read_item(signal, item, tags)


def _read_item(
    signal: str, item: Mapping[str, Any], resource: Mapping[str, Any]
) -> Iterator[Reading]:
    if signal == "resourceSpans":
        yield _span(item, resource)
    elif signal == "resourceLogs":
        yield _log_record(item, resource)
    else:
        yield from _measurements(item, resource)


def _span(span: Mapping[str, Any], resource: Mapping[str, Any]) -> Reading:
    trace, own = ids.trace_id(_get(span, "traceId")), ids.span_id(_get(span, "spanId"))
    if trace is None or own is None:
        return Rejected("missing_span_id", "an OTLP span without traceId or spanId")
    start = epochs.instant_in_unit(_get(span, "startTimeUnixNano"), 1) or None
    end = epochs.instant_in_unit(_get(span, "endTimeUnixNano"), 1) or None
    duration = end - start if start is not None and end is not None else None
    notes: tuple[str, ...] = ()
    if duration is not None and duration < 0:
        duration, notes = None, ("negative_duration",)
    status = _get(span, "status")
    status = status if isinstance(status, Mapping) else {}
    parent = ids.span_id(_get(span, "parentSpanId"))
    cause = None if parent else _linked(span, trace, own)
    record = Record(
        time_ns=start,
        service_name=_service(resource),
        operation=str(_get(span, "name") or "unknown"),
        trace_id=trace,
        span_id=own,
        parent_span_id=parent or cause,
        follows_from=cause is not None,
        span_kind=_kind(_get(span, "kind")),
        start_ns=start,
        duration_ns=duration,
        status=outcome.from_otlp_code(_get(status, "code")) or "unset",
        trace_dialect=True,
        notes=notes,
    )
    apply_tags(record, _attributes(_get(span, "attributes")))
    if record.status == ERROR:
        _set_error(record, status, _list(_get(span, "events")))
    return record


def _linked(span: Mapping[str, Any], trace: str, own: str) -> str | None:
    """The one other span of its trace that a root links to: its cause, which does not wait for it.

    A batch links to several, and none of them is its parent.
    """
    linked = {
        other
        for link in _list(_get(span, "links"))
        if ids.trace_id(_get(link, "traceId")) == trace
        and (other := ids.span_id(_get(link, "spanId"))) is not None
        and other != own
    }
    return linked.pop() if len(linked) == 1 else None


def _set_error(record: Record, status: Mapping[str, Any], events: list[Mapping[str, Any]]) -> None:
    message = _get(status, "message")
    if isinstance(message, str) and message:
        record.error_message = message
    for event in events:
        tags = _attributes(_get(event, "attributes"))
        if _get(event, "name") == "exception" or "exception.type" in tags:
            record.error_type = str(tags.get("exception.type") or record.error_type or "") or None
            text = tags.get("exception.message")
            record.error_message = record.error_message or (str(text) if text else None)


def _log_record(item: Mapping[str, Any], resource: Mapping[str, Any]) -> Reading:
    time = next(
        (
            ns
            for name in ("timeUnixNano", "observedTimeUnixNano")
            if (ns := epochs.instant_in_unit(_get(item, name), 1))
        ),
        None,
    )
    if time is None:
        return Rejected("no_time", "an OTLP log record without a time")
    body = _any_value(_get(item, "body"))
    record = Record(
        time_ns=time,
        service_name=_service(resource),
        body=body if isinstance(body, str) else (None if body is None else str(body)),
        severity_text=severity.from_word(_get(item, "severityText"))
        or severity.from_otlp_number(_get(item, "severityNumber")),
        trace_id=ids.trace_id(_get(item, "traceId")),
        span_id=ids.span_id(_get(item, "spanId")),
        span_kind="server",
        kind_source="dialect",
    )
    apply_tags(record, _attributes(_get(item, "attributes")))
    if record.status == "unset" and record.severity_text in severity.ERRORS:
        record.status = ERROR
    return record


def _measurements(metric: Mapping[str, Any], resource: Mapping[str, Any]) -> Iterator[Reading]:
    name, unit = str(_get(metric, "name") or "unknown"), _get(metric, "unit")
    unit = str(unit) if unit else None
    service = _service(resource)
    for shape in ("gauge", "sum", "histogram", "exponentialHistogram", "summary"):
        holder = _get(metric, shape)
        for point in _list(_get(holder, "dataPoints")) if isinstance(holder, Mapping) else []:
            time = epochs.instant_in_unit(_get(point, "timeUnixNano"), 1)
            if not time:
                yield Rejected("no_time", f"a data point of {name} without a time")
                continue
            if shape in {"gauge", "sum"}:
                figures = {name: _number(_get(point, "asDouble"), _get(point, "asInt"))}
            else:
                figures = {
                    f"{name}.count": _number(_get(point, "count")),
                    f"{name}.sum": _number(_get(point, "sum")),
                }
            for label, value in figures.items():
                if value is not None:
                    yield Measurement(time, service, label, value, unit)


def _kind(kind: object) -> str:
    if isinstance(kind, int) and 0 <= kind < len(_KIND_NUMBERS):
        return _KIND_NUMBERS[kind]
    name = str(kind or "").lower().removeprefix("span_kind_")
    return name if name in SPAN_KINDS else "unspecified"


def _service(resource: Mapping[str, Any]) -> str | None:
    name = resource.get("service.name")
    return str(name) if name else None


def _get(holder: object, name: str) -> Any:
    """Return a field by its lowerCamelCase name or by protobuf's snake_case one."""
    if not isinstance(holder, Mapping):
        return None
    if name in holder:
        return holder[name]
    return holder.get(_snake_case(name))


@cache
def _snake_case(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def _list(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _attributes(pairs: object) -> dict[str, Any]:
    return {
        str(pair["key"]): _any_value(pair.get("value")) for pair in _list(pairs) if "key" in pair
    }


def _any_value(value: object) -> Any:
    if not isinstance(value, Mapping):
        return value
    for name in ("stringValue", "boolValue", "doubleValue", "bytesValue"):
        if (found := _get(value, name)) is not None:
            return found
    if (number := _get(value, "intValue")) is not None:
        return int(number) if _INTEGER.match(str(number)) else number
    if isinstance(array := _get(value, "arrayValue"), Mapping):
        return [_any_value(item) for item in _list(_get(array, "values"))]
    if isinstance(pairs := _get(value, "kvlistValue"), Mapping):
        return _attributes(_get(pairs, "values"))
    return None


def _number(*values: object) -> float | None:
    for value in values:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        if isinstance(value, str) and _INTEGER.match(value):
            return float(value)
    return None
