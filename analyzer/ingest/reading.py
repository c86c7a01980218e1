"""One file read: its rows and marks as events, whoever writes them down.

Nothing here knows a store, so that reading can happen in a process of its own.
"""

from __future__ import annotations

import copy
import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from analyzer.ingest.account import LineAccount
from analyzer.ingest.archives import (
    OUTPUT_BYTES,
    ArchiveDamage,
    compression_of,
    read_chunks,
)
from analyzer.ingest.begin import Hints, begin, proved
from analyzer.ingest.events import (
    Again,
    Event,
    Finished,
    Job,
    Lines,
    Mark,
    Rows,
    Tally,
    Unreadable,
)
from analyzer.ingest.lines import Block, Line, line_at, read_head, split_blocks
from analyzer.ingest.names import day_of_file
from analyzer.ingest.parquet import PARQUET_MAGIC, ParquetRows, read_parquet
from analyzer.ingest.prefix_hash import PrefixHasher
from analyzer.ingest.record import Rejected
from analyzer.ingest.resumption import Place, Step

_BATCH_ROWS = 50_000
_CHECK_LINES = 500
_TELL_LINES = 5_000
_COLLECT_FLUSHES = 16


def read_file(job: Job) -> Iterator[Event]:
    """Yield what one file holds; twice, with `Again` between, where it proved something first."""
    hints, hasher = Hints(), PrefixHasher()
    if job.mark is not None and not _follows(job.mark, job.file.path, hasher):
        job, hasher = _anew(job), PrefixHasher()
        yield Again()
    while True:
        reading = _Reading(job, hints, hasher)
        try:
            head = read_head(job.file.path)
        except OSError as error:
            yield reading.refusal(error)
            return
        yield from reading.events(head)
        found = reading.found_out()
        if found == hints:
            yield reading.finished()
            return
        hints, job, hasher = found, _anew(job), PrefixHasher()
        yield Again()


def _anew(job: Job) -> Job:
    return Job(job.file, job.masker, job.options)


def _follows(mark: Mark, path: Path, hasher: PrefixHasher) -> bool:
    """Tell whether a file still begins with what was read up to `mark`; hashes it."""
    try:
        with path.open("rb") as stream:
            hasher.feed_from(stream, mark.byte_offset)
    except OSError:
        return False
    return hasher.size == mark.byte_offset and hasher.digest() == mark.prefix_hash


