"""What the reading of a file says to the one who writes it down: values that cross processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa

from analyzer.ingest.account import LineAccount
from analyzer.ingest.discover import LogFile
from analyzer.ingest.formats.line_reader import Habits
from analyzer.ingest.mask import Masker
from analyzer.ingest.options import ReadingOptions


@dataclass(slots=True)
class Tally:
    """What was counted of a file so far; `notes` are (note, scope, count), `masked` is by kind.

    `waiting` are the (number, byte offset) of lines that were counted but may still be gone on
    with; `habits` is what the reader of lines expects of the next.
    """

    account: LineAccount = field(default_factory=LineAccount)
    formats: dict[str, int] = field(default_factory=dict)
    notes: list[tuple[str, str, int]] = field(default_factory=list)
    spans: int = 0
    spans_bad: int = 0
    first_ns: int | None = None
    last_ns: int | None = None
    masked: dict[str, int] = field(default_factory=dict)
    yearless: int = 0
    waiting: list[tuple[int, int]] = field(default_factory=list)
    habits: Habits = ("", False, False, False)


class Mark(NamedTuple):
    """Where reading can go on: a line's number and offset, the hash of all before it, a tally.

    The lines that wait there (`tally.waiting`) are read once more first.
    """

    line_number: int
    byte_offset: int
    prefix_hash: str
    tally: Tally


class Rows(NamedTuple):
    """Rows of one table."""

    table: str
    rows: pa.Table


class Lines(NamedTuple):
    """How far reading is: lines, and bytes of the file on disk."""

    lines: int
    bytes_read: int


class Again(NamedTuple):
    """All rows so far are to be forgotten: the file is read again with what it proved."""


class Unreadable(NamedTuple):
    """The file cannot be opened; `rows` is its row of quarantine."""

    rows: Rows


class Finished(NamedTuple):
    """The file was read to its end: its hash (of the decompressed content) and its tally."""

    content_hash: str
    compression: str
    format: str
    tally: Tally
    mark: Mark | None
    masked: Mapping[str, int]


Event = Rows | Lines | Mark | Again | Unreadable | Finished


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read, from its beginning or from a mark."""

    file: LogFile
    masker: Masker
    options: ReadingOptions
    mark: Mark | None = None
