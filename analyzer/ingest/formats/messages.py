"""Forms that libraries print as a message: aiogram, httpx (python-telegram-bot), celery, uvicorn.

They come inside text lines of any shape, and as the message of JSON lines.
"""

from __future__ import annotations

import re
from typing import Any

from analyzer.ingest.formats.pairs import read_tail, told_by_heroku

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
_METHODS = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT"
_INLINE_ACCESS = re.compile(
    r"(?:(?<![\w.:])(?P<client>[\w.:]+?)(?::\d+)? - (?:- \[[^\]]*\] )?)?"
    r"\"(?P<method>[A-Z]+) (?P<path>\S+) "
    r"(?:HTTP/)?[\d.]+\" (?P<status>[1-5]\d\d)\b(?! ?[µmn]?s\b)"
)
# eventlet's server, which OpenStack runs on: `"GET /v2 HTTP/1.1" status: 200 len: 7 time: 0.25`.
_SECONDS_AT_END = re.compile(r"\" (\d+\.\d{3}(?:\d{3})?)$")
_REQUEST_OF = re.compile(r"(?:[\w.]+ )?\[(?:None )?(req-[0-9a-f-]{36})")
_EVENTLET = re.compile(
    r"\"(?P<method>[A-Z]+) (?P<path>\S+) HTTP/[\d.]+\" status: (?P<status>\d{3}) +len: \d+ "
    r"time: (?P<duration_s>\d+\.\d+)"
)
# Tornado: `200 GET /x (10.0.0.7) 1.25ms`.
_TORNADO = re.compile(
    rf"(?P<status>\d{{3}}) (?P<method>{_METHODS}) (?P<path>\S+) \((?P<client_ip>[^)]*)\) "
    r"(?P<duration>\d+\.\d+ms)"
)
# Work that has a name and is said to be over; what merely "took" some time names nothing.
_FINISHED = re.compile(
    r"(?P<name>[\w./:-]+) (?:was |is )?(?:completed|finished|succeeded|handled|processed|done|"
    r"served|executed|responded)(?: \S+){0,3}? (?:in|after)[ :=]+(?P<took>\d+(?:\.\d+)? ?"
    r"(?:ns|us|µs|ms|msecs?|micros|millis|milliseconds|microseconds|s|secs?|seconds)\b)"
)
_REQUEST = re.compile(
    rf"\b(?P<method>{_METHODS}) \"?(?P<path>(?:https?://[^\s/]+)?/[^\s\"]*)(?: HTTP/[\d.]+)?\"?"
    r"(?:\s+(?:-|->|=>|→|\||:)?\s*(?P<status>[1-5]\d\d)\b(?![.:/]))?"
)
_STATUS = re.compile(r"(?<![\w.:/-])([1-5]\d\d)(?![\w.:/%-]| ?[µmn]?s\b)")
_SPENT = re.compile(r"(?<![\w.:-])(\d+(?:\.\d+)? ?(?:ns|us|µs|ms|s))(?!\w)")
_LAMBDA = re.compile(
    r"(?P<what>START|END|REPORT) RequestId: (?P<id>[0-9a-f-]{36})"
    r"(?:\s+Duration: (?P<took>[\d.]+ ms)(?:.*\bStatus: (?P<status>\w+))?"
    r"(?:\s+Error Type: (?P<type>[\w.]+))?)?"
)
# Elasticsearch's slow log.
_SLOW_SEARCH = re.compile(
    r"(?:\[[^\]]*\] )*?(?P<what>(?:\[[^\]]+\])+) took\[(?P<took>[\d.]+)(?P<unit>[a-zμµ]+)\], "
    r"took_millis\[(?P<millis>\d+)\]"
)
_ANSWERED = re.compile(
    r"(?:\[(?P<request_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\] )?"
    r"(?:Completed (?=\d{3} [A-Z].* in \d)|Sent (?=\d{3} in \d))(?P<status>[1-5]\d\d) "
)
# The spans of Rust's tracing around a line: `request{method=GET uri=/a}:handle: `.
_WITHIN_SPANS = re.compile(
    r"\s*(?P<spans>(?:[\w.-]+(?:\{[^{}]*\})?:)*[\w.-]+\{[^{}]*\}:)(?=[\s\w])"
)
_IN_BRACES = re.compile(r"\{([^{}]*)\}")
_DOTNET = re.compile(
    r"Request finished HTTP/[\d.]+ (?P<method>[A-Z]+) (?:https?://[^\s/]+)?(?P<path>/\S*).*? - "
    r"(?P<status>\d{3}) .*?(?P<duration>\d+(?:\.\d+)?ms)$"
)
# PostgreSQL's log_min_duration_statement.
_STATEMENT = re.compile(
    r"\bduration: (?P<duration>\d+(?:\.\d+)? ms)  (?:statement|(?:execute|parse|bind) [^:]*): "
    r"(?P<statement>.*)",
    re.DOTALL,
)


def read_message(message: str) -> dict[str, Any] | None:
    """Return the fields of a message of a known form, None where none is known."""
    if "pdate id=" in message:
        return _aiogram(message)
    if message.startswith("HTTP Request: "):
        return _httpx(message)
    if message.startswith("Task "):
        return _celery(message)
    for sign, read in _FORMS:
        if sign in message and (found := read(message)):
            return found
    return None


