"""Text lines that start with a time: Python's logging, logback, Spring, log4j, and their like.

One reader for all of them: find the time, find the level in the structure around it, take the
logger where the separators mark one; the rest is the message, whose pairs become fields.
"""

from __future__ import annotations

import re
from typing import Any

from analyzer.ingest.formats.heads import read_head
from analyzer.ingest.formats.messages import fields_of_message
from analyzer.ingest.formats.pairs import read_tail
from analyzer.ingest.formats.syslog import read_syslog
from analyzer.ingest.formats.words import IN_SENTENCES, LOWER, SURE, UPPER
from analyzer.ingest.formats.workers import read_worker
from analyzer.ingest.time_forms import MONTHS, PLACE, UPTIME, ZONE

_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,18}|:\d{3}(?=[\s|\]]))?"
_LOOSE_CLOCK = r"\d\d?:\d\d:\d\d(?:[.,]\d{1,9}|:\d{3}(?=[\s|\]]))?"
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
    rf"(?: ?[+-]\d{{4}}| {ZONE}| {PLACE}(?=\]))?|"
    rf"\d\d/\d\d/\d\d {_CLOCK}|\d{{4}}-\d{{3}}[T ]{_CLOCK}|"
    rf"(?:{_MONTH} \d\d?, \d{{4}}|\d\d?/\d\d?/\d{{4}}|\d{{4}}[-/]\d\d?[-/]\d\d?),? {_HALF_CLOCK}|"
    rf"\d\d?/\d\d?/\d{{4}},?[T ]{_LOOSE_CLOCK}(?:Z| ?[+-]\d\d:?\d\d(?!\d)| {ZONE})?|"
    rf"\d\d?/\d\d?/\d\d,? \d\d?:\d\d:\d\d:\d{{3}} {ZONE}|"
    rf"\d{{4}}[-/]\d\d?[-/]\d\d?[T ]{_LOOSE_CLOCK}|"
    rf"\d{{4}}[- ]{_MONTH}[- ]\d\d? {_CLOCK}|\d{{4}}-\d\d-\d\d, {_CLOCK}(?: {ZONE})?|"
    rf"\d\d[.-]\d\d[.-]\d{{4}}[T ]{_CLOCK}(?: ?[+-]\d\d:?\d\d(?!\d))?|"
    rf"\d{{4}}-\d\d-\d\d-\d\d\.\d\d\.\d\d(?:\.\d{{1,9}})?|"
    rf"{_SHORT_DAY} (?:(?:[01]\d|2[0-3])[0-5]\d[0-5]\d(?=\s)|{_CLOCK})|"
    rf"\d\d-\d\d {_CLOCK}|\d\d? {_MONTH} {_CLOCK}|(?<=\[)\d\d\.\d\d {_CLOCK}(?=\])|"
    rf"1\d{{9}}(?:\d{{3}}){{0,3}}(?:\.\d{{1,9}})?(?=[\s\]|])|{_CLOCK}(?=[\s\]|])|"
    r"\d\d?:\d\d[AP]M(?= )|@40000000[0-9a-f]{16}(?= )"
)
# What every time holds: most texts hold none, and are not looked through for each of its forms.
_DIGITS_OF_A_TIME = re.compile(r"\d:\d\d|(?<![\w=.])@?\d{6}|\d\.\d\d\.\d\d")
# A whole date and time somewhere near the beginning, or a clock with parts of a second.
_WITHIN = re.compile(
    rf"(?<![\w./-])(?:\d{{4}}-\d\d-\d\d[T _]{_CLOCK}(?:Z(?![A-Za-z])| ?[+-]\d\d:?\d\d(?!\d))?|"
    r"\d{4}-\d\d-\d\d-\d\d\.\d\d\.\d\d\.\d{1,9}|"
    rf"\d{{4}}[/.]\d\d[/.]\d\d[T -]{_CLOCK}|\d\d/{_MONTH}/\d{{4}}[: ]{_CLOCK}(?: [+-]\d{{4}})?|"
    rf"\d\d?[ -]{_MONTH}[ -]\d{{4}}(?: |::){_CLOCK}|\d\d? {_MONTH} {_CLOCK}|"
    rf"{_MONTH} [ \d]?\d {_CLOCK}(?: {ZONE})? \d{{4}}|"
    rf"{_MONTH} [ \d]\d {_CLOCK}|1\d{{9}}(?:\.\d{{1,9}})?(?=[\s\]):])|"
    r"\d\d:\d\d:\d\d[.,]\d{3,9}(?=\s))"
)
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")
# A single letter behind a number, before a tag (Android), or in a column of its own (MongoDB).
_LETTER = r"(?<=\d )[VDIWEF](?= [\w.$/-]{1,60} *:)|[DIWEF](?=  [A-Z]{3})"
_LEVEL = (
    rf"(?P<level>{UPPER}|(?i:{LOWER})(?=[\]|\s:>/,])|"
    rf"(?<=\[)(?:Note|System)(?=\])|Information(?=[\]|,:>])|{_LETTER})"
)
# What may stand between time and level: separators, brackets, numbers, a name before ` - `.
# Each alternative starts with a character of its own and gives nothing back, so that no line,
# however odd, makes the pattern try exponentially many ways.
_BETWEEN = (
    r"(?:[\s|:>,;-]++|\[[^\]]{0,80}\]|\([^)]{0,40}\)|\{[^}]{0,80}\}|\d++(?:(?=[\s:|])|\])|"
    r"[\w.-]{1,40}@[\w.-]{1,40}+(?= )|"
    # a name before a separator; or right before the level, where it is no word of a sentence
    r"(?![A-Z][a-z]*\s+[A-Z])[A-Za-z_.$@/][\w.$@/-]{0,80}+"
    rf"(?=\s*(?:\[|[|:]|- |::)|\s+(?:{SURE})[\s:](?<!ERROR.)|"
    rf"\s+ERROR[\s:](?!{IN_SENTENCES}))){{0,16}}?"
)
_HEAD = re.compile(
    rf"(?P<between>{_BETWEEN})(?:\[ ?|[(<])?(?:[a-z_0-9-]{{1,30}}[.:])?{_LEVEL}(?:[+-]\d)?"
    r"(?: *[\])>]|(?![\w.=-]))"
)
_BEFORE = re.compile(
    rf"(?:[\[(<]{{0,2}}|(?:\S{{1,60}}::)?(?P<level>{UPPER})[\])]?(?:::|[\s:|-]+)"
    r"(?:\[[^\]]{0,80}\] +)?[\[(]?|\[[\w-]{1,30}\] +\d+ +- +|"
    rf"\d+:[A-Z] |\[pid +\d+\] |\[(?P<bracketed>{UPPER}|(?i:{LOWER}))\]:?[ \t]+\[?|"
    r"(?P<letter>[VDIWEF]) \[|\[(?P<first>[VDIWEF]) )$"
)
_LEADING = re.compile(rf"\[?(?P<level>{UPPER}|(?i:{LOWER})(?=[:\]]))(?:\]|:|\[\d+\])?(?=\s)")
# Ruby's Logger: `I, [2026-03-01T10:00:00.123456 #7]  INFO -- name: message`.
_RUBY = re.compile(
    r"[A-Z], \[(?P<asctime>[^\s\]]+) #(?P<pid>\d+)\] +(?P<levelname>[A-Z]+) -- (?P<logger>[^:]*): "
    r"(?P<message>.*)$",
    re.DOTALL,
)
# logrus on a terminal, and the kernel's log: seconds since the start.
_LOGRUS = re.compile(
    r"(?P<levelname>[A-Z]{4,5})\[(?P<asctime>\d{4,7})\](?: \S+\(\))? +(?P<message>\S.*)$",
    re.DOTALL,
)
_KERNEL = re.compile(
    r"(?:<(?P<pri>\d{1,3})>)?\[ *(?P<asctime>\d{1,8}\.\d{6})\](?:\[ *\w+\])? (?P<message>.*)$",
    re.DOTALL,
)
# linkerd's proxy: the same, in its own words.
_LINKERD = re.compile(
    r"\[ *(?P<asctime>\d{1,8}\.\d{3})s\] +(?P<levelname>[A-Z]+) (?:(?P<thread>ThreadId\(\d+\)) )?"
    r"(?P<message>.*)$",
    re.DOTALL,
)
# Erlang's reports: what they tell stands on the lines below.
_OTP = re.compile(
    r"=(?P<kind>[A-Z]+) REPORT==== (?P<asctime>\d\d?-[A-Z][a-z]{2}-\d{4}::[\d:.]+)(?: UTC)? ==="
    r"(?P<message>.*)$",
    re.DOTALL,
)
_OTP_LEVELS = {"CRASH": "ERROR", "SUPERVISOR": "ERROR", "PROGRESS": "INFO"}
# Elixir's Logger: what it knows of the request before the level.
_ELIXIR = re.compile(
    r"(?P<asctime>(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d{3}) (?P<pairs>(?:[\w.]+=\S+ )+)"
    r"\[(?P<levelname>[a-z]+)\] +(?P<message>.*)$",
    re.DOTALL,
)
# Redis: process and role, the time, and a mark for the level.
_REDIS = re.compile(
    r"\d+:[A-Z] (?P<asctime>\d\d? [A-Z][a-z]{2}(?: \d{4})? \d\d:\d\d:\d\d\.\d{3}) "
    r"(?P<mark>[-.*#]) (?P<message>.*)$",
    re.DOTALL,
)
_REDIS_LEVELS = {".": "debug", "-": "verbose", "*": "notice", "#": "warning"}
# `[I 240501 12:00:00 module:7] ` (Tornado): the bracket goes on behind the time.
_BRACKET_TAIL = re.compile(r" +(?P<logger>[\w.:-]{1,60})\] ?(?=\S)")
_PHP = re.compile(r" PHP (?:(?:Parse|Core|Compile) )?(?P<level>Fatal|Warning|Notice|error)\b")
_LOOSE_LEVEL = re.compile(rf"(?<![\w./=\"'-])(?P<level>{SURE})(?![\w./=\"'-])")
_LOOSE_WITHIN = 48
_INDENTED = re.compile(
    r" {4}\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d\S* \[(?:TRACE|DEBUG|INFO|WARN|ERR|ERROR)\] "
)
_BRACED = re.compile(r"\{[^}]*\}")
_THREAD = re.compile(r"\[(?P<thread>[^\]]*)\]")


