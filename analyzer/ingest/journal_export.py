"""Journald's export format: an entry is a field a line, and a blank line ends it.

A field whose value holds more than text has a line for its name alone; its length follows in
eight bytes, little-endian, and then the value (systemd's JOURNAL_EXPORT_FORMATS).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from analyzer.ingest.archives import ArchiveDamage
from analyzer.ingest.formats.line_reader import LineReader
from analyzer.ingest.ledger import Ledger
from analyzer.ingest.lines import Line
from analyzer.ingest.record import Rejected

_OPENS = (b"__CURSOR=", b"__REALTIME_TIMESTAMP=")
_FIELD = re.compile(rb"(?P<name>[A-Z_][A-Z0-9_]*)(?:=(?P<value>.*))?$", re.DOTALL)
_LENGTH_BYTES = 8
_MOST_LINES = 4_096


def opens_export(head: Sequence[Line | ArchiveDamage]) -> bool:
    """Tell from its first lines whether a file is an export of a journal."""
    first = next((item for item in head if isinstance(item, Line) and item.content.strip()), None)
    return first is not None and first.content.startswith(_OPENS)


def read_export(
    source: Iterable[Line | ArchiveDamage], lines: LineReader, ledger: Ledger
) -> Iterator[None]:
    """Read all of a file: the first line of an entry is its record, the others are folded."""
    entry: list[Line] = []
    for item in source:
        if isinstance(item, ArchiveDamage):
            ledger.damaged(item)
        elif item.content.strip() and len(entry) < _MOST_LINES:
            entry.append(item)
        else:
            _enter(entry, lines, ledger)
            entry = [item] if item.content.strip() else []
            ledger.account.blank += not entry
        yield
    _enter(entry, lines, ledger)


def _enter(entry: list[Line], lines: LineReader, ledger: Ledger) -> None:
    if not entry:
        return
    ledger.account.folded += len(entry) - 1
    fields = _fields(entry)
    if "__REALTIME_TIMESTAMP" not in fields:
        ledger.quarantine(Rejected("no_time", "a journal's entry without its time"), entry[0])
        return
    ledger.enter(lines.read_value({"MESSAGE": "", **fields}).readings, entry[0])


def _fields(entry: Sequence[Line]) -> dict[str, str]:
    found: dict[str, str] = {}
    missing, name, length_follows = 0, "", False
    for line in entry:
        if missing > 0:  # the value goes on in this line
            found[name] += "\n" + line.content.decode("utf-8", "replace")
            missing -= len(line.content) + 1
            continue
        if length_follows:
            length_follows = False
            value = line.content[_LENGTH_BYTES:]
            missing = int.from_bytes(line.content[:_LENGTH_BYTES], "little") - len(value)
            found[name] = value.decode("utf-8", "replace")
            continue
        match = _FIELD.match(line.content)
        if match is None:
            continue
        name = match["name"].decode()
        length_follows = match["value"] is None
        if not length_follows:
            found[name] = match["value"].decode("utf-8", "replace")
    return found
