"""The tree of one cleaned trace: METHODS section 2, T3 to T6, and the roots of section 1.

Two readings of one tree. For *time*, every span without a known parent starts a tree of its
own: a root if it names no parent, an orphan if it names one that was never seen. For *links*,
Zipkin hangs all of them under the first root in T2 order (T5, T6); `link_parent` says so.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from analyzer.model.span import Span
from analyzer.trace.quality import Quality

ROOT: Final = -1
ORPHAN: Final = -2


class Tree(NamedTuple):
    """Positions into `spans`; `parent[i]` may be ROOT or ORPHAN.

    `order` visits parents before children, roots first. `link_parent` is `parent` but where a
    shared span lost its client (T3): then it hangs under the link root, whatever parent it
    names. `link_root` is ROOT where the trace has none ("empty root", which gives no link).
    `roots` are sorted by start: the first is the trace's root, the others extra roots.
    """

    spans: list[Span]
    parent: list[int]
    children: list[list[int]]
    order: list[int]
    roots: list[int]
    orphans: list[int]
    link_parent: list[int]
    link_root: int


def build_tree(spans: list[Span], quality: Quality) -> Tree:
    """The tree of `spans`, which must be one segment as `cleanup.clean` returns it."""
    index = {span.span_id: i for i, span in enumerate(spans)}
    if len(index) == len(spans) and not any(span.shared for span in spans):
        find = index.get
        parent = [
            find(named, ORPHAN) if (named := span.parent_span_id) else ROOT for span in spans
        ]
        for i, p in enumerate(parent):
            if p == i:
                parent[i] = ROOT
                quality.count("cycle")
        link_parent = parent
    else:
        parent, link_parent = _resolve(spans, quality)
    children: list[list[int]] = [[] for _ in spans]
    heads = []
    for i, p in enumerate(parent):
        if p >= 0:
            children[p].append(i)
        else:
            heads.append(i)
    order = _breadth_first(heads, children)
    if len(order) < len(spans):
        for cut in _cut_cycles(spans, parent, children, order):
            quality.count("cycle")
            link_parent[cut] = parent[cut] = ROOT
            heads.append(cut)
        order = _breadth_first(heads, children)
    roots = [i for i in heads if parent[i] == ROOT]
    orphans = [i for i in heads if parent[i] == ORPHAN]
    link_root = min(roots, default=ROOT)
    if len(roots) > 1:
        roots.sort(key=lambda i: _start_key(spans, i))
        quality.count("extra_root", len(roots) - 1)
    if orphans:
        quality.count("orphan", len(orphans))
    if not roots:
        quality.count("no_root")
    return Tree(spans, parent, children, order, roots, orphans, link_parent, link_root)


def _start_key(spans: list[Span], i: int) -> tuple[int, int]:
    start = spans[i].start_ns
    return (1 << 63 if start is None else start, i)


def _resolve(spans: list[Span], quality: Quality) -> tuple[list[int], list[int]]:
    """T3 and T4 where ids repeat: parents for time, and parents for links."""
    unshared: dict[str, int] = {}
    shared: dict[str, int] = {}
    shared_here: dict[tuple[str, str], int] = {}
    for i, span in enumerate(spans):
        if not span.span_id:
            continue
        if span.shared:
            shared.setdefault(span.span_id, i)
            shared_here.setdefault((span.span_id, span.service_name), i)
        else:
            unshared.setdefault(span.span_id, i)

    def named_parent(i: int, span: Span) -> int:
        wanted = span.parent_span_id
        if not wanted:
            return ROOT
        for found in (
            shared_here.get((wanted, span.service_name)),
            unshared.get(wanted),
            shared.get(wanted),
        ):
            if found is not None and found != i:
                return found
        if wanted == span.span_id:
            quality.count("cycle")
            return ROOT
        return ORPHAN

    parent: list[int] = []
    link_parent: list[int] = []
    for i, span in enumerate(spans):
        client = unshared.get(span.span_id) if span.shared else None
        if client is not None:
            parent.append(client)
            link_parent.append(client)
            continue
        found = named_parent(i, span)
        parent.append(found)
        link_parent.append(ORPHAN if span.shared else found)
    return parent, link_parent


def _breadth_first(heads: list[int], children: list[list[int]]) -> list[int]:
    order = heads.copy()
    for i in order:  # grows while it is walked
        order += children[i]
    return order


def _cut_cycles(
    spans: list[Span], parent: list[int], children: list[list[int]], reached: list[int]
) -> list[int]:
    """The earliest span of every cycle, taken out of its parent's children."""
    cuts: list[int] = []
    done = set(reached)
    for first in range(len(spans)):
        trail: list[int] = []
        on_trail: set[int] = set()
        at = first
        while at not in done and at not in on_trail:
            trail.append(at)
            on_trail.add(at)
            at = parent[at]
        if at in on_trail:
            cycle = trail[trail.index(at) :]
            cut = min(cycle, key=lambda i: _start_key(spans, i))
            children[parent[cut]].remove(cut)
            cuts.append(cut)
        done |= on_trail
    return cuts
