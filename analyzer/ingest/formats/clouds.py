"""What clouds put around log lines: Google's Cloud Logging, AWS CloudWatch and its exports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from analyzer.ingest.epochs import Instant, instant_in_unit
from analyzer.ingest.formats.layer import Layer, label_of
from analyzer.ingest.line_times import Origin
from analyzer.ingest.times import Clock

_GROUP = re.compile(r"(?:/aws/lambda/|/ecs/|/aws/ecs/(?:containerinsights/)?)?(?P<name>[\w.-]+)$")
_STREAM_PARTS = 3


def google(value: Mapping[str, Any], origin: Origin, clock: Clock) -> list[Layer] | None:
    """Take off what Cloud Logging says of an entry, None where `value` is none."""
    text, inner = value.get("textPayload"), value.get("jsonPayload")
    request = value.get("httpRequest")
    told = isinstance(text, str) or isinstance(inner, Mapping) or isinstance(request, Mapping)
    if "logName" not in value or not told:
        return None
    resource = value.get("resource")
    labels = resource.get("labels") if isinstance(resource, Mapping) else None
    arrival = clock.instant(value.get("timestamp")) or origin.arrival
    service = label_of(labels) or origin.service_name
    carried = origin._replace(service_name=service, arrival=arrival, source=f"{service}")
    trace = {"trace_id": value.get("trace"), "span_id": value.get("spanId")}
    fields = {key: item for key, item in trace.items() if item}
    if "severity" in value:
        fields["severity"] = value["severity"]
    if isinstance(text, str):
        return [Layer(text.rstrip("\n"), carried, fields=fields)]
    request = {"httpRequest": request} if request else {}
    return [Layer({**fields, **request, **(inner or {})}, carried)]


def cloudwatch(value: Mapping[str, Any], origin: Origin, clock: Clock) -> list[Layer] | None:
    """Return the events of CloudWatch's answers, exports and subscriptions."""
    del clock  # its times are always epoch milliseconds
    events = value.get("events", value.get("logEvents"))
    if isinstance(events, list) and all(_is_event(item) for item in events) and events:
        stream, group = str(value.get("logStream") or ""), str(value.get("logGroup") or "")
        return [_event(item, origin, stream, group) for item in events]
    if _is_event(value) and ("logStreamName" in value or "ingestionTime" in value):
        return [_event(value, origin, "", str(value.get("logGroupName") or ""))]
    return None


def service_of_stream(stream: str) -> str | None:
    """Return the container of ECS's `<prefix>/<container>/<task>`; Lambda's begin with a date."""
    parts = [part for part in stream.split("/") if part]
    named = len(parts) == _STREAM_PARTS and not parts[0].isdigit()
    return parts[1] if named else None


def _is_event(item: object) -> bool:
    return (
        isinstance(item, Mapping)
        and isinstance(item.get("message"), str)
        and isinstance(item.get("timestamp"), int)
    )


def _event(item: Mapping[str, Any], origin: Origin, stream: str, group: str) -> Layer:
    ns = instant_in_unit(item["timestamp"], 1_000_000)
    name = str(item.get("logStreamName") or stream)
    named = _GROUP.match(str(item.get("logGroupName") or group))
    service = service_of_stream(name) or (named and named["name"]) or origin.service_name
    arrival = None if ns is None else Instant(ns, zoned=True)
    inner = origin._replace(service_name=service, arrival=arrival, source=name)
    return Layer(item["message"].rstrip("\r\n"), inner)


def insights(value: Mapping[str, Any], origin: Origin, clock: Clock) -> list[Layer] | None:
    """Return the lines that a query of CloudWatch Logs Insights found; its times are in UTC."""
    found = value.get("results")
    if not isinstance(found, list) or not found:
        return None
    rows = [_row(cells) for cells in found]
    if not all("@message" in row and "@timestamp" in row for row in rows):
        return None
    return [_found(row, origin, clock) for row in rows]


def _row(cells: object) -> dict[str, str]:
    """Return the fields of one row of a query, empty where it is none."""
    if not isinstance(cells, list):
        return {}
    pairs = [(cell.get("field"), cell.get("value")) for cell in cells if isinstance(cell, Mapping)]
    return {name: text for name, text in pairs if isinstance(name, str) and isinstance(text, str)}


def _found(row: Mapping[str, str], origin: Origin, clock: Clock) -> Layer:
    moment = clock.instant(f"{row['@timestamp']}Z")
    stream = row.get("@logStream", "")
    group = _GROUP.match(row.get("@log", "").partition(":")[2])
    inner = origin._replace(
        service_name=service_of_stream(stream) or (group and group["name"]) or origin.service_name,
        arrival=moment or origin.arrival,
        source=stream,
    )
    return Layer(row["@message"].rstrip("\r\n"), inner)


def records(value: Mapping[str, Any], origin: Origin, clock: Clock) -> list[Layer] | None:
    """Return the records of an export that is nothing but these: Azure's, CloudTrail's."""
    del clock  # each record brings its own time
    found = value.get("records", value.get("Records"))
    if len(value) != 1 or not isinstance(found, list) or not found:
        return None
    if not all(isinstance(item, Mapping) for item in found):
        return None
    return [Layer(item, origin) for item in found]
