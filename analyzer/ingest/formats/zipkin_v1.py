"""Zipkin v1 spans: annotations `cs cr sr ss` tell the sides; one span may hold both of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analyzer.ingest import epochs, ids, outcome
from analyzer.ingest.record import Reading, Record, Rejected
from analyzer.semconv import ERROR

_US = 1_000
# kind: the annotations that begin and end it, and the binary annotation naming the other side
_SIDES = (("client", "cs", "cr", "sa"), ("server", "sr", "ss", "ca"))
_ONE_SIDED = (("producer", "ms", "ma"), ("consumer", "mr", "ma"))


def recognises(value: Mapping[str, Any]) -> bool:
    """Tell whether an object is a Zipkin v1 span."""
    if "traceId" not in value or "id" not in value:
        return False
    annotations = value.get("annotations")
    return "binaryAnnotations" in value or (
        isinstance(annotations, list)
        and any(isinstance(item, Mapping) and "endpoint" in item for item in annotations)
    )


def read_span(span: Mapping[str, Any]) -> Iterator[Reading]:
    """Yield a record for each side that the span's annotations tell of, at least one."""
    trace, own = ids.trace_id(span.get("traceId")), ids.span_id(span.get("id"))
    if trace is None or own is None:
        yield Rejected("missing_span_id", "a Zipkin span without traceId or id")
        return
    marks = _marks(span.get("annotations"))
    tags, remotes = _tags(span.get("binaryAnnotations"))
    base = _Base(trace, own, ids.span_id(span.get("parentId")), str(span.get("name") or "unknown"))
    sides = [side for side in _SIDES if side[1] in marks or side[2] in marks]
    for kind, begin, end, other in sides:
        start, service = marks.get(begin, (None, None))
        stop, at_end = marks.get(end, (None, None))
        duration = stop - start if start is not None and stop is not None else None
        owns = "timestamp" in span and (kind == "client" or len(sides) == 1)
        if duration is None and owns:
            duration = epochs.instant_in_unit(span.get("duration"), _US)
        record = base.record(kind, service or at_end, start, duration, tags)
        record.shared = kind == "server" and (len(sides) == 2 or "timestamp" not in span)
        record.peer_service = remotes.get(other)
        yield record
    if sides:
        return
    start = epochs.instant_in_unit(span.get("timestamp"), _US)
    duration = epochs.instant_in_unit(span.get("duration"), _US)
    for kind, mark, other in _ONE_SIDED:
        if mark in marks:
            record = base.record(kind, marks[mark][1], start or marks[mark][0], duration, tags)
            record.peer_service = remotes.get(other)
            yield record
            return
    service = remotes.get("lc") or next((name for _, name in marks.values() if name), None)
    yield base.record("unspecified", service, start, duration, tags)


class _Base:
    """The ids and name that all sides of a span share."""

    def __init__(self, trace: str, own: str, parent: str | None, name: str) -> None:
        self._ids = (trace, own, parent)
        self._name = name

    def record(
        self,
        kind: str,
        service: str | None,
        start: int | None,
        duration: int | None,
        tags: dict[str, Any],
    ) -> Record:
        failed = "error" in tags
        coded = outcome.from_http(tags.get("http.status_code", ""), kind) if failed else None
        message = tags.get("error")
        notes: tuple[str, ...] = ()
        if duration is not None and duration < 0:
            duration, notes = None, ("negative_duration",)
        trace, own, parent = self._ids
        return Record(
            time_ns=start or None,
            service_name=service,
            operation=self._name,
            trace_id=trace,
            span_id=own,
            parent_span_id=parent,
            span_kind=kind,
            start_ns=start or None,
            duration_ns=duration,
            status=ERROR if failed else "unset",
            error_type=coded[1] if coded else None,
            error_message=message if isinstance(message, str) and message else None,
            trace_dialect=True,
            attributes=dict(tags),
            notes=notes,
        )


def _marks(annotations: object) -> dict[str, tuple[int | None, str | None]]:
    """Return (time, service) by annotation value; the first of equal ones counts."""
    found: dict[str, tuple[int | None, str | None]] = {}
    for item in annotations if isinstance(annotations, list) else []:
        if isinstance(item, Mapping) and isinstance(item.get("value"), str):
            moment = epochs.instant_in_unit(item.get("timestamp"), _US)
            found.setdefault(item["value"], (moment, _service(item.get("endpoint"))))
    return found


def _tags(annotations: object) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the tags, and the services that address annotations (`sa`, `ca`, `lc`) name."""
    tags: dict[str, Any] = {}
    remotes: dict[str, str] = {}
    for item in annotations if isinstance(annotations, list) else []:
        if not isinstance(item, Mapping) or not isinstance(item.get("key"), str):
            continue
        key, service = item["key"], _service(item.get("endpoint"))
        if key in {"sa", "ca", "ma", "lc"}:
            if service:
                remotes[key] = service
        else:
            tags[key] = item.get("value")
    return tags, remotes


def _service(endpoint: object) -> str | None:
    name = endpoint.get("serviceName") if isinstance(endpoint, Mapping) else None
    return str(name) if name else None
