"""`key=value` pairs: whole lines of logfmt, and the tail of a text message."""

from __future__ import annotations

import re
from typing import Any

from analyzer.ingest.mask import without_credentials

_VALUE = r"(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<bare>[^\s\"][^\s]*)?)"
_PAIR = re.compile(rf"(?P<key>[A-Za-z_@][\w.@/-]*)={_VALUE}(?=\s|$)")
_TAIL_PAIR = re.compile(
    r"(?:^|(?<=[\s,;(\[]))(?P<key>[A-Za-z_][\w.-]*)=(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|"
    r"'(?P<single>[^']*)'|(?P<bare>[^\s\"',;)\]]*))(?=[\s,;)\]]|$)"
)
_UNIT = re.compile(r" (ns|us|µs|ms)(?= \w+=|$)")
_STARTS_PAIR = re.compile(r"[A-Za-z_@][\w.@/-]*=")
# The kernel's audit log: the time stands in the record's name.
_AUDIT = re.compile(r"audit\((?P<time>\d{10}\.\d{3}):\d+\):?$")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_CREDENTIALS = ("ookie", "OOKIE", "uthorization", "UTHORIZATION")
_SURELY_PAIRS = 4
_TYPICAL = frozenset({"time", "ts", "t", "level", "lvl", "msg", "timestamp", "@timestamp"})


def read_logfmt(text: str) -> dict[str, Any] | None:
    """Return the pairs of a logfmt line, None where it is none.

    A line is logfmt where it starts with a pair, holds at least two and at most a stray word
    between them; a time, level or message must be among them, or there is nothing but pairs.
    """
    if not _STARTS_PAIR.match(text):
        return None
    found: dict[str, Any] = {}
    covered = 0
    for match in _PAIR.finditer(text):
        quoted = match["quoted"]
        if quoted is None:
            found[match["key"]] = match["bare"] or ""
        else:
            found[match["key"]] = unescaped(quoted)
        covered += match.end() - match.start() + 1
    sure = len(found) >= _SURELY_PAIRS and covered >= len(text)
    if len(found) < 2 or covered < 0.6 * len(text) or (_TYPICAL.isdisjoint(found) and not sure):
        return None
    if audit := _AUDIT.match(str(found.get("msg", ""))):
        found["time"] = audit["time"]
    return told_by_heroku(found)


def told_by_heroku(pairs: dict[str, Any]) -> dict[str, Any]:
    """Return pairs in which the `service=18ms` of Heroku's router is a duration."""
    if "dyno" in pairs and "service" in pairs:
        pairs["duration"] = pairs.pop("service")
    return pairs


def read_tail(message: str) -> tuple[str, dict[str, Any]]:
    """Return the words of `message` before its first pair, and the pairs."""
    found: dict[str, Any] = {}
    start = -1
    if any(word in message for word in _CREDENTIALS):
        message = without_credentials(message)
    for match in _TAIL_PAIR.finditer(message):
        if start < 0:
            start = match.start()
        quoted = match["quoted"]
        if quoted is not None:
            found[match["key"]] = unescaped(quoted)
        else:
            single = match["single"]
            value = single if single is not None else match["bare"]
            # `latency=12 ms`: Rust's loggers put a blank before the unit.
            if value.isdecimal() and (unit := _UNIT.match(message, match.end())):
                value += unit[1]
            found[match["key"]] = value
    if start < 0:
        return message, found
    return message[:start].rstrip(" \t,;:([-|"), found


def unescaped(quoted: str) -> str:
    """Return the text between quotes with its escapes resolved."""
    if "\\" not in quoted:
        return quoted
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[1]), quoted)
