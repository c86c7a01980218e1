"""Who caused what: W3C trace context, request ids beside it, and wall clocks that may be off."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")


class Propagation(Enum):
    """What a team's HTTP library passes on: the trace context, or a request id and no more."""

    W3C = "w3c"
    REQUEST_ID = "request-id"


class Scope(NamedTuple):
    """The ids of one unit of work; `trace_id` is None where the team knows request ids only."""

    trace_id: str | None
    span_id: str
    parent_span_id: str | None
    request_id: str | None

    def child(self) -> Scope:
        return Scope(self.trace_id, new_span_id(), self.span_id, self.request_id)


def new_span_id() -> str:
    return secrets.token_hex(8)


def new_scope() -> Scope:
    """A root: new trace, new request id."""
    return Scope(secrets.token_hex(16), new_span_id(), None, secrets.token_hex(16))


def received(headers: Mapping[str, str], propagation: Propagation) -> Scope:
    """The scope of a request as its receiver understands the headers (lower-case names)."""
    request_id = headers.get("x-request-id")
    if propagation is Propagation.REQUEST_ID:
        return Scope(None, new_span_id(), None, request_id or secrets.token_hex(16))
    match = TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    if match is None:
        return Scope(None, new_span_id(), None, request_id)
    return Scope(match[1], new_span_id(), match[2], request_id)


def passed_on(scope: Scope, propagation: Propagation) -> dict[str, str]:
    """The headers a call made inside `scope` carries; `scope.span_id` becomes the parent."""
    headers: dict[str, str] = {}
    if scope.request_id is not None:
        headers["x-request-id"] = scope.request_id
    if propagation is Propagation.W3C and scope.trace_id is not None:
        headers["traceparent"] = f"00-{scope.trace_id}-{scope.span_id}-01"
    return headers


@dataclass(frozen=True, slots=True)
class WallClock:
    """Nanoseconds UTC as this host believes them; `skew_ms` is by how much it is wrong."""

    skew_ms: int = 0

    def now_ns(self) -> int:
        return time.time_ns() + self.skew_ms * 1_000_000


class Stopwatch:
    """A start on the host's wall clock and a duration on the monotonic one."""

    __slots__ = ("_began", "start_ns")

    def __init__(self, clock: WallClock) -> None:
        self.start_ns = clock.now_ns()
        self._began = time.perf_counter_ns()

    def elapsed_ns(self) -> int:
        return time.perf_counter_ns() - self._began
