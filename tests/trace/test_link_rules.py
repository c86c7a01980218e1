"""The linker against METHODS section 2 written down a second time, plainly and slowly.

The oracle follows T1 to T6 and rules 1 to 14 in their own order over trees of small objects; it
shares no code with the product. Random traces have ids that repeat, are lost, or point anywhere
but never in a circle.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from analyzer.model.span import Span
from analyzer.trace.assemble import assemble
from tests.trace.spans import links_of

KINDS = {"client", "server", "producer", "consumer"}


@dataclass
class Node:
    span: Span | None
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)


def corrected(spans: list[Span]) -> list[Span]:
    """T1 (flags; the traces here have no duplicates) and T2."""
    clients = {span.span_id: span for span in spans if span.kind == "client"}
    result = []
    for span in spans:
        if span.kind == "client":
            result.append(span._replace(shared=False))
        elif span.kind == "server" and span.span_id in clients:
            parent = span.parent_span_id or clients[span.span_id].parent_span_id
            result.append(span._replace(shared=True, parent_span_id=parent))
        else:
            result.append(span)
    return sorted(result, key=lambda s: (s.span_id, s.shared, s.kind != "client", s.service_name))


def tree(spans: list[Span]) -> Node:
    nodes = [Node(span) for span in spans]

    def find(span_id: str, service: str) -> Node | None:
        tests = (
            lambda s: s.shared and s.service_name == service,
            lambda s: not s.shared,
            lambda s: s.shared,
        )
        for test in tests:
            for node in nodes:
                if node.span is not None and node.span.span_id == span_id and test(node.span):
                    return node
        return None

    roots = [n for n in nodes if n.span is not None and not n.span.parent_span_id]
    roots = [n for n in roots if n.span is not None and not n.span.shared] or roots
    root = next((n for n in roots if not _has_client(n, nodes)), Node(None))
    for node in nodes:
        span = node.span
        assert span is not None
        parent = None
        if span.shared:
            own = [n for n in nodes if n.span and n.span.span_id == span.span_id]
            parent = next((n for n in own if n.span and not n.span.shared), None)
        elif span.parent_span_id:
            parent = find(span.parent_span_id, span.service_name)
        if node is not root:
            node.parent = parent or root
            node.parent.children.append(node)
    return root


def _has_client(node: Node, nodes: list[Node]) -> bool:
    span = node.span
    return (
        span is not None
        and span.shared
        and any(n.span and n.span.span_id == span.span_id and not n.span.shared for n in nodes)
    )


def ancestor_of(node: Node) -> Span | None:
    above = node.parent
    while above is not None:
        if above.span is not None and above.span.kind in KINDS:
            return above.span
        above = above.parent
    return None


def oracle(spans: list[Span]) -> list[tuple[str, str, int, int]]:
    calls: Counter[tuple[str, str]] = Counter()
    errors: Counter[tuple[str, str]] = Counter()
    queue = [tree(corrected(spans))]
    while queue:
        node = queue.pop(0)
        queue += node.children
        if node.span is not None:
            for caller, callee, failed in _links_of(node, node.span):
                calls[caller, callee] += 1
                errors[caller, callee] += failed
    return sorted((*pair, calls[pair], errors[pair]) for pair in calls)


def _links_of(node: Node, span: Span) -> list[tuple[str, str, bool]]:
    kind, own, remote = span.kind, span.service_name, span.peer_service or ""
    if kind == "client" and node.children:
        return []
    if kind not in KINDS:
        if not (own and remote):
            return []
        kind = "client"
    receives = kind in {"server", "consumer"}
    caller, callee = (remote, own) if receives else (own, remote)
    failed = span.status == "error"
    if kind in {"producer", "consumer"}:
        return [(caller, callee, failed)] if caller and callee else []
    found = []
    above = ancestor_of(node)
    if above is not None and above.service_name:
        if kind == "client" and own and own != above.service_name:
            found.append((above.service_name, own, False))
        if kind == "server" or not caller:
            caller = above.service_name
        if above.kind == "client" and span.parent_span_id == above.span_id:
            failed = failed or above.status == "error"
    if caller and callee:
        found.append((caller, callee, failed))
    return found


@st.composite
def linked_traces(draw: st.DrawFn) -> list[Span]:
    count = draw(st.integers(1, 9))
    spans: list[Span] = []
    taken: set[tuple[str, str, str]] = set()
    for i in range(count):
        kind = draw(st.sampled_from(["client", "server", "producer", "consumer", "internal"]))
        service = draw(st.sampled_from(["a", "b", "c", ""]))
        earlier = [f"{j}" for j in range(i)]
        parent = draw(st.sampled_from([None, "lost", *earlier, *earlier]))
        span_id = f"{i}"
        clients = [span for span in spans if span.kind == "client"]
        if kind == "server" and clients and draw(st.booleans()):
            half = draw(st.sampled_from(clients))
            span_id = half.span_id
            parent = draw(st.sampled_from([None, half.parent_span_id]))
        if (span_id, kind, service) in taken:
            continue
        taken.add((span_id, kind, service))
        spans.append(
            Span(
                trace_id="t",
                span_id=span_id,
                parent_span_id=parent,
                service_name=service,
                operation="x",
                kind=kind,
                start_ns=None,
                duration_ns=None,
                status=draw(st.sampled_from(["unset", "error"])),
                peer_service=draw(st.sampled_from([None, "a", "b", "db"])),
                row=i,
            )
        )
    return spans


@given(linked_traces())
def test_links_are_those_of_the_rules_read_plainly(spans: list[Span]) -> None:
    assert links_of(assemble(spans).calls) == oracle(spans)
