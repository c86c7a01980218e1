"""What stands between the level of a text line and its message: thread, logger and ids.

Each logger separates them its own way: Spring and logback, loguru, Flask, ZooKeeper, Quarkus,
NLog, and zap or AWS Lambda, whose parts stand between tabs.
"""

from __future__ import annotations

import re
from typing import Any

from analyzer.ingest.formats.words import LEVEL_WORD

_MARKS = " \t:|,;-"
_SPRING = re.compile(
    r"\s*(?:(?P<pid>\d+)\s+---\s*(?:\[(?P<app2>[^\],]*)\]\s+(?=\[))?)?"
    r"(?:\[(?P<thread>[^\[\]]*)\]\s*)?"
    r"(?:\[(?P<trace2>[0-9a-fA-F]{16,32})-(?P<span2>[0-9a-fA-F]{16})\]\s*)?"
    r"(?P<logger>[\w.$/<>-][\w.$\[\]/<>-]*)\s*(?::|- )\s?(?P<message>.*)$",
    re.DOTALL,
)
_BRACKETED_IDS = re.compile(
    r"\[(?P<app>[\w.-]*),\s?(?P<trace>[0-9a-fA-F-]*),\s?(?P<span>[0-9a-fA-F-]*)(?:,[^\]]*)?\]\s*"
)
_LOGGER = re.compile(
    r"(?:\[(?P<thread>[^\]]{1,80})\]\s*)?(?P<logger>[A-Za-z_][\w$-]*(?:[.][\w$-]+)+|"
    r"[A-Za-z_][\w$]*_[\w$]+(?=:)|[a-z_]\w*(?:::\w+)+(?=: ))"
    r"(?:\s*[:|-])?\s+(?:-- )?(?P<message>\S.*)$",
    re.DOTALL,
)
# Python's logging, as many set it up: `[logger] `, `[thread] [module:line] `, behind the level.
_BRACKETED = re.compile(
    r"\s*(?:\[(?P<thread>[\w.:/@-]{1,80})\]\s*)?\[(?P<logger>[A-Za-z_][\w.$:/-]{0,80})\](?::|\s-)?\s+"
    r"(?P<message>[^\s\[].*)$",
    re.DOTALL,
)
_NAMED = re.compile(r"(?P<logger>[\w.$/-]{1,80})\s*(?:- |: |\|)\s*(?P<message>.*)$", re.DOTALL)
# The forms of single loggers; each begins with marks of its own.
_OWN_FORMS = (
    # loguru: `| module:function:line - `
    re.compile(r"\s*\|\s*(?P<logger>[\w.<>$-]+:[\w.<>$-]+:\d+) - (?P<message>.*)$", re.DOTALL),
    # Flask: ` in module: `
    re.compile(r"\s*in (?P<logger>[\w.]+): (?P<message>.*)$", re.DOTALL),
    # ZooKeeper: `[thread:class@line] - `, brackets within
    re.compile(
        r"\s*(?:- *)?\[(?P<thread>(?:[^\[\]]|\[[^\[\]]*\])*)\] - (?P<message>.*)$", re.DOTALL
    ),
    # Quarkus and JBoss: `[logger] (thread) `
    re.compile(
        r"\s*\[(?P<logger>[\w.$-]+)\] \((?P<thread>[^)]{1,80})\) (?P<message>.*)$", re.DOTALL
    ),
    # NLog: `|logger|`
    re.compile(r"\|(?P<logger>[\w.$-]+)\|(?P<message>.*)$", re.DOTALL),
)
_OWN_MARKS = ("|", "in ", "[", "- [")
_CALLER = re.compile(r"[\w./@+-]+\.\w+:\d+$")
_REQUEST_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def read_head(rest: str, found: dict[str, Any]) -> str:
    """Put logger, thread and ids of `rest` into `found`; return the message after them."""
    if rest[:1] == "\t":
        return _read_tabs(rest, found)
    bracketed = _BRACKETED_IDS.search(rest, 0, 160) if "," in rest[:160] else None
    if bracketed is not None:
        found["spring.application.name"] = bracketed["app"]
        found["traceId"], found["spanId"] = bracketed["trace"], bracketed["span"]
        rest = rest[: bracketed.start()] + rest[bracketed.end() :]
    elif rest.lstrip(" ").startswith(_OWN_MARKS):
        for form in _OWN_FORMS:
            if match := form.match(rest):
                return _taken(match, found)
    if " : " in rest[:200] or "---" in rest[:80] or rest.lstrip().startswith("["):
        match = _SPRING.match(rest)
        if match is not None:
            if match["app2"]:
                found["spring.application.name"] = match["app2"]
            if match["trace2"]:
                found["traceId"], found["spanId"] = match["trace2"], match["span2"]
            return _taken(match, found)
    if "levelname" in found and "logger" not in found and (match := _BRACKETED.match(rest)):
        return _taken(match, found)
    rest = rest.lstrip(_MARKS)
    match = _LOGGER.match(rest)
    if match is None and "logger" not in found and "levelname" not in found:
        match = _NAMED.match(rest)
    return rest if match is None else _taken(match, found)


def _taken(match: re.Match[str], found: dict[str, Any]) -> str:
    """Put thread and logger of a head into `found`; return the message."""
    parts = match.groupdict()
    if parts.get("logger"):
        found["logger"] = parts["logger"]
    if parts.get("thread"):
        found["thread"] = parts["thread"]
    return parts["message"] or ""


def _read_tabs(rest: str, found: dict[str, Any]) -> str:
    """Read the parts between tabs: a request's id, the level, the logger, the caller, the words.

    An object at the end is read by whoever reads objects in messages.
    """
    parts = rest.strip("\t ").split("\t")
    tail = [parts.pop()] if len(parts) > 1 and parts[-1].lstrip().startswith("{") else []
    if len(parts) > 1 and _REQUEST_ID.match(parts[0]):
        found["request_id"] = parts.pop(0)
    if len(parts) > 1 and "levelname" not in found and LEVEL_WORD.match(parts[0].strip()):
        found["levelname"] = parts.pop(0).strip()
    caller = next((place for place in (0, 1) if _is_caller(parts, place)), None)
    if caller is not None:
        found["caller"] = parts.pop(caller)
        if caller:
            found["logger"] = parts.pop(0)
    elif len(parts) > 1 and parts[0] and " " not in parts[0]:
        found["logger"] = parts.pop(0)
    if tail:
        found["@object"] = tail[0]
    return "\t".join(parts)


def _is_caller(parts: list[str], place: int) -> bool:
    return len(parts) > place + 1 and _CALLER.match(parts[place]) is not None
