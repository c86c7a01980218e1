"""Which children block their parent, and what the edges say about clocks (METHODS section 1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from analyzer.model.span import Span
from analyzer.trace.options import TraceOptions
from analyzer.trace.quality import Excursion, Quality
from analyzer.trace.tree import Tree


class Timing(NamedTuple):
    """Times of a tree's spans by position; `start[i]` is None where a span has no interval.

    `blocking[p]` holds the children that have an interval and block p; `detached[p]` the
    asynchronous ones. Children of a span without an interval count as children of its nearest
    ancestor that has one. `is_async[i]` is 1 where the edge from i to its parent is
    asynchronous; `causal` holds those among them that are so by what the source said
    (PRODUCER -> CONSUMER), not by FOLLOWS_FROM or by time: the published rule knows no other.
    """

    start: list[int | None]
    end: list[int]
    blocking: list[list[int]]
    detached: list[list[int]]
    is_async: bytearray
    causal: bytearray


def time_edges(tree: Tree, quality: Quality, options: TraceOptions) -> Timing:
    """Intervals and edge kinds of `tree`; counts skew per pair, rounding and async edges."""
    spans = tree.spans
    count = len(spans)
    start: list[int | None] = [None] * count
    end = [0] * count
    timing = Timing(
        start, end, [[] for _ in spans], [[] for _ in spans], bytearray(count), bytearray(count)
    )
    above = tree.parent
    for i in tree.order:
        span = spans[i]
        begin = span.start_ns
        duration = span.duration_ns
        p = above[i]
        if begin is None or duration is None:
            if tree.children[i]:
                above = _lift(above, tree, i, p)
            continue
        start[i] = begin
        end[i] = begin + duration
        if p >= 0:
            _place(spans, i, p, timing, quality, options.resolution_ns)
    return timing


def _lift(above: list[int], tree: Tree, i: int, to: int) -> list[int]:
    if above is tree.parent:
        above = above.copy()
    for child in tree.children[i]:
        above[child] = to
    return above


def _place(
    spans: list[Span],
    i: int,
    p: int,
    timing: Timing,
    quality: Quality,
    resolution: Mapping[str, int],
) -> None:
    """Put the edge from i to its parent p among the blocking or the asynchronous ones."""
    span, parent = spans[i], spans[p]
    begin, parent_begin = timing.start[i], timing.start[p]
    assert begin is not None
    assert parent_begin is not None
    parent_end = timing.end[p]
    service, parent_service = span.service_name, parent.service_name
    slack = 0
    if resolution:
        slack = max(resolution.get(service, 0), resolution.get(parent_service, 0))
    queued = span.kind == "consumer" and parent.kind == "producer"
    # A server that fits into its client's duration has answered it, whatever its clock says.
    answered = span.kind == "server" and parent.kind == "client"
    answered = answered and timing.end[i] - begin <= parent_end - parent_begin
    later = not answered and _starts_after(begin, parent_begin, parent_end, slack)
    if queued or span.follows_from or later:
        timing.is_async[i] = 1
        timing.causal[i] = queued
        timing.detached[p].append(i)
        quality.count("async_edge")
        return
    timing.blocking[p].append(i)
    early = parent_begin - begin
    late = timing.end[i] - parent_end
    clock = None
    if service != parent_service:
        clock = quality.clock((parent_service, service))
        clock.edges += 1
        if clock.offset_low_ns is None or early > clock.offset_low_ns:
            clock.offset_low_ns = early
        if clock.offset_high_ns is None or -late < clock.offset_high_ns:
            clock.offset_high_ns = -late
    if early > 0:
        _excursion(quality, "early_child", early, slack, clock.before if clock else None)
    if late > 0:
        _excursion(quality, "late_child", late, slack, clock.after if clock else None)


def _starts_after(begin: int, parent_begin: int, parent_end: int, slack_ns: int) -> bool:
    """Whether a child starts when its parent is over; a parent of no length proves nothing."""
    delay = begin - parent_end
    return delay >= slack_ns and (delay > 0 or parent_end > parent_begin)


def _excursion(
    quality: Quality, check: str, excess_ns: int, slack_ns: int, side: Excursion | None
) -> None:
    if excess_ns < slack_ns:
        quality.count("rounding")
        return
    quality.count(check)
    if side is not None:
        side.add(excess_ns)
