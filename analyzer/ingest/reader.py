"""One file to rows: by the column, line by line, or as the JSON documents it holds.

What a file is, is decided by content. A line nobody understands goes to quarantine and reading
goes on.
"""

from __future__ import annotations

import bisect
import copy
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator

from analyzer.ingest import tables
from analyzer.ingest.archives import ArchiveDamage
from analyzer.ingest.columnar.book import Book
from analyzer.ingest.columnar.plain import PlainLines
from analyzer.ingest.columnar.sheet import Sheet
from analyzer.ingest.columnar.sorting import sort
from analyzer.ingest.columnar.w3c_sheets import HeadedLines, W3cSheets
from analyzer.ingest.documents import HEAD_LINES, opens_document, read_documents
from analyzer.ingest.fields import Resolver
from analyzer.ingest.formats.line_reader import Habits, LineReader
from analyzer.ingest.journal_export import opens_export, read_export
from analyzer.ingest.ledger import Ledger
from analyzer.ingest.lines import Block, Line, lines_of
from analyzer.ingest.open_records import OpenRecords
from analyzer.ingest.parquet import ParquetRows
from analyzer.ingest.record import Rejected
from analyzer.ingest.resumption import Place, Resumption, Step
from analyzer.ingest.rows import RowBuilder
from analyzer.ingest.table_reader import TableReader

Item = Line | ArchiveDamage
"""What a file is made of, before it is understood."""