class _Reading:
    """One pass over a file with what an earlier one found out."""

    def __init__(self, job: Job, hints: Hints, hasher: PrefixHasher) -> None:
        self._job = job
        self._hints = hints
        self._masker = copy.copy(job.masker)
        self._masker.counts = Counter()
        begun = begin(job.file, self._masker, job.options, hints)
        self._builder, self._resolver, self._reader = begun
        self._shown = job.masker.text(job.file.name)
        self._hasher = hasher
        self._compression = "none"
        self._mark = job.mark
        self._flushes = 0

    def events(self, head: bytes) -> Iterator[Event]:
        """Yield rows and marks up to the end of the file."""
        parquet = head.startswith(PARQUET_MAGIC)
        self._compression = "parquet" if parquet else compression_of(head)
        mark, lines = self._job.mark, 0
        if mark is not None:
            self._restore(mark.tally)
        markable = self._compression == "none"
        steps = self._reader.read(self._source(), goes_on=mark is not None)
        for count, step in enumerate(steps, start=1):
            if count % _CHECK_LINES == 0 and self._resolver.timing.proof.decided:
                return  # what is proved by now makes the rest quicker to read
            if isinstance(step, Place):
                yield from self._flush()
                if markable and (found := self._marked(step)) is not None:
                    yield found
            elif (step is Step.BLOCK or count % _CHECK_LINES == 0) and self._full:
                yield from self._flush()
            if step is not None or count % _CHECK_LINES == 0:
                now = self._reader.ledger.account.lines
                if now - lines >= _TELL_LINES:
                    lines = now
                    yield Lines(lines, self._hasher.size)
        yield from self._flush()  # texts are masked on their way out: only now all is counted
        self._note()
        yield from self._flush()

    @property
    def _full(self) -> bool:
        return len(self._builder) + len(self._reader) >= _BATCH_ROWS

    def _source(self) -> Iterator[Block | Line | ArchiveDamage | ParquetRows]:
        path, mark = self._job.file.path, self._job.mark
        if self._compression == "parquet":
            with path.open("rb") as stream:
                self._hasher.feed_from(stream)
            return read_parquet(path)
        size = self._job.options.block_bytes
        number, offset = (1, 0) if mark is None else (mark.line_number, mark.byte_offset)
        return split_blocks(self._chunks(offset), number, offset, size)

    def _chunks(self, start: int) -> Iterator[bytes | ArchiveDamage]:
        """Yield the decompressed bytes from `start` on; they are hashed on the way."""
        path, options = self._job.file.path, self._job.options
        step = min(OUTPUT_BYTES, options.block_bytes)
        for chunk in read_chunks(path, self._compression, options.bomb_limit, start, step):
            if not isinstance(chunk, ArchiveDamage):
                self._hasher.feed(chunk)
            yield chunk

    def _flush(self) -> Iterator[Rows]:
        self._reader.settle()
        self._flushes += 1
        if self._flushes % _COLLECT_FLUSHES == 0:
            gc.collect()  # the search for cycles is paused, and a large file makes many
        for table, rows in self._builder.take().items():
            yield Rows(table, rows)

    def _marked(self, place: Place) -> Mark | None:
        digest = self._hasher.digest_at(place.byte_offset)
        if digest is None or self._hints != Hints():
            return None
        tally = copy.deepcopy(self._tally())
        tally.waiting, tally.habits = list(place.waiting), self._reader.habits
        self._mark = Mark(place.line_number, place.byte_offset, digest, tally)
        return self._mark

    def _tally(self) -> Tally:
        builder, mask = self._builder, self._job.masker.text
        return Tally(
            self._reader.ledger.account,
            dict(self._reader.formats),
            [
                (mask(note), mask(scope), count)
                for (note, scope), count in sorted(builder.notes.items())
            ],
            builder.spans,
            self._reader.ledger.spans_bad,
            builder.first_ns,
            builder.last_ns,
            dict(self._masker.counts),
            self._resolver.clock.yearless,
        )

    def _restore(self, tally: Tally) -> None:
        """Go on from a mark: what was counted counts, and the lines that wait are read again."""
        self._reader.habits = tally.habits
        with self._job.file.path.open("rb") as stream:
            self._reader.recall(line_at(stream, *place) for place in tally.waiting)
        self._reader.habits = tally.habits
        self._resolver.clock.yearless = tally.yearless
        account = tally.account
        self._reader.ledger.account = LineAccount(
            account.records, account.quarantined, account.blank, account.folded, account.excluded
        )
        self._reader.formats.update(tally.formats)
        builder = self._builder
        builder.notes.update({(note, scope): count for note, scope, count in tally.notes})
        builder.spans, self._reader.ledger.spans_bad = tally.spans, tally.spans_bad
        builder.first_ns, builder.last_ns = tally.first_ns, tally.last_ns
        self._masker.counts.update(tally.masked)

    def found_out(self) -> Hints:
        """Return what this reading proved, for a second one where it differs."""
        return proved(self._job.file, self._resolver, self._hints)

    def _note(self) -> None:
        """Note what had to be taken from elsewhere than the lines."""
        notes, clock, name = self._builder.notes, self._resolver.clock, self._shown
        source = "file name" if day_of_file(self._job.file) else "modification time"
        for count, what in ((clock.undated, "date"), (clock.yearless, "year")):
            if count:
                notes[f"{what}_from_{source}", name] = count
        if clock.order.assumed:
            notes["date_order_assumed", name] = clock.order.assumed
        for key, unit in self._hints.units.items():
            notes[f"unit_by_interval:{key}={unit}ns", name] = 1
        for key, unit in self._job.options.units.items():
            if key in self._resolver.timing.used_units:
                notes[f"unit_by_user:{key}={unit}ns", name] = 1
        for kind, count in self._masker.counts.items():
            notes[f"masked:{kind}", name] += count
        if not self._hasher.size:
            # Outside the sum: there is no line, but an empty file must be seen.
            self._builder.reject(Rejected("no_format", "the file is empty"), 0, 0, b"")

    def finished(self) -> Finished:
        """Return what the whole file came to."""
        before = self._job.mark
        return Finished(
            self._hasher.digest(),
            self._compression,
            self._reader.format,
            self._tally(),
            # What year a day is of hangs on when the file was last written.
            None if self._resolver.clock.yearless else self._mark,
            dict(self._masker.counts - Counter(before.tally.masked if before else ())),
        )

    def refusal(self, error: OSError) -> Unreadable:
        """Return why the file cannot be read at all."""
        detail = f"{error.strerror or error}: check the file's permissions"
        self._builder.reject(Rejected("unreadable", detail), 0, 0, b"")
        return Unreadable(Rows(*next(iter(self._builder.take().items()))))
