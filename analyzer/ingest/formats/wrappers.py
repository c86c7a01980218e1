"""What carries log lines: container runtimes, journald, Loki, CloudWatch, Elasticsearch.

Each layer is taken off and says who sent the line and when it arrived (FORMATS section 1d).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from analyzer.ingest.epochs import Instant, instant_in_unit
from analyzer.ingest.formats.clouds import cloudwatch, google, insights, records, service_of_stream
from analyzer.ingest.formats.layer import Layer, label_of
from analyzer.ingest.formats.words import IS_LEVEL
from analyzer.ingest.line_times import Origin
from analyzer.ingest.times import Clock

MAX_LAYERS = 5
_CRI = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) "
    r"(?P<stream>stdout|stderr) (?P<tag>[FP])(?: (?P<message>.*))?$",
    re.DOTALL,
)
_COMPOSE = re.compile(
    r"(?P<name>[A-Za-z][\w.-]*?)(?:[-_]\d+)?[ \t]+\| ?(?P<message>.*)$", re.DOTALL
)
# `docker logs -t`, `kubectl logs --timestamps`, `aws logs tail`, CloudWatch's export: when the
# line arrived, the stream it came by, and a line that has a form of its own.
_STAMPED = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) "
    r"(?:(?P<stream>[^\s=:\"{]+/[^\s=\"{]+) )?"
    r"(?=\{\"|\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d|\S+ \S+ \S+ \[\d\d/[A-Z]|"
    r"\d+:[A-Z] \d\d? [A-Z]|(?:time|ts|level|t)=|[IWEF]\d{4} \d\d:\d\d:|"
    r"(?:START|END|REPORT) RequestId: )"
)
# logcli's lines: when, the stream's labels, and the line.
_LOGCLI = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) "
    r"\{(?P<labels>\w+=\"[^{}]*\")\} +(?P<message>.*)$",
    re.DOTALL,
)
_LABEL = re.compile(r"(\w+)=\"([^\"]*)\"")
# `kubectl logs --prefix`: the pod and its container.
_PREFIXED = re.compile(r"\[pod/[\w.-]+/(?P<name>[\w.-]+)\] (?P<message>.*)$", re.DOTALL)
_LEVEL_LABELS = ("level", "severity", "detected_level")
_DOCKER_STAMPS = ("time", "@timestamp")
_STAMPS = ("time", "@timestamp", "timestamp", "date")
_COLLECTED = frozenset({
    *_STAMPS, "log", "source", "tag", "container_id", "container_name", "ecs_cluster",
    "ecs_task_arn", "ecs_task_definition", "ec2_instance_id", "filePath", "file",
    "partial_message", "partial_id", "partial_ordinal", "partial_last",
})  # fmt: skip
"""Keys of collectors: an object of nothing else is a line and where it came from."""

ANSI = r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07"
"""Colours and movements of the cursor."""
_ANSI = re.compile(ANSI)


def without_ansi(text: str) -> str:
    """Return `text` without colours and cursor movements."""
    return _ANSI.sub("", text)


def is_wrapped(text: str) -> bool:
    """Tell whether `peel_text` would take a prefix off."""
    return (
        _CRI.match(text) is not None
        or _composed(text) is not None
        or is_stamped(text)
        or text.startswith("[pod/")
    )


def is_piece(text: str) -> bool:
    """Tell whether a container runtime says that the line goes on in a later one."""
    match = _CRI.match(text)
    return match is not None and match["tag"] == "P"


def _composed(text: str) -> re.Match[str] | None:
    match = _COMPOSE.match(text) if "|" in text[:64] else None
    # `INFO | …` is a level, not a service.
    return None if match is None or IS_LEVEL.match(match["name"]) else match


def is_stamped(text: str) -> bool:
    """Tell whether a runtime put the time of arrival before a line of a form of its own."""
    return text[10:11] == "T" and (
        _STAMPED.match(text) is not None or _LOGCLI.match(text) is not None
    )


def peel_text(text: str, origin: Origin, clock: Clock) -> Layer | None:
    """Take the prefix of a runtime off a text line, None where there is none."""
    match = _CRI.match(text)
    if match is not None:
        inner = origin._replace(
            arrival=clock.instant(match["time"]) or origin.arrival,
            source=f"{origin.source}/{match['stream']}",
            depth=origin.depth + 1,
        )
        whole = match["tag"] == "F"
        return Layer(match["message"] or "", inner, whole, not whole)
    if text[10:11] == "T" and (match := _STAMPED.match(text)) is not None:
        stream = match["stream"] or ""
        inner = origin._replace(
            service_name=service_of_stream(stream) or origin.service_name,
            arrival=clock.instant(match["time"]) or origin.arrival,
            source=f"{origin.source}/{stream}",
            depth=origin.depth + 1,
        )
        return Layer(text[match.end() :], inner)
    if text[10:11] == "T" and (match := _LOGCLI.match(text)) is not None:
        labels = dict(_LABEL.findall(match["labels"]))
        inner = _labelled(origin, labels, clock.instant(match["time"]) or origin.arrival)
        return Layer(match["message"], inner._replace(depth=origin.depth + 1))
    if text.startswith("[pod/") and (match := _PREFIXED.match(text)) is not None:
        inner = origin._replace(
            service_name=match["name"], source=match["name"], depth=origin.depth + 1
        )
        return Layer(match["message"], inner)
    match = _composed(text)
    if match is None:
        return None
    name = match["name"]
    inner = origin._replace(service_name=name, source=name, depth=origin.depth + 1)
    return Layer(match["message"], inner)


def peel_value(value: Mapping[str, Any], origin: Origin, clock: Clock) -> list[Layer] | None:
    """Take a JSON wrapper off, None where `value` is none."""
    for peel in _PEELERS:
        layers = peel(value, origin, clock)
        if layers is not None:
            return [
                layer._replace(origin=layer.origin._replace(depth=origin.depth + 1))
                for layer in layers
            ]
    return None


def _docker(value: Mapping[str, Any], origin: Origin, clock: Clock) -> list[Layer] | None:
    text = value.get("log")
    if not isinstance(text, str) or not ("stream" in value or "kubernetes" in value):
        return None
    stream = str(value.get("stream", ""))
    kubernetes = value.get("kubernetes")
    service = origin.service_name
    if isinstance(kubernetes, Mapping):
        labels = kubernetes.get("labels")
        service = label_of(labels) or label_of(kubernetes) or service
    elif isinstance(attributes := value.get("attrs"), Mapping):
        service = label_of(attributes) or service
    arrival = clock.instant(_stamp(value)) or origin.arrival
    inner = origin._replace(
        service_name=service, arrival=arrival, source=f"{origin.source}/{service}/{stream}"
    )
    return [_of_line(text, inner)]


def stamp_key(value: Mapping[str, Any]) -> str | None:
    """Return the key under which a collector says when a line arrived."""
    keys = _DOCKER_STAMPS if "stream" in value or "kubernetes" in value else _STAMPS
    return next((key for key in keys if key in value), None)


def _stamp(value: Mapping[str, Any]) -> object:
    key = stamp_key(value)
    return None if key is None else value[key]


def _of_line(text: str, origin: Origin) -> Layer:
    ended = text.endswith("\n")
    return Layer(text.rstrip("\r\n"), origin, whole=ended, ended=ended)


def _collected(value: Mapping[str, Any], origin: Origin, clock: Clock) -> list[Layer] | None:
    """Take off what Fluentd, Fluent Bit and FireLens put around a line: nothing but its source."""
    text = value.get("log")
    if not isinstance(text, str) or not value.keys() <= _COLLECTED:
        return None
    name = value.get("container_name")
    service = name.lstrip("/") if isinstance(name, str) and name else origin.service_name
    inner = origin._replace(
        service_name=service,
        arrival=clock.instant(_stamp(value)) or origin.arrival,
        source=f"{origin.source}/{service}/{value.get('source', '')}",
    )
    return [_of_line(text, inner)]


def _journald(value: Mapping[str, Any], origin: Origin, clock: Clock) -> list[Layer] | None:
    del clock  # its time is always epoch microseconds
    if "__REALTIME_TIMESTAMP" not in value or "MESSAGE" not in value:
        return None
    message = value["MESSAGE"]
    if isinstance(message, list):
        numbers = [item for item in message if isinstance(item, int) and 0 <= item < 256]
        message = bytes(numbers).decode("utf-8", "replace")
    ns = instant_in_unit(value["__REALTIME_TIMESTAMP"], 1_000)
    service = label_of(value)
    inner = origin._replace(
        service_name=service or origin.service_name,
        arrival=Instant(ns, zoned=True) if ns is not None else origin.arrival,
        source=f"{origin.source}/{service}/{value.get('_PID', '')}",
    )
    priority = value.get("PRIORITY")
    fields = {} if priority is None else {"PRIORITY": priority}
    return [Layer(str(message or ""), inner, fields=fields)]


def _loki(value: Mapping[str, Any], origin: Origin, clock: Clock) -> list[Layer] | None:
    labels = value.get("labels", value.get("fields"))
    if isinstance(value.get("line"), str) and isinstance(labels, Mapping):
        arrival = clock.instant(value.get("timestamp")) or origin.arrival
        inner = _labelled(origin, labels, arrival)
        return [Layer(value["line"].rstrip("\n"), inner, fields=_level_of(labels))]
    holder = value.get("data")
    streams = holder.get("result") if isinstance(holder, Mapping) else value.get("streams")
    if not isinstance(streams, list) or not streams:
        return None
    if not all(isinstance(s, Mapping) and isinstance(s.get("values"), list) for s in streams):
        return None
    return list(_streams(streams, origin))


def _streams(streams: list[Mapping[str, Any]], origin: Origin) -> Iterator[Layer]:
    for stream in streams:
        labels = stream.get("stream")
        labels = labels if isinstance(labels, Mapping) else {}
        for pair in stream["values"]:
            if isinstance(pair, list) and len(pair) >= 2 and isinstance(pair[1], str):
                ns = instant_in_unit(pair[0], 1)
                arrival = None if ns is None else Instant(ns, zoned=True)
                inner = _labelled(origin, labels, arrival)
                yield Layer(pair[1].rstrip("\n"), inner, fields=_level_of(labels))


def _level_of(labels: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the level that a stream's labels name, as Loki itself finds it or the agent."""
    named = next((labels[key] for key in _LEVEL_LABELS if labels.get(key)), None)
    return {} if named is None else {"level": named}


def _labelled(origin: Origin, labels: Mapping[str, Any], arrival: Instant | None) -> Origin:
    service = label_of(labels) or origin.service_name
    source = f"{origin.source}/{sorted((str(k), str(v)) for k, v in labels.items())}"
    return origin._replace(service_name=service, arrival=arrival, source=source)


def _elasticsearch(value: Mapping[str, Any], origin: Origin, clock: Clock) -> list[Layer] | None:
    del clock  # the document brings its own time
    holder = value.get("hits")
    hits = holder.get("hits") if isinstance(holder, Mapping) else None
    if isinstance(hits, list):
        return [
            Layer(hit["_source"], origin)
            for hit in hits
            if isinstance(hit, Mapping) and isinstance(hit.get("_source"), Mapping)
        ]
    source = value.get("_source")
    return [Layer(source, origin)] if isinstance(source, Mapping) and "_index" in value else None


_PEELERS = (
    _docker, _collected, _journald, _loki, cloudwatch, insights, _elasticsearch, google, records,
)  # fmt: skip