def fields_of_message(message: str) -> dict[str, Any]:
    """Return what a message's text says: its pairs, and the forms that libraries print."""
    known = read_message(message)
    if known:
        return known
    if "}:" in message and (around := _WITHIN_SPANS.match(message)):
        inner: dict[str, Any] = {}
        for told in _IN_BRACES.findall(around["spans"]):
            inner |= read_tail(told)[1]
        return inner | fields_of_message(message[around.end() :])
    request = _request_of(message)
    if "=" not in message:
        return request
    head, pairs = read_tail(message)
    if not pairs:
        return request
    if head:
        pairs["@head"] = head
        if "/" in head and (asked := _REQUEST.match(head)):
            for key, value in asked.groupdict().items():
                if value is not None:
                    pairs.setdefault(key, value)
    pairs.pop("message", None)
    return request | told_by_heroku(pairs)


def _inline_access(message: str) -> dict[str, Any] | None:
    """Return what an access line inside a message says (uvicorn, Django's runserver)."""
    if eventlet := _EVENTLET.search(message):
        return eventlet.groupdict() | _request_of(message)
    match = _INLINE_ACCESS.search(message)
    if match is not None:
        found = {"method": match["method"], "path": match["path"], "status": match["status"]}
        if spent := _SECONDS_AT_END.search(message, match.end()):
            found["request_time"] = spent[1]
        return found | ({"client_ip": match["client"]} if match["client"] else {})
    match = _REQUEST.match(message.lstrip('"'))
    bare = match is not None and match["status"] and not _SPENT.search(message)
    return match.groupdict() if match is not None and bare else None


def _request_of(message: str) -> dict[str, str]:
    """Return the request that OpenStack names at the beginning of its messages."""
    match = _REQUEST_OF.match(message) if "[" in message[:64] else None
    return {"request_id": match[1]} if match else {}


def _served(message: str) -> dict[str, Any] | None:
    """Return a request with its status and duration, in whatever order they stand behind it."""
    if message[:3].isdigit() and (tornado := _TORNADO.match(message)):
        return tornado.groupdict()
    match = None if "=" in message else _REQUEST.search(message)
    spent = _SPENT.findall(message, match.end()) if match else []
    if match is None or not spent:
        return None
    found = {"method": match["method"], "path": match["path"], "duration": spent[-1]}
    status = match["status"] or next(iter(_STATUS.findall(message, match.end())), None)
    return found if status is None else found | {"status": status}


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


def _lambda(message: str) -> dict[str, Any] | None:
    """Return what AWS Lambda says of an invocation; its report is written when that is over."""
    match = _LAMBDA.match(message)
    if match is None:
        return None
    found = {"request_id": match["id"]}
    if match["what"] != "REPORT" or match["took"] is None:
        return found
    found |= {"operation": "invoke", "duration": match["took"]}
    if match["status"]:
        found |= {"outcome": "error", "error_type": match["type"] or match["status"]}
    return found


def _dotnet(message: str) -> dict[str, Any] | None:
    match = _DOTNET.match(message)
    return match and match.groupdict()


def _statement(message: str) -> dict[str, Any] | None:
    match = _STATEMENT.search(message)
    return match and {"duration": match["duration"], "@head": match["statement"]}


def _slow_search(message: str) -> dict[str, Any] | None:
    """Return what Elasticsearch was asked: it rounds what it says of seconds, not of less."""
    match = _SLOW_SEARCH.search(message)
    if match is None:
        return None
    fine = match["unit"] in {"micros", "nanos", "ms"}
    took = match["took"] + match["unit"] if fine else match["millis"] + "ms"
    return {"duration": took, "@head": match["what"]}


def _answered(message: str) -> dict[str, Any] | None:
    """Return the status that Rails and Phoenix answered with; an earlier line names the work."""
    match = _ANSWERED.match(message)
    if match is None:
        return None
    return {key: value for key, value in match.groupdict().items() if value is not None}


def _finished(message: str) -> dict[str, Any] | None:
    match = None if "=" in message else _FINISHED.match(message)
    return match and {"duration": match["took"], "@head": match["name"]}


_FORMS = (
    ("Request finished ", _dotnet),
    ("HTTP/1", _inline_access),
    ("HTTP/2", _inline_access),
    (' 1.1" ', _inline_access),  # Hypercorn's
    (' 2" ', _inline_access),
    (" RequestId: ", _lambda),
    ("duration: ", _statement),
    ("took_millis[", _slow_search),
    ("Completed ", _answered),
    ("Sent ", _answered),
    (" /", _served),
    ("://", _served),
    (" in ", _finished),
    (" after ", _finished),
)
"""Forms by what their messages hold; the first that reads a message has it."""

MAYBE_KNOWN = (
    r"pdate id=|^HTTP Request: |^Task |Request finished |duration: |took_millis|"
    r"\bCompleted [1-5]\d\d |^Sent [1-5]\d\d in |\{[^{}]*\}:| - \"[A-Z]| RequestId: |"
    rf"\b(?:{_METHODS}) .*(?:\s[-=>→|:]*\s*[1-5][0-9]{{2}}|[0-9] ?[nuµm]?s\b)|"
    r"(?:completed|finished|succeeded|handled|processed|done|served|executed|responded)\b.*"
    r"(?:in|after)[ :=]+[0-9]"
)
"""What any message of a known form holds, for a fast look over many: all else is of none."""
