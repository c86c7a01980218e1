"""One journey run as a replay needs it: what blocks what, where the calls are, how wide the gaps.

Positions, not only sums, are kept: a gap off the critical path must save nothing.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Failure = Literal["none", "application", "transport", "silent", "deadline"]
"""How a call failed: in the callee's work, on its way, without a word from a callee (on its way
too, if that service reports spans at all), or because the caller stopped waiting for a server
that finished."""

FAILURES: Final[tuple[Failure, ...]] = (
    "none",
    "application",
    "transport",
    "silent",
    "deadline",
)
LOST: Final = ("transport", "silent")


class Site(NamedTuple):
    """One blocking remote call of a journey run, by the position of its client half.

    `answer` is the position of the server span, -1 without one. `gap_ns` is client minus
    server, never below 0; `excess_ns` what the server took longer than its client waited.
    `retry_of` is the position of the attempt that this one repeats, -1 for none.
    """

    node: int
    caller: str
    callee: str
    message: str
    answer: int
    gap_ns: int
    excess_ns: int
    failure: Failure
    retry_of: int
    span_id: str


class Run(NamedTuple):
    """One journey run as it was recorded: the blocking tree of its root, by position.

    Position 0 is the root; parents stand before their children. `start` and `end` are clipped
    to the parent, except for a server below its client: each half keeps its own clock.
    `children` are sorted by start. `own_ns` is the time a span did not wait (0 for the client
    half of a call). `unknown` lists calls without a client half, whose gap nobody measured;
    `queued` the asynchronous edges. `services` are those on blocking paths.
    """

    trace_id: str
    journey: str
    start_ns: int
    duration_ns: int
    failed: bool
    service: list[str]
    start: list[int]
    end: list[int]
    parent: list[int]
    children: list[list[int]]
    own_ns: list[int]
    error: list[bool]
    sites: list[Site]
    unknown: list[tuple[str, str]]
    queued: list[tuple[str, str]]
    services: tuple[str, ...]
