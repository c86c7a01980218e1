"""Spans that joined a trace by their request id: whose child each of them is.

FORMATS section 6: a service that passes on a request id but no trace context still belongs to
the request's trace. Which call it answers is told by the clients that name it as their peer, in
order of time; where nobody does, by nesting.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter

from analyzer.model.span import Span
from analyzer.trace.nesting import nest

CORRELATED = "correlated"


def adopt_all(spans: Iterable[Span], resolution_ns: Mapping[str, int]) -> Iterator[Span]:
    """Yield `spans` (ordered by trace) with a parent for each that joined by request id.

    `resolution_ns` is the precision of a service's clock. Where it is coarser than the call (an
    access log that writes whole seconds), the recorded start says no more than that; the span
    is then laid in the middle of its client's interval, inside what its clock allows.
    """
    for _, trace in groupby(spans, key=attrgetter("trace_id")):
        members = list(trace)
        if any(span.evidence == CORRELATED for span in members):
            yield from _adopt(members, resolution_ns)
        else:
            yield from members


def _adopt(members: list[Span], resolution_ns: Mapping[str, int]) -> list[Span]:
    waiting = _clients_by_peer(members)
    placed: list[Span] = []
    strays: list[Span] = []
    for span in sorted(members, key=_by_start):
        if span.evidence != CORRELATED or span.parent_span_id:
            placed.append(span)
        elif waiting[span.service_name]:
            client = waiting[span.service_name].pop(0)
            placed.append(_under(span, client, resolution_ns.get(span.service_name, 0)))
        else:
            strays.append(span)
    if not strays:
        return placed
    chosen = {span.row for span in strays}
    nested = nest([*placed, *strays], CORRELATED)
    return [*placed, *(span for span in nested if span.row in chosen)]


def _clients_by_peer(members: list[Span]) -> dict[str, list[Span]]:
    """Client spans by the peer they name, in order of start, that no server answers by id."""
    answered = {span.parent_span_id for span in members if span.parent_span_id}
    waiting: dict[str, list[Span]] = defaultdict(list)
    for span in sorted(members, key=_by_start):
        if span.kind == "client" and span.peer_service and span.span_id not in answered:
            waiting[span.peer_service].append(span)
    return waiting


def _under(span: Span, client: Span, resolution_ns: int) -> Span:
    named = span._replace(
        span_id=span.span_id or f"~{span.row}", parent_span_id=client.span_id, evidence=CORRELATED
    )
    if None in (span.start_ns, span.duration_ns, client.start_ns, client.duration_ns):
        return named
    start, duration = span.start_ns or 0, span.duration_ns or 0
    middle = (client.start_ns or 0) + ((client.duration_ns or 0) - duration) // 2
    if 0 < abs(middle - start) <= resolution_ns:
        return named._replace(start_ns=middle)
    return named


def _by_start(span: Span) -> tuple[int, int]:
    return (span.start_ns or 0, span.row)