class FileReader:
    """Reads the lines of one file into `builder`; `ledger` keeps account of them."""

    def __init__(self, builder: RowBuilder, lines: LineReader, resolver: Resolver) -> None:
        self._lines = lines
        self._clock = resolver.clock
        self._plain = PlainLines(resolver, builder)
        self._rows = W3cSheets(lines.fields.renames, resolver)
        self._book = Book(resolver, lines.fields.renames, texts=not lines.own)
        self._csv: tables.CsvRows | None = None
        self.ledger = Ledger(builder)
        self._tables = TableReader(builder, lines, resolver, self.ledger)
        self._records = OpenRecords(lines.fields, self._plain, self.ledger)
        self._resumption = Resumption(lines, resolver, self._records)

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
        account, formats = copy.copy(self.ledger.account), self._lines.formats.copy()
        for line in lines:
            self._read_line(line)
        self._records.resolve_waiting()
        self.ledger.account = account
        self.formats.clear()
        self.formats.update(formats)

    def read(
        self, source: Iterator[Block | Item | ParquetRows], *, goes_on: bool = False
    ) -> Iterator[Place | Step | None]:
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
            yield from read_documents(_lines_of(source), self._lines, self.ledger)
        elif opens_export(head):
            yield from read_export(_lines_of(source), self._lines, self.ledger)
        elif (header := tables.header_of([line.content for line in head])) is not None:
            yield from self._read_table(source, header)
        else:
            for item in source:
                if isinstance(item, Block):
                    yield from self._read_block(item)
                elif isinstance(item, ParquetRows):
                    yield from self._tables.read_batch(item)
                else:
                    self._read_item(item)
                yield None
            self._records.finish()

    def push(self, line: Line) -> None:
        """Take the next line of a file that still grows; a table's cells stay on their line."""
        if line.number == 1:
            columns = tables.csv_columns(line.content)
            self._csv = None if columns is None else tables.CsvRows(*columns)
            if self._csv is not None:
                self.ledger.account.excluded += 1
                return
        if self._csv is None:
            self._read_line(line)
            return
        self._tables.take(self._csv, line)
        self._tables.finish(self._csv)

    def pause(self) -> None:
        """Complete the lines that wait for continuations: the file has been quiet for a while.

        Pieces of a split line go on waiting for its end.
        """
        self._records.complete_all()
        self.settle()

    def settle(self) -> None:
        """Hand all complete lines to the builder, so that its rows can be taken."""
        plain, account = self._plain, self.ledger.account
        plain.settle()
        account.records += plain.records
        account.quarantined += plain.refused
        plain.records = plain.refused = 0

    def _read_table(
        self, source: Iterator[Block | Item | ParquetRows], header: tables.Header
    ) -> Iterator[Step | None]:
        csv = tables.CsvRows(header.delimiter, header.names)
        self.ledger.account.excluded += header.lines
        start = header.lines
        for item in source:
            if isinstance(item, Block):
                yield from self._tables.read_block(csv, item, start)
                start = 0
            elif isinstance(item, ArchiveDamage):
                self.ledger.damaged(item)
            elif isinstance(item, Line):
                self._tables.take(csv, item)
            yield None
        self._tables.finish(csv)

    def _read_item(self, item: Item) -> None:
        if isinstance(item, ArchiveDamage):
            self.ledger.damaged(item)
        else:
            self._read_line(item)

    def _read_block(self, block: Block) -> Iterator[Place | Step | None]:
        """Read what templates do not describe line by line, then all others by the column."""
        if not self._resumption.reads_apart():
            yield from self._read_rows(block, 0)
            yield self._resumption.behind(block)
            return
        sheets, others, last, bare = sort(self._book, block, self._lines.split_lines)
        places = others.tolist()
        middle = bisect.bisect_left(places, last)
        for place in places[:middle]:
            self._read_line(block.line(place))
            if not self._resumption.reads_apart():
                # From here on each line may prove a unit, or be a row of a table.
                self._add_sheets(sheets, block.number + place)
                yield from self._read_rows(block, place + 1)
                yield self._resumption.behind(block)
                return
            yield None
        self._add_sheets(sheets, block.number + len(block))
        settled: Place | None = None
        if last >= 0:
            if bare:
                self._records.complete("")
            self.settle()
            settled = self._resumption.at(block.line(last))
            yield settled
        for place in places[middle:]:
            self._read_line(block.line(place))
            yield None
            if self._resumption.expects_rows():
                yield from self._read_rows(block, place + 1)
                break
        if settled is None:
            yield self._resumption.behind(block)

    def _read_rows(self, block: Block, place: int) -> Iterator[Step | None]:
        """Read the rows below headers by the column, as long as nothing else is expected."""
        headed = HeadedLines(block) if self._resumption.expects_rows() else None
        while headed is not None and place < len(block) and self._resumption.expects_rows():
            behind = headed.next_directive(place)
            rows = self._rows.read(headed, self._lines.table, place, behind)
            place = behind
            for other in rows.others.tolist():
                self._read_line(block.line(other))
                yield None
                if not self._resumption.expects_rows():
                    place = other + 1
                    break
            self._add_sheets(rows.sheets, block.number + place)
            if place == behind < len(block):
                self._read_line(block.line(place))
                place += 1
        yield from self._read_lines(block.lines(place))
        yield Step.BLOCK

    def _read_lines(self, lines: Iterable[Line]) -> Iterator[None]:
        for line in lines:
            self._read_line(line)
            yield None

    def _add_sheets(self, sheets: list[Sheet], end: int) -> None:
        """Add the lines of sheets whose number is below `end`."""
        for sheet in sheets:
            part = sheet.select(sheet.numbers < end)
            if not len(part):
                continue
            heads = () if part.origins is None else part.origins.heads
            for name in (sheet.format, *heads):
                self._lines.formats[name] += len(part)
            if part.origins is not None:
                self._clock.yearless += part.origins.yearless * len(part)
            self._plain.add_sheet(part)

    def _read_line(self, line: Line) -> None:
        content = line.content
        if line.too_long:
            self.ledger.quarantine(Rejected("too_long", "longer than 1 MiB"), line)
        elif not content or content.isspace():
            self.ledger.account.blank += 1
        else:
            self._records.take(self._lines.read(content), line)


def _lines_of(source: Iterable[Block | Item | ParquetRows]) -> Iterator[Item]:
    """Yield a file's lines; rows come of Parquet alone, which is no text."""
    texts = (item for item in source if not isinstance(item, ParquetRows))
    return lines_of(texts)
