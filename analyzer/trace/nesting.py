"""Parents by nesting in time, for spans that share an id but name no parent (METHODS section 1).

Good for the spans of one request or trace, which few others overlap; between requests only
service edges may be inferred this way (`untraced`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from analyzer.model.span import Span

SLACK_NS: Final = 1_000_000
"""Log times are often cut to milliseconds: a child may stick out by one."""
CROWD: Final = 512
"""Of more spans that run at once those that began last are looked at: the tightest is there."""


class _Open(NamedTuple):
    end_ns: int
    duration_ns: int
    span: Span


def nest(spans: Sequence[Span], evidence: str) -> list[Span]:
    """The spans with an id and a parent each: the tightest interval of the group around them.

    Spans that name a parent keep it. What nothing encloses hangs under the group's earliest
    span, where it counts as asynchronous if it starts later than that one ends. Placed spans
    carry `evidence`; the order of the input does not matter.
    """
    named = [span if span.span_id else span._replace(span_id=f"~{span.row}") for span in spans]
    ordered = sorted(named, key=_outermost_first)
    running: list[_Open] = []
    placed = []
    first = ordered[0]
    for span in ordered:
        start, duration = span.start_ns, span.duration_ns
        if start is None:
            placed.append(span)
            continue
        end = start + (duration or 0)
        if len(running) > 2 * CROWD:
            running = [other for other in running if other.end_ns + SLACK_NS >= start][-CROWD:]
        if span.parent_span_id or span is first:
            placed.append(span)
        else:
            around = [
                other
                for other in running[-CROWD:]
                if other.end_ns + SLACK_NS >= end and other.duration_ns >= (duration or 0)
            ]
            parent = min(around, key=_tightest).span if around else first
            placed.append(span._replace(parent_span_id=parent.span_id, evidence=evidence))
        if duration is not None:
            running.append(_Open(end, duration, span))
    return placed


def _outermost_first(span: Span) -> tuple[bool, int, int, int]:
    """By start, the longer first; of two equal intervals the line written later is outside."""
    start = span.start_ns
    return (start is None, start or 0, -(span.duration_ns or 0), -span.row)


def _tightest(running: _Open) -> tuple[int, int]:
    return (running.duration_ns, running.span.row)
