"""Syslog after RFC 3164 and RFC 5424, and glog's lines: a head, and a message of any format."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from analyzer.ingest.formats.messages import fields_of_message
from analyzer.ingest.line_times import Origin
from analyzer.ingest.time_forms import MONTHS
from analyzer.ingest.times import Clock

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_RFC3164 = re.compile(
    rf"(?:<(?P<pri>\d{{1,3}})>)?(?P<time>{_MONTH} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{{1,9}})?|"
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)) "
    r"(?:(?P<host>[\w.:-]+) )?(?P<tag>[A-Za-z][\w./-]*?(?:\([\w. -]+\))?(?: [\d.]+)?)"
    r"(?:\[(?P<pid>\d+)\])?: ?(?P<message>.*)$",
    re.DOTALL,
)
_RFC3164_BARE = re.compile(
    r"(?:<(?P<pri>\d{1,3})>)?"
    rf"(?P<time>{_MONTH} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{{1,9}})?) +(?P<message>.*)$",
    re.DOTALL,
)
_RFC5424 = re.compile(
    r"(?:\d{1,5} )?<(?P<pri>\d{1,3})>1 (?P<time>\S+) (?P<host>\S+) (?P<tag>\S+) (?P<pid>\S+) "
    r"(?P<id>\S+) (?P<data>-|(?:\[[^\]\\]*(?:\\.[^\]\\]*)*\])+|(?=\w))"
    r"(?: ?(?:\xef\xbb\xbf|\ufeff)?(?P<message>.*))?$",
    re.DOTALL,
)
_MAY_START = re.compile(rf"(?:\d{{1,5}} )?<\d|{_MONTH} |\d{{4}}-\d\d-\d\dT\S+ \S+ \S+\[\d+\]:")
# `<13>août 19 11:08:37 host tag: message`: a syslog daemon under another locale.
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\S+ \S+ \S+: ")
_FOREIGN = re.compile(
    r"(?P<pri><\d{1,3}>)?(?P<month>[^\W\d_]{3,4})\.? +(?P<day>\d\d?) (?=\d\d:\d\d:\d\d)"
)
_MONTHS = {
    word: number
    for number, words in enumerate(
        (
            "janv jän ene gen", "févr feb fév", "mars mär mrz mrt", "avr abr",
            "mai mag maj mei may", "juin giu", "juil lug", "août ago", "sept set", "okt ott out",
            "nov", "déc dez dic des",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
"""Months of Western European languages where they differ from the English ones."""
_PARAMETER = re.compile(r"([\w.@-]+)=\"((?:[^\"\\]|\\.)*)\"")
_GLOG = re.compile(
    r"(?P<level>[IWEF])(?P<time>(?:\d{4})?\d{4} \d\d:\d\d:\d\d\.\d{4,6})\s+(?P<pid>\d+) "
    r"(?P<source>[^\s\]]+:\d+)\] ?"
    r"(?P<message>.*)$",
    re.DOTALL,
)


class Headed(NamedTuple):
    """A head's own fields, and the message below it, which may be of another format."""

    fields: dict[str, Any]
    message: str


def read_syslog(text: str, *, follows: bool = False) -> Headed | None:
    """Return head and message of a syslog line, None where it is none.

    `follows` tells that the line before was one: then an ISO time needs no process id behind it.
    """
    if not text[:1].isdigit():
        text = _in_english(text)
    if not _MAY_START.match(text) and not (follows and _ISO.match(text)):
        return None
    match = _RFC5424.match(text) or _RFC3164.match(text)
    # An ISO time alone is every logger's: only `host tag[pid]:` makes syslog of it.
    if (
        match is not None
        and match["time"][0].isdigit()
        and not match["pri"]
        and ((match["pid"] is None and not follows) or match["host"] is None)
    ):
        return None
    if match is not None:
        found: dict[str, Any] = {"time": "" if match["time"] == "-" else match["time"]}
        if match["tag"] != "-":
            found["service"] = re.split(r"[ (]", match["tag"])[0].rsplit("/", 1)[-1]
        if match["host"] not in (None, "-"):
            found["host"] = match["host"]
        parts = match.groupdict()
        if parts.get("data") not in (None, "-"):
            found |= dict(_PARAMETER.findall(match["data"]))
    else:
        match = _RFC3164_BARE.match(text)
        if match is None:
            return None
        found = {"time": match["time"]}
    if match["pri"]:
        found["PRIORITY"] = int(match["pri"]) % 8
    message = match["message"] or ""
    found["message"] = message
    return Headed(found, message)


def origin_below(fields: Mapping[str, Any], outer: Origin, clock: Clock) -> Origin:
    """Return the origin of what stands below a head with these fields."""
    arrival = clock.instant(fields["time"]) or outer.arrival
    service = fields.get("service") or outer.service_name
    return Origin(service, arrival, f"{outer.source}/syslog", outer.depth + 1)


def _in_english(text: str) -> str:
    """Return a line that begins with a month of another language with the English one."""
    match = _FOREIGN.match(text)
    month = match and _MONTHS.get(match["month"].lower())
    if match is None or month is None:
        return text
    return f"{match['pri'] or ''}{MONTHS[month - 1]} {match['day']:>2} {text[match.end() :]}"


def read_glog(text: str) -> dict[str, Any] | None:
    """Return the fields of a glog or klog line, None where it is none."""
    match = _GLOG.match(text)
    if match is None:
        return None
    return {
        "time": match["time"],
        "level": match["level"],
        "source": match["source"],
        "message": match["message"],
        **fields_of_message(match["message"]),
    }
