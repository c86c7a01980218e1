"""What single JSON loggers spell in a way of their own, put into common keys.

log4j2's `instant`, caddy's access lines, and the containers that nest all fields of a line.
"""

from __future__ import annotations

from typing import Any

from analyzer.ingest.formats.messages import read_message
from analyzer.ingest.shapes import HEAD_KEY, Shape


def complete(flat: dict[str, Any], shape: Shape) -> bool:
    """Add to a line's fields what only its logger's habits tell; tell whether any was added."""
    before = len(flat)
    if shape.unfinished:
        if "instant.epochSecond" in flat:
            _add_instant(flat)
        logger = flat.get("logger")
        if isinstance(logger, str) and logger.startswith("http.log.access"):
            _add_caddy(flat)
    for key, bare in shape.contained:
        flat.setdefault(bare, flat[key])
    if HEAD_KEY not in flat and "asctime" not in flat:
        text = flat[shape.body[0]] if shape.body else None
        if isinstance(text, str) and (known := read_message(text)):
            for name, value in known.items():
                flat.setdefault(name, value)
    return len(flat) != before or shape.unfinished


def _add_instant(flat: dict[str, Any]) -> None:
    seconds, nanos = flat.get("instant.epochSecond"), flat.get("instant.nanoOfSecond", 0)
    if isinstance(seconds, int) and isinstance(nanos, int):
        flat["time"] = f"{seconds}.{nanos:09d}"
        del flat["instant.epochSecond"]
        flat.pop("instant.nanoOfSecond", None)


def _add_caddy(flat: dict[str, Any]) -> None:
    """Caddy's `duration` is seconds as a float, its host names the service."""
    if isinstance(flat.get("duration"), (int, float)):
        flat["duration_s"] = flat.pop("duration")
    if flat.get("request.host"):
        flat.setdefault("service", str(flat["request.host"]).split(":")[0])
    if flat.get("request.method"):
        flat.setdefault("method", flat["request.method"])
    if flat.get("request.uri"):
        flat.setdefault("path", flat["request.uri"])
