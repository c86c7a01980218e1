"""Where the time of every span went, on its own clock alone: METHODS section 4."""

from __future__ import annotations

from typing import NamedTuple

from analyzer.model.span import Span, SpanTime
from analyzer.semconv import ERROR, UNKNOWN_SERVICE
from analyzer.trace.link import is_sender
from analyzer.trace.timing import Timing
from analyzer.trace.tree import Tree


class Charge(NamedTuple):
    """To whom a client span's own stretches go: the callee, which may have no span itself."""

    callee: str
    operation: str
    uninstrumented: bool


def charges(tree: Tree) -> dict[int, Charge]:
    """The client halves of a trace by position; all other spans keep their own time."""
    spans, children = tree.spans, tree.children
    found = {}
    for i, span in enumerate(spans):
        below = children[i]
        if span.kind == "client":
            server = _server(spans, span.service_name, below)
            if server is not None:
                found[i] = Charge(server.service_name, server.operation, False)
            elif not below and span.peer_service and span.peer_service != UNKNOWN_SERVICE:
                found[i] = Charge(span.peer_service, span.operation, True)
        elif len(below) == 1 and is_sender(tree, i):
            server = spans[below[0]]
            found[i] = Charge(server.service_name, server.operation, False)
    return found


def _server(spans: list[Span], service: str, children: list[int]) -> Span | None:
    """The span that answered; with several (a client that retried elsewhere) the first."""
    for child in children:
        other = spans[child]
        if other.service_name != service and other.kind != "client":
            return other
    return None


def span_times(tree: Tree, timing: Timing, charged: dict[int, Charge]) -> list[SpanTime]:
    """One row for every span that has an interval, in the tree's order.

    Per row `own + gap + covered = duration`; all parts are >= 0. A server that reports longer
    than its client leaves no gap.
    """
    spans, parent, children = tree.spans, tree.parent, tree.children
    rows = []
    for i in tree.order:
        begin = timing.start[i]
        if begin is None:
            continue
        span = spans[i]
        finish = timing.end[i]
        blocking = timing.blocking[i]
        covered = wait = detached = 0
        if i in charged and len(blocking) == 1:
            # both halves of one call: each on its own clock, so skew cannot touch the gap
            served = timing.end[blocking[0]] - (timing.start[blocking[0]] or 0)
            covered = wait = min(served, finish - begin)
        elif blocking:
            covered, wait = _covered(span.service_name, begin, finish, blocking, tree, timing)
        for child in timing.detached[i]:
            detached += timing.end[child] - (timing.start[child] or 0)
        own = finish - begin - covered
        gap = 0
        callee = callee_operation = None
        uninstrumented = False
        if i in charged:
            callee, callee_operation, uninstrumented = charged[i]
            own, gap = 0, own
        p = parent[i]
        origin = span.status == ERROR
        if origin:
            origin = all(spans[child].status != ERROR for child in children[i])
        rows.append(
            SpanTime(
                span.trace_id,
                span.span_id,
                span.service_name,
                span.operation,
                begin,
                finish - begin,
                own,
                gap,
                covered,
                wait,
                detached,
                callee,
                callee_operation,
                uninstrumented,
                spans[p].service_name if p >= 0 else None,
                span.status,
                span.error_type,
                origin,
                span.row,
            )
        )
    return rows


def _covered(
    service: str, begin: int, finish: int, blocking: list[int], tree: Tree, timing: Timing
) -> tuple[int, int]:
    """Union of the children clipped to the span, and of those in another service alone."""
    spans = tree.spans
    intervals = []
    remote = 0
    for child in blocking:
        start = max(timing.start[child] or 0, begin)
        end = min(timing.end[child], finish)
        if end > start:
            away = spans[child].service_name != service
            remote += away
            intervals.append((start, end, away))
    if not intervals:
        return 0, 0
    if len(intervals) == 1:
        start, end, away = intervals[0]
        return end - start, (end - start if away else 0)
    intervals.sort()
    covered = _union(intervals)
    if remote == 0:
        return covered, 0
    if remote == len(intervals):
        return covered, covered
    return covered, _union([interval for interval in intervals if interval[2]])


def _union(intervals: list[tuple[int, int, bool]]) -> int:
    """Length of the union of intervals sorted by start."""
    total = 0
    reached = intervals[0][0]
    for start, end, _ in intervals:
        if end > reached:
            total += end - max(start, reached)
            reached = end
    return total
