"""One file to rows: by the column, line by line, or as the JSON documents it holds.

What a file is, is decided by content. A line nobody understands goes to quarantine and reading
goes on.
"""

from __future__ import annotations

import bisect
import copy
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from analyzer.ingest import tables
from analyzer.ingest.archives import ArchiveDamage
from analyzer.ingest.columnar.book import Book
from analyzer.ingest.columnar.plain import PlainLines
from analyzer.ingest.columnar.sheet import Sheet
from analyzer.ingest.columnar.sorting import sort
from analyzer.ingest.documents import HEAD_LINES, opens_document, read_documents
from analyzer.ingest.fields import Resolver
from analyzer.ingest.formats.line_reader import Habits, LineReader
from analyzer.ingest.journal_export import opens_export, read_export
from analyzer.ingest.ledger import Ledger
from analyzer.ingest.lines import Block, Line, lines_of
from analyzer.ingest.open_records import OpenRecords
from analyzer.ingest.record import Rejected
from analyzer.ingest.resumption import Place, Resumption
from analyzer.ingest.rows import RowBuilder

Item = Line | ArchiveDamage | tables.Row
"""What a file is made of, before it is understood."""


class FileReader:
    """Reads the lines of one file into `builder`; `ledger` keeps account of them."""

    def __init__(self, builder: RowBuilder, lines: LineReader, resolver: Resolver) -> None:
        self._lines = lines
        self._clock = resolver.clock
        self._plain = PlainLines(resolver, builder)
        self._book = Book(resolver, lines.fields.renames, texts=not lines.own)
        self._columns: tuple[str, list[str]] | None = None
        self.ledger = Ledger(builder)
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
        items: Iterator[Item] = lines_of(source)
        if opens_document(head):
            # Rows come of Parquet alone, which has no such head.
            texts = (item for item in items if not isinstance(item, tables.Row))
            yield from read_documents(texts, self._lines, self.ledger)
        elif opens_export(head):
            texts = (item for item in items if not isinstance(item, tables.Row))
            yield from read_export(texts, self._lines, self.ledger)
        elif (header := tables.header_of([line.content for line in head])) is not None:
            for _ in range(header.lines - 1):
                next(items)
                self.ledger.account.excluded += 1
            yield from self._read_table(items, header.delimiter, header.names)
        else:
            for item in source:
                if isinstance(item, Block):
                    yield from self._read_block(item)
                else:
                    self._read_item(item)
                yield None
            self._records.finish()

    def push(self, line: Line) -> None:
        """Take the next line of a file that still grows; a table's cells stay on their line."""
        if line.number == 1:
            self._columns = tables.csv_columns(line.content)
            if self._columns is not None:
                self.ledger.account.excluded += 1
                return
        if self._columns is None:
            self._read_line(line)
            return
        for item in tables.read_csv(iter([line]), *self._columns):
            if isinstance(item, tables.Row):
                self._read_row(item)
            else:
                self.ledger.account.blank += 1

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
        self, source: Iterator[Item], delimiter: str, names: Sequence[str]
    ) -> Iterator[None]:
        next(source)
        self.ledger.account.excluded += 1
        for item in tables.read_csv(source, delimiter, names):
            self._read_item(item)
            yield
        self._records.finish()

    def _read_item(self, item: Item) -> None:
        if isinstance(item, ArchiveDamage):
            self.ledger.damaged(item)
        elif isinstance(item, tables.Row):
            self._read_row(item)
        else:
            self._read_line(item)

    def _read_block(self, block: Block) -> Iterator[Place | None]:
        """Read what templates do not describe line by line, then all others by the column."""
        if not self._resumption.reads_apart():
            yield from self._read_lines(block.lines())
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
                yield from self._read_lines(block.lines(place + 1))
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
        yield from self._read_lines(block.line(place) for place in places[middle:])
        if settled is None:
            yield self._resumption.behind(block)

    def _read_lines(self, lines: Iterable[Line]) -> Iterator[None]:
        for line in lines:
            self._read_line(line)
            yield None

    def _add_sheets(self, sheets: list[Sheet], end: int) -> None:
        """Add the lines of sheets whose number is below `end`."""
        for sheet in sheets:
            part = sheet.select(sheet.numbers < end)
            heads = () if part.origins is None else part.origins.heads
            for name in (sheet.format, *heads):
                self._lines.formats[name] += len(part)
            if part.origins is not None:
                self._clock.yearless += part.origins.yearless * len(part)
            if len(part):
                self._plain.add_sheet(part)

    def _read_row(self, row: tables.Row) -> None:
        self.ledger.account.folded += row.folded
        if isinstance(row.values, Rejected):
            self.ledger.quarantine(row.values, row.line)
            return
        readings = list(self._lines.read_row(row.values))
        content = row.line.content or str(row.values).encode()
        self.ledger.enter(readings, row.line._replace(content=content))

    def _read_line(self, line: Line) -> None:
        content = line.content
        if line.too_long:
            self.ledger.quarantine(Rejected("too_long", "longer than 1 MiB"), line)
        elif not content or content.isspace():
            self.ledger.account.blank += 1
        else:
            self._records.take(self._lines.read(content), line)
