"""One file into the store: in one transaction together with its row in `source_file`.

A kill at any moment leaves whole files or nothing of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from analyzer.ingest import tables
from analyzer.ingest.archives import ArchiveDamage, compression_of, read_chunks
from analyzer.ingest.discover import LogFile
from analyzer.ingest.fields import Resolver
from analyzer.ingest.formats.line_reader import LineReader
from analyzer.ingest.lines import Block, Line, read_head, split_blocks
from analyzer.ingest.mask import Masker
from analyzer.ingest.names import day_of_file, service_of_file
from analyzer.ingest.reader import FileReader, ReadingOptions
from analyzer.ingest.record import Rejected
from analyzer.ingest.rows import RowBuilder, Source
from analyzer.ingest.times import Clock
from analyzer.store import Store

COPY = "copy"
"""The format of a file whose content another file of the run already brought."""
_UNREADABLE = "unreadable"
_TABLES = ("span", "log_record", "measurement", "quarantine")
_BATCH_ROWS = 50_000
_CHECK_LINES = 500
_TELL_LINES = 5_000


class ManifestEntry(NamedTuple):
    """What the manifest remembers of a file."""

    size_bytes: int
    modified_ns: int
    content_hash: str
    format: str


def file_id(name: str) -> int:
    """Return the key of a file: a hash of its name, so that other files never change it."""
    digest = blake2b(name.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class Hints(NamedTuple):
    """What a first reading of a file found out and a second one needs from its first line on."""

    units: Mapping[str, int] = {}
    first_day: date | None = None


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
        self._begin(Hints())

    def _begin(self, hints: Hints) -> None:
        """Start a reading of the file with what an earlier one found out."""
        file, options = self._file, self._options
        service = service_of_file(file)
        source = Source(file_id(file.name), file.name, service)
        self._builder = RowBuilder(source, self._store.schemas(_TABLES), self._masker)
        modified = _modified(file.path)
        dated = day_of_file(file)
        clock = Clock(options.zone, dated or hints.first_day, dated or modified)
        self._resolver = Resolver({**hints.units, **options.units}, clock)
        lines = LineReader(self._resolver, options.renames, options.formats)
        self._reader = FileReader(self._builder, lines, self._resolver)

    def _found_out(self, hints: Hints) -> Hints:
        """Return what this reading proved, for a second one where it differs from `hints`."""
        clock = self._resolver.clock
        first_day = hints.first_day
        if clock.days and first_day is None and day_of_file(self._file) is None:
            first_day = _modified(self._file.path) - timedelta(days=clock.days)
        return Hints({**self._resolver.timing.proof.units(), **hints.units}, first_day)

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
                    self._read(self._source(compression), copy_of)
                    self._reader.settle()
                    found_out = self._found_out(hints)
                    if found_out != hints:
                        raise _ReadAgain  # noqa: TRY301 - undoes the transaction
                    if not entry.size_bytes:
                        # Outside the sum: there is no line, but an empty file must be seen.
                        empty = Rejected("no_format", "the file is empty")
                        self._builder.reject(empty, 0, 0, b"")
                    self._note(hints)
                    self._flush()
                    self._sign(entry, compression, COPY if copy_of else self._reader.format)
                break
            except _ReadAgain:
                hints = found_out
                self._masker.counts = masked
        return self._reader.account.lines

    def _note(self, hints: Hints) -> None:
        """Note what had to be taken from elsewhere than the lines."""
        notes, clock, name = self._builder.notes, self._resolver.clock, self._file.name
        source = "file name" if day_of_file(self._file) else "modification time"
        for count, what in ((clock.undated, "date"), (clock.yearless, "year")):
            if count:
                notes[f"{what}_from_{source}", name] = count
        for key, unit in hints.units.items():
            notes[f"unit_by_interval:{key}={unit}ns", name] = 1
        for key, unit in self._options.units.items():
            if key in self._resolver.timing.used_units:
                notes[f"unit_by_user:{key}={unit}ns", name] = 1

    def _entry(self, known: ManifestEntry | None) -> ManifestEntry:
        status = self._file.path.stat()
        size, modified = status.st_size, status.st_mtime_ns
        if known and (known.size_bytes, known.modified_ns) == (size, modified):
            return known
        return ManifestEntry(size, modified, _hash(self._file.path), "")

    def _source(self, compression: str) -> Iterator[Block | Line | ArchiveDamage | tables.Row]:
        if compression == "parquet":
            return tables.read_parquet(self._file.path)
        chunks = read_chunks(self._file.path, compression, self._options.bomb_limit)
        return split_blocks(chunks)

    def _read(
        self, source: Iterator[Block | Line | ArchiveDamage | tables.Row], copy_of: str | None
    ) -> None:
        if copy_of is not None:
            for item in source:
                if not isinstance(item, ArchiveDamage):
                    self._reader.account.excluded += len(item) if isinstance(item, Block) else 1
            self._builder.notes[f"copy_of:{copy_of}", self._file.name] += 1
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
        for table, rows in self._builder.take():
            self._store.append_arrow(table, rows)

    def _sign(self, entry: ManifestEntry, compression: str, dialect: str) -> None:
        account, builder = self._reader.account, self._builder
        identity = file_id(self._file.name)
        row = (
            identity,
            self._file.name,
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
        notes = [(identity, *key, count) for key, count in sorted(builder.notes.items())]
        self._store.append("file_note", notes)

    def _refuse(self, error: OSError) -> None:
        with self._store.transaction():
            self._store.forget_file(file_id(self._file.name))
            detail = f"{error.strerror or error}: check the file's permissions"
            self._builder.reject(Rejected("unreadable", detail), 0, 0, b"")
            self._flush()
            # Size -1 never equals a real file's, so the next run tries again.
            self._sign(ManifestEntry(-1, 0, "", ""), "none", _UNREADABLE)


def _modified(path: Path) -> date:
    """Return the day a file was last written; today where that cannot be told."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    except OSError:
        return datetime.now(UTC).date()


def _hash(path: Path) -> str:
    digest = blake2b(digest_size=16)
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
