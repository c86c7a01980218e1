"""Text lines that start with a time: Python's logging, logback, Spring, log4j, and their like.

One reader for all of them: find the time, find the level in the structure around it, take the
logger where the separators mark one; the rest is the message, whose pairs become fields.
"""

from __future__ import annotations

import re
from typing import Any

from analyzer.ingest.formats.messages import fields_of_message
from analyzer.ingest.formats.syslog import read_syslog
from analyzer.ingest.time_forms import MONTHS, ZONE

_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,18})?"
_HALF_CLOCK = r"\d\d?:\d\d:\d\d(?:[.,]\d{1,9})? ?[AaPp]\.?[Mm](?![A-Za-z])\.?"
_SHORT_DAY = r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_MONTH = f"(?:{'|'.join(MONTHS)})"
_TIME = re.compile(
    rf"\d{{4}}-\d\d-\d\d[T _]{_CLOCK}(?:Z(?![A-Za-z])| ?[+-]\d\d:?\d\d(?!\d)| {ZONE})?|"
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?![:\d])|"
    rf"\d{{4}}[/.]\d\d[/.]\d\d[T -]{_CLOCK}(?: ?[+-]\d\d:?\d\d(?!\d))?|"
    rf"\d{{8}}[T -]{_CLOCK}(?:Z|[+-]\d\d:?\d\d)?|\d{{8}}T\d{{6}}(?:[.,]\d{{1,9}})?Z?|"
    rf"\d\d/{_MONTH}/\d{{4}}[: ]{_CLOCK}(?: [+-]\d{{4}})?|"
    rf"(?:[A-Z][a-z]{{2}},? )?{_MONTH} [ \d]\d {_CLOCK}(?: {ZONE})? \d{{4}}|"
    rf"(?:[A-Z][a-z]{{2}},? )?{_MONTH} [ \d]\d {_CLOCK}|"
    rf"(?:[A-Z][a-z]{{2}},? )?\d\d?[ -]{_MONTH}[ -]\d{{4}}(?: |::){_CLOCK}"
    rf"(?: ?[+-]\d{{4}}| {ZONE})?|"
    rf"\d\d/\d\d/\d\d {_CLOCK}|\d{{4}}-\d{{3}}[T ]{_CLOCK}|"
    rf"(?:{_MONTH} \d\d?, \d{{4}}|\d\d?/\d\d?/\d{{4}}),? {_HALF_CLOCK}|"
    rf"\d\d[.-]\d\d[.-]\d{{4}}[T ]{_CLOCK}(?: ?[+-]\d\d:?\d\d(?!\d))?|"
    rf"\d{{4}}-\d\d-\d\d-\d\d\.\d\d\.\d\d(?:\.\d{{1,9}})?|"
    rf"{_SHORT_DAY} (?:(?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?=\s)|{_CLOCK})|"
    rf"\d\d-\d\d {_CLOCK}|\d\d? {_MONTH} {_CLOCK}|"
    rf"1\d{{9}}(?:\.\d{{1,9}})?(?=[\s\]])|{_CLOCK}(?=[\s\]|])"
)
# A whole date and time somewhere near the beginning, or a clock with parts of a second.
_WITHIN = re.compile(
    rf"(?<![\w./-])(?:\d{{4}}-\d\d-\d\d[T _]{_CLOCK}(?:Z(?![A-Za-z])| ?[+-]\d\d:?\d\d(?!\d))?|"
    r"\d{4}-\d\d-\d\d-\d\d\.\d\d\.\d\d\.\d{1,9}|"
    rf"\d{{4}}[/.]\d\d[/.]\d\d[T -]{_CLOCK}|\d\d/{_MONTH}/\d{{4}}[: ]{_CLOCK}(?: [+-]\d{{4}})?|"
    rf"\d\d?[ -]{_MONTH}[ -]\d{{4}}(?: |::){_CLOCK}|\d\d? {_MONTH} {_CLOCK}|"
    rf"{_MONTH} [ \d]\d {_CLOCK}|1\d{{9}}(?:\.\d{{1,9}})?(?=[\s\]):])|"
    r"\d\d:\d\d:\d\d[.,]\d{3,9}(?=\s))"
)
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")
_UPPER = (
    "TRACE|DEBUG\\d?|INFO|INFORMATION|NOTICE|WARN|WARNING|ERROR|ERR|CRITICAL|CRIT|FATAL|SEVERE|ALERT|"
    "EMERG|PANIC|LOG|VERBOSE|FINEST|FINER|FINE|CONFIG|STATEMENT|DETAIL|HINT"
)
_LOWER = "trace|debug|info|notice|warn|warning|error|err|critical|crit|fatal"
# A single letter behind a number, before a tag (Android), or in a column of its own (MongoDB).
_LETTER = r"(?<=\d )[VDIWEF](?= [\w.$/-]{1,60} *:)|[DIWEF](?=  [A-Z]{3})"
_LEVEL = (
    rf"(?P<level>{_UPPER}|(?i:{_LOWER})(?=[\]|\s:>/,])|"
    rf"(?<=\[)(?:Note|System)(?=\])|Information(?=[\]|,:>])|{_LETTER})"
)
# What may stand between time and level: separators, brackets, numbers, a name before ` - `.
# Each alternative starts with a character of its own and gives nothing back, so that no line,
# however odd, makes the pattern try exponentially many ways.
_BETWEEN = (
    r"(?:[\s|:>,;-]++|\[[^\]]{0,80}\]|\([^)]{0,40}\)|\d++(?=[\s:])|"
    r"[\w.-]{1,40}@[\w.-]{1,40}+(?= )|"
    r"[A-Za-z_.$@/][\w.$@/-]{0,80}+(?=\s*(?:\[|[|:]|- |::))){0,16}?"
)
_HEAD = re.compile(
    rf"(?P<between>{_BETWEEN})[\[(<]?(?:[a-z_0-9-]{{1,30}}[.:])?{_LEVEL}(?:[\])>]|(?![\w.=-]))"
)
_BEFORE = re.compile(
    rf"(?:[\[(<]{{0,2}}|(?:\S{{1,60}}::)?(?P<level>{_UPPER})[\])]?(?:::|[\s:|-]+)[\[(]?|"
    rf"\d+:[A-Z] |\[pid +\d+\] |\[(?P<bracketed>{_UPPER}|(?i:{_LOWER}))\]:? +\[?|"
    r"(?P<letter>[VDIWEF]) \[|\[(?P<first>[VDIWEF]) )$"
)
_LEADING = re.compile(rf"\[?(?P<level>{_UPPER}|(?i:{_LOWER})(?=[:\]]))(?:\]|:)?(?=\s)")
_SPRING = re.compile(
    r"\s*(?:(?P<pid>\d+)\s+---\s*(?:\[(?P<app2>[^\],]*)\]\s+(?=\[))?)?"
    r"(?:\[(?P<thread>[^\[\]]*)\]\s*)?"
    r"(?:\[(?P<trace2>[0-9a-fA-F]{16,32})-(?P<span2>[0-9a-fA-F]{16})\]\s*)?"
    r"(?P<logger>[\w.$\[\]/<>-]+)\s*(?::|- )\s?(?P<message>.*)$",
    re.DOTALL,
)
_BRACKETED_IDS = re.compile(
    r"\[(?P<app>[\w.-]*),\s?(?P<trace>[0-9a-fA-F-]*),\s?(?P<span>[0-9a-fA-F-]*)(?:,[^\]]*)?\]\s*"
)
# Ruby's Logger: `I, [2026-03-01T10:00:00.123456 #7]  INFO -- name: message`.
_RUBY = re.compile(
    r"[A-Z], \[(?P<asctime>[^\s\]]+) #(?P<pid>\d+)\] +(?P<levelname>[A-Z]+) -- (?P<logger>[^:]*): "
    r"(?P<message>.*)$",
    re.DOTALL,
)
_MARKS = " \t:|,;-"
_LOGGER = re.compile(
    r"(?:\[(?P<thread>[^\]]{1,80})\]\s*)?(?P<logger>[A-Za-z_][\w$-]*(?:[.][\w$-]+)+|[A-Za-z_][\w$]*_[\w$]+(?=:))"
    r"(?:\s*[:|-])?\s+(?P<message>\S.*)$",
    re.DOTALL,
)
_NAMED = re.compile(r"(?P<logger>[\w.$/-]{1,80})\s*(?:- |: |\|)\s*(?P<message>.*)$", re.DOTALL)
_THREAD = re.compile(r"\[(?P<thread>[^\]]*)\]")


