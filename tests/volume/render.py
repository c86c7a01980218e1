"""A batch's spans as lines in each format; one f-string a line, everything else in arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.volume.simulate import US, Integers

Lines = list[str]


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans of one service and operation, as columns; `parents` is None at the root.

    `kind` is OpenTelemetry's: server, client, producer, consumer.
    """

    service: str
    operation: str
    kind: str
    peer: str
    traces: Sequence[str]
    ids: Sequence[str]
    parents: Sequence[str] | None
    start_us: Integers
    duration_us: Integers
    failed: NDArray[np.bool_]

    @property
    def end_us(self) -> Integers:
        """When each ended."""
        return self.start_us + self.duration_us


@dataclass(frozen=True, slots=True)
class Format:
    """How spans become lines.

    `sides`: log dialects have a line where the work was done, trace dialects one on each side of
    a call. `resolution_us`: the finest time step the format can say.
    """

    file_name: str
    sides: tuple[str, ...]
    resolution_us: int
    render: Callable[[Spans], Lines]
    truncated: str


def iso(times_us: Integers) -> list[str]:
    """RFC 3339 in UTC with microseconds."""
    return [f"{text}Z" for text in np.datetime_as_string(times_us.astype("M8[us]")).tolist()]


def _statuses(spans: Spans) -> list[int]:
    return [500 if failed else 200 for failed in spans.failed.tolist()]


def _parents(spans: Spans, template: str) -> list[str]:
    if spans.parents is None:
        return [""] * len(spans.ids)
    before, after = template.split("{}")
    return [before + parent + after for parent in spans.parents]


def ecs(spans: Spans) -> Lines:
    """Elastic Common Schema, durations in nanoseconds."""
    verb, _, path = spans.operation.rpartition(" ")
    levels = np.where(spans.failed, "error", "info").tolist()
    outcomes = np.where(spans.failed, "failure", "success").tolist()
    http = f'"http.request.method":"{verb}","url.path":"{path}",' if verb else ""
    tail = (
        f'"service.name":"{spans.service}","event.action":"{spans.operation}",{http}'
        '"ecs.version":"8.11.0"'
    )
    return [
        f'{{"@timestamp":"{time}","log.level":"{level}","message":"request finished",'
        f'"trace.id":"{trace}","span.id":"{own}",{parent}"event.duration":{duration},'
        f'"event.outcome":"{outcome}",{tail}}}'
        for time, level, trace, own, parent, duration, outcome in zip(
            iso(spans.end_us),
            levels,
            spans.traces,
            spans.ids,
            _parents(spans, '"parent.id":"{}",'),
            (spans.duration_us * 1000).tolist(),
            outcomes,
            strict=True,
        )
    ]


def logfmt(spans: Spans) -> Lines:
    """logfmt as Go services write it, durations as Go strings in milliseconds."""
    verb, _, path = spans.operation.rpartition(" ")
    work = f"method={verb} path={path}" if verb else f"operation={path}"
    tail = f"service={spans.service} {work}"
    levels = np.where(spans.failed, "error", "info").tolist()
    return [
        f'time={time} level={level} msg="request finished" {tail} status={status} '
        f"duration={duration / 1000:.3f}ms trace_id={trace} span_id={own}{parent}"
        for time, level, status, duration, trace, own, parent in zip(
            iso(spans.end_us),
            levels,
            _statuses(spans),
            spans.duration_us.tolist(),
            spans.traces,
            spans.ids,
            _parents(spans, " parent_span_id={}"),
            strict=True,
        )
    ]


def python_text(spans: Spans) -> Lines:
    """Python's logging text with pairs behind it: comma milliseconds, no zone."""
    moments = np.datetime_as_string(spans.end_us.astype("M8[us]").astype("M8[ms]")).tolist()
    levels = np.where(spans.failed, "ERROR", "INFO").tolist()
    name = spans.service
    return [
        f"{time[:10]} {time[11:19]},{time[20:]} {level} {name}.requests: request finished "
        f'operation="{spans.operation}" status={status} duration_ms={duration / 1000:.3f} '
        f"trace_id={trace} span_id={own}{parent}"
        for time, level, status, duration, trace, own, parent in zip(
            moments,
            levels,
            _statuses(spans),
            spans.duration_us.tolist(),
            spans.traces,
            spans.ids,
            _parents(spans, " parent_span_id={}"),
            strict=True,
        )
    ]


MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def access(spans: Spans) -> Lines:
    """nginx combined with request time (seconds, three decimals) and request id behind it."""
    verb, _, path = spans.operation.rpartition(" ")
    request = f"{verb or 'POST'} {path if path.startswith('/') else '/' + path} HTTP/1.1"
    seconds, which = np.unique(spans.end_us // US, return_inverse=True)
    stamps = [_clf(text) for text in np.datetime_as_string(seconds.astype("M8[s]")).tolist()]
    return [
        f'10.0.0.7 - - [{stamps[second]}] "{request}" {status} 512 "-" "bot/1.0" '
        f"{duration / US:.3f} {trace}"
        for second, status, duration, trace in zip(
            which.tolist(), _statuses(spans), spans.duration_us.tolist(), spans.traces, strict=True
        )
    ]


def _clf(text: str) -> str:
    return f"{text[8:10]}/{MONTHS[int(text[5:7]) - 1]}/{text[:4]}:{text[11:]} +0000"


OTLP_KINDS = {"server": 2, "client": 3, "producer": 4, "consumer": 5}


def otlp(spans: Spans) -> Lines:
    """OTLP JSON, one export request of one span a line."""
    head = (
        '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":'
        f'{{"stringValue":"{spans.service}"}}}}]}},"scopeSpans":[{{"scope":{{"name":"volume"}},'
        '"spans":[{"traceId":"'
    )
    codes = np.where(spans.failed, 2, 0).tolist()
    attribute = (
        f'"attributes":[{{"key":"peer.service","value":{{"stringValue":"{spans.peer}"}}}}'
        if spans.peer
        else '"attributes":[{"key":"volume","value":{"boolValue":true}}'
    )
    middle = f'","name":"{spans.operation}","kind":{OTLP_KINDS[spans.kind]},"startTimeUnixNano":"'
    tail = f'000",{attribute}],"status":{{"code":'
    return [
        f'{head}{trace}","spanId":"{own}{parent}{middle}{start}000","endTimeUnixNano":"{end}'
        f"{tail}{code}}}}}]}}]}}]}}"
        for trace, own, parent, start, end, code in zip(
            spans.traces,
            spans.ids,
            _parents(spans, '","parentSpanId":"{}'),
            spans.start_us.tolist(),
            spans.end_us.tolist(),
            codes,
            strict=True,
        )
    ]


def zipkin(spans: Spans) -> Lines:
    """Zipkin v2, one span a line, times and durations in microseconds."""
    remote = f'"remoteEndpoint":{{"serviceName":"{spans.peer}"}},' if spans.peer else ""
    middle = (
        f'"kind":"{spans.kind.upper()}","name":"{spans.operation}",'
        f'"localEndpoint":{{"serviceName":"{spans.service}"}},{remote}'
    )
    tags = np.where(spans.failed, '{"error":"failed"}', "{}").tolist()
    return [
        f'{{"traceId":"{trace}","id":"{own}",{parent}{middle}"timestamp":{start},'
        f'"duration":{duration},"tags":{tag}}}'
        for trace, own, parent, start, duration, tag in zip(
            spans.traces,
            spans.ids,
            _parents(spans, '"parentId":"{}",'),
            spans.start_us.tolist(),
            spans.duration_us.tolist(),
            tags,
            strict=True,
        )
    ]


def jaeger(spans: Spans) -> Lines:
    """Jaeger's span documents (as kept in Elasticsearch), one a line, microseconds."""
    peer = (
        f',{{"key":"peer.service","type":"string","value":"{spans.peer}"}}' if spans.peer else ""
    )
    failed = ',{"key":"error","type":"bool","value":true}'
    marks = np.where(spans.failed, failed, "").tolist()
    kind = f'{{"key":"span.kind","type":"string","value":"{spans.kind}"}}{peer}'
    process = f'"process":{{"serviceName":"{spans.service}","tags":[]}}'
    references = _references(spans)
    return [
        f'{{"traceID":"{trace}","spanID":"{own}","operationName":"{spans.operation}",'
        f'"references":[{reference}],"startTime":{start},"duration":{duration},'
        f'"tags":[{kind}{mark}],"logs":[],{process}}}'
        for trace, own, reference, start, duration, mark in zip(
            spans.traces,
            spans.ids,
            references,
            spans.start_us.tolist(),
            spans.duration_us.tolist(),
            marks,
            strict=True,
        )
    ]


def _references(spans: Spans) -> list[str]:
    if spans.parents is None:
        return [""] * len(spans.ids)
    return [
        f'{{"refType":"CHILD_OF","traceID":"{trace}","spanID":"{parent}"}}'
        for trace, parent in zip(spans.traces, spans.parents, strict=True)
    ]


LOG, TRACE = ("server",), ("client", "server")
FORMATS = {
    "ecs": Format("app.json", LOG, 1, ecs, '{"@timestamp":"2026-03-02T06:00:0'),
    "logfmt": Format("app.log", LOG, 1, logfmt, "time=2026-03-02T06:0"),
    "text": Format("app.log", LOG, 1, python_text, "2026-03-02 06:0"),
    "access": Format("access.log", LOG, 1000, access, "10.0.0.7 - - [02/Mar/2026:06:00:0"),
    "otlp": Format("traces.jsonl", TRACE, 1, otlp, '{"resourceSpans":[{"resource":{"attrib'),
    "zipkin": Format("zipkin.jsonl", TRACE, 1, zipkin, '{"traceId":"00c0ffee","id":"0'),
    "jaeger": Format("jaeger.jsonl", TRACE, 1, jaeger, '{"traceID":"00c0ffee","spanID":"0'),
}
