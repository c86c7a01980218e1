"""Access logs of web servers: common, combined, and what nginx, ingress and gunicorn append."""

from __future__ import annotations

import re
from typing import Any

from analyzer.ingest.formats.pairs import read_tail

_QUOTED = r"\"((?:[^\"\\]|\\.)*)\""
_COMMON = re.compile(
    r"(?:(?P<vhost>[\w.:-]+) )?(?P<client>[\w.:-]+|-)(?:, [\w.:, -]+?)? (?P<ident>\S+) "
    r"(?P<user>\S+) "
    r"\[(?P<time>[^\]]{10,40})\] "
    r"\"(?P<request>(?:[^\"\\]|\\.)*)\" (?P<status>\d{3}|-) (?P<bytes>\d+|-)"
    rf"(?: {_QUOTED} {_QUOTED})?(?P<tail>.*)$"
)
_REQUEST = re.compile(r"(?P<method>[A-Za-z]{2,16}) (?P<path>\S+)(?: (?P<protocol>HTTP/[\d.]+))?$")
_INGRESS = re.compile(
    r"\s*(?P<length>\d+) (?P<request_time>\d+\.\d+) \[(?P<upstream>[^\]]*)\] \[[^\]]*\] "
    r"(?P<address>[^\[\]]+?) (?P<size>(?:\d+|-)(?:[,:] ?(?:\d+|-)| : (?:\d+|-))*) "
    r"(?P<times>(?:[\d.]+|-)(?:, (?:[\d.]+|-)| : (?:[\d.]+|-))*) "
    r"(?P<statuses>(?:\d+|-)(?:, (?:\d+|-)| : (?:\d+|-))*) (?P<id>[0-9a-fA-F-]{16,40}|-)$"
)
_NUMBER_TAIL = re.compile(
    r"\s*\"?(\d+\.\d{3})\"?(?:\s+\"?([\d.,: -]+)\"?)?(?:\s+\"?([0-9a-f]{32})\"?)?\s*$"
)
_INTEGER_TAIL = re.compile(r"\s*\"?(\d+)\"?(?:\s+\"?([\w-]{8,64})\"?)?\s*$")
# traefik: its count, router, the server asked, and the milliseconds it took.
_TRAEFIK = re.compile(
    r"\s*\d+ \"(?P<router>[^\"]*)\" \"(?P<server>[^\"]*)\" (?P<duration_ms>\d+)ms\s*$"
)
_SUFFIXED_TAIL = re.compile(r"\s*\"?(\d+(?:\.\d+)?) ?(ns|us|µs|ms|s)\"?\s*$")
_WORD_TAIL = re.compile(r"\s*\"([^\"]*)\"\s*$")
# nginx's own spellings of the seconds that it and its upstream took.
_NGINX_SECONDS = {"rt": "request_time", "urt": "upstream_response_time"}
_IGNORED_TAIL = {"uct", "uht"}


def read_request(request: str) -> dict[str, Any]:
    """Return method, path and protocol of a request line, or the line as it is."""
    match = _REQUEST.match(request)
    if match is None:
        return {"request": request} if request not in ("", "-") else {}
    found: dict[str, Any] = {"method": match["method"], "path": match["path"]}
    if match["protocol"]:
        found["protocol"] = match["protocol"]
    return found


def read_access(text: str) -> dict[str, Any] | None:
    """Return the fields of one access line, None where it is none.

    The line's time is taken as the end of the request, as all these servers write it.
    """
    match = _COMMON.match(text)
    if match is None:
        return None
    found: dict[str, Any] = {
        "time": match["time"],
        "message": match["request"],
        **read_request(match["request"]),
        "status": match["status"],
        "client_ip": match["client"],
        "bytes": match["bytes"],
    }
    if match["vhost"]:
        found["vhost"] = match["vhost"]
    if match["user"] != "-":
        found["user.name"] = match["user"]
    referrer, agent = match[9], match[10]
    if agent is not None:
        found["user_agent"] = agent
    if referrer not in (None, "-", ""):
        found["referer"] = referrer
    if match["tail"]:
        _read_tail(match["tail"], found)
    return found


def _read_tail(tail: str, found: dict[str, Any]) -> None:
    if "=" in tail:
        pairs = read_tail(tail)[1]
        for key, value in pairs.items():
            if key not in _IGNORED_TAIL:
                found[_NGINX_SECONDS.get(key, key)] = value
        _split_upstream(found)
    elif match := _INGRESS.match(tail):
        found |= {
            "request_time": match["request_time"],
            "upstream": match["upstream"],
            "upstream_addr": match["address"],
            "upstream_response_time": match["times"],
            "upstream_status": match["statuses"],
        }
        if match["id"] != "-":
            found["request_id"] = match["id"]
        _split_upstream(found)
    else:
        _read_bare_tail(tail, found)


def _read_bare_tail(tail: str, found: dict[str, Any]) -> None:
    """Read a tail of values without names."""
    if match := _TRAEFIK.match(tail):
        found["duration_ms"] = match["duration_ms"]
        found["upstream"] = match["router"].split("@")[0]
        found["upstream_addr"] = match["server"]
    elif match := _SUFFIXED_TAIL.match(tail):
        found["duration"] = match[1] + match[2]
    elif match := _NUMBER_TAIL.match(tail):
        found["request_time"] = match[1]
        if match[2]:
            found["upstream_response_time"] = match[2].strip()
        if match[3]:
            found["request_id"] = match[3]
        _split_upstream(found)
    elif match := _INTEGER_TAIL.match(tail):
        # gunicorn's %(D)s or %(M)s, Apache's %D or %T: configured, never assumed.
        found["elapsed"] = int(match[1])
        if match[2]:
            found["request_id"] = match[2]
    elif match := _WORD_TAIL.match(tail):
        found["forwarded_for"] = match[1]


def _split_upstream(found: dict[str, Any]) -> None:
    """Retries stand in lists `0.1, 0.2 : 0.3`: the last counts, the earlier ones are retries."""
    times = found.get("upstream_response_time")
    if not isinstance(times, str):
        return
    parts = [part for part in re.split(r"\s*[,:]\s*", times) if part]
    if len(parts) > 1:
        found["retries"] = len(parts) - 1
    if len(parts) > 1 or times.strip("- ") == "":
        found["upstream_times"] = times
        del found["upstream_response_time"]
