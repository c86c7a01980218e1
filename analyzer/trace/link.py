"""From a trace's tree to its links: Zipkin's linker rules (METHODS section 2, rules 1 to 14).

The numbers in comments are the rules' numbers there. What is added for log dialects stands in
functions of its own and never changes what spans with explicit kinds give.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from analyzer.model.span import Span
from analyzer.semconv import ERROR, UNKNOWN_SERVICE
from analyzer.trace.tree import Tree

_KINDS: Final = frozenset({"client", "server", "producer", "consumer"})
_NAMELESS: Final = frozenset({"", UNKNOWN_SERVICE, None})
_SERVICE_SUFFIX: Final = re.compile(r"[-_.]?(service|svc|api|server)$")
_CALL_WORDS: Final = re.compile(
    r"^(http[ ._/-]?)?(get|post|put|patch|delete|head)\b|"
    r"\b(http|rpc|grpc|client|call|request|fetch|invoke|send|publish)\b"
)


class Edge(NamedTuple):
    """One link of one trace, by position: the halves of the call that reported, or -1.

    `origin` is the span in the calling service that the call came from: the client half where
    there is one, else the nearest ancestor. `guessed` marks a link that rests on no id: from an
    orphan, a second root, or over a lost span (rule 8).
    """

    caller: str
    callee: str
    failed: bool
    client: int
    server: int
    origin: int
    guessed: bool


def edges_of(tree: Tree) -> list[Edge]:
    """The links of one trace in breadth-first order; input order does not matter (T2)."""
    spans, link_parent, root = tree.spans, tree.link_parent, tree.link_root
    ancestor = [-1] * len(spans)
    edges: list[Edge] = []
    for i in tree.order:
        span = spans[i]
        above = link_parent[i]
        guessed = False
        if above < 0 and i != root:  # T5, T6: hangs under the root where there is one
            above = root
            guessed = True
        if above >= 0 and spans[above].kind not in _KINDS:
            above = ancestor[above]
        ancestor[i] = above  # 7: nearest ancestor with a kind
        kind = span.kind
        if kind == "server":
            if span.kind_source == "dialect":
                _dialect(tree, i, above, edges, guessed=guessed)
            else:
                _server(spans, i, above, edges, guessed=guessed)
        elif kind == "client":
            if not _has_link_child(tree, i):  # 1
                _client(spans, i, above, edges, guessed=guessed)
        elif kind in _KINDS:
            _messaging(span, i, above, edges)
        elif not (span.service_name in _NAMELESS or span.peer_service in _NAMELESS):  # 2
            _client(spans, i, above, edges, guessed=guessed)
    return edges


def _name(name: str | None) -> str | None:
    return None if name in _NAMELESS else name


def _has_link_child(tree: Tree, i: int) -> bool:
    if i == tree.link_root and (
        len(tree.roots) > 1 or tree.orphans or tree.link_parent != tree.parent
    ):
        return True
    if tree.link_parent is tree.parent:
        return bool(tree.children[i])
    return any(tree.link_parent[child] == i for child in tree.children[i])


def _failed(span: Span, above: Span | None) -> bool:
    """Rules 5 and 11: the span's own error, or the one its client alone saw."""
    return span.status == ERROR or (
        above is not None
        and above.kind == "client"
        and above.status == ERROR
        and span.parent_span_id == above.span_id
    )


def _server(spans: list[Span], i: int, above: int, edges: list[Edge], *, guessed: bool) -> None:
    span = spans[i]
    callee = _name(span.service_name)
    caller = _name(span.peer_service)  # 3
    client = origin = -1
    found = None
    if above >= 0 and spans[above].service_name not in _NAMELESS:
        found = spans[above]
        caller = found.service_name  # 9, 10
        origin = above
        client = above if found.kind == "client" else -1
    if caller is not None and callee is not None:  # 13, 14
        guessed = guessed and found is not None
        edges.append(Edge(caller, callee, _failed(span, found), client, i, origin, guessed))


