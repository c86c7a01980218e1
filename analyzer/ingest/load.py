"""A set of files into the store, incrementally.

A file that was read before and has not changed is not read again, one that has grown is gone on
with; files that are gone are forgotten; of equal files the first (by name) is read and the others
count as copies. Many files are read in processes of their own, one alone in a thread, and they are
written in the order of their names, so that the store never depends on how many there were.
"""

from __future__ import annotations

import contextlib
import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from analyzer.errors import InputError
from analyzer.ingest.begin import file_id
from analyzer.ingest.discover import LogFile, Skipped
from analyzer.ingest.events import Event, Job, Lines, Mark
from analyzer.ingest.mask import Masker
from analyzer.ingest.options import ReadingOptions
from analyzer.ingest.read_ahead import read_ahead
from analyzer.ingest.reading import read_file
from analyzer.ingest.worker import Worker
from analyzer.ingest.writing import (
    COPY,
    READING,
    FileWriting,
    ManifestEntry,
    Original,
    stored_marks,
)
from analyzer.store import Store

_WRITER_MEMORY = "512MB"
_READER = "analyzer.ingest.reading_process"
_MOST_WORKERS = 2
"""More would only wait for the writer, and take memory meanwhile."""
_WORTH_A_PROCESS = 32 << 20
"""A process takes half a second to start: fewer bytes are read right here."""
_WORTH_A_THREAD = 1 << 20
"""Of a smaller file nothing could be written before all of it is read."""


