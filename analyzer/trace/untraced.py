"""Spans without trace ids: joined by request id, else edges between services by time.

METHODS section 1 (last paragraph) and FORMATS section 6. A request or business id that two
services share makes a trace (`correlated`). For the rest, the tightest interval around a span
tells the calling *service* (`inferred`), never a request's tree: and only between services
known to call each other, from ids elsewhere or learnt in quiet minutes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Final, NamedTuple

from analyzer.model.span import Call, Span, SpanTime
from analyzer.semconv import ERROR
from analyzer.trace.assemble import Assembled, assemble
from analyzer.trace.coarse_clock import settle
from analyzer.trace.nesting import CROWD, SLACK_NS, nest
from analyzer.trace.options import DEFAULT, TraceOptions
from analyzer.trace.quality import Quality

Pair = tuple[str, str]

MINUTE_NS: Final = 60_000_000_000
QUIET_CANDIDATES: Final = 1.5
MIN_NESTED: Final = 5
MIN_LIFT: Final = 2.0
MIN_SCORE: Final = 4.0
_BATCH: Final = 50_000


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
    empty trace id. For more spans than memory holds, call `request_groups`,
    `assemble_groups` and `assemble_loose` for a part of them at a time.
    """
    groups, rest = request_groups(spans, options.quiet_gap_ns)
    out = assemble_groups(groups, options)
    rest.sort(key=outermost_first)
    pairs = {*known, *_pairs(out.calls)}
    for batch in assemble_loose(lambda: iter(rest), pairs, options):
        _extend(out, batch)
    return out


def assemble_groups(groups: Iterable[list[Span]], options: TraceOptions) -> Assembled:
    """The traces that `request_groups` found, their spans nested by time."""
    out = Assembled()
    for trace in nested_groups(groups, options.resolution_ns, out.quality):
        out.quality.count("request_id", len(trace))
        _extend(out, assemble(trace, options))
    return out


def nested_groups(
    groups: Iterable[list[Span]],
    resolution_ns: Mapping[str, int],
    quality: Quality | None = None,
) -> Iterator[Sequence[Span]]:
    """Yield the spans of each group as a trace: nested by time, coarse clocks settled."""
    noted = Quality() if quality is None else quality
    for group in groups:
        yield settle(nest(group, "correlated"), resolution_ns, noted)


def assemble_loose(
    ordered: Callable[[], Iterable[Span]], known: Iterable[Pair], options: TraceOptions
) -> Iterator[Assembled]:
    """Calls by time, journeys and times of spans that share no id with any other, in batches.

    `ordered` gives them in order of `outermost_first`, spans without a start anywhere; it is
    asked twice, first for the pairs that are to be learnt. Holds what runs at one time, not all.
    """
    pairs = _allowed({*known}, ordered)
    called = {callee for _, callee in pairs}
    out = Assembled()
    for span, found in _nested(ordered(), pairs):
        out.quality.counts["untraced", ""] += 1
        if found is not None:
            out.calls.append(_inferred(found))
            _count(out.quality, found)
        if found is None and span.service_name not in called:
            alone = span._replace(trace_id=f"line:{span.row}", parent_span_id=None)
            _extend(out, assemble([alone._replace(span_id=alone.span_id or "~")], options))
        elif span.start_ns is not None and span.duration_ns is not None:
            out.times.append(_time_of(span, span.start_ns, span.duration_ns, found))
        if len(out.times) + len(out.journeys) >= _BATCH:
            yield out
            out = Assembled()
    yield out


def _extend(out: Assembled, more: Assembled) -> None:
    out.calls += more.calls
    out.journeys += more.journeys
    out.sections += more.sections
    out.times += more.times
    out.quality.merge(more.quality)


def request_groups(
    spans: Iterable[Span], quiet_gap_ns: int
) -> tuple[list[list[Span]], list[Span]]:
    """Groups of one request id that two services share, and the spans of no such group.

    An id that is used again later is another group. All spans of an id must be given together.
    """
    rest: list[Span] = []
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
    return joined, rest


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


def _allowed(known: set[Pair], ordered: Callable[[], Iterable[Span]]) -> set[Pair]:
    """The known pairs, and learnt ones for services that no known pair speaks of as callee."""
    callees = {callee for _, callee in known}
    return known | {pair for pair in learn_pairs(ordered()) if pair[1] not in callees}


