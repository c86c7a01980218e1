"""What single JSON loggers spell in a way of their own, put into common keys.

log4j2's `instant`, the units that caddy, traefik, Envoy, Serilog, Rails and Datadog fix, request
lines that came whole, and the containers that nest all fields of a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from analyzer.ingest.formats.access import read_request
from analyzer.ingest.formats.messages import read_message
from analyzer.ingest.formats.proxies import envoy_failure, upstream_of
from analyzer.ingest.shapes import HEAD_KEY, Shape


def complete(flat: dict[str, Any], shape: Shape) -> bool:
    """Add to a line's fields what only its logger's habits tell; tell whether any was added."""
    before = len(flat)
    if shape.unfinished:
        for add in _HABITS:
            add(flat)
        if {"reqId", "remoteAddr", "level"} <= flat.keys():
            _add_nextcloud(flat)
        if not _OF_INSIGHTS.isdisjoint(flat):
            _add_azure(flat)
    for key, bare in shape.contained:
        if key in flat:
            flat.setdefault(bare, flat[key])
    if HEAD_KEY not in flat and "asctime" not in flat:
        text = flat[shape.body[0]] if shape.body else None
        if isinstance(text, str) and (known := read_message(text)):
            for name, value in known.items():
                flat.setdefault(name, value)
    return len(flat) != before or shape.unfinished


def _add_instant(flat: dict[str, Any]) -> None:
    if "instant.epochSecond" not in flat:
        return
    seconds, nanos = flat.get("instant.epochSecond"), flat.get("instant.nanoOfSecond", 0)
    if isinstance(seconds, int) and isinstance(nanos, int):
        flat["time"] = f"{seconds}.{nanos:09d}"
        del flat["instant.epochSecond"]
        flat.pop("instant.nanoOfSecond", None)


def _add_seconds(flat: dict[str, Any]) -> None:
    """Google's agents, and protocol buffers in JSON: seconds and nanoseconds apart."""
    for first, second in _SECONDS_AND_NANOS:
        seconds, nanos = flat.get(first), flat.get(second, 0)
        if str(seconds).isdigit() and isinstance(nanos, int) and 0 <= nanos < 10**9:
            flat["time"] = f"{seconds}.{nanos:09d}"
            del flat[first]
            flat.pop(second, None)


def _add_day(flat: dict[str, Any]) -> None:
    """A day and a time of day in two fields are one time."""
    for first, second in (("date", "time"), ("Date", "Time")):
        day, clock = flat.get(first), flat.get(second)
        if _DAY.match(str(day)) and _CLOCK.match(str(clock)):
            flat[second] = f"{day} {clock}"
            del flat[first]


def _add_stack(flat: dict[str, Any]) -> None:
    """A stack of several lines is a traceback; a word under this key is not."""
    stack = flat.get("stack")
    if isinstance(stack, str) and "\n" in stack:
        flat["stack_trace"] = flat.pop("stack")


def _add_nextcloud(flat: dict[str, Any]) -> None:
    """Nextcloud counts its levels from 0, debug, to 4, fatal."""
    level = flat.get("level")
    if isinstance(level, int) and 0 <= level < len(_NEXTCLOUD):
        flat["level"] = _NEXTCLOUD[level]


def _add_scopes(flat: dict[str, Any]) -> None:
    """ASP.NET lists what surrounds a line: its trace, its request."""
    scopes = flat.get("Scopes")
    for scope in scopes if isinstance(scopes, list) else ():
        for key in _OF_SCOPES:
            if isinstance(scope, dict) and isinstance(scope.get(key), str):
                flat.setdefault(key, scope[key])


def _add_lambda(flat: dict[str, Any]) -> None:
    """AWS Lambda reports each invocation once that is over."""
    if flat.get("type") == "platform.report":
        flat["duration_ms"] = flat.get("record.metrics.durationMs")
        flat.setdefault("operation", "invoke")
        status = flat.get("record.status")
        if isinstance(status, str) and status != "success":
            flat["outcome"] = "error"
            flat.setdefault("error_type", flat.get("record.errorType") or status)


