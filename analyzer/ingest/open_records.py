"""Lines to records: what a line is decides whether it opens one, continues one, or is neither.

A record stays open until its stream goes on with another; a line that came in pieces waits for
its end.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.ingest.columnar.plain import PlainLines
from analyzer.ingest.folding import Pending
from analyzer.ingest.formats.field_reader import FieldReader
from analyzer.ingest.formats.outcomes import Outcome, Piece, Plain
from analyzer.ingest.formats.split_lines import MAX_PIECES
from analyzer.ingest.ledger import Ledger
from analyzer.ingest.lines import Line
from analyzer.ingest.record import Record, Rejected

_MAX_SOURCES = 256


class OpenRecords:
    """The records of one file that may still take lines, by the stream they came by.

    Complete ones go to `plain` where they are resolved together, to `ledger` otherwise.
    """

    def __init__(self, fields: FieldReader, plain: PlainLines, ledger: Ledger) -> None:
        self._fields = fields
        self._plain = plain
        self._ledger = ledger
        self._pending: dict[str, Pending] = {}
        self._pieces: dict[str, list[Line]] = {}
        self._waiting: tuple[Plain, Line, bool] | None = None

    @property
    def unfinished(self) -> int:
        """Return of how many streams a split line waits for its end."""
        return len(self._pieces)

    def places(self) -> list[tuple[int, int]]:
        """Return number and byte offset of all lines that wait, in no order."""
        places = [place for pending in self._pending.values() for place in pending.places]
        for pieces in self._pieces.values():
            places += [(piece.number, piece.byte_offset) for piece in pieces]
        return places

    def take(self, outcome: Outcome, line: Line) -> None:
        """Count a line by what it is: a record, part of one, a header, or unreadable."""
        source, account = outcome.source, self._ledger.account
        if outcome.piece is Piece.EXCLUDED:
            account.excluded += 1
            return
        if outcome.piece is Piece.BLANK:
            account.blank += 1
            return
        if outcome.piece is Piece.PARTIAL:
            pieces = self._pieces.setdefault(source, [])
            pieces.append(line)
            if len(pieces) >= MAX_PIECES:
                self._give_up(self._pieces.pop(source))
            return
        lines = [line]
        if outcome.wrapped and source in self._pieces:
            lines = [*self._pieces.pop(source), line]
            account.folded += len(lines) - 1
        if outcome.plain is not None:
            # It waits for continuation lines; mostly there are none.
            self.complete("")
            self._waiting = (outcome.plain, line, outcome.free)
            return
        if outcome.unknown is not None and self._continues(outcome, outcome.unknown, lines):
            return
        readings = outcome.readings
        first = readings[0] if readings else None
        if not isinstance(first, Record) or first.trace_dialect or not outcome.holds_one_record:
            self._ledger.enter(readings, line)
            return
        self.complete(source)
        if len(self._pending) >= _MAX_SOURCES:
            self.complete(next(iter(self._pending)))
        account.records += 1
        for reading in readings[1:]:
            self._ledger.add(reading, line)
        self._pending[source] = _opened(first, lines, free=outcome.free)

    def _continues(self, outcome: Outcome, text: str, lines: Sequence[Line]) -> bool:
        """Join a line that starts no record to the open one of its stream, if that takes it."""
        source = outcome.source
        if not source:
            self.resolve_waiting()
        pending = self._pending.get(source)
        if pending is None or not pending.takes(text, wrapped=outcome.wrapped):
            return False
        pending.take(text, lines)
        self._ledger.account.folded += 1
        return True

    def resolve_waiting(self) -> None:
        """Resolve a plain line now, where one waits: its record is asked for, and counted."""
        if self._waiting is None:
            return
        plain, line, free = self._waiting
        self._waiting = None
        reading = self._fields.resolve(plain)
        if isinstance(reading, Rejected):
            self._ledger.quarantine(reading, line)
            return
        self._ledger.account.records += 1
        self._pending[""] = _opened(reading, [line], free=free)

    def complete(self, source: str) -> None:
        """Let the record of a stream take no more lines."""
        if not source and self._waiting is not None:
            plain, line, _ = self._waiting
            self._waiting = None
            self._plain.add(plain.fields, plain.shape, line)
            return
        pending = self._pending.pop(source, None)
        if pending is not None:
            self._ledger.add(pending.completed(), pending.line)

    def complete_all(self) -> None:
        """Let no record take more lines; pieces of a split line go on waiting for its end."""
        for source in ("", *self._pending):
            self.complete(source)

    def finish(self) -> None:
        """Complete what still waits for lines at the end of the file."""
        self.complete_all()
        for pieces in self._pieces.values():
            self._give_up(pieces)
        self._pieces.clear()

    def _give_up(self, pieces: Sequence[Line]) -> None:
        self._ledger.account.folded += len(pieces) - 1
        unfinished = Rejected("partial_unfinished", "the end of a split line never came")
        self._ledger.quarantine(unfinished, pieces[-1])


def _opened(record: Record, lines: Sequence[Line], *, free: bool) -> Pending:
    """Return a record that may go on; all its lines but the last were pieces."""
    places = [(line.number, line.byte_offset) for line in lines]
    return Pending(record, lines[-1], free, places=places)
