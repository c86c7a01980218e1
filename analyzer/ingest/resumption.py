"""Where the reading of a file could go on later as if it had never ended."""

from __future__ import annotations

from typing import NamedTuple

from analyzer.ingest.fields import Resolver
from analyzer.ingest.formats.line_reader import LineReader
from analyzer.ingest.lines import Block, Line
from analyzer.ingest.open_records import OpenRecords

_MAX_WAITING = 4_096


class Place(NamedTuple):
    """A line before which all is settled, but for those that wait for what may follow them.

    `waiting` are their numbers and byte offsets, in the order of the lines.
    """

    line_number: int
    byte_offset: int
    waiting: tuple[tuple[int, int], ...] = ()


class Resumption:
    """Tells whether the lines of one file hang on those before them, and so where to go on."""

    def __init__(self, lines: LineReader, resolver: Resolver, records: OpenRecords) -> None:
        self._lines = lines
        self._resolver = resolver
        self._records = records

    def reads_apart(self) -> bool:
        """Tell whether lines may be read apart from those before them."""
        return self._lines.free_of_context and not self._resolver.timing.proof.unknown

    def at(self, line: Line) -> Place | None:
        """Return the place of a line, None where it hangs on what came before."""
        if self._records.places() or self._resolver.clock.yearless or self._hangs:
            return None
        return Place(line.number, line.byte_offset)

    def behind(self, block: Block) -> Place | None:
        """Return the place behind a block, with the lines that wait; None where it hangs.

        A file that grows may end in it: a line that is not ended is no place to go on at.
        """
        self._records.resolve_waiting()  # and so is counted, as all are that wait
        waiting = self._records.places()
        doubtful = self._hangs or (waiting and self._lines.was_unknown)
        if doubtful or len(waiting) > _MAX_WAITING or not block.data.endswith(b"\n"):
            return None
        number, offset = block.number + len(block), block.byte_offset + len(block.data)
        return Place(number, offset, tuple(sorted(waiting)))

    @property
    def _hangs(self) -> bool:
        """Tell whether what a line says hangs on lines far before it."""
        return (
            not self.reads_apart()
            or bool(self._resolver.clock.undated or self._resolver.clock.order.doubtful)
            or self._lines.unfinished != self._records.unfinished
        )
