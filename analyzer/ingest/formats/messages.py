"""Forms that libraries print as a message: aiogram, httpx (python-telegram-bot), celery, uvicorn.

They come inside text lines of any shape, and as the message of JSON lines.
"""

from __future__ import annotations

import re
from typing import Any

_AIOGRAM = re.compile(
    r"Update id=(?P<id>\d+) is (?P<verdict>not handled|handled)\. Duration (?P<ms>\d+"
    r"(?:\.\d+)?) ms"
    r"(?: by bot id=(?P<bot>\d+))?"
)
_AIOGRAM_CAUSE = re.compile(
    r"Cause exception while process update id=(?P<id>\d+)(?: by bot id=(?P<bot>\d+))?\s*"
    r"(?P<type>[A-Za-z_]\w*(?=: ))?"
)
_HTTPX = re.compile(
    r"HTTP Request: (?P<method>[A-Z]+) (?P<url>\S+) \"HTTP/[\d.]+ (?P<status>\d{3})[^\"]*\""
)
_BOT_API = re.compile(r"https?://(?P<host>[^/]+)/(?:bot[^/]+/(?P<call>\w+)|(?P<path>\S*))")
_CELERY = re.compile(
    r"Task (?P<task>[\w.]+)\[(?P<id>[0-9a-f-]{36})\] (?P<verb>succeeded|received|raised|failed|"
    r"retry|"
    r"ignored|rejected)(?: in (?P<took>[\d.]+)s)?(?P<rest>.*)",
    re.DOTALL,
)
_CELERY_ERROR = re.compile(r"(?:raised unexpected|raised|failed)?:?\s*(?P<type>[A-Za-z_]\w*)\(")
_INLINE_ACCESS = re.compile(
    r"(?P<client>[\w.]+)(?::\d+)? - \"(?P<method>[A-Z]+) (?P<path>\S+) HTTP/[\d.]+\" "
    r"(?P<status>\d{3})"
)
_TOOK = re.compile(
    r"\b(?:took|(?:completed|finished|succeeded|handled|processed|done|served|executed|responded)"
    r"(?: \S+){0,3}? (?:in|after))[ :=]+(?P<took>\d+(?:\.\d+)? ?(?:ns|us|µs|ms|msecs?|micros|"
    r"millis|"
    r"milliseconds|microseconds|s|secs?|seconds)\b)"
)


def read_message(message: str) -> dict[str, Any] | None:
    """Return the fields of a message of a known form, None where none is known."""
    if "pdate id=" in message:
        return _aiogram(message)
    if message.startswith("HTTP Request: "):
        return _httpx(message)
    if message.startswith("Task "):
        return _celery(message)
    if "HTTP/1" in message or "HTTP/2" in message:
        match = _INLINE_ACCESS.search(message)
        if match is not None:
            return {
                "method": match["method"],
                "path": match["path"],
                "status": match["status"],
                "client_ip": match["client"],
            }
    hints = " in " in message or "took" in message or " after " in message
    if hints and "=" not in message and (match := _TOOK.search(message)):
        return {"duration": match["took"], "@head": message[: match.start()].rstrip(" ,:;-(")}
    return None


def _aiogram(message: str) -> dict[str, Any] | None:
    match = _AIOGRAM.search(message)
    if match is not None:
        # aiogram writes the line when the work is over; "not handled" is a state, not an error.
        return {
            "update_id": match["id"],
            "operation": f"update {match['verdict']}",
            "duration_ms": match["ms"],
        }
    match = _AIOGRAM_CAUSE.search(message)
    if match is None:
        return None
    found = {"update_id": match["id"], "outcome": "error"}
    if match["type"]:
        found["error_type"] = match["type"]
    return found


def _httpx(message: str) -> dict[str, Any] | None:
    match = _HTTPX.match(message)
    if match is None:
        return None
    target = _BOT_API.match(match["url"])
    found = {"status": match["status"], "method": match["method"], "span.kind": "client"}
    if target is None:
        return found | {"url": match["url"]}
    if target["call"]:
        return found | {"operation": target["call"], "peer": target["host"]}
    return found | {"path": f"/{target['path'] or ''}", "peer": target["host"]}


def _celery(message: str) -> dict[str, Any] | None:
    match = _CELERY.match(message)
    if match is None:
        return None
    found: dict[str, Any] = {"task": match["task"], "job_id": match["id"], "verb": match["verb"]}
    if match["took"]:
        found["duration_s"] = match["took"]
    if match["verb"] == "succeeded":
        found["outcome"] = "ok"
    elif match["verb"] in {"raised", "failed", "rejected"}:
        found["outcome"] = "error"
        if cause := _CELERY_ERROR.search(match["rest"]):
            found["error_type"] = cause["type"]
    return found
