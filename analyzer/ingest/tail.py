"""Files that grow: new lines to rows by the code that reads finished files.

A file is followed by its inode. Renamed away (rotation), it is read to its end before the new
file of that name is begun; cut to nothing (copytruncate), it is read again from its start; a copy
or an archive of what was read already is left alone. Line numbers never start anew, so a row is
known by its file and line for as long as it is followed.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from analyzer.ingest.archives import ArchiveDamage, compression_of, read_chunks
from analyzer.ingest.begin import Begun, Hints, begin, proved
from analyzer.ingest.discover import LogFile, Skipped, discover
from analyzer.ingest.documents import HEAD_LINES, opens_document
from analyzer.ingest.events import Again, Job
from analyzer.ingest.events import Rows as RowsOfTable
from analyzer.ingest.lines import MAX_LINE_BYTES, Line, lines_of, split_blocks
from analyzer.ingest.mask import Masker
from analyzer.ingest.options import ReadingOptions
from analyzer.ingest.parquet import PARQUET_MAGIC
from analyzer.ingest.reading import read_file
from analyzer.ingest.tables import csv_columns

BLOCK_BYTES = 1 << 18
QUIET_S = 1.0
SIGNATURE_BYTES = 1024
WALK_S = 1.0
Rows = dict[str, pa.Table]
Identity = tuple[int, int]


@dataclass(slots=True)
class Growth:
    """What a look at the files brought: rows by table, one batch a file; `more` is waiting.

    `modified_s` is the newest change of any file, None if nothing was read; `finished` counts the
    files that were met and cannot grow line by line: archives, documents, tables of columns.
    """

    batches: list[Rows] = field(default_factory=list)
    lines: int = 0
    quarantined: int = 0
    finished: int = 0
    more: bool = False
    modified_s: float | None = None
    notes: list[str] = field(default_factory=list)


class TailedFile:
    """One growing file of plain lines; `from_end` leaves out what is there already."""

    def __init__(
        self, file: LogFile, masker: Masker, options: ReadingOptions, *, from_end: bool
    ) -> None:
        """Open the file; raises OSError if that is impossible."""
        self.file = file
        self._masker = masker
        self._options = options
        self._stream: BinaryIO = file.path.open("rb")
        status = os.fstat(self._stream.fileno())
        self.identity = status.st_dev, status.st_ino
        self.signature = self._sign()
        self._offset = status.st_size if from_end else 0
        self._rest = b""
        self._skipping = False
        self._numbers = 0
        self._first_number = 0
        self._grown_at = time.monotonic()
        self._paused = True
        self._hints = Hints()
        self._begun: Begun = begin(file, masker, options, self._hints)
        self._day = datetime.now(UTC).date()
        if from_end:
            self._begin_late()

    def _begin_late(self) -> None:
        """Start after lines that nobody reads; the header of a table counts all the same."""
        first = self.signature.partition(b"\n")[0]
        if csv_columns(first) is not None:
            self._begun.reader.push(Line(1, 0, first))
        self._numbers = self._first_number = 1

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()

    def read(self, growth: Growth, quiet_s: float = QUIET_S) -> None:
        """Add the rows of at most one block of new lines; quiet for `quiet_s`, complete them."""
        self._renew_day()
        status = os.fstat(self._stream.fileno())
        if status.st_size < self._offset:
            self._restart()
        self._stream.seek(self._offset)
        block = self._stream.read(BLOCK_BYTES)
        quarantined = self._begun.reader.ledger.account.quarantined
        if block:
            if len(self.signature) < SIGNATURE_BYTES:
                self.signature = self._sign()
            self._offset += len(block)
            self._grown_at, self._paused = time.monotonic(), False
            for line in self._split(block):
                self._begun.reader.push(line)
                growth.lines += 1
            self._begun.reader.settle()
            growth.more |= len(block) == BLOCK_BYTES
            growth.modified_s = max(growth.modified_s or 0.0, status.st_mtime)
        elif not self._paused and time.monotonic() - self._grown_at >= quiet_s:
            self.pause()
        if self._learnt():
            growth.more = True
            return
        growth.quarantined += self._begun.reader.ledger.account.quarantined - quarantined
        self._take(growth)

    def pause(self) -> None:
        """Complete the lines that wait for continuations."""
        self._begun.reader.pause()
        self._paused = True

    def drain(self, growth: Growth) -> None:
        """Read to the end, complete what waits: nothing more will come."""
        while os.fstat(self._stream.fileno()).st_size > self._offset:
            self.read(growth)
        if self._rest:
            for line in self._split(b"\n"):
                self._begun.reader.push(line)
                growth.lines += 1
        self.pause()
        self._take(growth)

    def _take(self, growth: Growth) -> None:
        if len(self._begun.builder):
            growth.batches.append(self._begun.builder.take())

    def _split(self, block: bytes) -> Iterator[Line]:
        pieces = (self._rest + block).split(b"\n")
        self._rest = pieces.pop()
        for piece in pieces:
            self._numbers += 1
            too_long = self._skipping or len(piece) > MAX_LINE_BYTES
            self._skipping = False
            content = piece[:BLOCK_BYTES] if too_long else piece.removesuffix(b"\r")
            yield Line(self._numbers, 0, content, too_long)
        if len(self._rest) > MAX_LINE_BYTES:
            self._rest, self._skipping = b"", True

    def _restart(self) -> None:
        """The file was cut: what comes now are new lines."""
        self._offset, self._rest, self._skipping = 0, b"", False
        self._first_number = self._numbers
        self.signature = self._sign()

    def _sign(self) -> bytes:
        self._stream.seek(0)
        return self._stream.read(SIGNATURE_BYTES)

    def is_copied_by(self, head: bytes, size: int) -> bool:
        """Whether a file of these first bytes holds what was read here (copytruncate)."""
        begins_alike = bool(self.signature) and head.startswith(self.signature)
        return begins_alike and size >= self._offset

    def _learnt(self) -> bool:
        """Begin again where the lines proved how they must be read (a unit, the first day)."""
        found = proved(self.file, self._begun.resolver, self._hints)
        if found == self._hints:
            return False
        self._hints = found
        self._begun = begin(self.file, self._masker, self._options, found)
        self._numbers = self._first_number
        self._offset, self._rest = 0, b""
        return True

    def _renew_day(self) -> None:
        today = datetime.now(UTC).date()
        if today != self._day:
            self._day = today
            self._begun.resolver.clock.renew(today, time.time_ns())


class Tail:
    """All files under some roots, as they grow, appear and are rotated."""

    def __init__(
        self,
        roots: Iterable[Path],
        masker: Masker,
        options: ReadingOptions,
        *,
        from_now: bool = False,
        walk_s: float = WALK_S,
        quiet_s: float = QUIET_S,
    ) -> None:
        """Follow what stands under `roots`; `from_now` leaves out what is there already.

        New files are looked for every `walk_s`; after `quiet_s` without a new line a file's last
        record counts as complete.
        """
        self._roots = list(roots)
        self._masker = masker
        self._options = options
        self._from_now = from_now
        self._walk_s = walk_s
        self._quiet_s = quiet_s
        self._open: dict[Path, TailedFile] = {}
        self._known: set[Identity] = set()
        self._begun = False
        self._next_walk = 0.0

    def close(self) -> None:
        """Let go of all files."""
        for tailed in self._open.values():
            tailed.close()
        self._open.clear()

    def look(self, *, to_the_end: bool = False) -> Growth:
        """Find new files and read what has come: one block of each, or all as if it were final."""
        growth = Growth()
        if to_the_end or time.monotonic() >= self._next_walk:
            self._next_walk = time.monotonic() + self._walk_s
            self._walk(growth)
        for tailed in self._open.values():
            tailed.drain(growth) if to_the_end else tailed.read(growth, self._quiet_s)
        return growth

    def _walk(self, growth: Growth) -> None:
        present: set[Identity] = set()
        paths: set[Path] = set()
        for item in list(discover(self._roots)):
            if isinstance(item, Skipped):
                growth.notes.append(f"{item.name}: {item.detail}")
                continue
            try:
                present.add(self._meet(item, growth))
            except OSError as error:
                growth.notes.append(f"{item.name}: cannot be read ({error.strerror})")
            paths.add(item.path)
        for path in [path for path in self._open if path not in paths]:
            self._leave(path, growth)
        # A number that is free again may come back as another file.
        self._known &= present
        self._begun = True

    def _leave(self, path: Path, growth: Growth) -> None:
        tailed = self._open.pop(path)
        tailed.drain(growth)
        tailed.close()

    def _meet(self, file: LogFile, growth: Growth) -> Identity:
        status = file.path.stat()
        identity = status.st_dev, status.st_ino
        tailed = self._open.get(file.path)
        if tailed is not None and tailed.identity != identity:
            self._leave(file.path, growth)  # rotated: the old file first, to its end
        if identity in self._known or not status.st_size:
            return identity  # of an empty file nobody knows yet what it will be
        with file.path.open("rb") as stream:
            head = stream.read(SIGNATURE_BYTES)
        self._known.add(identity)
        skipped = self._from_now and not self._begun
        compressed = compression_of(head) != "none" or head.startswith(PARQUET_MAGIC)
        if self._begun and (compressed or self._is_copy(head, status.st_size)):
            growth.notes.append(f"{file.name}: an archive or copy made meanwhile, left alone")
        elif compressed or _holds_document(file.path):
            if not skipped:
                growth.batches.extend(read_whole(file, self._masker, self._options))
                growth.modified_s = max(growth.modified_s or 0.0, status.st_mtime)
            growth.finished += 1
        else:
            self._open[file.path] = TailedFile(file, self._masker, self._options, from_end=skipped)
        return identity

    def _is_copy(self, head: bytes, size: int) -> bool:
        return any(tailed.is_copied_by(head, size) for tailed in self._open.values())


def _holds_document(path: Path) -> bool:
    lines: Iterator[Line | ArchiveDamage] = lines_of(split_blocks(read_chunks(path, "none")))
    return opens_document(list(islice(lines, HEAD_LINES)))


def read_whole(file: LogFile, masker: Masker, options: ReadingOptions) -> Iterator[Rows]:
    """The rows of a file that is finished, in batches; read twice where it proves a unit."""
    batches: list[Rows] = []
    for event in read_file(Job(file, masker, options)):
        if isinstance(event, Again):
            batches.clear()
        elif isinstance(event, RowsOfTable):
            batches.append({event.table: event.rows})
    yield from batches
