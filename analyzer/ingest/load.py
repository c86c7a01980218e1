"""A set of files into the store, incrementally.

A file that was read before and has not changed is not read again; files that are gone are
forgotten; of equal files the first (by name) is read and the others count as copies.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from analyzer.errors import InputError
from analyzer.ingest.begin import file_id
from analyzer.ingest.discover import LogFile, Skipped
from analyzer.ingest.file import FileIngest, ManifestEntry
from analyzer.ingest.mask import Masker
from analyzer.ingest.reader import ReadingOptions
from analyzer.store import Store


class Progress(NamedTuple):
    """How far reading is: files done of all, bytes of finished files of all, lines so far."""

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


def ingest(
    store: Store,
    items: Iterable[LogFile | Skipped],
    masker: Masker,
    options: ReadingOptions,
    report: Callable[[Progress], None] = lambda _: None,
) -> IngestResult:
    """Bring the store up to date with `items`.

    Raises:
        InputError: there is no file at all.
    """
    found = list(items)
    files = [item for item in found if isinstance(item, LogFile)]
    if not files:
        raise InputError("there is no file to read. Name a folder or file with logs.")
    known = {row[0]: ManifestEntry(*row[1:]) for row in store.frame("source_files").rows()}
    sizes = [_size(file) for file in files]
    originals: dict[str, str] = {}
    total, lines, read = sum(sizes), 0, 0
    for place, file in enumerate(files):
        done = sum(sizes[:place])

        before = Progress(place, len(files), done, total, lines, masker.text(file.name))

        def tell(more: int, before: Progress = before) -> None:
            report(before._replace(lines=before.lines + more))

        report(before)
        job = FileIngest(store, file, masker, options, tell)
        with _collector_paused():
            counted = job.run(known.get(file_id(file.name)), originals)
        read += counted is not None
        lines += counted or 0
    gone = set(known) - {file_id(file.name) for file in files}
    for identity in sorted(gone):
        with store.transaction():
            store.forget_file(identity)
    _add_skipped(store, [item for item in found if isinstance(item, Skipped)], masker)
    report(Progress(len(files), len(files), total, total, lines, ""))
    return IngestResult(read, len(files) - read, len(gone), dict(masker.counts))


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


def _size(file: LogFile) -> int:
    return file.path.stat().st_size if file.path.exists() else 0
