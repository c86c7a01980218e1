"""Three teams that log JSON: ECS, structlog, and OTLP as the collector's exporter writes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from sample_logs.fleet.lines import Field, LogFile, SpanLine, StyledLog, ids, iso
from sample_logs.fleet.text_styles import PythonText
from sample_logs.fleet.tracing import Scope, WallClock

ECS_IDS = ("trace.id", "span.id", "parent.id", "http.request.id")
PLAIN_IDS = ("trace_id", "span_id", "parent_span_id", "request_id")
OTLP_KINDS = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
OTLP_BATCH = 32
OTLP_LINGER_NS = 5_000_000_000


def dumped(record: Mapping[str, Any]) -> str:
    return orjson.dumps(record).decode()


class EcsJson(StyledLog):
    """JSON lines after the Elastic Common Schema, dotted keys, durations in nanoseconds."""

    file_name = "{service}.json.log"

    def _record(self, moment_ns: int, level: str, message: str) -> dict[str, Any]:
        return {
            "@timestamp": iso(moment_ns),
            "log.level": level,
            "message": message,
            "ecs.version": "8.11.0",
            "service.name": self.service,
        }

    def span(self, line: SpanLine) -> None:
        failed = line.failure is not None
        level = "error" if failed else "info"
        record = self._record(line.end_ns, level, f"{line.operation} done")
        if line.failure is not None:
            record["message"] = f"{line.operation} failed: {line.failure.message}"
            record["error.type"] = line.failure.type
            record["error.message"] = line.failure.message
        record |= {
            "event.action": line.operation,
            "event.duration": line.duration_ns,
            "event.outcome": "failure" if failed else "success",
            "span.kind": line.kind,
            **ids(line.scope, ECS_IDS),
        }
        if line.method:
            record |= {"http.request.method": line.method, "url.path": line.target}
        if line.status_code is not None:
            record["http.response.status_code"] = line.status_code
        if line.peer is not None:
            record["peer.service"] = line.peer
        self.file.write(dumped(record | dict(line.fields)))

    def event(self, level: str, message: str, scope: Scope | None = None, **fields: Field) -> None:
        record = self._record(self.clock.now_ns(), level, message)
        self.file.write(dumped(record | ids(scope, ECS_IDS) | fields))

    def figures(self, values: Mapping[str, float]) -> None:
        record = self._record(self.clock.now_ns(), "info", "resource figures")
        self.file.write(dumped(record | {"event.dataset": "gateway.stats"} | dict(values)))


class StructlogJson(StyledLog):
    """JSON lines as structlog renders them: `event`, `level`, ISO `timestamp`, `duration_ms`."""

    file_name = "{service}.jsonl"

    def _record(self, moment_ns: int, level: str, event: str) -> dict[str, Any]:
        return {
            "timestamp": iso(moment_ns),
            "level": level,
            "event": event,
            "service": self.service,
        }

    def span(self, line: SpanLine) -> None:
        level = "error" if line.failure else "info"
        verb = {"client": "call", "consumer": "job"}.get(line.kind, "request")
        record = self._record(line.end_ns, level, f"{verb} {'failed' if line.failure else 'done'}")
        record |= {
            "operation": line.operation,
            "kind": line.kind,
            "duration_ms": round(line.duration_ns / 1e6, 3),
            "outcome": "failed" if line.failure else "ok",
            **ids(line.scope, PLAIN_IDS),
        }
        if line.status_code is not None:
            record["status_code"] = line.status_code
        if line.peer is not None:
            record["peer"] = line.peer
        if line.failure is not None:
            record |= {"error.type": line.failure.type, "error": line.failure.message}
        self.file.write(dumped(record | dict(line.fields)))

    def event(self, level: str, message: str, scope: Scope | None = None, **fields: Field) -> None:
        record = self._record(self.clock.now_ns(), level, message)
        self.file.write(dumped(record | ids(scope, PLAIN_IDS) | fields))

    def figures(self, values: Mapping[str, float]) -> None:
        self.file.write(dumped(self._record(self.clock.now_ns(), "info", "stats") | dict(values)))


class OtlpLines(StyledLog):
    """Spans in batches, one OTLP JSON document per line; talk goes to a text file beside it."""

    file_name = "{service}.otlp.jsonl"

    def __init__(self, service: str, folder: Path, clock: WallClock) -> None:
        super().__init__(service, folder, clock)
        self._batch: list[dict[str, Any]] = []
        self._talk = PythonText(service, folder, clock, LogFile(folder / f"{service}.out.log"))

    def span(self, line: SpanLine) -> None:
        scope = line.scope
        attributes: dict[str, Field] = {
            "http.request.method": line.method,
            "url.path": line.target,
        }
        if line.status_code is not None:
            attributes["http.response.status_code"] = line.status_code
        if line.peer is not None:
            attributes["peer.service"] = line.peer
        if line.failure is not None:
            attributes |= {"error.type": line.failure.type}
        attributes |= dict(line.fields)
        span: dict[str, Any] = {
            "traceId": scope.trace_id or scope.span_id * 2,
            "spanId": scope.span_id,
            "parentSpanId": scope.parent_span_id or "",
            "name": line.operation,
            "kind": OTLP_KINDS[line.kind],
            "startTimeUnixNano": str(line.start_ns),
            "endTimeUnixNano": str(line.end_ns),
            "attributes": [otlp_attribute(key, value) for key, value in attributes.items()],
            "status": {},
        }
        if line.failure is not None:
            span["status"] = {"code": 2, "message": line.failure.message}
        self._batch.append(span)
        oldest_ns = int(self._batch[0]["endTimeUnixNano"])
        if len(self._batch) >= OTLP_BATCH or line.end_ns - oldest_ns > OTLP_LINGER_NS:
            self._flush()

    def _flush(self) -> None:
        if not self._batch:
            return
        resource = {
            "service.name": self.service,
            "service.version": "3.2.0",
            "telemetry.sdk.language": "python",
        }
        document = {
            "resourceSpans": [
                {
                    "resource": {
                        "attributes": [otlp_attribute(k, v) for k, v in resource.items()]
                    },
                    "scopeSpans": [
                        {"scope": {"name": f"{self.service}.http"}, "spans": self._batch}
                    ],
                }
            ]
        }
        self.file.write(dumped(document))
        self._batch = []

    def event(self, level: str, message: str, scope: Scope | None = None, **fields: Field) -> None:
        self._talk.event(level, message, scope, **fields)

    def figures(self, values: Mapping[str, float]) -> None:
        self._talk.figures(values)

    def banner(self, text: str) -> None:
        self._talk.banner(text)

    def close(self) -> None:
        self._flush()
        self._talk.close()
        super().close()


def otlp_attribute(key: str, value: Field) -> dict[str, Any]:
    """An OTLP key-value pair; 64-bit integers travel as strings."""
    if isinstance(value, int):
        return {"key": key, "value": {"intValue": str(value)}}
    if isinstance(value, float):
        return {"key": key, "value": {"doubleValue": value}}
    return {"key": key, "value": {"stringValue": value}}
