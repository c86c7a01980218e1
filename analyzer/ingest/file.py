"""One file into the store: in one transaction together with its row in `source_file`.

A kill at any moment leaves whole files or nothing of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from analyzer.ingest import tables
from analyzer.ingest.archives import ArchiveDamage, compression_of
from analyzer.ingest.begin import Hints, begin, file_id, proved
from analyzer.ingest.discover import LogFile
from analyzer.ingest.lines import Line, read_head
from analyzer.ingest.mask import Masker
from analyzer.ingest.names import day_of_file
from analyzer.ingest.reader import (
    ReadingOptions,
)
from analyzer.ingest.record import Rejected
from analyzer.ingest.source import source_of
from analyzer.store import Store

COPY = "copy"
"""The format of a file whose content another file of the run already brought."""
_UNREADABLE = "unreadable"
_BATCH_ROWS = 50_000
_CHECK_LINES = 500
_TELL_LINES = 5_000


class ManifestEntry(NamedTuple):
    """What the manifest remembers of a file."""

    size_bytes: int
    modified_ns: int
    content_hash: str
    format: str


class _ReadAgain(Exception):  # noqa: N818 - not an error: the way out of a transaction
    """The file must be read again with what was found out."""


class FileIngest:
    """The reading of one file; `tell` is called now and then with the lines read so far."""

    def __init__(
        self,
        store: Store,
        file: LogFile,
        masker: Masker,
        options: ReadingOptions,
        tell: Callable[[int], None],
    ) -> None:
        self._store = store
        self._file = file
        self._tell = tell
        self._options = options
        self._masker = masker
        self._shown = masker.text(file.name)
        self._begin(Hints())

    def _begin(self, hints: Hints) -> None:
        """Start a reading of the file with what an earlier one found out."""
        begun = begin(self._file, self._masker, self._options, hints)
        self._builder, self._resolver, self._reader = begun

    def run(self, known: ManifestEntry | None, originals: dict[str, str]) -> int | None:
        """Read the file unless the store has it already; return its lines, None if unchanged.

        `originals` maps content hashes to the first file that brought them in this run.
        """
        try:
            entry = self._entry(known)
            head = read_head(self._file.path)
        except OSError as error:
            self._refuse(error)
            return 0
        first = originals.setdefault(entry.content_hash, self._file.name)
        copy_of = None if first == self._file.name or not entry.size_bytes else first
        if known == entry and (entry.format == COPY) == (copy_of is not None):
            return None
        parquet = head.startswith(tables.PARQUET_MAGIC)
        compression = "parquet" if parquet else compression_of(head)
        hints = Hints()
        while True:
            self._begin(hints)
            masked = self._masker.counts.copy()
            try:
                with self._store.transaction():
                    self._store.forget_file(file_id(self._file.name))
                    self._read(source_of(self._file.path, compression, self._options), copy_of)
                    self._reader.settle()
                    found_out = proved(self._file, self._resolver, hints)
                    if found_out != hints:
                        raise _ReadAgain  # noqa: TRY301 - undoes the transaction
                    if not entry.size_bytes:
                        # Outside the sum: there is no line, but an empty file must be seen.
                        empty = Rejected("no_format", "the file is empty")
                        self._builder.reject(empty, 0, 0, b"")
                    self._flush()
                    self._note(hints, self._masker.counts - masked)
                    self._sign(entry, compression, COPY if copy_of else self._reader.format)
                break
            except _ReadAgain:
                hints = found_out
                self._masker.counts = masked
        return self._reader.account.lines

    def _note(self, hints: Hints, masked: Counter[str]) -> None:
        """Note what had to be taken from elsewhere than the lines, and how much was masked."""
        notes, clock, name = self._builder.notes, self._resolver.clock, self._shown
        source = "file name" if day_of_file(self._file) else "modification time"
        for count, what in ((clock.undated, "date"), (clock.yearless, "year")):
            if count:
                notes[f"{what}_from_{source}", name] = count
        for key, unit in hints.units.items():
            notes[f"unit_by_interval:{key}={unit}ns", name] = 1
        for key, unit in self._options.units.items():
            if key in self._resolver.timing.used_units:
                notes[f"unit_by_user:{key}={unit}ns", name] = 1
        for kind, count in masked.items():
            notes[f"masked:{kind}", name] = count

    def _entry(self, known: ManifestEntry | None) -> ManifestEntry:
        status = self._file.path.stat()
        size, modified = status.st_size, status.st_mtime_ns
        if known and (known.size_bytes, known.modified_ns) == (size, modified):
            return known
        return ManifestEntry(size, modified, _hash(self._file.path), "")

    def _read(
        self, source: Iterator[Line | ArchiveDamage | tables.Row], copy_of: str | None
    ) -> None:
        if copy_of is not None:
            self._reader.account.excluded = sum(
                isinstance(item, Line | tables.Row) for item in source
            )
            self._builder.notes[f"copy_of:{copy_of}", self._shown] += 1
            return
        for count, _ in enumerate(self._reader.read(source), start=1):
            if count % _CHECK_LINES:
                continue
            if len(self._builder) + len(self._reader) >= _BATCH_ROWS:
                self._flush()
            if count % _TELL_LINES == 0:
                self._tell(self._reader.account.lines)

    def _flush(self) -> None:
        self._reader.settle()
        for table, columns in self._builder.take().items():
            self._store.append_columns(table, columns)

    def _sign(self, entry: ManifestEntry, compression: str, dialect: str) -> None:
        account, builder = self._reader.account, self._builder
        identity = file_id(self._file.name)
        row = (
            identity,
            self._shown,
            dialect,
            compression,
            entry.size_bytes,
            entry.modified_ns,
            entry.content_hash,
            account.lines,
            account.records,
            account.quarantined,
            account.blank,
            account.folded,
            account.excluded,
            builder.spans,
            self._reader.spans_bad,
            None if builder.first_ns is None else builder.first_ns // 1_000,
            None if builder.last_ns is None else builder.last_ns // 1_000,
            int(datetime.now(UTC).timestamp() * 1_000_000),
        )
        self._store.append("source_file", [row])
        mask = self._masker.text
        notes = [
            (identity, mask(note), mask(scope), count)
            for (note, scope), count in sorted(builder.notes.items())
        ]
        self._store.append("file_note", notes)

    def _refuse(self, error: OSError) -> None:
        with self._store.transaction():
            self._store.forget_file(file_id(self._file.name))
            detail = f"{error.strerror or error}: check the file's permissions"
            self._builder.reject(Rejected("unreadable", detail), 0, 0, b"")
            self._flush()
            # Size -1 never equals a real file's, so the next run tries again.
            self._sign(ManifestEntry(-1, 0, "", ""), "none", _UNREADABLE)


def _hash(path: Path) -> str:
    digest = blake2b(digest_size=16)
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
