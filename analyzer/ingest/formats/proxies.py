"""Access lines of Envoy, HAProxy, AWS load balancers and uWSGI."""

from __future__ import annotations

import re
from typing import Any

from analyzer.ingest.formats.access import read_request

_ENVOY = re.compile(
    r"(?:ACCESS )?\[(?P<start>\d{4}-\d\d-\d\dT[\d:.]+Z)\] \"(?P<request>[^\"]*)\" (?P<status>\d+) "
    r"(?P<flags>\S+) "
    r"(?P<details>\S+ \S+ \"[^\"]*\" )?(?P<received>\d+) (?P<sent>\d+) (?P<duration>\d+|-) "
    r"(?P<upstream_ms>\d+|-) \"(?P<forwarded>[^\"]*)\" \"(?P<agent>[^\"]*)\" \"(?P<id>[^\"]*)\" "
    r"\"(?P<authority>[^\"]*)\" \"(?P<host>[^\"]*)\"(?: (?P<cluster>\S+))?(?P<rest>.*)$"
)
# Response flags that say the upstream, or the way to it, failed.
_ENVOY_ERRORS = frozenset({
    "UF", "UO", "URX", "UH", "UT", "LH", "LR", "UR", "UC", "NC", "UPE", "UMSDR", "DPE", "OM", "DF",
    "SI", "NFCF", "DO",
})  # fmt: skip
_HAPROXY = re.compile(
    r"(?:haproxy\[\d+\]: )?(?P<client>[\w.:-]+?):\d+ \[(?P<start>[^\]]+)\] (?P<frontend>\S+) "
    r"(?P<backend>[^\s/]+)/"
    r"(?P<server>\S+) (?P<timers>[-+\d]+/[-+\d]+/[-+\d]+/[-+\d]+/\+?\d+) (?P<status>-?\d+) "
    r"\+?(?P<bytes>\d+) (?P<cookies>\S+ \S+) (?P<termination>\S{4}) (?P<conns>[\d/+]+) "
    r"(?P<queues>\d+/\d+) (?P<captures>(?:\{[^}]*\} ?)*)\"(?P<request>[^\"]*)\"?(?:\s+"
    r"(?P<id>[\w:.-]{8,}))?.*$"
)
_HAPROXY_TCP = re.compile(
    r"(?:haproxy\[\d+\]: )?(?P<client>[\w.:-]+?):\d+ \[(?P<start>[^\]]+)\] (?P<frontend>\S+) "
    r"(?P<backend>[^\s/]+)/"
    r"(?P<server>\S+) (?P<timers>-?\d+/-?\d+/\+?\d+) \+?(?P<bytes>\d+) (?P<termination>\S\S) "
    r"(?P<conns>[\d/+]+) (?P<queues>\d+/\d+)$"
)
_ALB = re.compile(
    r"(?P<type>https?|h2|grpcs?|wss?) (?P<time>\S+) (?P<balancer>\S+) (?P<client>\S+):\d+ "
    r"(?P<target>\S+) "
    r"(?P<request_s>-?\d+(?:\.\d+)?) (?P<target_s>-?\d+(?:\.\d+)?) "
    r"(?P<response_s>-?\d+(?:\.\d+)?) (?P<status>\d{3}|-) "
    r"(?P<target_status>\d{3}|-) (?P<received>\d+) (?P<sent>\d+) \"(?P<request>[^\"]*)\" "
    r"\"(?P<agent>[^\"]*)\" \S+ \S+ (?P<group>\S+) \"(?P<trace>[^\"]*)\"(?P<rest>.*)$"
)
# The Classic balancer writes no type, target group or trace.
_ELB = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\dT[\d:.]+Z) (?P<balancer>[\w-]+) (?P<client>\S+):\d+ (?P<target>\S+) "
    r"(?P<request_s>-?\d+(?:\.\d+)?) (?P<target_s>-?\d+(?:\.\d+)?) "
    r"(?P<response_s>-?\d+(?:\.\d+)?) (?P<status>\d{3}|-) "
    r"(?P<target_status>\d{3}|-) (?P<received>\d+) (?P<sent>\d+) \"(?P<request>[^\"]*)\""
    r"(?: \"(?P<agent>[^\"]*)\" \S+ \S+)?$"
)
_NLB = re.compile(
    r"tls \d\.\d (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d) (?P<balancer>net/\S+) \S+ "
    r"(?P<client>\S+):\d+ (?P<target>\S+) (?P<duration>\d+) (?:\d+|-) \d+ \d+ "
)
_UWSGI = re.compile(
    r"\[pid: (?P<pid>\d+)\|app: (?P<app>\S+)\|req: [^\]]*\] (?P<client>\S+) \((?P<user>[^)]*)\) "
    r"\{[^}]*\} \[(?P<time>[^\]]+)\] (?P<method>\S+) (?P<path>\S+) => generated (?P<bytes>\d+) "
    r"bytes "
    r"in (?P<duration>\d+ (?:msecs|micros|secs)) \(HTTP/[\d.]+ (?P<status>\d+)\).*$"
)
_NO_REQUEST = frozenset({"-", "- - -", "- - - "})
"""What stands where a request would: a proxy of TCP alone sees none."""
TCP = "TCP"
"""What such a proxy does for its clients, in its own word."""
_ROOT = re.compile(r"Root=(?P<id>1-(?P<time>[0-9a-f]{8})-(?P<unique>[0-9a-f]{24}))")


