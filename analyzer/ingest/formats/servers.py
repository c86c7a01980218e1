"""Lines that single programs write in a form of their own: gin, MySQL's slow log, InfluxDB's.

MySQL's slow log takes several lines for a query: the first is read here, `slow_query` tells what
the others say once they are folded.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from analyzer.ingest.durations import parse_duration
from analyzer.ingest.formats.messages import fields_of_message

_GIN = re.compile(
    r"\[GIN\] (?P<day>\d{4}/\d\d/\d\d) - (?P<clock>\d\d:\d\d:\d\d) \|\s*(?P<status>\d{3})\s*\|"
    r"\s*(?P<duration>[\d.]+(?:ns|µs|us|ms|s|m[\d.]+s))\s*\|\s*(?P<client_ip>\S+)\s*\|"
    r"\s*(?P<method>[A-Z]+)\s+\"(?P<path>[^\"]*)\""
)
# MariaDB, and MySQL up to 5.6, write the time as `240501  9:00:00`.
_SLOW = re.compile(r"# Time: (?P<time>\d{4}-\d\d-\d\dT\S+|\d{6} [ \d]\d:\d\d:\d\d)\s*$")
_QUERY_TIME = re.compile(r"# Query_time: (\d+(?:\.\d+)?) ")
_PREAMBLE = re.compile(r"#|SET timestamp=|use \S+;$", re.IGNORECASE)
# PostgreSQL's csvlog: the time, user, database, process, client, session and line number first.
_POSTGRES_CSV = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{3})? [A-Z+-]\S*?,(?:\"[^\"]*\"|),(?:\"[^\"]*\"|),\d*,"
    r"(?:\"[^\"]*\"|),[0-9a-f]+\.[0-9a-f]+,\d+,"
)
_POSTGRES_COLUMNS = {
    0: "asctime", 2: "dbname", 3: "pid", 7: "ps", 11: "levelname", 12: "state_code",
    13: "message", 14: "detail", 19: "statement", 22: "application_name", 23: "backend_type",
}  # fmt: skip
_INFLUX = re.compile(
    r"(?P<name>[A-Za-z_][\w.-]*)(?P<tags>(?:,[\w.-]+=[^\s,=]+)*) "
    r"(?P<fields>[\w.-]+=[^\s,=]+(?:,[\w.-]+=[^\s,=]+)*) (?P<time>\d{19})$"
)


class SlowQuery(NamedTuple):
    """A query and how long it took."""

    statement: str
    duration_ns: int


def read_gin(text: str) -> dict[str, Any] | None:
    """Return the fields of an access line of Go's gin; its time is the end."""
    match = _GIN.match(text) if text.startswith("[GIN] ") else None
    if match is None:
        return None
    found: dict[str, Any] = match.groupdict()
    found["time"] = f"{found.pop('day')} {found.pop('clock')}"
    found["message"] = f"{found['method']} {found['path']}"
    return found


def read_mysql_slow(text: str) -> dict[str, Any] | None:
    """Return the time that opens an entry of MySQL's slow log."""
    match = _SLOW.match(text) if text.startswith("# Time: ") else None
    return {"time": match["time"].replace("  ", " 0"), "message": text} if match else None


def slow_query(lines: Sequence[str]) -> SlowQuery | None:
    """Return the query that the lines below `# Time:` tell of; None where it is not just one."""
    took = [match[1] for line in lines if (match := _QUERY_TIME.match(line))]
    statement = " ".join(line.strip() for line in lines if not _PREAMBLE.match(line))
    duration = parse_duration(took[0], 1_000_000_000) if len(took) == 1 else None
    return SlowQuery(statement, duration) if duration is not None and statement else None


def read_postgres_csv(text: str) -> dict[str, Any] | None:
    """Return the fields of an entry of PostgreSQL's csvlog, which has no header."""
    if not text[:4].isdigit() or _POSTGRES_CSV.match(text) is None:
        return None
    (cells,) = csv.reader([text.replace("\n", " ")])
    found = {
        name: cells[place]
        for place, name in _POSTGRES_COLUMNS.items()
        if place < len(cells) and cells[place]
    }
    return found | fields_of_message(found.get("message", ""))


def read_influx(text: str) -> dict[str, Any] | None:
    """Return the fields of InfluxDB's line protocol, as Telegraf writes it."""
    match = _INFLUX.match(text) if text[-1:].isdigit() and "=" in text else None
    if match is None:
        return None
    found: dict[str, Any] = dict(pair.split("=", 1) for pair in match["tags"].split(",") if pair)
    for pair in match["fields"].split(","):
        key, _, value = pair.partition("=")
        found[f"{match['name']}_{key}"] = value.removesuffix("i").strip('"')
    return found | {"time": match["time"], "message": text}
