"""Access lines of those that fetch for others: Squid's own form, and S3's server log."""

from __future__ import annotations

import re
from typing import Any

from analyzer.ingest.formats.access import read_request

_SQUID = re.compile(
    r"(?P<time>1\d{9}\.\d{3}) +(?P<duration>\d+) (?P<client>\S+) (?P<result>[A-Z_]+)/"
    r"(?P<status>\d{3}) (?P<bytes>\d+) (?P<method>[A-Z_]+) (?P<url>\S+) (?P<user>\S+) "
    r"(?P<hierarchy>[A-Z_]+)/(?P<peer>\S+)(?: (?P<type>\S+))?"
)
_S3 = re.compile(
    r"[0-9a-f]{64} (?P<bucket>\S+) \[(?P<time>[^\]]+)\] (?P<client>\S+) \S+ (?P<request_id>\S+) "
    r"(?P<operation>[A-Z]+(?:\.\w+)+) (?P<key>\S+) (?:\"(?P<request>[^\"]*)\"|-) "
    r"(?P<status>\d{3}|-) (?P<error>\S+) (?P<bytes>\d+|-) (?P<size>\d+|-) (?P<total>\d+|-) "
    r"(?P<turnaround>\d+|-)"
)
_NO_ANSWER = "000"


def read_squid(text: str) -> dict[str, Any] | None:
    """Return the fields of a line of Squid's native log; its time is the end, its unit is ms."""
    match = _SQUID.match(text) if text[:1] == "1" else None
    if match is None:
        return None
    found: dict[str, Any] = {
        "time": match["time"],
        "message": f"{match['method']} {match['url']}",
        "method": match["method"],
        "path": match["url"],
        "duration_ms": match["duration"],
        "client_ip": match["client"],
        "bytes": match["bytes"],
        "cache_result": match["result"],
        "hierarchy": match["hierarchy"],
    }
    if match["status"] == _NO_ANSWER:
        return found | {"outcome": "error", "error_type": "transport"}
    return found | {"status": match["status"]}


def read_s3(text: str) -> dict[str, Any] | None:
    """Return the fields of a line of S3's server access log; its time is the start."""
    match = _S3.match(text) if " [" in text[64:140] else None
    if match is None:
        return None
    found: dict[str, Any] = {
        "start_time": match["time"],
        "message": match["request"] or match["operation"],
        **(read_request(match["request"]) if match["request"] else {}),
        "operation": match["operation"],
        "request_id": match["request_id"],
        "client_ip": match["client"],
        "bucket": match["bucket"],
        "bytes": match["bytes"],
    }
    if match["status"] != "-":
        found["status"] = match["status"]
    if match["total"] != "-":
        found["duration_ms"] = match["total"]
    if match["error"] != "-":
        found["error_type"] = match["error"]
    return found
