"""Spans of a clock that tells whole seconds, laid where what is known of their calls allows.

An access log that stamps seconds says of a request of 40 ms only in which second it ended. Left
at the start of that second it seems to do nothing but its own work, and what it called seems to
run after it. It is moved inside the precision of its clock, never beyond.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from analyzer.model.span import Span
from analyzer.trace.quality import Quality

SECOND_NS = 1_000_000_000
"""Finer clocks are left alone: what they round is below what anybody decides on."""


def settle(
    members: Sequence[Span], resolution_ns: Mapping[str, int], quality: Quality
) -> Sequence[Span]:
    """Return the spans of one trace, those of a coarse clock around their children.

    A caller is moved to hold what it waited for: the spans that name it as their parent and
    that no queue separates. One that called nobody is moved into its own parent. Spans that
    fit already, or that no place within the clock's precision would fit, stay.
    """
    if not any(resolution_ns.get(span.service_name, 0) >= SECOND_NS for span in members):
        return members
    placed = {span.row: span for span in members}
    by_id = {span.span_id: span.row for span in members if span.span_id}
    children: defaultdict[str, list[int]] = defaultdict(list)
    for span in members:
        if span.parent_span_id and span.kind != "consumer" and not span.follows_from:
            children[span.parent_span_id].append(span.row)
    for span in sorted(members, key=_shortest_first):
        if resolution_ns.get(span.service_name, 0) < SECOND_NS:
            continue
        waited = [placed[row] for row in children[span.span_id]] if span.span_id else []
        within = placed.get(by_id.get(span.parent_span_id or "", -1))
        start = _start(span, waited, within, resolution_ns[span.service_name])
        if start is not None:
            placed[span.row] = span._replace(start_ns=start)
            quality.count("coarse_clock", scope=span.service_name)
    return [placed[span.row] for span in members]


def _start(
    span: Span, waited: Iterable[Span], within: Span | None, resolution_ns: int
) -> int | None:
    """Where the span begins instead; None where it stays."""
    told, duration = span.start_ns, span.duration_ns
    if told is None or duration is None:
        return None
    earliest, latest = told - resolution_ns, told + resolution_ns
    inner = [
        (one.start_ns, one.start_ns + (one.duration_ns or 0))
        for one in waited
        if one.start_ns is not None
    ]
    if inner:
        low = max(end for _, end in inner) - duration
        high = min(begin for begin, _ in inner)
    elif within is not None and within.start_ns is not None and within.duration_ns is not None:
        low, high = within.start_ns, within.start_ns + within.duration_ns - duration
    else:
        return None
    if low <= told <= high or max(low, earliest) > min(high, latest):
        return None
    return min(max((low + high) // 2, earliest), latest)


def _shortest_first(span: Span) -> tuple[int, int]:
    return (span.duration_ns or 0, span.row)