def read_envoy(text: str) -> dict[str, Any] | None:
    """Return the fields of an Envoy or Istio line; its time is the start, its unit is ms."""
    match = _ENVOY.match(text)
    if match is None:
        return None
    found: dict[str, Any] = {
        "start_time": match["start"],
        "message": match["request"],
        **read_request(match["request"]),
        "status": match["status"],
        "duration_ms": match["duration"],
        "client_ip": match["forwarded"],
        "user_agent": match["agent"],
        "x-request-id": "" if match["id"] == "-" else match["id"],
        "authority": match["authority"],
        "upstream_host": match["host"],
        "response_flags": match["flags"],
    }
    cluster = match["cluster"]
    if cluster and cluster != "-":
        found["upstream_cluster"] = upstream_of(cluster)
    tcp = _tcp(match["request"])
    return found | tcp | envoy_failure(match["flags"], "" if tcp else match["status"])


def upstream_of(cluster: str) -> str:
    """Return the service in Envoy's `outbound|80|v1|reviews.default.svc.cluster.local`.

    Nothing where none is named (`inbound|80||`); hosts outside of the cluster keep their domain.
    """
    host = cluster.rsplit("|", 1)[-1]
    return host.split(".", maxsplit=1)[0] if ".svc" in host else host


def _tcp(request: str) -> dict[str, Any]:
    """Return what is put in the place of a request that a proxy did not see."""
    return {"operation": TCP} if request in _NO_REQUEST else {}


def envoy_failure(flags: str, status: str) -> dict[str, str]:
    """Return outcome and error type where response flags or a missing status say it failed."""
    failed = [flag for flag in flags.split(",") if flag in _ENVOY_ERRORS]
    if failed:
        return {"outcome": "error", "error_type": failed[0]}
    if status == "0":
        return {"outcome": "error", "error_type": "transport"}
    return {}


def read_haproxy(text: str) -> dict[str, Any] | None:
    """Return the fields of an HAProxy HTTP line; its time is the start, `Tt` is in ms."""
    match = _HAPROXY.match(text)
    if match is None:
        return _read_haproxy_tcp(text)
    found: dict[str, Any] = {
        "start_time": match["start"],
        "message": match["request"],
        **read_request(match["request"]),
        "status": match["status"],
        "duration_ms": match["timers"].rsplit("/", 1)[-1].lstrip("+"),
        "client_ip": match["client"],
        "service": match["frontend"].rstrip("~"),
        "upstream": match["backend"],
        "server": match["server"],
        "termination_state": match["termination"],
        "timers": match["timers"],
    }
    if match["id"]:
        found["unique-id"] = match["id"]
    if match["termination"][0] != "-":
        found |= {"outcome": "error", "error_type": match["termination"]}
    elif match["status"] == "-1":
        found |= {"outcome": "error", "error_type": "transport"}
    return found


