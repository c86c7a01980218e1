"""Tables whose header names their columns: W3C extended logs (IIS) and Bro/Zeek."""

from __future__ import annotations

import re
from typing import Any

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
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d|\d{10}")
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


class ColumnTable:
    """Remembers the columns that the last `#Fields` line named."""

    def __init__(self) -> None:
        self.columns: list[str] = []
        self._tabs = False
        self._day = ""

    def read(self, text: str) -> dict[str, Any] | bool | None:
        """Return a row's fields, True for a header line, None where this is no table."""
        if text[:1] == "#":
            return self._read_directive(text)
        if text.startswith("-- ") and _RULERS.match(text):
            return True
        if not self.columns:
            return None
        if self._tabs:
            cells = text.split("\t")
        else:
            cells = [quoted or bare for quoted, bare in _TOKENS.findall(text)]
        if len(cells) < min(4, len(self.columns)):
            return None
        return self._row(cells)

    def _read_directive(self, text: str) -> bool | None:
        if dated := _DATE.match(text):
            self._day = dated["day"]
        if text.startswith("#Fields:"):
            self.columns, self._tabs = text[8:].split(), False
            return True
        if text.startswith("#fields\t"):
            self.columns, self._tabs = text.split("\t")[1:], True
            return True
        return True if text.startswith(_DIRECTIVES) else None

    @staticmethod
    def _add_request(found: dict[str, Any]) -> None:
        """Say the request in one line, and which ids its query names."""
        query = found.get("cs-uri-query")
        if query:
            found |= ids_of_query(f"?{query}")
        found.setdefault("message", f"{found.get('method', '')} {found['path']}".strip())

    def _row(self, cells: list[str]) -> dict[str, Any] | None:
        found: dict[str, Any] = {}
        # A row may be wider or narrower than its header says; what has a name is read.
        for name, cell in zip(self.columns, cells, strict=False):
            if cell != "-":
                found[_NAMES.get(name, name)] = cell
        day = found.pop("date", found.pop("date-local", None))
        clock = found.pop("time", found.pop("time-local", None))
        if clock and not day and ":" in clock:
            day = self._day
        if day and clock:
            local = "date-local" in self.columns or "time-local" in self.columns
            found["time"] = f"{day} {clock}" + ("" if local else "Z")
        elif clock:
            found["time"] = clock
        if "path" in found:
            self._add_request(found)
        if "." in found.get("duration_ms", ""):
            # W3C's own `time-taken` is seconds with decimals (CloudFront); IIS counts ms.
            found["duration_s"] = found.pop("duration_ms")
        if self._tabs and "duration" in found:
            found["duration_s"] = found.pop("duration")
        stamp = str(found.get("time", found.get("ts", "")))
        return found if _STAMP.match(stamp) else None
