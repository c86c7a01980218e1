"""What one line of a file can be, and what the lines of one wrapper are together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, NamedTuple

from analyzer.ingest.folding import fold
from analyzer.ingest.record import Reading, Record, Rejected
from analyzer.ingest.shapes import Shape
from analyzer.ingest.time_forms import UPTIME

_DATED_CHARACTERS, _CLOCK_BEGINS = 14, 3


class Piece(Enum):
    """What a line can be beside a record."""

    EXCLUDED = "header"
    PARTIAL = "partial"
    BLANK = "blank in its wrapper"


class Plain(NamedTuple):
    """The fields of a log line that may be resolved together with others of its shape."""

    fields: dict[str, Any]
    shape: Shape

    @property
    def is_columnar(self) -> bool:
        """Tell whether it may wait: times without a date must be read in their order.

        So must a duration without a unit: other lines may prove it.
        """
        shape = self.shape
        if not shape.columnar or (shape.durations and shape.durations[0][1] is None):
            return False
        stamps = [self.fields[key] for key in shape.log_time + shape.start_time + shape.end_time]
        return all(isinstance(stamp, str) and _is_dated(stamp) for stamp in stamps)


def _is_dated(stamp: str) -> bool:
    """Tell whether a time names its day; which year that is, hangs on no other line."""
    counts = stamp.startswith(UPTIME) or ":" in stamp[:_CLOCK_BEGINS]
    return len(stamp) >= _DATED_CHARACTERS and not counts


class Outcome(NamedTuple):
    """What one line is.

    `readings` where it was understood (or refused); `piece` where it is a header or the
    beginning of a longer line; `unknown` is the text of a line that starts no record, for which
    `readings` say what it would be on its own; `plain` is a line not yet resolved. `source`
    names the stream it came by.
    """

    readings: Sequence[Reading] = ()
    source: str = ""
    free: bool = False
    piece: Piece | None = None
    unknown: str | None = None
    wrapped: bool = False
    plain: Plain | None = None

    @property
    def holds_one_record(self) -> bool:
        """Tell whether this is one log line, with at most figures beside it."""
        return not any(isinstance(reading, Record | Rejected) for reading in self.readings[1:])


def joined(outcomes: Iterable[Outcome]) -> Outcome:
    """Return what the lines of one wrapper are, continuation lines folded into their records."""
    readings: list[Reading] = []
    records: dict[str, Record] = {}
    for outcome in outcomes:
        last = records.get(outcome.source)
        if outcome.unknown and outcome.unknown[:1].isspace() and last is not None:
            fold(last, [outcome.unknown])
            continue
        readings.extend(outcome.readings)
        for reading in outcome.readings:
            if isinstance(reading, Record):
                records[outcome.source] = reading
    return Outcome(readings)