def _read_haproxy_tcp(text: str) -> dict[str, Any] | None:
    match = _HAPROXY_TCP.match(text)
    if match is None:
        return None
    found: dict[str, Any] = {
        "start_time": match["start"],
        "message": text,
        "operation": TCP,
        "duration_ms": match["timers"].rsplit("/", 1)[-1].lstrip("+"),
        "client_ip": match["client"],
        "service": match["frontend"].rstrip("~"),
        "upstream": match["backend"],
        "server": match["server"],
        "termination_state": match["termination"],
        "timers": match["timers"],
    }
    failed = {"outcome": "error", "error_type": match["termination"]}
    return found | ({"outcome": "ok"} if match["termination"][0] == "-" else failed)


def read_alb(text: str) -> dict[str, Any] | None:
    """Return the fields of an AWS load balancer line: seconds, -1 where a part failed."""
    match = _ALB.match(text) or (_ELB.match(text) if text[:2] == "20" else None)
    if match is None:
        return None
    more = match.groupdict()
    found: dict[str, Any] = {
        "time": match["time"],
        "message": match["request"],
        **read_request(match["request"]),
        "status": match["status"],
        "client_ip": match["client"],
        "user_agent": match["agent"],
        "target_status": match["target_status"],
        "target": match["target"],
        "service": _target_group(more.get("group") or "") or _balancer(match["balancer"]),
        **_tcp(match["request"]),
    }
    parts = [match["request_s"], match["target_s"], match["response_s"]]
    if not any(part.startswith("-") for part in parts):
        found["total_processing_time"] = f"{sum(float(part) for part in parts):.6f}"
    else:
        found |= _failed_on_the_way(match["status"])
    if root := _ROOT.search(more.get("trace") or ""):
        found["correlation_id"] = root["id"]
        found["trace_id"] = root["time"] + root["unique"]
    if "path" in found:
        found["path"] = re.sub(r"^\w+://[^/]+", "", found["path"]) or "/"
    return found


def _failed_on_the_way(status: str) -> dict[str, str]:
    """Return outcome and error type of a request whose time a proxy could not take (-1).

    A status from 500 on says more than that it failed.
    """
    return {} if status >= "500" else {"outcome": "error", "error_type": "transport"}


def read_nlb(text: str) -> dict[str, Any] | None:
    """Return the fields of an AWS network load balancer line: milliseconds, UTC without saying."""
    match = _NLB.match(text) if text.startswith("tls ") else None
    if match is None:
        return None
    return {
        "time": f"{match['time']}Z",
        "message": text,
        "operation": TCP,
        "duration_ms": match["duration"],
        "client_ip": match["client"],
        "service": _balancer(match["balancer"]),
        "target": match["target"],
    }


def _balancer(name: str) -> str:
    """Return the name in `app/<name>/<id>`."""
    parts = name.split("/")
    return parts[1] if len(parts) >= 2 else name


def _target_group(name: str) -> str | None:
    parts = name.split("/")
    return parts[1] if len(parts) >= 2 and "targetgroup" in parts[0] else None


def read_uwsgi(text: str) -> dict[str, Any] | None:
    """Return the fields of a uWSGI request line; its duration carries its own unit."""
    match = _UWSGI.match(text)
    if match is None:
        return None
    return {
        "time": match["time"],
        "message": f"{match['method']} {match['path']}",
        "method": match["method"],
        "path": match["path"],
        "status": match["status"],
        "duration": match["duration"],
        "client_ip": match["client"],
        "bytes": match["bytes"],
        "pid": match["pid"],
    }
