"""What single JSON loggers spell in a way of their own, put into common keys.

log4j2's `instant`, caddy's access lines, and the containers that nest all fields of a line.
"""

from __future__ import annotations

from typing import Any

from analyzer.ingest.formats.messages import read_message

_CONTAINERS = ("fields.", "@fields.", "jsonPayload.", "extra.", "context.", "mdc.", "attributes.")
_MESSAGES = ("message", "msg", "event")


def completed(flat: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a line with those added that only its logger's habits tell."""
    if "instant.epochSecond" in flat:
        _add_instant(flat)
    logger = flat.get("logger")
    if isinstance(logger, str) and logger.startswith("http.log.access"):
        _add_caddy(flat)
    for key in tuple(flat):
        for container in _CONTAINERS:
            if key.startswith(container):
                flat.setdefault(key[len(container) :], flat[key])
    if "@head" not in flat and "asctime" not in flat:
        for key in _MESSAGES:
            text = flat.get(key)
            if isinstance(text, str) and (known := read_message(text)):
                for name, value in known.items():
                    flat.setdefault(name, value)
    return flat


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