def read_text(text: str) -> dict[str, Any] | None:
    """Return the fields of a timestamped line, None where no time stands where one belongs."""
    if text[1:4] == ", [" and (ruby := _RUBY.match(text)):
        return {**ruby.groupdict(), **fields_of_message(ruby["message"])}
    match = _TIME.search(text, 0, 100)
    if match is None or (match.start() == 0 and read_syslog(text) is not None):
        return None
    before = text[: match.start()]
    head = _BEFORE.match(before) if before else None
    if before and head is None:
        return None
    rest = text[match.end() :]
    if before[-1:] in "[(" and before:
        rest = rest.removeprefix("]").removeprefix(")")
    found: dict[str, Any] = {"asctime": match[0]}
    level = next((word for word in head.groups() if word), None) if head else None
    if level is None:
        placed = _HEAD.match(rest)
        if placed is not None:
            level = placed["level"]
            _read_between(placed["between"], found)
            rest = rest[placed.end() :]
            if rest.startswith("/") and "]" in rest:  # celery: `INFO/MainProcess] `
                found["process_name"], _, rest = rest[1:].partition("]")
    if level is not None:
        found["levelname"] = level
    message = _read_logger(rest, found)
    found["message"] = message
    found |= fields_of_message(message)
    return found


def leading_level(text: str) -> str | None:
    """Return the level that a message without a time of its own begins with."""
    match = _LEADING.match(text)
    return match["level"] if match else None


