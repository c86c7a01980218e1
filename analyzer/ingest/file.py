"""One file into the store: in one transaction together with its row in `source_file`.

A kill at any moment leaves whole files or nothing of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from analyzer.ingest import tables
from analyzer.ingest.archives import ArchiveDamage, compression_of, read_chunks
from analyzer.ingest.discover import LogFile
from analyzer.ingest.fields import Resolver
from analyzer.ingest.formats.line_reader import LineReader
from analyzer.ingest.lines import MAX_LINE_BYTES, Line, read_head, split_lines
from analyzer.ingest.mask import Masker
from analyzer.ingest.names import service_of_file
from analyzer.ingest.reader import (
    HEAD_LINES,
    MAX_DOCUMENT_BYTES,
    FileReader,
    ReadingOptions,
    opens_document,
)
from analyzer.ingest.record import Rejected
from analyzer.ingest.rows import RowBuilder
from analyzer.ingest.times import Clock
from analyzer.store import Store

COPY = "copy"
"""The format of a file whose content another file of the run already brought."""
_UNREADABLE = "unreadable"
_BATCH_ROWS = 50_000
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
        self._builder = RowBuilder(file_id(file.name), file.name, service_of_file(file), masker)
        self._reader = self._new_reader()

    def _new_reader(self) -> FileReader:
        resolver = Resolver(self._options.units, Clock(self._options.zone))
        return FileReader(self._builder, LineReader(resolver, self._options.renames))

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
        with self._store.transaction():
            self._store.forget_file(file_id(self._file.name))
            self._read(self._source(compression), copy_of)
            if not entry.size_bytes:
                # Outside the sum: there is no line, but an empty file must be seen.
                self._builder.reject(Rejected("no_format", "the file is empty"), 0, 0, b"")
            self._flush()
            self._sign(entry, compression, COPY if copy_of else self._reader.format)
        return self._reader.account.lines

    def _entry(self, known: ManifestEntry | None) -> ManifestEntry:
        status = self._file.path.stat()
        size, modified = status.st_size, status.st_mtime_ns
        if known and (known.size_bytes, known.modified_ns) == (size, modified):
            return known
        return ManifestEntry(size, modified, _hash(self._file.path), "")

    def _source(self, compression: str) -> Iterator[Line | ArchiveDamage | tables.Row]:
        if compression == "parquet":
            yield from tables.read_parquet(self._file.path)
            return
        path, bomb = self._file.path, self._options.bomb_limit
        head = list(islice(split_lines(read_chunks(path, compression, bomb)), HEAD_LINES))
        # One line may hold a whole document (a trace export): then a line may be that long.
        long_document = opens_document(head) and isinstance(head[0], Line) and head[0].too_long
        limit = MAX_DOCUMENT_BYTES if long_document else MAX_LINE_BYTES
        yield from split_lines(read_chunks(path, compression, bomb), limit)

    def _read(
        self, source: Iterator[Line | ArchiveDamage | tables.Row], copy_of: str | None
    ) -> None:
        if copy_of is not None:
            self._reader.account.excluded = sum(
                isinstance(item, Line | tables.Row) for item in source
            )
            self._builder.notes[f"copy_of:{copy_of}", self._file.name] += 1
            return
        for count, _ in enumerate(self._reader.read(source), start=1):
            if len(self._builder.rows) >= _BATCH_ROWS:
                self._flush()
            if count % _TELL_LINES == 0:
                self._tell(self._reader.account.lines)

    def _flush(self) -> None:
        rows = self._builder.take()
        for table in ("span", "log_record", "measurement", "quarantine"):
            self._store.append(table, getattr(rows, table))

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


def _hash(path: Path) -> str:
    digest = blake2b(digest_size=16)
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