class Progress(NamedTuple):
    """How far reading is: files and bytes done of all, lines so far, the file in hand."""

    files: int
    files_total: int
    bytes_done: int
    bytes_total: int
    lines: int
    current: str


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What was done: files read now, kept from before and dropped as gone; masks by kind."""

    read: int
    unchanged: int
    removed: int
    masked: dict[str, int] = field(default_factory=dict)


class _Plan(NamedTuple):
    """A file, how it stands on disk, and what the manifest knows of it."""

    file: LogFile
    entry: ManifestEntry
    known: ManifestEntry | None
    mark: Mark | None

    @property
    def unchanged(self) -> bool:
        return (
            self.known is not None
            and self.known.format != READING
            and self.known[:2] == self.entry[:2]
        )


def ingest(
    store: Store,
    items: Iterable[LogFile | Skipped],
    masker: Masker,
    options: ReadingOptions,
    report: Callable[[Progress], None] = lambda _: None,
    *,
    workers: int | None = None,
) -> IngestResult:
    """Bring the store up to date with `items`.

    `workers` is the number of reading processes (0: none; None: as many as are worth it).

    Raises:
        InputError: there is no file at all.
    """
    found = list(items)
    files = [item for item in found if isinstance(item, LogFile)]
    if not files:
        raise InputError("there is no file to read. Name a folder or file with logs.")
    known = {row[0]: ManifestEntry(*row[1:]) for row in store.frame("source_files").rows()}
    marks = stored_marks(store)
    plans = [_plan(file, known, marks) for file in files]
    load = _Load(store, masker, options, plans, report)
    with _collector_paused(), store.modest(_WRITER_MEMORY):
        read = load.run(_worker_count(plans) if workers is None else workers)
    gone = set(known) - {file_id(file.name) for file in files}
    for identity in sorted(gone):
        with store.transaction():
            store.run_each("forget_file", {"file_id": identity})
    _add_skipped(store, [item for item in found if isinstance(item, Skipped)], masker)
    load.tell_end()
    return IngestResult(read, len(files) - read, len(gone), dict(masker.counts))


def _plan(file: LogFile, known: dict[int, ManifestEntry], marks: dict[int, Mark]) -> _Plan:
    identity = file_id(file.name)
    try:
        status = file.path.stat()
        entry = ManifestEntry(status.st_size, status.st_mtime_ns, "", "")
    except OSError:
        entry = ManifestEntry(0, 0, "", "")
    mark = marks.get(identity)
    if mark is not None and mark.byte_offset > entry.size_bytes:
        mark = None  # cut short and begun anew
    return _Plan(file, entry, known.get(identity), mark)


def _worker_count(plans: Sequence[_Plan]) -> int:
    """Return how many processes what there is to read is worth; a file alone is worth none."""
    sizes = [
        plan.entry.size_bytes - (plan.mark.byte_offset if plan.mark else 0)
        for plan in plans
        if not plan.unchanged
    ]
    if len(sizes) < _MOST_WORKERS or sum(sizes) < _WORTH_A_PROCESS:
        return 0
    return min(len(sizes), os.cpu_count() or 1, _MOST_WORKERS)


class _Load:
    """One run over all files."""

    def __init__(
        self,
        store: Store,
        masker: Masker,
        options: ReadingOptions,
        plans: Sequence[_Plan],
        report: Callable[[Progress], None],
    ) -> None:
        self._store = store
        self._masker = masker
        self._options = options
        self._plans = plans
        self._report = report
        self._originals: dict[str, Original] = {}
        self._progress = Progress(
            0, len(plans), 0, sum(plan.entry.size_bytes for plan in plans), 0, ""
        )

    def run(self, workers: int) -> int:
        """Read what must be read, in the order of the files; return how many were."""
        with contextlib.ExitStack() as stack:
            free = [stack.enter_context(Worker[Job, Event](_READER)) for _ in range(workers)]
            started: dict[str, tuple[Worker[Job, Event], Iterator[Event]]] = {}
            waiting = deque(plan for plan in self._plans if not plan.unchanged)
            read = 0
            for plan in self._plans:
                while free and waiting:
                    ahead, worker = waiting.popleft(), free.pop()
                    started[ahead.file.name] = worker, worker.start(self._job(ahead))
                if plan.file.name in started:
                    worker, events = started.pop(plan.file.name)
                    self._write(plan, events)
                    free.append(worker)
                elif self._keeps(plan):
                    self._done(plan, 0)
                    continue
                elif plan.entry.size_bytes < _WORTH_A_THREAD:
                    self._write(plan, read_file(self._job(plan)))
                else:
                    with read_ahead(read_file(self._job(plan))) as events:
                        self._write(plan, events)
                read += 1
        return read

    def tell_end(self) -> None:
        """Report that all is done."""
        self._report(self._progress._replace(current=""))

    def _job(self, plan: _Plan) -> Job:
        return Job(plan.file, self._masker, self._options, plan.mark)

    def _keeps(self, plan: _Plan) -> bool:
        """Tell whether what the store has of an unchanged file still holds."""
        if not plan.unchanged or plan.known is None:
            return False
        own = Original(file_id(plan.file.name), self._masker.text(plan.file.name))
        first = self._originals.setdefault(plan.known.content_hash, own)
        copied = first != own and plan.known.size_bytes > 0
        return copied == (plan.known.format == COPY)

    def _write(self, plan: _Plan, events: Iterator[Event]) -> None:
        shown = self._masker.text(plan.file.name)
        before = self._progress = self._progress._replace(current=shown)

        def tell(so_far: Lines) -> None:
            bytes_done = before.bytes_done + min(so_far.bytes_read, plan.entry.size_bytes)
            self._report(before._replace(lines=before.lines + so_far.lines, bytes_done=bytes_done))

        self._report(before)
        writing = FileWriting(
            self._store, plan.file.name, shown, plan.entry, tell, self._options.commit_rows
        )
        finished = writing.write(events, plan.mark, self._originals)
        lines = 0
        if finished is not None:
            lines = finished.tally.account.lines
            self._masker.counts.update(finished.masked)
        self._done(plan, lines)

    def _done(self, plan: _Plan, lines: int) -> None:
        done = self._progress
        self._progress = done._replace(
            files=done.files + 1,
            bytes_done=done.bytes_done + plan.entry.size_bytes,
            lines=done.lines + lines,
        )


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the search for cycles: rows hold none, and looking through them costs a fifth."""
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()


def _add_skipped(store: Store, skipped: list[Skipped], masker: Masker) -> None:
    rows = [
        (file_id(item.name), masker.text(item.name), None, None, "unreadable", item.detail, "")
        for item in skipped
    ]
    with store.transaction():
        store.run("forget_skipped")
        store.append("quarantine", rows)
