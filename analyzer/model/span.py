"""Values of the trace layer: what a span is, and what is made of a trace.

Plain named tuples: millions of them pass per run, so construction must stay cheap, and a tuple
crosses into the store's columns without a conversion.
"""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """One cleaned unit of work as a service reported it; times are integer nanoseconds UTC.

    `start_ns` and `duration_ns` are None where the source has none (never 0). `kind` is one of
    `semconv.SPAN_KINDS`; `kind_source` is `explicit` where the source spoke of kinds (OTLP,
    Jaeger, Zipkin: an absent kind is `unspecified`) and `dialect` for log lines that report
    finished work (kind `server`). `shared` is Zipkin B3's flag: the server half of a client span
    with the same id. `follows_from` is true where the reference to the parent is
    FOLLOWS_FROM. `status` is ok, error or unset. `row` is the span's place in the
    store (`span.row_id`), unique and stable; it breaks ties.
    """

    trace_id: str
    span_id: str
    parent_span_id: str | None
    service_name: str
    operation: str
    kind: str
    start_ns: int | None
    duration_ns: int | None
    status: str = "unset"
    error_type: str | None = None
    peer_service: str | None = None
    shared: bool = False
    kind_source: str = "explicit"
    follows_from: bool = False
    evidence: str = "observed"
    user_key: str | None = None
    request_key: str | None = None
    row: int = 0


class Call(NamedTuple):
    """One occurrence of caller -> callee, or a journey's root (caller None).

    `client_duration_ns` and `server_duration_ns` are the two clocks of the call where each side
    reported; `gap_ns` = client - server, never below 0, None unless both are known; for an
    async call it is the queue delay (child's start - parent's end, never below 0). `mode` is
    sync or async; `evidence` observed, correlated or inferred. The span ids name the two halves.
    `retry` is true for a call that repeats a failed one (same caller, callee and message, same
    journey, shortly after it).
    """

    trace_id: str
    caller: str | None
    callee: str
    message: str
    mode: str
    start_ns: int | None
    client_duration_ns: int | None
    server_duration_ns: int | None
    gap_ns: int | None
    status: str
    error_type: str | None
    evidence: str
    caller_span_id: str | None
    callee_span_id: str | None
    retry: bool = False


class Journey(NamedTuple):
    """The work of one request or update: one trace, seen from its root span.

    `services` is the sorted tuple of services touched; `hops` counts blocking calls between two
    services. `duration_ns` is the root's own. `extra_root` marks a later root of a trace that
    has an earlier one (METHODS section 1, "several roots").
    """

    trace_id: str
    journey: str
    entry_service: str
    start_ns: int | None
    duration_ns: int | None
    status: str
    user_key: str | None
    services: tuple[str, ...]
    hops: int
    root_span_id: str = ""
    extra_root: bool = False


class PathSection(NamedTuple):
    """A stretch of a journey's critical path spent in one span: `[start_ns, end_ns)`.

    Under the rule `sections` the sections of a journey tile its root's interval exactly.
    `kind` says whose time it is: `own` (the service's work) or `gap` (network, serialisation,
    pool and queue in front of `callee`, charged to the callee: METHODS section 4).
    """

    trace_id: str
    span_id: str
    service_name: str
    operation: str
    start_ns: int
    end_ns: int
    kind: str = "own"
    callee: str | None = None


class SpanTime(NamedTuple):
    """Where one span's time went, on its own clock alone: METHODS section 4.

    `own_ns + gap_ns + covered_ns = duration_ns`. `covered_ns` is the union of its blocking
    children, clipped to it; `wait_ns` the part of that under children in another service;
    `gap_ns` (network, pool, queue in front of the callee) is charged to `callee` and its
    operation; `uninstrumented` says that the callee reported no span, so `gap_ns` is its whole
    answer time.
    `async_ns` sums the asynchronous children and is no part of the identity. `origin` is true
    where an error starts: the span failed and none of its children did. `parent_service` is
    None for a root or an orphan.
    """

    trace_id: str
    span_id: str
    service_name: str
    operation: str
    start_ns: int
    duration_ns: int
    own_ns: int
    gap_ns: int
    covered_ns: int
    wait_ns: int
    async_ns: int
    callee: str | None
    callee_operation: str | None
    uninstrumented: bool
    parent_service: str | None
    status: str
    error_type: str | None
    origin: bool
    row: int
