"""One file to rows: line by line, or as the JSON documents it holds.

What a file is, is decided by content. A line nobody understands goes to quarantine and reading
goes on; a document counts as its first line (the record) and folded lines.
"""

from __future__ import annotations

import bisect
import copy
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from analyzer.ingest import tables
from analyzer.ingest.account import LineAccount
from analyzer.ingest.archives import ArchiveDamage
from analyzer.ingest.columnar.book import Book
from analyzer.ingest.columnar.plain import PlainLines
from analyzer.ingest.columnar.sheet import Sheet
from analyzer.ingest.fields import Resolver
from analyzer.ingest.folding import Pending
from analyzer.ingest.formats import json_text
from analyzer.ingest.formats.line_reader import Habits, LineReader
from analyzer.ingest.formats.outcomes import Outcome, Piece, Plain
from analyzer.ingest.lines import MAX_DOCUMENT_BYTES, Block, Line, lines_of
from analyzer.ingest.options import ReadingOptions
from analyzer.ingest.record import Measurement, Reading, Record, Rejected
from analyzer.ingest.rows import RowBuilder

__all__ = ["FileReader", "ReadingOptions"]

Item = Line | ArchiveDamage | tables.Row
"""What a file is made of, before it is understood."""

_MAX_SOURCES = 256
_MAX_WAITING = 4_096
HEAD_LINES = 16
"""So many lines decide what a file is."""


class Place(NamedTuple):
    """A line before which all is settled, but for those that wait for what may follow them.

    `waiting` are their numbers and byte offsets, in the order of the lines.
    """

    line_number: int
    byte_offset: int
    waiting: tuple[tuple[int, int], ...] = ()


