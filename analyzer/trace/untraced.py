"""Spans without trace ids: joined by request id, else edges between services by time.

METHODS section 1 (last paragraph) and FORMATS section 6. A request or business id that two
services share makes a trace (`correlated`). For the rest, the tightest interval around a span
tells the calling *service* (`inferred`), never a request's tree: and only between services
known to call each other, from ids elsewhere or learnt in quiet minutes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Final, NamedTuple

from analyzer.model.span import Call, Span, SpanTime
from analyzer.semconv import ERROR
from analyzer.trace.assemble import Assembled, assemble
from analyzer.trace.nesting import SLACK_NS, nest
from analyzer.trace.options import DEFAULT, TraceOptions
from analyzer.trace.quality import Quality

Pair = tuple[str, str]

MINUTE_NS: Final = 60_000_000_000
QUIET_CANDIDATES: Final = 1.5
MIN_NESTED: Final = 5
MIN_LIFT: Final = 2.0
MIN_SCORE: Final = 4.0


class _Nested(NamedTuple):
    """A span inside another service's: the tightest one, and how many requests ran around it.

    `candidates` counts the intervals around it that do not lie inside each other: 1 where one
    request alone was at work, however deep.
    """

    span: Span
    caller: Span
    candidates: int


def assemble_untraced(
    spans: Iterable[Span], known: Iterable[Pair] = (), options: TraceOptions = DEFAULT
) -> Assembled:
    """Everything known about spans without a trace id; `known` are pairs (caller, callee).

    Traces joined by id are assembled like any other, under the trace id `request:<id>`. A span
    that no other service encloses, in a service that nobody calls, is a journey of its own
    (`line:<row>`). All others give times and, where a pair allows it, an inferred call with an
    empty trace id.
    """
    out = Assembled()
    rest: list[Span] = []
    for group in _by_request(spans, options.quiet_gap_ns, rest):
        out.quality.count("request_id", len(group))
        _extend(out, assemble(nest(group, "correlated"), options))
    out.quality.count("untraced", len(rest))
    timed = [span for span in rest if span.start_ns is not None and span.duration_ns is not None]
    pairs = _allowed({*known, *_pairs(out.calls)}, timed)
    nested = {id(found.span): found for found in _nested(timed, pairs)}
    called = {callee for _, callee in pairs}
    for span in rest:
        found = nested.get(id(span))
        if found is not None:
            out.calls.append(_inferred(found))
            _count(out.quality, found)
        if found is None and span.service_name not in called:
            alone = span._replace(trace_id=f"line:{span.row}", parent_span_id=None)
            _extend(out, assemble([alone._replace(span_id=alone.span_id or "~")], options))
        elif span.start_ns is not None and span.duration_ns is not None:
            out.times.append(_time_of(span, span.start_ns, span.duration_ns, found))
    return out


def _extend(out: Assembled, more: Assembled) -> None:
    out.calls += more.calls
    out.journeys += more.journeys
    out.sections += more.sections
    out.times += more.times
    out.quality.merge(more.quality)


def _by_request(spans: Iterable[Span], quiet_gap_ns: int, rest: list[Span]) -> list[list[Span]]:
    """Groups of one request id that two services share; an id used again later is another."""
    groups: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        if span.request_key is None or span.start_ns is None:
            rest.append(span)
        else:
            groups[span.request_key].append(span)
    joined = []
    for key in sorted(groups):
        for number, part in enumerate(_parts(groups[key], quiet_gap_ns), start=1):
            if len({span.service_name for span in part}) < 2:
                rest.extend(part)
                continue
            name = f"request:{key}" if number == 1 else f"request:{key}#{number}"
            joined.append([span._replace(trace_id=name) for span in part])
    rest.sort(key=lambda span: span.row)
    return joined


def _parts(group: list[Span], quiet_gap_ns: int) -> list[list[Span]]:
    parts: list[list[Span]] = []
    busy_until = 0
    for span in sorted(group, key=lambda span: (span.start_ns or 0, span.row)):
        start = span.start_ns or 0
        if not parts or start - busy_until > quiet_gap_ns:
            parts.append([])
            busy_until = start
        parts[-1].append(span)
        busy_until = max(busy_until, start + (span.duration_ns or 0))
    return parts


def _pairs(calls: Iterable[Call]) -> set[Pair]:
    return {(call.caller, call.callee) for call in calls if call.caller is not None}


def _allowed(known: set[Pair], spans: Sequence[Span]) -> set[Pair]:
    """The known pairs, and learnt ones for services that no known pair speaks of as callee."""
    callees = {callee for _, callee in known}
    return known | {pair for pair in learn_pairs(spans) if pair[1] not in callees}


def learn_pairs(spans: Sequence[Span]) -> set[Pair]:
    """Pairs of services whose nesting in quiet minutes is more than chance.

    Quiet: on average fewer than 1.5 requests run around a span. Chance: a span of the callee
    lies inside the caller's by luck as often as the caller is busy. A pair needs five nested
    spans, twice what chance gives, and four standard deviations above it.
    """
    nested = _nested(spans, None)
    minutes: dict[int, list[_Nested]] = defaultdict(list)
    for found in nested:
        minutes[(found.span.start_ns or 0) // MINUTE_NS].append(found)
    quiet = {
        minute
        for minute, inside in minutes.items()
        if sum(found.candidates for found in inside) < QUIET_CANDIDATES * len(inside)
    }
    seen: dict[Pair, int] = defaultdict(int)
    for minute in quiet:
        for found in minutes[minute]:
            seen[found.caller.service_name, found.span.service_name] += 1
    totals: dict[str, int] = defaultdict(int)
    busy: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for span in spans:
        start = span.start_ns or 0
        if start // MINUTE_NS in quiet:
            totals[span.service_name] += 1
            busy[span.service_name].append((start, start + (span.duration_ns or 0)))
    length = len(quiet) * MINUTE_NS
    share = {service: min(1.0, _covered(of) / length) for service, of in busy.items()}
    return {
        (caller, callee)
        for (caller, callee), hits in seen.items()
        if _beyond_chance(hits, totals[callee], share.get(caller, 0.0))
    }


def _beyond_chance(hits: int, total: int, chance: float) -> bool:
    expected = total * chance
    spread = sqrt(expected * (1 - chance)) + 1.0
    least = max(MIN_NESTED, MIN_LIFT * expected)
    return hits >= least and hits - expected > MIN_SCORE * spread


def _covered(intervals: list[tuple[int, int]]) -> int:
    total = reached = 0
    for start, end in sorted(intervals):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _nested(spans: Sequence[Span], pairs: set[Pair] | None) -> list[_Nested]:
    """For every span the tightest one around it in another service, of an allowed pair.

    Users must not contradict each other: two known and different user keys never match.
    """
    found = []
    running: list[Span] = []
    for span in sorted(spans, key=_outermost_first):
        start, duration = span.start_ns or 0, span.duration_ns or 0
        running = [other for other in running if _end(other) + SLACK_NS >= start]
        around = [
            other
            for other in running
            if other.service_name != span.service_name
            and (other.duration_ns or 0) >= duration
            and _end(other) + SLACK_NS >= start + duration
            and (pairs is None or (other.service_name, span.service_name) in pairs)
            and (other.user_key is None or span.user_key in {None, other.user_key})
        ]
        if around:
            caller = min(around, key=lambda other: (other.duration_ns or 0, other.row))
            found.append(_Nested(span, caller, _separate(around)))
        running.append(span)
    return found


def _separate(around: list[Span]) -> int:
    """How many of the intervals, sorted by start, do not lie inside an earlier one."""
    count = reached = 0
    for span in around:
        if _end(span) > reached + SLACK_NS:
            count += 1
            reached = _end(span)
    return count


def _outermost_first(span: Span) -> tuple[int, int, int]:
    return (span.start_ns or 0, -(span.duration_ns or 0), -span.row)


def _end(span: Span) -> int:
    return (span.start_ns or 0) + (span.duration_ns or 0)


def _inferred(found: _Nested) -> Call:
    """A service edge by time: whose call it was in particular is not claimed."""
    span = found.span
    return Call(
        trace_id="",
        caller=found.caller.service_name,
        callee=span.service_name,
        message=span.operation,
        mode="sync",
        start_ns=span.start_ns,
        client_duration_ns=None,
        server_duration_ns=span.duration_ns,
        gap_ns=None,
        status=span.status,
        error_type=span.error_type,
        evidence="inferred",
        caller_span_id=None,
        callee_span_id=span.span_id or None,
    )


def _count(quality: Quality, found: _Nested) -> None:
    scope = f"{found.caller.service_name} -> {found.span.service_name}"
    quality.count("time_edge", scope=scope)
    quality.count("time_candidates", found.candidates, scope=scope)


def _time_of(span: Span, start_ns: int, duration_ns: int, found: _Nested | None) -> SpanTime:
    """A span without a tree: all of its time is its own, as far as anyone can tell."""
    return SpanTime(
        trace_id="",
        span_id=span.span_id,
        service_name=span.service_name,
        operation=span.operation,
        start_ns=start_ns,
        duration_ns=duration_ns,
        own_ns=duration_ns,
        gap_ns=0,
        covered_ns=0,
        wait_ns=0,
        async_ns=0,
        callee=None,
        callee_operation=None,
        uninstrumented=False,
        parent_service=found.caller.service_name if found is not None else None,
        status=span.status,
        error_type=span.error_type,
        origin=span.status == ERROR,
        row=span.row,
    )
