"""Cells of tables that hold lines of their own: what a row says, and what the line in it says."""

from __future__ import annotations

import re

from analyzer.ingest.epochs import Instant
from analyzer.ingest.formats import json_text
from analyzer.ingest.line_times import Origin
from analyzer.ingest.record import Record, Rejected
from analyzer.semconv import UNSET

_BEGINNING = r"(?:\{\"|\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:|(?:time|ts|level)=)"
_LINE = re.compile(rf"\s*{_BEGINNING}")
MAYBE_LINE = rf"^[\s\x1c-\x1f]*{_BEGINNING}"
"""What every text begins with that is a line, for a fast look over many."""


def holds_line(row: Record) -> bool:
    """Tell whether a row's message is a line of some format; rows that are spans are whole."""
    return not row.is_span and row.body is not None and _LINE.match(row.body) is not None


def origin_of(row: Record) -> Origin:
    """Return a row as the wrapper of the line in it: who sent that, and when it arrived."""
    zoned = "zone_assumed" not in row.notes
    arrival = None if row.time_ns is None else Instant(row.time_ns, zoned)
    return Origin(row.service_name, arrival, "", 1)


def within(line: Record, row: Record) -> Record:
    """Return the record of a line with what only its row says; ids of a column are the row's."""
    if row.trace_id is not None or line.trace_id is None:
        line.trace_id, line.span_id = row.trace_id, row.span_id
        line.parent_span_id = row.parent_span_id
    line.severity_text = line.severity_text or row.severity_text
    line.correlation_id = line.correlation_id or row.correlation_id
    line.peer_service = line.peer_service or row.peer_service
    line.user = line.user if line.user is not None else row.user
    if line.status == UNSET and not line.stated:
        line.status, line.error_type = row.status, line.error_type or row.error_type
    line.attributes = {**row.attributes, **line.attributes}
    line.notes = tuple(dict.fromkeys((*line.notes, *row.notes)))
    return noted_where_cut(line)


def noted_where_cut(record: Record) -> Record:
    """Note where the text of a record is an object whose end is missing."""
    text = (record.body or "").strip()
    if text.startswith('{"'):
        found = json_text.parse_line(text.encode("utf-8", "replace"))
        if isinstance(found, Rejected) and found.reason == "truncated_json":
            record.notes += (found.reason,)
    return record