class FileReader:
    """Reads the lines of one file into `builder`, keeping `account`."""

    def __init__(self, builder: RowBuilder, lines: LineReader, resolver: Resolver) -> None:
        self._builder = builder
        self._lines = lines
        self._pending: dict[str, Pending] = {}
        self._pieces: dict[str, list[Line]] = {}
        self._waiting: tuple[Plain, Line, bool] | None = None
        self._resolver = resolver
        self._plain = PlainLines(resolver, builder)
        self._columns: tuple[str, list[str]] | None = None
        self._book = Book(resolver, lines.renames, texts=not lines.own)
        self.account = LineAccount()
        self.spans_bad = 0

    def __len__(self) -> int:
        """Return the number of lines that wait to be settled."""
        return len(self._plain)

    @property
    def formats(self) -> Counter[str]:
        """Return the dialects met and how often; what is added to it counts."""
        return self._lines.formats

    @property
    def habits(self) -> Habits:
        """Return what the lines so far let expect of the next; what is assigned is expected."""
        return self._lines.habits

    @habits.setter
    def habits(self, told: Habits) -> None:
        self._lines.habits = told

    @property
    def format(self) -> str:
        """Return the dialects met, the most frequent first, joined by `+`."""
        met = sorted(self._lines.formats.items(), key=lambda item: (-item[1], item[0]))
        return "+".join(name for name, count in met if count) or "unrecognised"

    def recall(self, lines: Iterable[Line]) -> None:
        """Take lines again that waited where an earlier reading ended; they are not counted."""
        account, formats = copy.copy(self.account), self._lines.formats.copy()
        for line in lines:
            self._read_line(line)
        if self._waiting is not None:
            self._resolve_waiting()
        self.account = account
        self.formats.clear()
        self.formats.update(formats)

    def read(
        self, source: Iterator[Block | Item], *, goes_on: bool = False
    ) -> Iterator[Place | None]:
        """Consume `source`; yields now and then so that the caller can flush and report.

        `goes_on` tells that it is not a file's beginning.
        """
        first = next(source, None)
        source = itertools.chain(() if first is None else (first,), source)
        head = (
            list(itertools.islice(first.lines(), HEAD_LINES))
            if isinstance(first, Block) and not goes_on
            else []
        )
        if opens_document(head):
            yield from self._read_documents(lines_of(source))
        elif (columns := tables.csv_columns(head[0].content) if head else None) is not None:
            yield from self._read_table(lines_of(source), *columns)
        else:
            for item in source:
                if isinstance(item, Block):
                    yield from self._read_block(item)
                else:
                    self._read_item(item)
                yield None
            self._finish()

    def push(self, line: Line) -> None:
        """Take the next line of a file that still grows; a table's cells stay on their line."""
        if line.number == 1:
            self._columns = tables.csv_columns(line.content)
            if self._columns is not None:
                self.account.excluded += 1
                return
        if self._columns is None:
            self._read_line(line)
            return
        for item in tables.read_csv(iter([line]), *self._columns):
            if isinstance(item, tables.Row):
                self._read_row(item)
            else:
                self.account.blank += 1

    def pause(self) -> None:
        """Complete the lines that wait for continuations: the file has been quiet for a while.

        Pieces of a split line go on waiting for its end.
        """
        for source in ("", *self._pending):
            self._complete(source)
        self.settle()

    def _read_table(
        self, source: Iterator[Item], delimiter: str, names: Sequence[str]
    ) -> Iterator[None]:
        next(source)
        self.account.excluded += 1
        for item in tables.read_csv(source, delimiter, names):
            self._read_item(item)
            yield
        self._finish()

    def _read_item(self, item: Item) -> None:
        if isinstance(item, ArchiveDamage):
            self._damaged(item)
        elif isinstance(item, tables.Row):
            self._read_row(item)
        else:
            self._read_line(item)

    def _read_block(self, block: Block) -> Iterator[Place | None]:
        """Read what templates do not describe line by line, then all others by the column."""
        if not self._reads_apart():
            yield from self._read_lines(block.lines())
            yield self._place_behind(block)
            return
        sheets, others, last = self._book.sort(block)
        places = others.tolist()
        middle = bisect.bisect_left(places, last)
        for place in places[:middle]:
            self._read_line(block.line(place))
            if not self._reads_apart():
                # From here on each line may prove a unit, or be a row of a table.
                self._add_sheets(sheets, block.number + place)
                yield from self._read_lines(block.lines(place + 1))
                yield self._place_behind(block)
                return
            yield None
        self._add_sheets(sheets, block.number + len(block))
        settled: Place | None = None
        if last >= 0:
            self._complete("")
            self.settle()
            settled = self._place(block.line(last))
            yield settled
        yield from self._read_lines(block.line(place) for place in places[middle:])
        if settled is None:
            yield self._place_behind(block)

    def _read_lines(self, lines: Iterable[Line]) -> Iterator[None]:
        for line in lines:
            self._read_line(line)
            yield None

    def _reads_apart(self) -> bool:
        """Tell whether lines may be read apart from those before them."""
        return self._lines.free_of_context and not self._resolver.timing.proof.unknown

    def _add_sheets(self, sheets: list[Sheet], end: int) -> None:
        """Add the lines of sheets whose number is below `end`."""
        for sheet in sheets:
            part = sheet.select(sheet.numbers < end)
            self._lines.formats[sheet.format] += len(part)
            if len(part):
                self._plain.add_sheet(part)

    def _place(self, line: Line) -> Place | None:
        """Return where reading could go on later, None where that hangs on what came before."""
        if self._pending or self._pieces or self._resolver.clock.yearless or self._hangs:
            return None
        return Place(line.number, line.byte_offset)

    def _place_behind(self, block: Block) -> Place | None:
        """Return the place behind a block, with the lines that wait; None where it hangs.

        A file that grows may end in it: a line that is not ended is no place to go on at.
        """
        if self._waiting is not None:
            self._resolve_waiting()  # and so is counted, as all are that wait
        waiting = [place for pending in self._pending.values() for place in pending.places]
        for pieces in self._pieces.values():
            waiting += [(piece.number, piece.byte_offset) for piece in pieces]
        if self._hangs or len(waiting) > _MAX_WAITING or not block.data.endswith(b"\n"):
            return None
        number, offset = block.number + len(block), block.byte_offset + len(block.data)
        return Place(number, offset, tuple(sorted(waiting)))

    @property
    def _hangs(self) -> bool:
        """Tell whether what a line says hangs on lines far before it."""
        resolver = self._resolver
        return (
            resolver.timing.proof.unknown
            or bool(resolver.clock.undated)
            or not self._lines.free_of_context
            or self._lines.unfinished != len(self._pieces)
        )

    def _read_row(self, row: tables.Row) -> None:
        self.account.folded += row.folded
        if isinstance(row.values, Rejected):
            self._quarantine(row.values, row.line)
            return
        readings = list(self._lines.read_row(row.values))
        content = row.line.content or str(row.values).encode()
        self._read_readings(readings, row.line._replace(content=content))

    def _read_line(self, line: Line) -> None:
        content = line.content
        if line.too_long:
            self._quarantine(Rejected("too_long", "longer than 1 MiB"), line)
        elif not content or content.isspace():
            self.account.blank += 1
        else:
            self._take(self._lines.read(content), line)

    def _take(self, outcome: Outcome, line: Line) -> None:
        """Count a line by what it is: a record, part of one, a header, or unreadable."""
        source = outcome.source
        if outcome.piece is Piece.EXCLUDED:
            self.account.excluded += 1
            return
        if outcome.piece is Piece.PARTIAL:
            self._pieces.setdefault(source, []).append(line)
            return
        lines = [line]
        if outcome.wrapped and source in self._pieces:
            lines = [*self._pieces.pop(source), line]
            self.account.folded += len(lines) - 1
        if outcome.plain is not None:
            self._wait(outcome.plain, line, free=outcome.free)
            return
        if outcome.unknown is not None:
            if self._waiting is not None and not source:
                self._resolve_waiting()
            pending = self._pending.get(source)
            if pending is not None and pending.takes(outcome.unknown, wrapped=outcome.wrapped):
                pending.take(outcome.unknown, lines)
                self.account.folded += 1
                return
        readings = outcome.readings
        first = readings[0] if readings else None
        if not isinstance(first, Record) or first.trace_dialect or not outcome.holds_one_record:
            self._read_readings(readings, line)
            return
        self._complete(source)
        if len(self._pending) >= _MAX_SOURCES:
            self._complete(next(iter(self._pending)))
        self.account.records += 1
        for reading in readings[1:]:
            self._add(reading, line)
        self._pending[source] = _opened(first, lines, free=outcome.free)

    def _wait(self, plain: Plain, line: Line, *, free: bool) -> None:
        """Let a plain line wait for continuation lines; mostly there are none."""
        self._complete("")
        self._waiting = (plain, line, free)

    def _resolve_waiting(self) -> None:
        """Resolve the waiting line now, since a continuation line asks for its record."""
        assert self._waiting is not None
        plain, line, free = self._waiting
        self._waiting = None
        reading = self._lines.resolve(plain)
        if isinstance(reading, Rejected):
            self._quarantine(reading, line)
            return
        self.account.records += 1
        self._pending[""] = _opened(reading, [line], free=free)

    def settle(self) -> None:
        """Hand all complete lines to the builder, so that its rows can be taken."""
        plain = self._plain
        plain.settle()
        self.account.records += plain.records
        self.account.quarantined += plain.refused
        plain.records = plain.refused = 0

    def _complete(self, source: str) -> None:
        if not source and self._waiting is not None:
            plain, line, _ = self._waiting
            self._waiting = None
            self._plain.add(plain.fields, plain.shape, line)
            return
        pending = self._pending.pop(source, None)
        if pending is not None:
            self._builder.add(pending.completed(), pending.line.number)

    def _finish(self) -> None:
        """Complete what still waits for lines at the end of the file."""
        for source in ("", *self._pending):
            self._complete(source)
        for pieces in self._pieces.values():
            self.account.folded += len(pieces) - 1
            unfinished = Rejected("partial_unfinished", "the end of a split line never came")
            self._quarantine(unfinished, pieces[-1])
        self._pieces.clear()

    def _read_value(self, value: object, line: Line) -> None:
        if isinstance(value, Rejected):
            self._read_readings([value], line)
        else:
            self._read_readings(self._lines.read_value(value).readings, line)

    def _read_readings(self, readings: Sequence[Reading], line: Line) -> None:
        """Count a line by what came of it; what a document's items lack is counted beside it."""
        if not readings:
            readings = (Rejected("wrong_shape", "an empty document"),)
        if len(readings) == 1 and isinstance(readings[0], Rejected):
            self._quarantine(readings[0], line)
            return
        self.account.records += 1
        for index, reading in enumerate(readings):
            self._add(reading, line, index)

    def _add(self, reading: Reading, line: Line, index: int = 0) -> None:
        if isinstance(reading, Record):
            self._builder.add(reading, line.number, index)
        elif isinstance(reading, Measurement):
            self._builder.add_measurement(reading, line.number)
        else:
            self.spans_bad += 1
            self._builder.reject(reading, line.number, line.byte_offset, line.content)

    def _read_documents(self, source: Iterator[Item]) -> Iterator[None]:
        content: list[Line] = []
        size = 0
        for item in source:
            if not isinstance(item, Line):
                self._read_item(item)
            elif not item.content.strip():
                self.account.blank += 1
            else:
                size += len(item.content)
                # Beyond the limit only the count of lines matters.
                content.append(item if size <= MAX_DOCUMENT_BYTES else item._replace(content=b""))
            yield
        if size > MAX_DOCUMENT_BYTES:
            documents = [
                json_text.Document(Rejected("too_long", "document over 128 MiB"), content)
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


def _opened(record: Record, lines: Sequence[Line], *, free: bool) -> Pending:
    """Return a record that may go on; all its lines but the last were pieces."""
    places = [(line.number, line.byte_offset) for line in lines]
    return Pending(record, lines[-1], free, places=places)


def opens_document(head: Sequence[Item]) -> bool:
    """Tell from its first lines whether a file holds documents rather than lines."""
    lines = [item for item in head if isinstance(item, Line) and item.content.strip()]
    if not lines or not json_text.starts_document(lines[0].content):
        return False
    second = lines[1].content if len(lines) > 1 else None
    return not json_text.is_json_lines(lines[0].content, second)
