"""What one line or one span of a document says, in canonical terms, before it becomes a row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Rejected(NamedTuple):
    """Why something cannot be read: a reason of FORMATS section 9 and a detail for people."""

    reason: str
    detail: str


class Measurement(NamedTuple):
    """A resource figure that a log carries (CPU, memory, pool in use, queue depth)."""

    time_ns: int
    service_name: str | None
    name: str
    value: float
    unit: str | None


@dataclass(slots=True)
class Record:
    """Canonical fields of one log line or span (FORMATS section 2); times are ns UTC.

    `is_span` is decided by what is there: an operation with a duration. `trace_dialect` marks
    spans of OTLP, Jaeger and Zipkin, which are spans whether or not a time was recorded.
    `stated` is true where the line itself stated its outcome by a word or a code.
    `notes` name what was assumed or noticed while reading (`zone_assumed`, `unit_unknown:took`).
    """

    time_ns: int | None = None
    service_name: str | None = None
    operation: str | None = None
    body: str | None = None
    severity_text: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    span_kind: str = "unspecified"
    kind_source: str = "explicit"
    start_ns: int | None = None
    duration_ns: int | None = None
    status: str = "unset"
    error_type: str | None = None
    error_message: str | None = None
    peer_service: str | None = None
    correlation_id: str | None = None
    user: object | None = None
    shared: bool = False
    follows_from: bool = False
    trace_dialect: bool = False
    stated: bool = False
    attributes: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def is_span(self) -> bool:
        """Tell whether this is a unit of work rather than a mere remark in a log."""
        return self.trace_dialect or (self.operation is not None and self.duration_ns is not None)


Reading = Record | Measurement | Rejected
"""What a format makes of one line, or of one item of a document."""
