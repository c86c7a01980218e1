"""Journeys of a trace: one for each root; none from an orphan (METHODS section 1)."""

from __future__ import annotations

from analyzer.model.span import Call, Journey
from analyzer.trace.timing import Timing
from analyzer.trace.tree import Tree


def journeys_of(tree: Tree, timing: Timing, calls: list[Call]) -> list[Journey]:
    """The trace's root first, extra roots after it by start.

    The trace's root answers for all of the trace but the extra roots' subtrees: orphans belong
    to the same piece of work, though nobody knows where.
    """
    if not tree.roots:
        return []
    spans = tree.spans
    if len(tree.roots) == 1:
        hops = sum(map(_is_hop, calls))
        services = {span.service_name for span in spans}
        return [_journey(tree, timing, tree.roots[0], services, hops)]
    first = tree.roots[0]
    roots = set(tree.roots)
    owner = [first] * len(spans)
    for i in tree.order:
        p = tree.parent[i]
        if p >= 0:
            owner[i] = owner[p]
        elif i in roots:
            owner[i] = i
    services_of: dict[int, set[str]] = {root: set() for root in tree.roots}
    owner_of_span = {}
    for i, span in enumerate(spans):
        services_of[owner[i]].add(span.service_name)
        owner_of_span[span.span_id] = owner[i]
    hops_of = dict.fromkeys(tree.roots, 0)
    for call in calls:
        if _is_hop(call):
            side = call.callee_span_id or call.caller_span_id
            hops_of[owner_of_span.get(side or "", first)] += 1
    return [_journey(tree, timing, root, services_of[root], hops_of[root]) for root in tree.roots]


def _is_hop(call: Call) -> bool:
    return call.caller is not None and call.mode == "sync" and call.caller != call.callee


def _journey(tree: Tree, timing: Timing, root: int, services: set[str], hops: int) -> Journey:
    span = tree.spans[root]
    user_key = span.user_key
    if user_key is None and len(tree.roots) == 1:
        user_key = next((s.user_key for s in tree.spans if s.user_key is not None), None)
    return Journey(
        span.trace_id,
        span.operation,
        span.service_name,
        span.start_ns,
        None if timing.start[root] is None else span.duration_ns,
        span.status,
        user_key,
        tuple(sorted(services)),
        hops,
        span.span_id,
        root != tree.roots[0],
    )