def _add_caddy(flat: dict[str, Any]) -> None:
    """Caddy's `duration` is seconds as a float, its host names the service."""
    logger = flat.get("logger")
    if not (isinstance(logger, str) and logger.startswith("http.log.access")):
        return
    _fix_unit(flat, "duration", "duration_s")
    if flat.get("request.host"):
        flat.setdefault("service", str(flat["request.host"]).split(":")[0])
    if flat.get("request.method"):
        flat.setdefault("method", flat["request.method"])
    if flat.get("request.uri"):
        flat.setdefault("path", flat["request.uri"])
    for key in _CADDY_HEADERS:
        values = flat.get(f"request.headers.{key}")
        if isinstance(values, list) and values and isinstance(values[0], str):
            flat.setdefault(key.lower(), values[0])


def _add_traefik(flat: dict[str, Any]) -> None:
    """Traefik's `Duration` is nanoseconds; what it calls a service is where it passes on to."""
    if "DownstreamStatus" in flat:
        _fix_unit(flat, "Duration", "duration_ns")
        if isinstance(flat.get("ServiceName"), str):
            flat["upstream"] = flat.pop("ServiceName").split("@")[0]


def _add_envoy(flat: dict[str, Any]) -> None:
    """Envoy's `duration` is milliseconds, its flags say whether the upstream failed."""
    if "response_flags" not in flat:
        return
    _fix_unit(flat, "duration", "duration_ms")
    if isinstance(flat.get("upstream_cluster"), str):
        flat["upstream_cluster"] = upstream_of(flat["upstream_cluster"]) or None
    flags = str(flat["response_flags"] or "")
    status = str(flat.get("response_code", "")) if flat.get("method") else ""
    flat |= envoy_failure(flags, status)


def _add_serilog(flat: dict[str, Any]) -> None:
    if "@t" in flat:
        _fix_unit(flat, "Elapsed", "duration_ms")
    if "MessageTemplate" in flat:
        _fix_unit(flat, "Properties.Elapsed", "duration_ms")


def _add_rails(flat: dict[str, Any]) -> None:
    if {"controller", "action"} <= flat.keys():
        _fix_unit(flat, "duration", "duration_ms")


def _add_logback_access(flat: dict[str, Any]) -> None:
    """Logback's access events count milliseconds."""
    if "requested_uri" in flat:
        _fix_unit(flat, "elapsed_time", "duration_ms")


def _add_sidekiq(flat: dict[str, Any]) -> None:
    """Sidekiq's formatter of JSON keeps a job's class, id and seconds in its context."""
    job = flat.get("ctx.class")
    if not isinstance(job, str) or "ctx.jid" not in flat:
        return
    _rename(flat, {"ctx.jid": "job_id"})
    if "ctx.elapsed" in flat:
        _fix_unit(flat, "ctx.elapsed", "duration_s")
        flat.setdefault("operation", job)
        ends = {"done": "ok", "fail": "error"}
        flat.setdefault("outcome", ends.get(str(flat.get("msg", flat.get("message"))), ""))


def _add_console(flat: dict[str, Any]) -> None:
    """OpenTelemetry's exporter to the console prints a span as its SDK holds it."""
    if "context.trace_id" not in flat or "parent_id" not in flat:
        return
    kind, code = flat.get("kind"), flat.pop("status.status_code", None)
    if isinstance(kind, str):
        flat["kind"] = kind.removeprefix("SpanKind.")
    if code is not None:
        flat["status.code"] = code
    _rename(flat, {"name": "operation"})


def _add_datadog(flat: dict[str, Any]) -> None:
    """Datadog's standard attribute `duration` is nanoseconds."""
    _fix_unit(flat, "content.attributes.duration", "duration_ns")
    if "ddsource" in flat:
        _fix_unit(flat, "duration", "duration_ns")


def _add_tracing(flat: dict[str, Any]) -> None:
    """Rust's tracing calls the module that writes a line its target."""
    if "::" in str(flat.get("target")):
        flat.setdefault("logger", flat.pop("target"))


def _add_echo(flat: dict[str, Any]) -> None:
    """Go's echo says its nanoseconds a second time, in words."""
    if isinstance(flat.get("latency_human"), str) and "latency" in flat:
        flat["latency"] = flat.pop("latency_human")


