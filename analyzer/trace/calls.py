"""From links to `Call` rows: who, what, how long on which clock, and whether it was a retry."""

from __future__ import annotations

from typing import Final

from analyzer.model.span import Call, Span
from analyzer.semconv import ERROR, OK, UNSET
from analyzer.trace.link import Edge
from analyzer.trace.quality import Quality
from analyzer.trace.timing import Timing
from analyzer.trace.tree import Tree

_MESSAGING: Final = frozenset({"producer", "consumer"})


def calls_of(
    tree: Tree, timing: Timing, edges: list[Edge], quality: Quality, retry_window_ns: int
) -> list[Call]:
    """One call an edge, and one with caller None for every root that no edge calls.

    A client that was answered by several servers gives no client duration: its time belongs to
    all of them together.
    """
    answers: dict[int, int] = {}
    served = set()
    failed = False
    for edge in edges:
        served.add(edge.server)
        failed = failed or edge.failed
        if edge.client >= 0 and edge.server >= 0:
            answers[edge.client] = answers.get(edge.client, 0) + 1
    calls = [_call(tree, timing, edge, answers, quality) for edge in edges]
    if failed:
        asked = [tree.spans[edge.client].operation if edge.client >= 0 else None for edge in edges]
        calls = _with_retries(calls, asked, retry_window_ns)
    return calls + [_entry(tree.spans[i], timing, i) for i in tree.roots if i not in served]


def _call(
    tree: Tree, timing: Timing, edge: Edge, answers: dict[int, int], quality: Quality
) -> Call:
    caller, callee, failed, client, server, origin, guessed = edge
    spans = tree.spans
    near = spans[client] if client >= 0 else None
    far = spans[server] if server >= 0 else None
    source = far or near or spans[origin]
    client_ns = near.duration_ns if near is not None and answers.get(client, 0) < 2 else None
    server_ns = far.duration_ns if far is not None else None
    gap = None
    if client_ns is not None and server_ns is not None:
        gap = client_ns - server_ns
        if gap < 0:
            gap = 0
            quality.count("gap_below_zero")
    mode = "sync"
    if source.kind in _MESSAGING or _is_async(tree, timing, edge):
        mode = "async"
        gap = _queue_delay(tree, timing, server)
    if failed:
        status = ERROR
        error_type = (far.error_type if far else None) or (near.error_type if near else None)
    else:
        status = OK if (far or near or source).status == OK else UNSET
        error_type = None
    evidence = "inferred" if guessed else source.evidence
    first = near if near is not None and near.start_ns is not None else far
    return Call(
        source.trace_id,
        caller,
        callee,
        source.operation,
        mode,
        first.start_ns if first is not None else None,
        client_ns,
        server_ns,
        gap,
        status,
        error_type,
        evidence,
        spans[origin].span_id if origin >= 0 else None,
        far.span_id if far is not None else None,
    )


def _entry(span: Span, timing: Timing, i: int) -> Call:
    """A journey's root: nobody's call, on its own clock."""
    return Call(
        span.trace_id,
        None,
        span.service_name,
        span.operation,
        "sync",
        span.start_ns,
        None,
        None if timing.start[i] is None else span.duration_ns,
        None,
        span.status,
        span.error_type,
        span.evidence,
        None,
        span.span_id,
    )


def _is_async(tree: Tree, timing: Timing, edge: Edge) -> bool:
    """Whether any step from the callee up to the caller's span is asynchronous."""
    at = edge.server
    while at >= 0 and at != edge.origin:
        if timing.is_async[at]:
            return True
        at = tree.parent[at]
    return False


def _queue_delay(tree: Tree, timing: Timing, server: int) -> int | None:
    if server < 0:
        return None
    p = tree.parent[server]
    start = timing.start[server]
    if p < 0 or start is None or timing.start[p] is None:
        return None
    return max(0, start - timing.end[p])


def _with_retries(calls: list[Call], asked: list[str | None], window_ns: int) -> list[Call]:
    """Mark calls that repeat a failed one: same caller, callee and message, shortly after it.

    Without the failure a repetition is a loop (a page that asks for nine products), no retry.
    `asked` is what the caller names each call where it reports: an attempt that reached nobody
    bears no name of the callee's, yet is the same message.
    """
    groups: dict[tuple[str | None, str, str], list[int]] = {}
    for i, call in enumerate(calls):
        if call.start_ns is not None:
            message = asked[i] or call.message
            groups.setdefault((call.caller, call.callee, message), []).append(i)
    for group in groups.values():
        if len(group) < 2:
            continue
        group.sort(key=lambda i: (calls[i].start_ns or 0, i))
        failed_end: int | None = None
        for i in group:
            call = calls[i]
            start = call.start_ns or 0
            if failed_end is not None and 0 <= start - failed_end <= window_ns:
                calls[i] = call._replace(retry=True)
            if call.status == ERROR:
                duration = call.client_duration_ns
                if duration is None:
                    duration = call.server_duration_ns or 0
                failed_end = start + duration
            else:
                failed_end = None
    return calls
