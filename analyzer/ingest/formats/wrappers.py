"""What carries log lines: container runtimes, journald, Loki, CloudWatch, Elasticsearch.

Each layer is taken off and says who sent the line and when it arrived (FORMATS section 1d).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from analyzer.ingest.epochs import Instant, instant_in_unit
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
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
_SERVICE_LABELS = (
    "service_name", "service", "app", "app.kubernetes.io/name", "app_kubernetes_io_name",
    "container_name", "container", "job", "unit", "_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER", "pod_name",
    "pod",
)  # fmt: skip
_UNIT_SUFFIX = re.compile(r"\.(?:service|scope|socket)$")


class Layer(NamedTuple):
    """What one layer held: a text or a JSON object, where it came from, and whether it is whole.

    `cut` says that its end is missing for sure. `fields` are the layer's own, for lines whose
    content names nothing itself.
    """

    content: str | Mapping[str, Any]
    origin: Origin
    whole: bool = True
    cut: bool = False
    fields: Mapping[str, Any] = {}


def without_ansi(text: str) -> str:
    """Return `text` without colours and cursor movements."""
    return _ANSI.sub("", text)


def is_wrapped(text: str) -> bool:
    """Tell whether `peel_text` would take a prefix off."""
    return _CRI.match(text) is not None or ("|" in text[:64] and _COMPOSE.match(text) is not None)


def peel_text(text: str, origin: Origin, clock: Clock) -> Layer | None:
    """Take a CRI or compose prefix off a text line, None where there is none."""
    match = _CRI.match(text)
    if match is not None:
        inner = origin._replace(
            arrival=clock.instant(match["time"]) or origin.arrival,
            source=f"{origin.source}/{match['stream']}",
            depth=origin.depth + 1,
        )
        whole = match["tag"] == "F"
        return Layer(match["message"] or "", inner, whole, not whole)
    if "|" not in text[:64]:
        return None
    match = _COMPOSE.match(text)
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
        service = _label(labels) or _label(kubernetes) or service
    elif isinstance(attributes := value.get("attrs"), Mapping):
        service = _label(attributes) or service
    arrival = clock.instant(value.get("time", value.get("@timestamp"))) or origin.arrival
    inner = origin._replace(
        service_name=service, arrival=arrival, source=f"{origin.source}/{service}/{stream}"
    )
    return [Layer(text.rstrip("\r\n"), inner, text.endswith("\n"))]


def _journald(value: Mapping[str, Any], origin: Origin, clock: Clock) -> list[Layer] | None:
    del clock  # its time is always epoch microseconds
    if "__REALTIME_TIMESTAMP" not in value or "MESSAGE" not in value:
        return None
    message = value["MESSAGE"]
    if isinstance(message, list):
        numbers = [item for item in message if isinstance(item, int) and 0 <= item < 256]
        message = bytes(numbers).decode("utf-8", "replace")
    ns = instant_in_unit(value["__REALTIME_TIMESTAMP"], 1_000)
    service = _label(value)
    inner = origin._replace(
        service_name=service or origin.service_name,
        arrival=Instant(ns, zoned=True) if ns is not None else origin.arrival,
        source=f"{origin.source}/{service}/{value.get('_PID', '')}",
    )
    priority = value.get("PRIORITY")
    fields = {} if priority is None else {"PRIORITY": priority}
    return [Layer(str(message or ""), inner, fields=fields)]


def _loki(value: Mapping[str, Any], origin: Origin, clock: Clock) -> list[Layer] | None:
    if isinstance(value.get("line"), str) and isinstance(labels := value.get("labels"), Mapping):
        arrival = clock.instant(value.get("timestamp")) or origin.arrival
        return [Layer(value["line"].rstrip("\n"), _labelled(origin, labels, arrival))]
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
                yield Layer(pair[1].rstrip("\n"), _labelled(origin, labels, arrival))


def _labelled(origin: Origin, labels: Mapping[str, Any], arrival: Instant | None) -> Origin:
    service = _label(labels) or origin.service_name
    source = f"{origin.source}/{sorted((str(k), str(v)) for k, v in labels.items())}"
    return origin._replace(service_name=service, arrival=arrival, source=source)


def _cloudwatch(value: Mapping[str, Any], origin: Origin, clock: Clock) -> list[Layer] | None:
    del clock  # its times are always epoch milliseconds
    events = value.get("events", value.get("logEvents"))
    if isinstance(events, list) and all(_is_event(item) for item in events) and events:
        stream = value.get("logStream", value.get("logGroup"))
        return [_event(item, origin, stream) for item in events]
    if _is_event(value) and ("logStreamName" in value or "ingestionTime" in value):
        return [_event(value, origin, None)]
    return None


def _is_event(item: object) -> bool:
    return (
        isinstance(item, Mapping)
        and isinstance(item.get("message"), str)
        and isinstance(item.get("timestamp"), int)
    )


def _event(item: Mapping[str, Any], origin: Origin, stream: object) -> Layer:
    ns = instant_in_unit(item["timestamp"], 1_000_000)
    name = str(item.get("logStreamName") or stream or "")
    # `<prefix>/<container>/<task>` (ECS), `<date>/[$LATEST]<id>` (Lambda: the group names it).
    parts = [part for part in name.split("/") if part]
    service = parts[1] if len(parts) == 3 and not parts[0].isdigit() else origin.service_name
    arrival = None if ns is None else Instant(ns, zoned=True)
    inner = origin._replace(service_name=service, arrival=arrival, source=name)
    return Layer(item["message"].rstrip("\r\n"), inner)


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


def _google(value: Mapping[str, Any], origin: Origin, clock: Clock) -> list[Layer] | None:
    text, inner = value.get("textPayload"), value.get("jsonPayload")
    request = value.get("httpRequest")
    told = isinstance(text, str) or isinstance(inner, Mapping) or isinstance(request, Mapping)
    if "logName" not in value or not told:
        return None
    resource = value.get("resource")
    labels = resource.get("labels") if isinstance(resource, Mapping) else None
    arrival = clock.instant(value.get("timestamp")) or origin.arrival
    service = _label(labels) or origin.service_name
    carried = origin._replace(service_name=service, arrival=arrival, source=f"{service}")
    fields = {"severity": value["severity"]} if "severity" in value else {}
    if isinstance(text, str):
        return [Layer(text.rstrip("\n"), carried, fields=fields)]
    trace = str(value.get("trace") or "").rsplit("/", 1)[-1]
    known = {"trace_id": trace, "span_id": value.get("spanId"), "httpRequest": request, **fields}
    content = {**{k: v for k, v in known.items() if v}, **(inner or {})}
    return [Layer(content, carried, fields=fields)]


_PEELERS = (_docker, _journald, _loki, _cloudwatch, _elasticsearch, _google)


def _label(labels: object) -> str | None:
    """Return the service that a set of labels names, best first."""
    if not isinstance(labels, Mapping):
        return None
    for key in _SERVICE_LABELS:
        name = labels.get(key)
        if isinstance(name, str) and name:
            return _UNIT_SUFFIX.sub("", name.rsplit("/", 1)[-1])
    return None
