"""One file to rows: line by line, or as the JSON documents it holds.

What a file is, is decided by content. A line nobody understands goes to quarantine and reading
goes on; a document counts as its first line (the record) and folded lines.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from analyzer.ingest import tables
from analyzer.ingest.account import LineAccount
from analyzer.ingest.archives import ArchiveDamage, BombLimit
from analyzer.ingest.formats import json_text
from analyzer.ingest.formats.json_value import JsonReader
from analyzer.ingest.lines import Line
from analyzer.ingest.record import Measurement, Reading, Record, Rejected
from analyzer.ingest.rows import RowBuilder

Item = Line | ArchiveDamage | tables.Row
"""What a file is made of, before it is understood."""

MAX_DOCUMENT_BYTES = 512 << 20
"""A document must fit in memory to be parsed; a larger one is quarantined as `too_long`."""

HEAD_LINES = 16
"""So many lines decide what a file is."""


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """What the user told the reader: `renames` of keys and `units` (ns per unit) of keys.

    `bomb_limit` says how much an archive may hold.
    """

    renames: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, int] = field(default_factory=dict)
    bomb_limit: BombLimit = field(default_factory=BombLimit)


class FileReader:
    """Reads the lines of one file into `builder`, keeping `account`."""

    def __init__(self, builder: RowBuilder, options: ReadingOptions) -> None:
        self._builder = builder
        self._json = JsonReader(options.renames, options.units)
        self.account = LineAccount()
        self.spans_bad = 0

    @property
    def format(self) -> str:
        """Return the dialects met, the most frequent first, joined by `+`."""
        met = sorted(self._json.formats.items(), key=lambda item: (-item[1], item[0]))
        return "+".join(name for name, _ in met) or "unrecognised"

    def read(self, source: Iterator[Item]) -> Iterator[None]:
        """Consume `source`; yields now and then so that the caller can flush and report."""
        head = list(itertools.islice(source, HEAD_LINES))
        source = itertools.chain(head, source)
        if opens_document(head):
            yield from self._read_documents(source)
            return
        for item in self._as_table(head, source):
            if isinstance(item, ArchiveDamage):
                self._damaged(item)
            elif isinstance(item, tables.Row):
                self._read_row(item)
            else:
                self._read_line(item)
            yield

    def _as_table(self, head: Sequence[Item], source: Iterator[Item]) -> Iterator[Item]:
        """Return `source` as rows where its first line is a header, else as it is."""
        first = head[0] if head else None
        columns = tables.csv_columns(first.content) if isinstance(first, Line) else None
        if columns is None:
            return source
        next(source)
        self.account.excluded += 1
        return tables.read_csv(source, *columns)

    def _read_row(self, row: tables.Row) -> None:
        self.account.folded += row.folded
        if isinstance(row.values, Rejected):
            self._quarantine(row.values, row.line)
            return
        reading = self._json.read_fields(row.values)
        if isinstance(reading, Rejected):
            content = row.line.content or str(row.values).encode()
            self._quarantine(reading, row.line._replace(content=content))
            return
        self._json.count("table")
        self._read_readings([reading], row.line)

    def _read_line(self, line: Line) -> None:
        content = line.content.strip()
        if line.too_long:
            self._quarantine(Rejected("too_long", "longer than 1 MiB"), line)
        elif not content:
            self.account.blank += 1
        elif content.startswith((b"{", b"[")):
            self._read_value(json_text.parse_line(content), line)
        else:
            self._quarantine(Rejected("no_format", "no known format reads this line"), line)

    def _read_value(self, value: object, line: Line) -> None:
        if isinstance(value, Rejected):
            self._read_readings([value], line)
        else:
            self._read_readings(list(self._json.read(value)), line)

    def _read_readings(self, readings: Sequence[Reading], line: Line) -> None:
        """Count a line by what came of it; what a document's items lack is counted beside it."""
        if not readings:
            readings = (Rejected("wrong_shape", "an empty document"),)
        if len(readings) == 1 and isinstance(readings[0], Rejected):
            self._quarantine(readings[0], line)
            return
        self.account.records += 1
        for index, reading in enumerate(readings):
            if isinstance(reading, Record):
                self._builder.add(reading, line.number, index)
            elif isinstance(reading, Measurement):
                self._builder.add_measurement(reading, line.number)
            elif isinstance(reading, Rejected):
                self.spans_bad += 1
                self._builder.reject(reading, line.number, line.byte_offset, line.content)

    def _read_documents(self, source: Iterator[Item]) -> Iterator[None]:
        content: list[Line] = []
        size = 0
        for item in source:
            if isinstance(item, ArchiveDamage):
                self._damaged(item)
            elif isinstance(item, tables.Row):
                raise TypeError("rows never hold documents")
            elif not item.content.strip():
                self.account.blank += 1
            else:
                size += len(item.content)
                # Beyond the limit only the count of lines matters.
                content.append(item if size <= MAX_DOCUMENT_BYTES else item._replace(content=b""))
            yield
        if size > MAX_DOCUMENT_BYTES:
            documents = [
                json_text.Document(Rejected("too_long", "document over 512 MiB"), content)
            ]
            yield from self._add_documents(iter(documents))
        else:
            yield from self._add_documents(json_text.split_documents(content))

    def _add_documents(self, documents: Iterator[json_text.Document]) -> Iterator[None]:
        for document in documents:
            self.account.folded += len(document.lines) - 1
            self._read_value(document.value, document.lines[0])
            yield

    def _damaged(self, damage: ArchiveDamage) -> None:
        # Outside the sum: the damage is not a line, but it must be seen.
        rejected = Rejected("bad_archive", damage.detail)
        self._builder.reject(rejected, self.account.lines, damage.byte_offset, b"")

    def _quarantine(self, rejected: Rejected, line: Line) -> None:
        self.account.quarantined += 1
        self._builder.reject(rejected, line.number, line.byte_offset, line.content)


def opens_document(head: Sequence[Item]) -> bool:
    """Tell from its first lines whether a file holds documents rather than lines."""
    lines = [item for item in head if isinstance(item, Line) and item.content.strip()]
    if not lines or not json_text.starts_document(lines[0].content):
        return False
    second = lines[1].content if len(lines) > 1 else None
    return lines[0].too_long or not json_text.is_json_lines(lines[0].content, second)