def _client(spans: list[Span], i: int, above: int, edges: list[Edge], *, guessed: bool) -> None:
    span = spans[i]
    caller = _name(span.service_name)
    callee = _name(span.peer_service)  # 4, 12
    found = None
    if above >= 0 and spans[above].service_name not in _NAMELESS:
        found = spans[above]
        if caller is not None and caller != found.service_name:
            edges.append(Edge(found.service_name, caller, False, -1, -1, above, True))  # 8
    own_word = caller is not None
    if caller is None and found is not None:
        caller = found.service_name  # 9
    if caller is not None and callee is not None:  # 13, 14
        failed = _failed(span, found)
        edges.append(Edge(caller, callee, failed, i, -1, i, guessed and not own_word))


def _messaging(span: Span, i: int, above: int, edges: list[Edge]) -> None:
    """Rule 6: the broker is a node; without it no link and no search for an ancestor."""
    own = _name(span.service_name)
    broker = _name(span.peer_service)
    if own is None or broker is None:
        return
    failed = span.status == ERROR
    if span.kind == "producer":
        edges.append(Edge(own, broker, failed, i, -1, i, False))
    else:
        edges.append(Edge(broker, own, failed, -1, i, above, False))


def _dialect(tree: Tree, i: int, above: int, edges: list[Edge], *, guessed: bool) -> None:
    """Link a log line that reports finished work: SERVER by rule 9, with two differences.

    Work inside one service is no call, and a peer the line names is one it called, not its
    caller.
    """
    spans = tree.spans
    span = spans[i]
    own = _name(span.service_name)
    if own is None:
        return
    found = spans[above] if above >= 0 else None
    if found is not None and found.service_name not in _NAMELESS and found.service_name != own:
        client = above if found.kind == "client" or is_sender(tree, above) else -1
        if (
            client >= 0
            and found.kind != "client"
            and not same_message(found.operation, span.operation)
        ):
            client = -1
        failed = span.status == ERROR or (client >= 0 and found.status == ERROR)
        edges.append(Edge(found.service_name, own, failed, client, i, above, guessed))
    peer = _name(span.peer_service)
    if peer is not None and peer != own and not _calls_out(tree, i):
        edges.append(Edge(own, peer, span.status == ERROR, i, -1, i, False))


def is_sender(tree: Tree, i: int) -> bool:
    """Whether a span without an explicit kind is the client half of a call.

    By its place (its only child runs in another service, its parent in its own) and by its name:
    the message or the service it calls, or the words of a call. An entry into a service is never
    one, and neither is local work that happens to contain one call.
    """
    span = tree.spans[i]
    if span.kind != "unspecified" and span.kind_source != "dialect":
        return False
    children = tree.children[i]
    p = tree.parent[i]
    if len(children) != 1 or p < 0 or tree.spans[p].service_name != span.service_name:
        return False
    child = tree.spans[children[0]]
    return child.service_name != span.service_name and names_a_call(
        span.operation, child.operation, child.service_name
    )


@lru_cache(maxsize=65_536)
def names_a_call(operation: str, message: str, callee: str) -> bool:
    """Whether `operation` reads as the caller's side of `message` in `callee`."""
    name = operation.lower()
    stem = _SERVICE_SUFFIX.sub("", callee.lower())
    return (
        same_message(operation, message)
        or _CALL_WORDS.search(name) is not None
        or (len(stem) > 2 and stem in name)
    )


def same_message(client: str, server: str) -> bool:
    """Whether two operations are one message; frameworks differ in prefixes, not in the end."""
    return client.rpartition("/")[2] == server.rpartition("/")[2]


def _calls_out(tree: Tree, i: int) -> bool:
    """Whether a call of this span reported itself: a child elsewhere, below local work."""
    service = tree.spans[i].service_name
    below = tree.children[i].copy()
    for child in below:  # grows while it is walked
        if tree.spans[child].service_name != service:
            return True
        below += tree.children[child]
    return False