def read_text(text: str) -> dict[str, Any] | None:
    """Return the fields of a timestamped line, None where no time stands where one belongs."""
    if (own := _read_own(text)) is not None:
        return {**own, **fields_of_message(own["message"])}
    match = _first_time(text)
    if match is None or (match.start() == 0 and read_syslog(text) is not None):
        return None
    before = text[: match.start()]
    head = _BEFORE.match(before) if before else None
    if before and head is None:
        return None
    rest = text[match.end() :]
    found: dict[str, Any] = {"asctime": match[0]}
    if before[-1:] in "[(" and before:
        rest = rest.removeprefix("]").removeprefix(")")
    elif before[:1] == "[" and (tail := _BRACKET_TAIL.match(rest)):
        found["logger"], rest = tail["logger"], rest[tail.end() :]
    level = next((word for word in head.groups() if word), None) if head else None
    if level is None:
        placed = _HEAD.match(rest)
        if placed is not None:
            level = placed["level"]
            _read_between(placed["between"], found)
            rest = rest[placed.end() :]
            if rest.startswith("/") and "]" in rest:  # celery: `INFO/MainProcess] `
                found["process_name"], _, rest = rest[1:].partition("]")
    if level is None and (php := _PHP.match(rest)):
        level = php["level"]
    if level is not None:
        found["levelname"] = level
        if before[:1] == "[" and (tail := _BRACKET_TAIL.match(rest)):
            found["logger"], rest = tail["logger"], rest[tail.end() :]
    message = read_head(rest, found)
    found["message"] = message
    found |= fields_of_message(message)
    return found


