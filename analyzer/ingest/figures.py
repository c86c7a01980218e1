"""Resource figures that log lines carry, under OpenTelemetry's names where it has one.

CPU becomes a ratio, memory bytes; pools, queues and requests in flight stay counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from analyzer.ingest.record import Measurement, Record

_BYTES = {"": 1.0, "b": 1.0, "bytes": 1.0, "kb": 1024.0, "kib": 1024.0, "mb": 1024.0**2,
          "mib": 1024.0**2, "gb": 1024.0**3, "gib": 1024.0**3}  # fmt: skip
_SIZE = r"(?:_(?P<size>bytes|b|kb|kib|mb|mib|gb|gib))?$"
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?) ?(%|[KMG]i?B|B)?$", re.IGNORECASE)


class Figure(NamedTuple):
    """What a key measures: the common name, its unit, and the factor to that unit."""

    name: str
    unit: str
    factor: float


# Endings of keys by the figure they name: (common name, unit, factor, endings).
_POOL = r"(?:pool|conn(?:ection)?s?_pool|pool_conn(?:ection)?s?|db_pool|db_conn(?:ection)?s?)"
_PERCENT = 0.01
_SHARE = r"(?:_usage|_used|_utilization|_load)?_(?:percent|pct|perc)"
_TABLE = (
    ("process.cpu.utilization", "1", _PERCENT, rf"cpu{_SHARE}"),
    ("process.cpu.utilization", "1", 1.0, "cpu_(?:utilization|usage|ratio)"),
    ("process.memory.utilization", "1", _PERCENT, rf"(?:mem|memory){_SHARE}"),
    ("system.filesystem.utilization", "1", _PERCENT, rf"disk{_SHARE}"),
    (
        "db.client.connection.used",
        "{connection}",
        1.0,
        rf"{_POOL}_(?:in_use|used|active|busy|checked_?out|acquired)",
    ),
    (
        "db.client.connection.idle",
        "{connection}",
        1.0,
        rf"{_POOL}_(?:idle|free|available|checked_?in)",
    ),
    (
        "db.client.connection.max",
        "{connection}",
        1.0,
        rf"{_POOL}_(?:size|max|max_size|limit|capacity|total)",
    ),
    (
        "db.client.connection.pending_requests",
        "{request}",
        1.0,
        rf"{_POOL}_(?:waiting|waiters|pending|queued|pending_requests|wait_count)",
    ),
    ("db.client.connection.timeouts", "{timeout}", 1.0, rf"{_POOL}_timeouts?(?:_total)?"),
    (
        "http.server.active_requests",
        "{request}",
        1.0,
        "(?:requests_)?in_?flight(?:_requests)?|active_requests|requests_active",
    ),
    (
        "network.connections",
        "{connection}",
        1.0,
        "(?:open|active|current)_connections|connections_(?:open|active|current)",
    ),
    ("process.thread.count", "{thread}", 1.0, "thread_count|num_threads|threads(?:_active)?"),
    (
        "process.open_file_descriptor.count",
        "{file_descriptor}",
        1.0,
        "open_fds|fd_count|open_files|num_fds",
    ),
    ("go.goroutine.count", "{goroutine}", 1.0, "goroutines|num_goroutine"),
    ("system.cpu.load_average.1m", "{thread}", 1.0, "load1|load_1m|load_average_1m"),
    ("event_loop.lag", "s", 0.001, "(?:event_)?loop_lag_ms"),
)
_RULES = tuple(
    (re.compile(rf"(?:^|.*_)(?:{ending})$"), Figure(name, unit, factor))
    for name, unit, factor, ending in _TABLE
)
_MEMORY = re.compile(
    r"(?:^|.*_)(?:(?P<heap>heap)(?:_used|_size)?|rss|mem|memory|mem_rss|memory_rss|rss_memory|"
    rf"(?:mem|memory)_(?:used|usage)|used_memory){_SIZE}"
)
_QUEUE = re.compile(r"(?:(?P<which>\w+?)_)?queue_(?:depth|size|length|len|backlog)$")
_PLAIN_QUEUE = frozenset({"queued", "backlog", "queue", "jobs_queued", "messages_queued"})
_OTEL = re.compile(
    r"(?:process|system|db\.client\.connections?|jvm|container|k8s|go|nodejs)\.[a-z_.]+$"
)
_SPEAKS_OF_RESOURCES = re.compile(
    r"cpu|mem|rss|heap|pool|conn|queue|backlog|flight|active|thread|fds|open_f|goroutine|load|lag|disk",
    re.IGNORECASE,
)

_NAMES = re.compile(r"[._](?:id|name|pid|tid)$|Id$")
"""What tells who, not how much: `process.thread.id`."""


@lru_cache(maxsize=8192)
def figure_of_key(key: str) -> Figure | None:
    """Return what resource figure `key` names, None where it names none."""
    if not _SPEAKS_OF_RESOURCES.search(key) or _NAMES.search(key):
        return None
    if _OTEL.match(key):
        return Figure(key, "", 1.0)
    folded = (
        re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower().replace(".", "_").replace("-", "_")
    )
    for pattern, figure in _RULES:
        if pattern.match(folded):
            return figure
    if match := _MEMORY.match(folded):
        name = "process.memory.heap.usage" if match["heap"] else "process.memory.usage"
        return Figure(name, "By", _BYTES[match["size"] or ""])
    if match := _QUEUE.match(folded):
        return Figure(
            f"{match['which']}.queue.depth" if match["which"] else "queue.depth", "{item}", 1.0
        )
    return Figure("queue.depth", "{item}", 1.0) if folded in _PLAIN_QUEUE else None


def figures_of(
    fields: Mapping[str, Any], named: Iterable[tuple[str, Figure]], record: Record
) -> Iterator[Measurement]:
    """Yield the resource figures that the keys `named` of a line hold."""
    if record.time_ns is None:
        return
    for key, figure in named:
        value = _value(fields[key], figure)
        if value is not None:
            yield Measurement(
                record.time_ns, record.service_name, figure.name, value, figure.unit or None
            )


def _value(raw: object, figure: Figure) -> float | None:
    if isinstance(raw, bool):
        return None
    if isinstance(raw, (int, float)):
        return round(raw * figure.factor, 9)
    match = _NUMBER.match(raw) if isinstance(raw, str) and len(raw) < 32 else None
    if match is None:
        return None
    number, unit = float(match[1]), (match[2] or "").lower()
    if unit == "%":
        return round(number * _PERCENT, 9) if figure.unit == "1" else None
    factor = _BYTES.get(unit) if unit else figure.factor
    return None if factor is None else round(number * factor, 9)
