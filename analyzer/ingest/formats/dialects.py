"""The dialects of traces: which one a JSON object is of, and who reads it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from analyzer.ingest.formats import jaeger, otlp, wrappers, zipkin, zipkin_v1
from analyzer.ingest.line_times import NO_ORIGIN
from analyzer.ingest.record import Reading
from analyzer.ingest.times import Clock

# Keys that wrappers and trace dialects are told by; without any, an object is a log line.
TELLTALES = frozenset({
    "resourceSpans", "resource_spans", "resourceLogs", "resource_logs", "resourceMetrics",
    "resource_metrics", "data", "spans", "operationName", "operation_name", "id", "stream",
    "kubernetes", "__REALTIME_TIMESTAMP", "labels", "streams", "events", "logEvents",
    "logStreamName", "ingestionTime", "hits", "_source", "logName", "batches", "results",
})  # fmt: skip


class Dialect(NamedTuple):
    """A dialect of traces: its name, whether an object is of it, and its reader."""

    name: str
    recognises: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Mapping[str, Any]], Iterable[Reading]]


# The most telling first: what an earlier one recognises, a later one might take for its own.
_DIALECTS = (
    Dialect("otlp", otlp.recognises, otlp.read_document),
    Dialect("jaeger", jaeger.recognises_document, jaeger.read_document),
    Dialect("jaeger", jaeger.recognises_span, lambda value: (jaeger.read_span(value),)),
    Dialect("zipkin_v1", zipkin_v1.recognises, zipkin_v1.read_span),
    Dialect("zipkin", zipkin.recognises, lambda value: (zipkin.read_span(value),)),
)


def dialect_of(value: Mapping[str, Any]) -> Dialect | None:
    """Return the dialect that an object is of, None for a log line."""
    return next((dialect for dialect in _DIALECTS if dialect.recognises(value)), None)


def is_log_line(value: Mapping[str, Any]) -> bool:
    """Tell whether an object can be nothing but a log line: neither a wrapper nor of a trace."""
    return (
        TELLTALES.isdisjoint(value)
        and not otlp.is_answer(value)
        and len(value) > 1  # a list of records, and nothing else
        and not isinstance(value.get("log"), str)
    )


def is_log_line_by_form(value: Mapping[str, Any], clock: Clock) -> bool:
    """Tell whether an object is a log line, and so is every one of the same keys and types.

    Wrappers and dialects are told by keys and by the types of values alone.
    """
    if is_log_line(value):
        return True
    if otlp.recognises(value) or dialect_of(value) is not None:
        return False
    return wrappers.peel_value(value, NO_ORIGIN, copy.copy(clock)) is None
