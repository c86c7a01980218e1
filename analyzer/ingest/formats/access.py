"""Access logs of web servers: common, combined, and what nginx, ingress and gunicorn append."""

from __future__ import annotations

import re
from typing import Any

from analyzer.ingest.formats.pairs import read_tail

_QUOTED = r"\"((?:[^\"\\]|\\.)*)\""
_COMMON = re.compile(
    r"(?:(?P<vhost>[\w.:-]+) )?(?:\"[\w.:, -]+\" )?(?P<client>[\w.:-]+|-)"
    r"(?:, [\w.:, -]+?)?(?: - \[[^\]]*\])? "
    r"(?:(?P<ident>\S+) (?: ?)(?P<user>\S+) (?: ?))?"
    r"\[(?P<time>[^\]]{10,40})\] "
    r"\"(?P<request>(?:[^\"\\]|\\.)*)\" (?P<status>\d{3}|-) (?P<bytes>\d+|-)"
    rf"(?: (?:{_QUOTED}|-) {_QUOTED})?(?P<tail>.*)$"
)
# Only an address stands right before the time: a word there is another program's.
_ADDRESS = re.compile(r"[.:]")
_REQUEST = re.compile(
    r"(?P<method>[A-Za-z]{2,16}) (?P<path>\S+)(?: (?P<protocol>HTTP/[\d.]+)| )?$"
)
_INGRESS = re.compile(
    r"\s*(?P<length>\d+) (?P<request_time>\d+\.\d+) \[(?P<upstream>[^\]]*)\] (?:\[[^\]]*\] )?"
    r"(?P<address>\S.*?) (?P<size>(?:\d+|-)(?:[,:] ?(?:\d+|-)| : (?:\d+|-))*) "
    r"(?P<times>(?:[\d.]+|-)(?:, (?:[\d.]+|-)| : (?:[\d.]+|-))*) "
    r"(?P<statuses>(?:\d+|-)(?:, (?:\d+|-)| : (?:\d+|-))*) (?P<id>[0-9a-fA-F-]{16,40}|-)$"
)
# Seconds: nginx writes three decimals, Rack (Puma) four, gunicorn's %(L)s and eventlet six.
_NUMBER_TAIL = re.compile(
    r"\s*\"?(\d+\.\d{3}(?:\d(?:\d\d)?)?)\"?(?:\s+\"?([\d.,: -]+)\"?)?"
    r"(?:\s+\"?([0-9a-f]{32})\"?)?\s*$"
)
_INTEGER_TAIL = re.compile(r"\s*\"?(\d+)\"?(?:\s+\"?([\w-]{8,64})\"?)?\s*$")
# traefik: its count, router, the server asked, and the milliseconds it took.
_TRAEFIK = re.compile(
    r"\s*\d+ \"(?P<router>[^\"]*)\" \"(?P<server>[^\"]*)\" (?P<duration_ms>\d+)ms\s*$"
)
# Apache's %T/%D: the whole seconds tell that what follows counts millionths.
_APACHE_TAIL = re.compile(r"\s*\"?(?P<seconds>\d+)/(?P<micros>\d+)\"?\s*$")
_SUFFIXED_TAIL = re.compile(r"\s*(?:- )?\"?(\d+(?:\.\d+)?) ?(ns|us|µs|ms|s)\"?\s*$")
_FORWARDED = re.compile(r"\s*\"(?P<forwarded>[^\"]*)\"(?P<rest>.*)$")
# Names that ids of requests go by in query strings, without what parts their words.
_IDS_OF_QUERY = frozenset({
    "requestid", "xrequestid", "reqid", "correlationid", "xcorrelationid", "traceid", "xb3traceid",
    "traceparent",
})  # fmt: skip
_NO_STATUS = frozenset({"-", "000"})
"""What servers write where the connection ended before anything was answered."""
_QUERY_PAIR = re.compile(r"[?&](?P<key>[A-Za-z0-9_.-]{5,20})=(?P<value>[\w.:-]{1,64})(?=&|#|$)")
MAYBE_IDS = r"(?i)[?&][\w.-]*(?:req|request|correlation|trace)[_.-]?(?:id|parent)="
"""What any path with such an id holds, for a fast look over many."""
_ENDS_LIKE_ID = re.compile(r"(?:[iI][dD]|parent)=")
# nginx's own spellings of the seconds that it and its upstream took.
_NGINX_SECONDS = {"rt": "request_time", "urt": "upstream_response_time"}
_IGNORED_TAIL = {"uct", "uht"}


def read_request(request: str) -> dict[str, Any]:
    """Return method, path and protocol of a request line, or the line as it is."""
    match = _REQUEST.match(request)
    if match is None:
        return {"request": request} if request not in ("", "-") else {}
    path = match["path"]
    found: dict[str, Any] = {"method": match["method"], "path": path}
    if "?" in path and _ENDS_LIKE_ID.search(path):
        found |= ids_of_query(path)
    if match["protocol"]:
        found["protocol"] = match["protocol"]
    return found


def ids_of_query(path: str) -> dict[str, str]:
    """Return the ids of requests and traces that a path's query string names."""
    return {
        match["key"]: match["value"]
        for match in _QUERY_PAIR.finditer(path, path.find("?"))
        if re.sub(r"[_.-]", "", match["key"]).lower() in _IDS_OF_QUERY
    }


def read_access(text: str) -> dict[str, Any] | None:
    """Return the fields of one access line, None where it is none.

    The line's time is taken as the end of the request, as all these servers write it.
    """
    match = _COMMON.match(text)
    if match is None or (match["user"] is None and not _ADDRESS.search(match["client"])):
        return None
    found: dict[str, Any] = {
        "time": match["time"],
        "message": match["request"],
        **read_request(match["request"]),
        "status": match["status"],
        "client_ip": match["client"],
        "bytes": match["bytes"],
    }
    if match["status"] in _NO_STATUS:
        found |= {"outcome": "error", "error_type": "transport"}
    if match["vhost"]:
        found["vhost"] = match["vhost"]
    if match["user"] not in (None, "-"):
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
        if match["server"].startswith("http"):
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
    elif match := _APACHE_TAIL.match(tail):
        if int(match["micros"]) // 1_000_000 == int(match["seconds"]):
            found["duration_us"] = match["micros"]
    elif match := _FORWARDED.match(tail):
        found["forwarded_for"] = match["forwarded"]
        _read_bare_tail(match["rest"], found)


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
