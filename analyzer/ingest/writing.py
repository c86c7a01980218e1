"""What the reading of a file says, into the store: rows together with the file's manifest row.

A kill at any moment leaves whole files, or the beginning of one that is marked as being read and
from which the next run goes on. A file of usual size is one transaction; a huge one several, so
that what is not yet committed stays small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from analyzer.ingest.account import LineAccount
from analyzer.ingest.begin import file_id
from analyzer.ingest.events import (
    Again,
    Event,
    Finished,
    Lines,
    Mark,
    Rows,
    Tally,
    Unreadable,
)
from analyzer.store import Store

COPY = "copy"
"""The format of a file whose content another file of the run already brought."""
READING = "reading"
"""The format of a file of which only a part is in the store."""
_UNREADABLE = "unreadable"


class ManifestEntry(NamedTuple):
    """What the manifest remembers of a file."""

    size_bytes: int
    modified_ns: int
    content_hash: str
    format: str


class Original(NamedTuple):
    """The file that first brought some content: its key, and its name as it may be shown."""

    file_id: int
    shown: str


class _Undone(Exception):  # noqa: N818 - not an error: the way out of a transaction
    """What was written of the file so far does not count."""


class FileWriting:
    """The writing of one file.

    `shown` is its name as results may speak of it; `entry` is what the manifest is to say of its
    size and time. `commit_rows` of it are committed together.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        shown: str,
        entry: ManifestEntry,
        tell: Callable[[Lines], None],
        commit_rows: int,
    ) -> None:
        self._store = store
        self._name = name
        self._shown = shown
        self._id = file_id(name)
        self._entry = entry
        self._tell = tell
        self._commit_rows = commit_rows
        self._written = 0
        self._finished: Finished | None = None
        self._copy_of: str | None = None

    def write(
        self, events: Iterable[Event], mark: Mark | None, originals: dict[str, Original]
    ) -> Finished | None:
        """Write all that `events` bring, from `mark` on; None where the file is unreadable.

        `originals` maps content hashes to the first file that brought them in this run.
        """
        following = iter(events)
        fresh = True
        while True:
            try:
                with self._store.transaction():
                    if fresh:
                        self._forget(mark)
                    if self._write_part(following, originals):
                        return self._finished
                    fresh = False
            except _Undone:
                fresh, mark = True, None
                if self._copy_of is not None:
                    self._write_copy()
                    return self._finished

    def _forget(self, mark: Mark | None) -> None:
        if mark is None:
            self._store.run_each("forget_file", {"file_id": self._id})
        else:
            line = {"file_id": self._id, "line_number": mark.line_number}
            self._store.run_each("forget_tail", line)
            for number, _ in mark.tally.waiting:
                self._store.run_each("forget_line", {**line, "line_number": number})

    def _write_part(self, events: Iterator[Event], originals: dict[str, Original]) -> bool:
        """Write up to a mark that is far enough, or the end; tell whether it was the end."""
        for event in events:
            match event:
                case Rows(table, rows):
                    self._store.append_arrow(table, rows)
                    self._written += rows.num_rows
                case Lines():
                    self._tell(event)
                case Mark() if self._written >= self._commit_rows:
                    self._written = 0
                    self._sign(READING, "", event.tally, "")
                    self._store_mark(event)
                    return False
                case Again():
                    raise _Undone
                case Unreadable(Rows(table, rows)):
                    self._store.append_arrow(table, rows)
                    # Size -1 never equals a real file's, so the next run tries again.
                    self._entry = ManifestEntry(-1, 0, "", "")
                    self._sign(_UNREADABLE, "none", Tally(), "")
                    return True
                case Finished():
                    self._finish(event, originals)
                    return True
        raise RuntimeError(f"{self._name}: the reading ended without its end")

    def _finish(self, finished: Finished, originals: dict[str, Original]) -> None:
        self._finished = finished
        own = Original(self._id, self._shown)
        first = originals.setdefault(finished.content_hash, own)
        if first != own and finished.tally.account.lines:
            self._copy_of = first.shown
            raise _Undone
        self._sign(finished.format, finished.compression, finished.tally, finished.content_hash)
        if finished.mark is not None:
            self._store_mark(finished.mark)

    def _write_copy(self) -> None:
        """Forget what a copy brought; only the number of its lines counts."""
        finished = self._finished
        assert finished is not None
        tally = Tally(
            LineAccount(excluded=finished.tally.account.lines),
            notes=[(f"copy_of:{self._copy_of}", self._shown, 1)],
        )
        with self._store.transaction():
            self._forget(None)
            self._sign(COPY, finished.compression, tally, finished.content_hash)

    def _sign(self, dialect: str, compression: str, tally: Tally, content_hash: str) -> None:
        account = tally.account
        row = (
            self._id,
            self._shown,
            dialect,
            compression,
            self._entry.size_bytes,
            self._entry.modified_ns,
            content_hash,
            account.lines,
            account.records,
            account.quarantined,
            account.blank,
            account.folded,
            account.excluded,
            tally.spans,
            tally.spans_bad,
            None if tally.first_ns is None else tally.first_ns // 1_000,
            None if tally.last_ns is None else tally.last_ns // 1_000,
            int(datetime.now(UTC).timestamp() * 1_000_000),
        )
        self._store.run_each("forget_summary", {"file_id": self._id})
        self._store.append("source_file", [row])
        self._store.append("file_note", [(self._id, *note) for note in tally.notes])

    def _store_mark(self, mark: Mark) -> None:
        place = (self._id, mark.line_number, mark.byte_offset, mark.prefix_hash)
        self._store.append("file_mark", [(*place, orjson.dumps(mark.tally).decode())])


def stored_marks(store: Store) -> dict[int, Mark]:
    """Return the marks of the files that can be gone on with."""
    marked = store.frame("file_marks").rows()
    return {
        identity: Mark(line_number, byte_offset, prefix_hash, _tally(orjson.loads(tally)))
        for identity, line_number, byte_offset, prefix_hash, tally in marked
    }


def _tally(told: dict[str, object]) -> Tally:
    """Return a tally as it was stored."""
    account = told.pop("account")
    notes = told.pop("notes")
    assert isinstance(account, dict)
    assert isinstance(notes, list)
    found = Tally(LineAccount(**account), notes=[(n[0], n[1], n[2]) for n in notes])
    for name, value in told.items():
        setattr(found, name, value)
    found.waiting = [(place[0], place[1]) for place in found.waiting]
    return found
