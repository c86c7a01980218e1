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
from analyzer.trace.coarse_clock import settle
from analyzer.trace.nesting import nest
from analyzer.trace.quality import Quality

CORRELATED = "correlated"


def adopt_all(
    spans: Iterable[Span], resolution_ns: Mapping[str, int], quality: Quality | None = None
) -> Iterator[Span]:
    """Yield `spans` (ordered by trace) with a parent for each that joined by request id.

    `resolution_ns` is the precision of a service's clock. Where it is coarser than the call (an
    access log that writes whole seconds), the recorded start says no more than that; the span
    is then laid inside its client's interval, or around what it called, as far as its clock
    allows, and counted.
    """
    noted = Quality() if quality is None else quality
    for _, trace in groupby(spans, key=attrgetter("trace_id")):
        members = list(trace)
        if any(span.evidence == CORRELATED for span in members):
            members = _adopt(members, resolution_ns, noted)
        yield from settle(members, resolution_ns, noted)


def _adopt(members: list[Span], resolution_ns: Mapping[str, int], quality: Quality) -> list[Span]:
    waiting = _clients_by_peer(members)
    placed: list[Span] = []
    strays: list[Span] = []
    rooms: dict[str, tuple[int, int]] = {}
    for span in sorted(members, key=_by_start):
        if span.evidence != CORRELATED or span.parent_span_id:
            placed.append(span)
        elif waiting[span.service_name]:
            client = waiting[span.service_name].pop(0)
            named = _under(span, client)
            room = _room(named, client, resolution_ns.get(span.service_name, 0))
            if room is not None:
                low, high = room
                rooms[named.span_id] = room
                quality.count("coarse_clock", scope=span.service_name)
                named = named._replace(start_ns=min(max(_middle(named, client), low), high))
            placed.append(named)
        else:
            strays.append(span)
    if not strays:
        return placed
    chosen = {span.row for span in strays}
    nested = [span for span in nest([*placed, *strays], CORRELATED) if span.row in chosen]
    return _behind_answers(placed, nested, rooms)


def _behind_answers(
    placed: list[Span], strays: list[Span], rooms: Mapping[str, tuple[int, int]]
) -> list[Span]:
    """What runs inside an answered call runs for whoever answers it, not for the caller.

    An answer that may lie elsewhere in its client's interval is moved to hold what it did.
    """
    clients = {span.span_id for span in placed if span.kind == "client"}
    answers = {
        span.parent_span_id or "": at
        for at, span in reversed(list(enumerate(placed)))
        if span.parent_span_id in clients and span.kind != "client"
    }
    moved = []
    for stray in strays:
        at = answers.get(stray.parent_span_id or "")
        if at is None or placed[at].service_name == stray.service_name:
            moved.append(stray)
            continue
        answer = placed[at]
        moved.append(stray._replace(parent_span_id=answer.span_id))
        if answer.span_id in rooms:
            placed[at] = _around(answer, stray, rooms[answer.span_id])
    return [*placed, *moved]


def _around(answer: Span, inner: Span, room: tuple[int, int]) -> Span:
    start, inner_start = answer.start_ns or 0, inner.start_ns or 0
    latest = min(start, inner_start)
    earliest = inner_start + (inner.duration_ns or 0) - (answer.duration_ns or 0)
    return answer._replace(start_ns=min(max(latest, earliest, room[0]), room[1]))


def _clients_by_peer(members: list[Span]) -> dict[str, list[Span]]:
    """Client spans by the peer they name, in order of start, that no server answers by id."""
    answered = {span.parent_span_id for span in members if span.parent_span_id}
    waiting: dict[str, list[Span]] = defaultdict(list)
    for span in sorted(members, key=_by_start):
        if span.kind == "client" and span.peer_service and span.span_id not in answered:
            waiting[span.peer_service].append(span)
    return waiting


def _under(span: Span, client: Span) -> Span:
    return span._replace(
        span_id=span.span_id or f"~{span.row}", parent_span_id=client.span_id, evidence=CORRELATED
    )


def _middle(span: Span, client: Span) -> int:
    return (client.start_ns or 0) + ((client.duration_ns or 0) - (span.duration_ns or 0)) // 2


def _room(span: Span, client: Span, resolution_ns: int) -> tuple[int, int] | None:
    """The earliest and latest start inside the client that a coarse clock allows; None if none."""
    if None in (span.start_ns, span.duration_ns, client.start_ns, client.duration_ns):
        return None
    start, duration, begun = span.start_ns or 0, span.duration_ns or 0, client.start_ns or 0
    low = max(begun, start - resolution_ns)
    high = min(begun + (client.duration_ns or 0) - duration, start + resolution_ns)
    if low > high or resolution_ns == 0 or low <= start <= high:
        return None
    return low, high


def _by_start(span: Span) -> tuple[int, int]:
    return (span.start_ns or 0, span.row)
