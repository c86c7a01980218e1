"""Rule `crisp`: the list of spans on the critical path (uber-research/CRISP).

Exclusive time = a span's duration minus those of its children on the path, negatives as 0.
It has no notion of asynchronous work; METHODS section 3 tells the two rules apart.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from analyzer.trace.timing import Timing
from analyzer.trace.tree import Tree

_TOLERANCE_PERCENT = 1


class _Child(NamedTuple):
    """A sanitised child; `length_ns` is its duration, cut to the parent's for an RPC pair."""

    end_ns: int
    start_ns: int
    place: int
    length_ns: int


def crisp_exclusive(root: int, tree: Tree, timing: Timing) -> list[tuple[int, int]]:
    """(position, exclusive ns) of every span on the critical path of the journey at `root`."""
    start = timing.start[root]
    if start is None:
        return []
    end = timing.end[root]
    path: list[tuple[int, int]] = []
    waiting = [_Child(end, start, root, end - start)]
    while waiting:
        parent = waiting.pop()
        chain = _chain(_sanitised(parent, tree, timing), parent.length_ns)
        inner = sum(child.length_ns for child in chain)
        path.append((parent.place, max(0, parent.length_ns - inner)))
        waiting.extend(chain)
    return path


def _sanitised(parent: _Child, tree: Tree, timing: Timing) -> list[_Child]:
    """Children fitted into the parent (already fitted itself), last-ending first."""
    begin, finish = parent.start_ns, parent.end_ns
    timed = [*timing.blocking[parent.place], *timing.detached[parent.place]]
    kept = []
    for place in timed:
        start = timing.start[place]
        if start is None:
            continue
        end = timing.end[place]
        if len(timed) == 1 and _is_rpc_pair(parent, place, end - start, tree):
            kept.append(_Child(end, start, place, min(end - start, parent.length_ns)))
            continue
        if start >= begin and end <= finish:
            pass
        elif start < begin < end <= finish:
            start = begin
        elif begin <= start < finish < end:
            end = finish
        else:
            continue  # overflows on both sides, or outside: dropped with its subtree
        kept.append(_Child(end, start, place, end - start))
    kept.sort(key=lambda child: (-child.end_ns, -child.start_ns, child.place))
    return kept


def _is_rpc_pair(parent: _Child, place: int, length_ns: int, tree: Tree) -> bool:
    """Whether the child is the server half of its parent: kept unclipped even under skew.

    Spans carry no host, so "on another host" is read as "in another service".
    """
    if tree.spans[place].kind != "server" or 100 * length_ns > 101 * parent.length_ns:
        return False
    above = tree.spans[parent.place]
    if above.kind == "client":
        return True
    if above.kind == "server":
        return False
    grandparent = tree.parent[parent.place]
    below_server = grandparent >= 0 and tree.spans[grandparent].kind == "server"
    return below_server or above.service_name != tree.spans[place].service_name


def _chain(children: list[_Child], parent_ns: int) -> list[_Child]:
    """The last-ending child and, backwards, each that happens before the one chosen last."""
    if not children:
        return []
    events = sorted(moment for child in children for moment in (child.start_ns, child.end_ns))
    chain = [children[0]]
    for child in children[1:]:
        if _happens_before(child, chain[-1], events, parent_ns):
            chain.append(child)
    return chain


def _happens_before(first: _Child, then: _Child, events: list[int], parent_ns: int) -> bool:
    """Strictly before, or overlapping by less than 1 % with no other event of a sibling inside."""
    overlap = first.end_ns - then.start_ns
    if overlap < 0:
        return True
    if (
        100 * overlap >= _TOLERANCE_PERCENT * parent_ns
        or first.start_ns >= then.start_ns
        or first.end_ns >= then.end_ns
    ):
        return False
    inside = bisect_right(events, first.end_ns) - bisect_left(events, then.start_ns)
    return inside == 2