def _first_time(text: str) -> re.Match[str] | None:
    if _DIGITS_OF_A_TIME.search(text, 0, 100) is None:
        return None
    return _TIME.search(text, 0, 100)


def _read_own(text: str) -> dict[str, Any] | None:
    """Return the fields of a line of a form that one program alone writes."""
    if text[1:4] == ", [" and (ruby := _RUBY.match(text)):
        return ruby.groupdict()
    if text[:1] == "[" and (linkerd := _LINKERD.match(text)):
        return linkerd.groupdict() | {"asctime": f"{UPTIME}{linkerd['asctime']}"}
    if text[:1] in "[<" and (kernel := _KERNEL.match(text)):
        found = {"asctime": f"{UPTIME}{kernel['asctime']}", "message": kernel["message"]}
        return found if kernel["pri"] is None else found | {"PRIORITY": int(kernel["pri"]) % 8}
    if text[4:6].strip("[").isdigit() and (logrus := _LOGRUS.match(text)):
        return logrus.groupdict() | {"asctime": f"{UPTIME}{logrus['asctime']}"}
    if text[:1].isdigit() and ":" in text[1:8] and (redis := _REDIS.match(text)):
        level = _REDIS_LEVELS[redis["mark"]]
        return {"asctime": redis["asctime"], "levelname": level, "message": redis["message"]}
    return read_worker(text) or _read_beam(text)


