"""Tables whose header names their columns: W3C extended logs (IIS) and Bro/Zeek."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from analyzer.ingest.formats.access import ids_of_query

_TOKENS = re.compile(r"\"((?:[^\"]|\"\")*)\"|(\S+)")
_DIRECTIVES = (
    "#Software:", "#Version:", "#Date:", "#Start-Date:", "#End-Date:", "#Remark:", "#GMT-Offset:",
    "#separator ", "#set_separator", "#empty_field", "#unset_field", "#path", "#open", "#close",
    "#types",
)  # fmt: skip
# What journalctl says of itself between the lines of a journal.
_RULERS = re.compile(r"-- (?:Journal begins|Logs begin|Boot [0-9a-f]{32}|No entries|Reboot)\b.*$")
_DATE = re.compile(r"#(?:Start-)?Date: (?P<day>\d{4}-\d\d-\d\d)")
STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d|\d{10}"
"""What the time of every row begins with."""
NOTHING = "-"
"""A cell that holds nothing."""
_STAMP = re.compile(STAMP)
_OF_TIME = ("date", "date-local", "time", "time-local")
# W3C names -> the common ones; time-taken is milliseconds in IIS.
_NAMES = {
    "cs-method": "method",
    "cs-uri-stem": "path",
    "cs-uri": "path",
    "sc-status": "status",
    "time-taken": "duration_ms",
    "TimeTakenMS": "duration_ms",
    "s-sitename": "service",
    "c-ip": "client_ip",
    "cs(User-Agent)": "user_agent",
    "cs(Cookie)": "cookie",
    "cs-username": "user.name",
    "uri": "path",
}


Cell = TypeVar("Cell")


class Told(NamedTuple, Generic[Cell]):
    """What a row says beyond its cells.

    `day` is that of the header, for rows whose clock lacks one; `local` and `tabs` are the
    table's. `dotted` tells that the time taken has decimals, `ids` are those that the query names.
    """

    day: str
    local: bool
    tabs: bool
    dotted: bool
    ids: Mapping[str, Cell]


def arranged(
    found: dict[str, Cell], told: Told[Cell], joined: Callable[..., Cell]
) -> dict[str, Cell]:
    """Return the cells of a row under common names; `joined` fills cells into the `{}` of a form.

    A cell may stand for those of many rows that have the same cells, as long as what is told of
    them is the same.
    """
    day = found.pop("date", found.pop("date-local", None))
    clock = found.pop("time", found.pop("time-local", None))
    zone = "" if told.local else "Z"
    if clock is not None and day is not None:
        found["time"] = joined(f"{{}} {{}}{zone}", day, clock)
    elif clock is not None:
        found["time"] = joined(f"{told.day} {{}}{zone}", clock) if told.day else clock
    if "path" in found:
        found |= told.ids
        if "message" not in found:
            named = "method" in found
            path = found["path"]
            found["message"] = joined("{} {}", found["method"], path) if named else path
    if told.dotted:
        # W3C's own `time-taken` is seconds with decimals (CloudFront); IIS counts ms.
        found["duration_s"] = found.pop("duration_ms")
    if told.tabs and "duration" in found:
        found["duration_s"] = found.pop("duration")
    return found


class ColumnTable:
    """Remembers the columns that the last `#Fields` line named, and the day of its header."""

    def __init__(self) -> None:
        self.columns: list[str] = []
        self.tabs = False
        self.day = ""

    @property
    def local(self) -> bool:
        """Tell whether the times of rows are in a zone that nobody names."""
        return "date-local" in self.columns or "time-local" in self.columns

    def named(self, cells: Iterable[Cell | None]) -> dict[str, Cell]:
        """Return the cells that are there under the common names of their columns."""
        # A row may be wider or narrower than its header says; what has a name is read.
        pairs = zip(self.columns, cells, strict=False)
        return {_NAMES.get(name, name): cell for name, cell in pairs if cell is not None}

    def read(self, text: str) -> dict[str, Any] | bool | None:
        """Return a row's fields, True for a header line, None where this is no table."""
        if text[:1] == "#":
            return self._read_directive(text)
        if text.startswith("-- ") and _RULERS.match(text):
            return True
        if not self.columns:
            return None
        cells = self._cells(text)
        if len(cells) < min(4, len(self.columns)):
            return None
        return self._row(cells)

    def fits(self, text: str) -> bool:
        """Tell whether a line has a cell for each column of the table above it."""
        return bool(self.columns) and len(self._cells(text)) == len(self.columns)

    def _cells(self, text: str) -> list[str]:
        if self.tabs:
            return text.split("\t")
        return [quoted or bare for quoted, bare in _TOKENS.findall(text)]

    def _read_directive(self, text: str) -> bool | None:
        if dated := _DATE.match(text):
            self.day = dated["day"]
        if text.startswith("#Fields:"):
            self.columns, self.tabs = text[8:].split(), False
            return True
        if text.startswith("#fields\t"):
            self.columns, self.tabs = text.split("\t")[1:], True
            return True
        return True if text.startswith(_DIRECTIVES) else None

    def _row(self, cells: list[str]) -> dict[str, Any] | None:
        found = self.named(None if cell == NOTHING else cell for cell in cells)
        for name in _OF_TIME:
            if not found.get(name, ""):
                found.pop(name, None)
        clock = found.get("time", found.get("time-local", ""))
        query = found.get("cs-uri-query")
        told = Told(
            self.day if ":" in clock else "",
            self.local,
            self.tabs,
            "." in found.get("duration_ms", ""),
            ids_of_query(f"?{query}") if query else {},
        )
        found = arranged(found, told, str.format)
        stamp = str(found.get("time", found.get("ts", "")))
        return found if _STAMP.match(stamp) else None