def learn_pairs(ordered: Iterable[Span]) -> set[Pair]:
    """Pairs of services whose nesting in quiet minutes is more than chance.

    `ordered` as `outermost_first` sorts. Quiet: on average fewer than 1.5 requests run around a
    span. Chance: a span of the callee lies inside the caller's by luck as often as the caller is
    busy. A pair needs five nested spans, twice what chance gives, and four standard deviations
    above it.
    """
    learnt = _Learnt()
    minute = _Minute(-1)
    for span, found in _nested(ordered, None):
        if span.start_ns is None or span.duration_ns is None:
            continue
        if span.start_ns // MINUTE_NS != minute.number:
            learnt.take(minute)
            minute = _Minute(span.start_ns // MINUTE_NS)
        minute.spans.append((span.service_name, span.start_ns, span.start_ns + span.duration_ns))
        if found is not None:
            minute.candidates += found.candidates
            minute.nested.append((found.caller.service_name, span.service_name))
    learnt.take(minute)
    return learnt.pairs()


@dataclass(slots=True)
class _Minute:
    """What started in one minute; `spans` are (service, start, end)."""

    number: int
    candidates: int = 0
    nested: list[Pair] = field(default_factory=list)
    spans: list[tuple[str, int, int]] = field(default_factory=list)


@dataclass(slots=True)
class _Learnt:
    """Sums over the quiet minutes: nested spans by pair, spans and busy time by service."""

    minutes: int = 0
    seen: dict[Pair, int] = field(default_factory=lambda: defaultdict(int))
    totals: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    busy: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    reached: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def take(self, minute: _Minute) -> None:
        if not minute.nested or minute.candidates >= QUIET_CANDIDATES * len(minute.nested):
            return
        self.minutes += 1
        for pair in minute.nested:
            self.seen[pair] += 1
        for service, start, end in minute.spans:
            self.totals[service] += 1
            self.busy[service] += max(0, end - max(start, self.reached[service]))
            self.reached[service] = max(self.reached[service], end)

    def pairs(self) -> set[Pair]:
        length = self.minutes * MINUTE_NS
        return {
            (caller, callee)
            for (caller, callee), hits in self.seen.items()
            if _beyond_chance(hits, self.totals[callee], min(1.0, self.busy[caller] / length))
        }


def _beyond_chance(hits: int, total: int, chance: float) -> bool:
    expected = total * chance
    spread = sqrt(expected * (1 - chance)) + 1.0
    least = max(MIN_NESTED, MIN_LIFT * expected)
    return hits >= least and hits - expected > MIN_SCORE * spread


def _nested(
    ordered: Iterable[Span], pairs: set[Pair] | None
) -> Iterator[tuple[Span, _Nested | None]]:
    """Every span with the tightest one around it in another service, of an allowed pair.

    Users must not contradict each other: two known and different user keys never match. Where
    more than `CROWD` requests run at once, only those that began last are looked at.
    """
    callers: dict[str, set[str]] = defaultdict(set)
    for caller, callee in pairs or ():
        callers[callee].add(caller)
    calling = None if pairs is None else {caller for caller, _ in pairs}
    running: dict[str, list[Span]] = {}
    for span in ordered:
        start, duration = span.start_ns, span.duration_ns
        if start is None or duration is None:
            yield span, None
            continue
        service = span.service_name
        around: list[Span] = []
        for other in running if pairs is None else callers[service]:
            if other != service and other in running:
                running[other] = [one for one in running[other] if _end(one) + SLACK_NS >= start]
                around += (
                    one
                    for one in running[other][-CROWD:]
                    if (one.duration_ns or 0) >= duration
                    and _end(one) + SLACK_NS >= start + duration
                    and (one.user_key is None or span.user_key in {None, one.user_key})
                )
        found = None
        if around:
            around.sort(key=outermost_first)
            caller_span = min(around, key=lambda one: (one.duration_ns or 0, one.row))
            found = _Nested(span, caller_span, _separate(around))
        yield span, found
        if calling is None or service in calling:
            mine = running.setdefault(service, [])
            mine.append(span)
            if len(mine) > 4 * CROWD:
                del mine[:-CROWD]


def _separate(around: list[Span]) -> int:
    """How many of the intervals, sorted by start, do not lie inside an earlier one."""
    count = reached = 0
    for span in around:
        if _end(span) > reached + SLACK_NS:
            count += 1
            reached = _end(span)
    return count


def outermost_first(span: Span) -> tuple[int, int, int]:
    """The order in which what encloses comes before what is enclosed."""
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