def _read_beam(text: str) -> dict[str, Any] | None:
    """Return the fields of a line of Erlang's reports or of Elixir's Logger with its metadata."""
    if text[:1] == "=" and (report := _OTP.match(text)):
        level = _OTP_LEVELS.get(report["kind"], report["kind"])
        return {"asctime": report["asctime"], "levelname": level, "message": report["message"]}
    if "=" in text[:48] and (elixir := _ELIXIR.match(text)):
        found = elixir.groupdict()
        return read_tail(found.pop("pairs"))[1] | found
    return None


def leading_level(text: str) -> str | None:
    """Return the level that a message without a time of its own begins with."""
    match = _LEADING.match(text)
    return match["level"] if match else None


def is_indented_record(text: str) -> bool:
    """Tell whether a line that begins with blanks is one that HashiCorp's programs indent."""
    return _INDENTED.match(text) is not None


def read_timed(text: str) -> dict[str, Any] | None:
    """Return the fields of a line that tells its time somewhere near its beginning.

    The last resort, where a file holds no line of any known form: the whole line is the message.
    """
    match = _WITHIN.search(text, 0, 160)
    if match is None or text[:1] in "{<" or _NO_TEXT.search(text):
        return None
    found: dict[str, Any] = {"asctime": match[0], "message": text}
    placed = _HEAD.match(text, match.end())
    if placed is None and not match[0].startswith("1"):
        placed = _LOOSE_LEVEL.search(text, match.end(), match.end() + _LOOSE_WITHIN)
    if placed is not None:
        found["levelname"] = placed["level"]
    return found | fields_of_message(text)


def _read_between(between: str, found: dict[str, Any]) -> None:
    """Take thread and logger out of what stood between time and level."""
    if thread := _THREAD.search(between):
        found["thread"] = thread["thread"]
        between = _THREAD.sub(" ", between)
    parts = re.split(r"[\s|:>,;\]-]{1,}", _BRACED.sub(" ", between))
    names = [word for word in parts if word and not word.isdigit()]
    if names:
        found["logger"] = names[-1]
