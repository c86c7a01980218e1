"""What becomes of a file's lines: each is counted once, and what it brings goes to the rows."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.ingest.account import LineAccount
from analyzer.ingest.archives import ArchiveDamage
from analyzer.ingest.lines import Line
from analyzer.ingest.record import Measurement, Reading, Record, Rejected
from analyzer.ingest.rows import RowBuilder


class Ledger:
    """Keeps the `account` of one file; `spans_bad` counts the bad items of its documents."""

    def __init__(self, builder: RowBuilder) -> None:
        self._builder = builder
        self.account = LineAccount()
        self.spans_bad = 0

    def enter(self, readings: Sequence[Reading], line: Line) -> None:
        """Count a line by what came of it; what a document's items lack is counted beside it."""
        if not readings:
            readings = (Rejected("wrong_shape", "an empty document"),)
        if len(readings) == 1 and isinstance(readings[0], Rejected):
            self.quarantine(readings[0], line)
            return
        self.account.records += 1
        for index, reading in enumerate(readings):
            self.add(reading, line, index)

    def add(self, reading: Reading, line: Line, index: int = 0) -> None:
        """Hand on one reading of a line that is counted already."""
        if isinstance(reading, Record):
            self._builder.add(reading, line.number, index)
        elif isinstance(reading, Measurement):
            self._builder.add_measurement(reading, line.number)
        else:
            self.spans_bad += 1
            self._builder.reject(reading, line.number, line.byte_offset, line.content)

    def quarantine(self, rejected: Rejected, line: Line) -> None:
        """Count a line as one that nobody understands."""
        self.account.quarantined += 1
        self._builder.reject(rejected, line.number, line.byte_offset, line.content)

    def damaged(self, damage: ArchiveDamage) -> None:
        """Show where an archive is damaged."""
        # Outside the sum: the damage is not a line, but it must be seen.
        rejected = Rejected("bad_archive", damage.detail)
        self._builder.reject(rejected, self.account.lines, damage.byte_offset, b"")