def _add_apisix(flat: dict[str, Any]) -> None:
    """APISIX counts milliseconds."""
    if "apisix_latency" in flat:
        _fix_unit(flat, "latency", "latency_ms")


def _add_azure(flat: dict[str, Any]) -> None:
    """Application Insights writes when work began; what it calls a dependency is a call."""
    kind = str(flat.get("Type", flat.get("itemType", "AppRequests" * ("DurationMs" in flat))))
    level = flat.get("SeverityLevel", flat.get("severityLevel"))
    if isinstance(level, int) and 0 <= level < len(_INSIGHTS):
        flat.setdefault("severity", _INSIGHTS[level])
    if kind in {"AppExceptions", "exception"}:
        flat.setdefault("severity", "Error")
        _rename(flat, {"ExceptionType": "error_type", "type": "error_type"})
        _rename(flat, {"OuterMessage": "message", "outerMessage": "message"})
    if kind not in _WORK_OF_INSIGHTS:
        return
    _fix_unit(flat, "duration", "duration_ms")
    _rename(flat, {"time": "start_time", "TimeGenerated": "start_time", "timestamp": "start_time"})
    _rename(flat, {"Id": "span_id", "id": "span_id"})
    if kind in {"AppDependencies", "dependency"}:
        flat["span.kind"] = "client"
        _rename(flat, {"OperationName": "parent_operation", "operation_Name": "parent_operation"})
    _rename(flat, {"Name": "operation", "name": "operation"})


def _rename(flat: dict[str, Any], names: dict[str, str]) -> None:
    for name, common in names.items():
        if name in flat and common not in flat:
            flat[common] = flat.pop(name)


def _add_mongo(flat: dict[str, Any]) -> None:
    """MongoDB's severities are I, W, E, F and D1 to D5; its message names the work."""
    level = flat.get("s")
    if isinstance(level, str) and level and "t.$date" in flat:
        flat.setdefault("severity", "debug" if level[0] == "D" else level)


def _add_gateway(flat: dict[str, Any]) -> None:
    """API Gateway's `requestTime` is when the request came, not how long it took."""
    moment = flat.get("requestTime")
    if isinstance(moment, str) and ":" in moment:
        flat.setdefault("time", moment)


def _add_request_line(flat: dict[str, Any]) -> None:
    request = flat.get("request")
    if isinstance(request, str) and "HTTP/" in request:
        for key, value in read_request(request).items():
            flat.setdefault(key, value)


_SECONDS_AND_NANOS = (
    ("timestamp.seconds", "timestamp.nanos"), ("timestampSeconds", "timestampNanos"),
)  # fmt: skip
_DAY = re.compile(r"\d{4}[-/.]\d\d[-/.]\d\d$|\d\d?[-/.]\d\d?[-/.]\d{4}$")
_CLOCK = re.compile(r"\d\d?:\d\d:\d\d")
_CADDY_HEADERS = ("X-Request-Id", "X-Correlation-Id", "Traceparent")
_NEXTCLOUD = ("debug", "info", "warning", "error", "fatal")
_INSIGHTS = ("verbose", "information", "warning", "error", "critical")
_OF_SCOPES = ("TraceId", "SpanId", "ParentId", "RequestId")
_OF_INSIGHTS = frozenset({"AppRoleName", "cloud_RoleName"})
_WORK_OF_INSIGHTS = frozenset({"AppRequests", "AppDependencies", "request", "dependency"})

_HABITS: tuple[Callable[[dict[str, Any]], None], ...] = (
    _add_instant, _add_caddy, _add_traefik, _add_envoy, _add_serilog, _add_rails, _add_datadog,
    _add_gateway, _add_mongo, _add_request_line, _add_seconds, _add_stack, _add_scopes, _add_day,
    _add_lambda, _add_console, _add_logback_access, _add_sidekiq, _add_tracing,
    _add_apisix, _add_echo,
)  # fmt: skip


def _fix_unit(flat: dict[str, Any], key: str, name: str) -> None:
    """Give a bare number the name that tells its unit; texts carry their own."""
    value = flat.get(key)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number or (isinstance(value, str) and value.replace(".", "", 1).isdigit()):
        flat[name] = flat.pop(key)
