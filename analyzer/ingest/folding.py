"""Continuation lines: which belong to the record before them, and what they tell of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from analyzer.ingest.formats.servers import slow_query
from analyzer.ingest.lines import Line
from analyzer.ingest.record import Record
from analyzer.ingest.severity import ERRORS, from_word
from analyzer.ingest.text import template_of
from analyzer.semconv import ERROR, OK, UNSET

MAX_FOLDED = 1_000
"""A record takes at most so many lines with it."""

_MAX_BODY = 8_192
_MAX_REASON = 500
_CONTINUES = re.compile(
    r"\s|Traceback \(most|Caused by: |During handling of|The above exception|\.\.\. \d+ |at "
    r"[\w.$]+\(|"
    # Go's functions with their arguments, and what it says around them
    r"(?:[\w/*-]+\.)+[\w.()*\[\]-]+\((?:0x[0-9a-f]+|\.\.\.|[{}?, ])*\)$|created by \S|"
    r"\[signal SIG|[\])}]+[,;]?\s*$|goroutine \d+ \[|\[stacktrace\]|#\d+ |--- End of|Suppressed: "
)
_TRACEBACK_OPENS = re.compile(r"\s*(?:[+|] *)*Traceback \(most recent call last\)")
_PYTHON_END = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?=:|$)")
_NAMED_ERROR = re.compile(
    r"(?:(?:Exception in thread \"[^\"]*\"|Unhandled exception|Uncaught):? )?"
    r"(?P<type>(?:[A-Za-z_][\w$]*[.:\\])*:?[A-Za-z_][\w$]*(?:Error|Exception|Timeout|Interrupt|Failure|Fault))\b"
)
# java.util.logging puts the level and the message below the time.
_NEXT_LINE_LEVEL = re.compile(r"(?P<level>SEVERE|WARNING|INFO|CONFIG|FINE|FINER|FINEST): ")
_FRAME = re.compile(r"\s+(?:at |File \"|#\d+ )")
_BEGINS_LIKE_TIME = re.compile(r"[\[(]?\d{4}-\d\d-\d\d|[\[(]?\d\d:\d\d:\d\d")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")


@dataclass(slots=True)
class Pending:
    """A record that may still take continuation lines; `free` where its format is free text."""

    record: Record
    line: Line
    free: bool
    folded: list[str] = field(default_factory=list)
    in_traceback: bool = False
    places: list[tuple[int, int]] = field(default_factory=list)
    """Number and byte offset of its lines."""

    def takes(self, text: str, *, wrapped: bool) -> bool:
        """Tell whether an unrecognised line belongs to this record."""
        if len(self.folded) >= MAX_FOLDED:
            return False
        if self.in_traceback or _CONTINUES.match(text):
            return True
        if not self.free:
            return False
        if wrapped:  # what a program prints beside its log is a record; what it threw is not
            return self.record.status == ERROR and _NAMED_ERROR.match(text) is not None
        # Garbage and cut lines do not hide in the record before them.
        return not (_BEGINS_LIKE_TIME.match(text) or _CONTROL.search(text))

    def take(self, text: str, lines: Iterable[Line]) -> None:
        """Add one line, of which `lines` are the pieces."""
        self.folded.append(text)
        self.places += [(line.number, line.byte_offset) for line in lines]
        if _TRACEBACK_OPENS.match(text):
            self.in_traceback = True
        elif self.in_traceback and not text[:1].isspace() and _PYTHON_END.match(text):
            self.in_traceback = False

    def completed(self) -> Record:
        """Return the record with what its lines tell: text, type of error, and status."""
        if self.folded:
            fold(self.record, self.folded)
        return self.record


def fold(record: Record, lines: list[str]) -> None:
    """Join `lines` to `record`; a stated status stays, whatever they tell."""
    if record.body and record.body.startswith("# Time: ") and (query := slow_query(lines)):
        record.operation, record.duration_ns = template_of(query.statement), query.duration_ns
        record.start_ns = None if record.time_ns is None else record.time_ns - query.duration_ns
    if record.severity_text is None and (said := _NEXT_LINE_LEVEL.match(lines[0])):
        record.severity_text = from_word(said["level"])
        if record.severity_text in ERRORS and record.status == UNSET and not record.stated:
            record.status = ERROR
    text, head = "\n".join(lines), record.body or ""
    record.body = f"{head}\n{text}"[:_MAX_BODY]
    found = thrown(text)
    if found is None:
        if not any(_FRAME.match(line) for line in lines):
            return
        found = thrown(head)  # the message itself is what was thrown
    if record.status == UNSET and not record.stated:
        record.status = ERROR
    if record.status != OK and found is not None:
        tell(record, found)


class Thrown(NamedTuple):
    """What a traceback ends in: the error's type, and the line that names it with its message."""

    error_type: str
    line: str


def tell(record: Record, found: Thrown) -> None:
    """Let a traceback say what the record itself did not: the type of its error, and why."""
    record.error_type = record.error_type or found.error_type
    record.error_message = record.error_message or found.line


def thrown(text: str) -> Thrown | None:
    """Return the error that a traceback tells of, else None.

    Python names it on the last line, after the frames; the JVM and others on the first.
    """
    found: Thrown | None = None
    if "Traceback (most recent call last)" in text:
        framed = False
        for line in text.split("\n"):
            if line[:1].isspace():
                framed = True
            elif framed and line and (match := _PYTHON_END.match(line)):
                found, framed = Thrown(match[0], line[:_MAX_REASON]), False
        if found:
            return found
    for line in text.split("\n"):
        if line[:1].isspace():
            continue
        match = _NAMED_ERROR.match(line)
        if match is not None:
            return Thrown(match["type"], line[:_MAX_REASON])
    return None
