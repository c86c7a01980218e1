"""Zipkin v2 spans (JSON arrays, or one span a line): times and durations in microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analyzer.ingest import epochs, ids, outcome
from analyzer.ingest.record import Reading, Record, Rejected
from analyzer.semconv import ERROR

_US = 1_000
_KINDS = {
    "CLIENT": "client",
    "SERVER": "server",
    "PRODUCER": "producer",
    "CONSUMER": "consumer",
}


def recognises(value: Mapping[str, Any]) -> bool:
    """Tell whether an object is a Zipkin v2 span."""
    if "traceId" not in value or "id" not in value:
        return False
    return "localEndpoint" in value or "kind" in value or "duration" in value or "name" in value


def read_span(span: Mapping[str, Any]) -> Reading:
    """Return the record of one span; missing times stay missing."""
    trace, own = ids.trace_id(span.get("traceId")), ids.span_id(span.get("id"))
    if trace is None or own is None:
        return Rejected("missing_span_id", "a Zipkin span without traceId or id")
    kind = _KINDS.get(str(span.get("kind", "")).upper(), "unspecified")
    tags = span.get("tags")
    tags = tags if isinstance(tags, Mapping) else {}
    start = epochs.instant_in_unit(span.get("timestamp"), _US)
    duration = span.get("duration")
    duration_ns = epochs.instant_in_unit(duration, _US)
    notes: tuple[str, ...] = ()
    if duration is not None and duration_ns is None:
        return Rejected("bad_duration", f"duration={str(duration)[:40]!r} is not a number of us")
    if duration_ns is not None and duration_ns < 0:
        duration_ns, notes = None, ("negative_duration",)
    failed = "error" in tags
    coded = outcome.from_http(tags.get("http.status_code", ""), kind) if failed else None
    message = tags.get("error")
    return Record(
        time_ns=start or None,
        service_name=_service(span.get("localEndpoint")),
        operation=str(span.get("name") or "").strip() or "unknown",
        trace_id=trace,
        span_id=own,
        parent_span_id=ids.span_id(span.get("parentId")),
        span_kind=kind,
        start_ns=start or None,
        duration_ns=duration_ns,
        status=ERROR if failed else "unset",
        error_type=coded[1] if coded else None,
        error_message=message if isinstance(message, str) and message else None,
        peer_service=_service(span.get("remoteEndpoint")),
        shared=span.get("shared") is True,
        trace_dialect=True,
        attributes=dict(tags),
        notes=notes,
    )


def _service(endpoint: object) -> str | None:
    name = endpoint.get("serviceName") if isinstance(endpoint, Mapping) else None
    return str(name) if name else None
