"""Traces compiled for replay: what blocks what, where the calls are, how wide their gaps.

Compiled once, replayed for any grouping. Positions, not only sums, are kept: a gap off the
critical path must save nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

Failure = Literal["none", "application", "transport", "silent", "deadline"]
"""How a call failed: in the callee's work, on its way, without a word from a callee (on its way
too, if that service reports spans at all), or because the caller stopped waiting for a server
that finished."""

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


@dataclass(frozen=True, slots=True)
class Recording:
    """All journey runs, in order of start.

    `answers` maps (callee, message) to the server durations of its successful calls, sorted by
    trace and span: the pool that failed calls are imputed from. `calls` and `transport` count
    blocking calls and transport failures per (caller, callee), `unknown` those whose gap nobody
    measured, `queued` asynchronous edges. `patterns` counts runs by the services they need.
    """

    runs: tuple[Run, ...]
    answers: Mapping[tuple[str, str], tuple[int, ...]]
    calls: Mapping[tuple[str, str], int]
    transport: Mapping[tuple[str, str], int]
    unknown: Mapping[tuple[str, str], int]
    queued: Mapping[tuple[str, str], int]
    services: tuple[str, ...]
    patterns: Mapping[tuple[str, ...], int]

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """All (caller, callee) of blocking calls, with and without a client half."""
        return {*self.calls, *self.unknown}


@dataclass(slots=True)
class Recorder:
    """Collects runs into a `Recording`."""

    runs: list[Run] = field(default_factory=list)
    answers: defaultdict[tuple[str, str], list[tuple[str, str, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    transport: Counter[tuple[str, str]] = field(default_factory=Counter)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    queued: Counter[tuple[str, str]] = field(default_factory=Counter)
    services: set[str] = field(default_factory=set)

    def add(self, runs: Iterable[Run]) -> None:
        """Add journey runs, in any order."""
        for run in runs:
            self.runs.append(run)
            self.services.update(run.service)
            self.unknown.update(run.unknown)
            self.queued.update(run.queued)
            for site in run.sites:
                self.calls[site.caller, site.callee] += 1
                self.transport[site.caller, site.callee] += site.failure in LOST
                if site.answer >= 0 and not (run.error[site.node] or run.error[site.answer]):
                    length = run.end[site.answer] - run.start[site.answer]
                    self.answers[site.callee, site.message].append(
                        (run.trace_id, site.span_id, length)
                    )

    def finish(self) -> Recording:
        """The recording; the same for the same runs in any order."""
        mute = {callee for _, callee in self.transport if callee not in self.services}
        runs = [_without_guesses(run, mute) for run in self.runs] if mute else self.runs
        return Recording(
            runs=tuple(sorted(runs, key=lambda run: (run.start_ns, run.trace_id))),
            answers={
                key: tuple(length for _, _, length in sorted(self.answers[key]))
                for key in sorted(self.answers)
            },
            calls=dict(sorted(self.calls.items())),
            transport={
                pair: count
                for pair, count in sorted(self.transport.items())
                if count and pair[1] not in mute
            },
            unknown=dict(sorted(self.unknown.items())),
            queued=dict(sorted(self.queued.items())),
            services=tuple(sorted(self.services)),
            patterns=dict(sorted(Counter(run.services for run in runs).items())),
        )


def _without_guesses(run: Run, mute: set[str]) -> Run:
    """A service that never reports a span is silent by nature: its errors stay its own."""
    if not any(site.failure == "silent" and site.callee in mute for site in run.sites):
        return run
    return run._replace(
        sites=[
            site._replace(failure="application", retry_of=-1)
            if site.failure == "silent" and site.callee in mute
            else site
            for site in run.sites
        ]
    )