def read_timed(text: str) -> dict[str, Any] | None:
    """Return the fields of a line that tells its time somewhere near its beginning.

    The last resort, where a file holds no line of any known form: the whole line is the message.
    """
    match = _WITHIN.search(text, 0, 160)
    if match is None or text[:1] in "{<" or _NO_TEXT.search(text):
        return None
    found: dict[str, Any] = {"asctime": match[0], "message": text}
    placed = _HEAD.match(text, match.end())
    if placed is not None:
        found["levelname"] = placed["level"]
    return found | fields_of_message(text)


def _read_between(between: str, found: dict[str, Any]) -> None:
    """Take thread and logger out of what stood between time and level."""
    if thread := _THREAD.search(between):
        found["thread"] = thread["thread"]
        between = _THREAD.sub(" ", between)
    names = [word for word in re.split(r"[\s|:>-]{1,}", between) if word and not word.isdigit()]
    if names:
        found["logger"] = names[-1]


def _read_logger(rest: str, found: dict[str, Any]) -> str:
    """Put logger, thread and ids of `rest` into `found`; return the message after them."""
    bracketed = _BRACKETED_IDS.search(rest, 0, 160) if "," in rest[:160] else None
    if bracketed is not None:
        found["spring.application.name"] = bracketed["app"]
        found["traceId"], found["spanId"] = bracketed["trace"], bracketed["span"]
        rest = rest[: bracketed.start()] + rest[bracketed.end() :]
    if " : " in rest[:200] or "---" in rest[:80] or rest.lstrip().startswith("["):
        match = _SPRING.match(rest)
        if match is not None:
            found["logger"] = match["logger"]
            if match["thread"]:
                found["thread"] = match["thread"]
            if match["app2"]:
                found["spring.application.name"] = match["app2"]
            if match["trace2"]:
                found["traceId"], found["spanId"] = match["trace2"], match["span2"]
            return match["message"]
    rest = rest.lstrip(_MARKS)
    match = _LOGGER.match(rest)
    if match is None and "logger" not in found:
        match = _NAMED.match(rest) if "levelname" not in found else None
    if match is not None:
        found["logger"] = match["logger"]
        if (thread := match.groupdict().get("thread")) is not None:
            found["thread"] = thread
        return match["message"]
    return rest
