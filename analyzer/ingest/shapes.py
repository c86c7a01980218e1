"""Shapes of lines: which keys mean what, decided once for each tuple of keys.

Loggers repeat few shapes, so the alias table, with its loose spellings, costs nothing per line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from analyzer.ingest import aliases, durations
from analyzer.ingest.figures import Figure, figure_of_key

HEAD_KEY = "@head"
"""Where text formats put the words of a message before its pairs: they name the work."""

CONTAINERS = (
    "fields.", "@fields.", "jsonPayload.", "record.extra.", "extra.", "context.", "contextMap.",
    "mdc.", "attributes.", "content.attributes.", "content.", "meta.", "Properties.",
    "properties.", "State.", "record.",
)  # fmt: skip
"""Objects that some loggers put all fields of a line into."""

_ODD_KEY = re.compile(r"[^\w.@/-]|@.*\.|\d{5}|%40|eyJ")
UNFINISHED = tuple(
    frozenset(marks)
    for marks in (
        ("instant.epochSecond",),  # log4j2
        ("logger", "request.uri"),  # caddy
        ("t.$date", "s"),  # MongoDB
        ("DownstreamStatus", "Duration"),  # traefik
        ("response_flags", "duration"),  # Envoy, Istio
        ("@t", "Elapsed"),  # Serilog's compact format
        ("MessageTemplate", "Properties.Elapsed"),  # Serilog
        ("controller", "action", "duration"),  # Rails, lograge
        ("requested_uri", "elapsed_time"),  # logback-access
        ("ctx.class", "ctx.jid"),  # Sidekiq
        ("context.trace_id", "parent_id", "name"),  # OpenTelemetry's console
        ("ddsource", "duration"),  # Datadog
        ("content.attributes.duration",),  # Datadog's export
        ("AppRoleName", "DurationMs"),  # Azure Application Insights
        ("AppRoleName", "Type"),
        ("cloud_RoleName", "itemType"),
        ("timestamp.seconds",),  # Google's agents
        ("timestampSeconds",),
        ("date", "time"),  # a day and a time of day
        ("Date", "Time"),
        ("stack", "level"),  # winston
        ("reqId", "remoteAddr", "level"),  # Nextcloud
        ("LogLevel", "Scopes"),  # ASP.NET
        ("type", "record.metrics.durationMs"),  # AWS Lambda
        ("target", "fields.message"),  # Rust's tracing
        ("target", "line_number"),
        ("target", "filename"),
        ("target", "threadId"),
        ("apisix_latency", "latency"),
        ("latency", "latency_human"),  # echo
        ("requestTime", "requestId"),  # AWS API Gateway
        ("request", "status"),  # nginx, the request line as it came
    )
)
"""Keys by which the lines of a logger are known whose own spellings need a look at values."""

_MAX_SHAPES = 4096
# These are read without being used up: the number itself stays an attribute.
_LEFT_IN_PLACE = frozenset({"outcome", "http_status", "grpc_status", "error_message"})
_FALLBACKS = frozenset({"operation_fallback"})
SINGLE_FIELDS = (
    "service_name", "operation", "http_method", "http_path", "trace_id", "span_id",
    "parent_span_id", "peer_service", "correlation_id", "update_id", "user", "body",
    "error_message",
)  # fmt: skip
"""Fields whose values differ from line to line."""
COMBINED_FIELDS = (
    "span_kind", "outcome", "http_status", "grpc_status", "error_type", "severity",
)  # fmt: skip
"""Fields of few distinct values, which decide together on status, kind and level."""
# A field that is not even looked at where another was found.
_RIVALS = {
    "http_method": "operation",
    "http_path": "operation",
    "update_id": "correlation_id",
}
_NEVER_COLUMNAR = ("traceparent", "traceback")
_ONE_OF_EACH = ("log_time", "start_time", "end_time", "span_kind", "error_type", "severity")


class Shape(NamedTuple):
    """Which keys of one shape of line feed which canonical field, best first.

    `rest` are keys that feed none and stay attributes, `contested` those that stay so where a
    better one was used. `figures` are resource figures; `contained` are keys inside an object
    that holds all of a line's fields, each with its bare name. `unfinished` shapes need a
    logger's own spellings resolved first. Of `single` shapes one key feeds each field; such lines
    can be resolved column by column, and `unused` are then the keys that stay attributes.
    """

    service_name: tuple[str, ...]
    operation: tuple[str, ...]
    http_method: tuple[str, ...]
    http_path: tuple[str, ...]
    operation_fallback: tuple[str, ...]
    trace_id: tuple[str, ...]
    traceparent: tuple[str, ...]
    span_id: tuple[str, ...]
    parent_span_id: tuple[str, ...]
    span_kind: tuple[str, ...]
    start_time: tuple[str, ...]
    end_time: tuple[str, ...]
    log_time: tuple[str, ...]
    outcome: tuple[str, ...]
    http_status: tuple[str, ...]
    grpc_status: tuple[str, ...]
    error_type: tuple[str, ...]
    error_message: tuple[str, ...]
    traceback: tuple[str, ...]
    peer_service: tuple[str, ...]
    correlation_id: tuple[str, ...]
    update_id: tuple[str, ...]
    user: tuple[str, ...]
    severity: tuple[str, ...]
    body: tuple[str, ...]
    durations: tuple[tuple[str, int | None], ...]
    logger: str
    rest: tuple[str, ...]
    contested: tuple[str, ...]
    figures: tuple[tuple[str, Figure], ...]
    contained: tuple[tuple[str, str], ...]
    unfinished: bool
    unused: tuple[str, ...]
    single: bool

    @property
    def dated(self) -> bool:
        """Tell whether lines of this shape say themselves when they were written."""
        return bool(self.log_time or self.start_time or self.end_time)

    @property
    def columnar(self) -> bool:
        """Tell whether lines of this shape can be resolved column by column."""
        return self.single and self.dated


_COMPILED = frozenset({
    "durations", "logger", "rest", "contested", "figures", "contained", "unfinished", "unused",
    "single",
})  # fmt: skip
_ALIASES: dict[str, tuple[str, ...]] = {
    name: getattr(aliases, name.upper()) for name in Shape._fields if name not in _COMPILED
}
_NAMED_FIRST = tuple(
    name
    for spelling in aliases.SERVICE_NAME
    for name in (("name", spelling) if spelling == "component" else (spelling,))
)
"""Services as pino and bunyan name them: a component is a part of what `name` names."""
_shapes: dict[tuple[str, ...], Shape] = {}


def shape_of(keys: tuple[str, ...]) -> Shape:
    """Return the shape of lines with these keys, in this order."""
    shape = _shapes.get(keys)
    if shape is None:
        if len(_shapes) >= _MAX_SHAPES:
            _shapes.clear()
        shape = _shapes[keys] = _compile(keys)
    return shape


def lacking(keys: tuple[str, ...], shape: Shape, empty: frozenset[str]) -> Shape:
    """Return the shape of those lines with `keys` in which the `empty` ones hold nothing.

    Other keys, or other fields, step in for those; they stay what they are among attributes.
    """
    by_field: dict[str, tuple[str, ...]] = {
        name: tuple(key for key in getattr(shape, name) if key not in empty) for name in _ALIASES
    }
    timed = [pair for pair in shape.durations if pair[0] not in empty]
    if not by_field["http_path"]:
        by_field["http_method"] = ()  # is read with a path only
    taken, kept = _taken(by_field, timed), {*shape.rest, *shape.contested}
    return Shape(
        **by_field,
        durations=tuple(timed),
        logger=shape.logger,
        rest=shape.rest,
        contested=shape.contested,
        figures=shape.figures,
        contained=shape.contained,
        unfinished=shape.unfinished,
        unused=tuple(key for key in keys if key in kept and key not in taken),
        single=not shape.figures and _is_single(keys, by_field, timed),
    )


def _compile(keys: tuple[str, ...]) -> Shape:
    folded: dict[str, str] = {}
    for key in keys:
        folded.setdefault(_fold(key), key)
    present = set(keys)

    def found(spellings: tuple[str, ...]) -> tuple[str, ...]:
        exact = [name for name in spellings if name in present]
        loose = [folded[_fold(name)] for name in spellings if _fold(name) in folded]
        return tuple(dict.fromkeys(exact + loose))

    by_field = {name: found(spellings) for name, spellings in _ALIASES.items()}
    logger = _logger(present)
    if logger == "pino" and "name" in present:  # pino and bunyan: the name of the logging service
        by_field["service_name"] = found(_NAMED_FIRST)
    if by_field["span_id"] and not by_field["parent_span_id"]:
        by_field["parent_span_id"] = found(("parent",))  # of what else, says a line with a span id
    contained = tuple(
        (key, key.removeprefix(container))
        for key in keys
        for container in CONTAINERS
        if key.startswith(container)
    )
    twice = {key for key, bare in contained if bare in present}
    measured = [key for key in keys if key not in twice]
    timed = [
        (key, durations.unit_of_key(key)) for key in measured if durations.speaks_of_duration(key)
    ]
    # A key that says its unit comes first; of those, one that names all of the work.
    timed.sort(key=lambda pair: (pair[1] is None, not durations.is_whole(pair[0])))
    sole, contested = _takers(by_field, timed)
    figures = tuple(
        (key, figure) for key in measured if (figure := figure_of_key(key)) is not None
    )
    taken = _taken(by_field, timed)
    return Shape(
        **by_field,
        durations=tuple(timed),
        logger=logger,
        rest=tuple(key for key in keys if key not in sole and key not in contested),
        contested=tuple(key for key in keys if key in contested and key not in sole),
        figures=figures,
        contained=contained,
        unfinished=any(marks <= present for marks in UNFINISHED),
        unused=tuple(key for key in keys if key not in taken),
        single=not figures and _is_single(keys, by_field, timed),
    )


def _is_single(
    keys: tuple[str, ...],
    by_field: Mapping[str, tuple[str, ...]],
    timed: list[tuple[str, int | None]],
) -> bool:
    """Tell whether one key feeds each field, and nothing needs a look at the whole line."""
    if any(_ODD_KEY.search(key) for key in keys):
        return False  # the key itself may hold something to hide
    named = bool(by_field["operation"] or by_field["http_path"] or by_field["operation_fallback"])
    edges = len(by_field["start_time"]) + len(by_field["end_time"])
    works = bool(timed) or edges == len(("start_time", "end_time"))
    return (
        not any(by_field[name] for name in _NEVER_COLUMNAR)
        and all(len(by_field[name]) <= 1 for name in _ONE_OF_EACH)
        and (named if works else not edges)
        and (len(timed) <= 1 or timed[0][1] is not None)
    )


def _taken(
    by_field: Mapping[str, tuple[str, ...]], timed: list[tuple[str, int | None]]
) -> set[str]:
    """Return the keys that fields take where each is fed by its best key."""
    taken = {HEAD_KEY, *(key for key, _ in timed[:1])}
    for name, keys in by_field.items():
        unread = name in _LEFT_IN_PLACE or name in _FALLBACKS
        rival = _RIVALS.get(name)
        if keys and not unread and not (rival and by_field[rival]):
            taken.add(keys[0])
    return taken


def _takers(
    by_field: Mapping[str, tuple[str, ...]], timed: list[tuple[str, int | None]]
) -> tuple[set[str], set[str]]:
    """Return the keys that a field always takes, and those that it takes if none is better."""
    sole, contested = {HEAD_KEY}, {key for key, _ in timed}
    for name, keys in by_field.items():
        if name in _LEFT_IN_PLACE or name in _FALLBACKS:
            continue
        contested.update(keys)
        rival = _RIVALS.get(name)
        if len(keys) == 1 and not name.endswith("_time") and not (rival and by_field[rival]):
            sole.update(keys)
    return sole, contested


def _fold(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "").replace(".", "")


def _logger(keys: set[str]) -> str:
    """Name the logger by its telltale keys: it alone knows the scale of numeric levels."""
    if {"pid", "hostname"} <= keys:
        return "pino"  # bunyan shares its scale
    if "levelno" in keys or "levelname" in keys:
        return "python"
    if "PRIORITY" in keys or "short_message" in keys:  # journald; GELF
        return "syslog"
    return ""
