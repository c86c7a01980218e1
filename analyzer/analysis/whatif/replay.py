"""One journey run with some of its calls in-process: own work kept, waiting recomputed.

METHODS section 7. `joined` takes a join wherever one was possible (every child that had ended
may have been waited for): the smallest saving. `last` takes only the last-ending one: the
largest. Without a merged call every duration comes back exactly.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from analyzer.analysis.whatif.recording import Recording
from analyzer.analysis.whatif.run import LOST, Run, Site

LIBRARY = "library"
"""The context of services that are linked into every other one."""


@dataclass(frozen=True, slots=True)
class Merger:
    """Which calls become in-process, and what an in-process call costs (`delta_ns`).

    `context_of` maps services to contexts; a service it does not name stays on its own.
    """

    context_of: Mapping[str, str]
    delta_ns: int = 0

    def inside(self, caller: str, callee: str) -> bool:
        """Whether a call between two services stays inside one process after the merge."""
        if caller == callee:
            return False
        there = self.context_of.get(callee)
        return there is not None and (there == LIBRARY or there == self.context_of.get(caller))


class Outcome(NamedTuple):
    """What became of one run.

    `duration_ns` assumes joins wherever possible, `best_ns` only where the last child was
    waited for. `gaps`, `retries`, `transport`, `imputed`, `deadlines` count merged calls whose
    gap went, repeated attempts that went, transport failures that went, failures whose answer
    had to be drawn, deadlines that no longer apply.
    """

    duration_ns: int
    best_ns: int
    failed: bool
    gaps: int = 0
    retries: int = 0
    transport: int = 0
    imputed: int = 0
    deadlines: int = 0


def replay(run: Run, merger: Merger, recording: Recording) -> Outcome:
    """The outcome of `run` after the merge.

    With `delta_ns` 0 no duration grows, but where a failure's answer is imputed or a deadline
    disappears: then the work that was cut off is done.
    """
    merged = {site.node: site for site in run.sites if merger.inside(site.caller, site.callee)}
    if not merged:
        return Outcome(run.duration_ns, run.duration_ns, run.failed)
    answered = {site.node: site for site in run.sites if site.answer >= 0}
    superseded = {site.retry_of: site.node for site in merged.values() if site.retry_of >= 0}
    removed = {node for node in superseded if node in merged}
    joined, last = _Replay(run, merger, recording, merged, answered, superseded).durations()
    gone = {node for node, site in merged.items() if site.failure in LOST}
    late = {node for node, site in merged.items() if site.failure == "deadline"}
    return Outcome(
        duration_ns=joined,
        best_ns=last,
        failed=run.failed and _still_fails(run, 0, gone | removed | late),
        gaps=sum(
            site.answer >= 0 and site.gap_ns > merger.delta_ns and node not in removed
            for node, site in merged.items()
        ),
        retries=len(removed),
        transport=len(gone),
        imputed=sum(site.answer < 0 for node, site in merged.items() if node in gone - removed),
        deadlines=len(late - removed),
    )


def _still_fails(run: Run, node: int, gone: set[int]) -> bool:
    """Whether a failed span fails without the failures in `gone`.

    A span whose failing children all recover recovers with them; one that fails on its own
    account keeps its error: an application error stays.
    """
    pending, order = [node], []
    while pending:
        at = pending.pop()
        order.append(at)
        pending += [child for child in run.children[at] if run.error[child]]
    fails: dict[int, bool] = {}
    for at in reversed(order):
        below = [fails[child] for child in run.children[at] if run.error[child]]
        fails[at] = at not in gone and (any(below) or not below)
    return fails[node]


@dataclass(slots=True)
class _Replay:
    run: Run
    merger: Merger
    recording: Recording
    merged: Mapping[int, Site]
    answered: Mapping[int, Site]
    superseded: Mapping[int, int]

    def durations(self) -> tuple[int, int]:
        """The root's new duration, by both readings of joins.

        Only spans above a merged call are recomputed; every other one keeps its length.
        """
        parent = self.run.parent
        touched: set[int] = set()
        for node in self.merged:
            at = node
            while at >= 0 and at not in touched:
                touched.add(at)
                at = parent[at]
        new: dict[int, tuple[int, int]] = {}
        for at in sorted(touched, reverse=True):
            site = self.answered.get(at) or self.merged.get(at)
            new[at] = self._waiting(at, new) if site is None else self._call(site, new)
        return new[0]

    def _call(self, site: Site, new: Mapping[int, tuple[int, int]]) -> tuple[int, int]:
        run, delta = self.run, self.merger.delta_ns
        if site.answer < 0:
            waited = run.end[site.node] - run.start[site.node]
            if site.failure in LOST:
                waited = self._imputed(site, waited) + delta
            return waited, waited
        pair = new.get(site.answer)
        if pair is None:
            worked = run.end[site.answer] - run.start[site.answer]
            pair = worked, worked
        excess, rest = site.excess_ns, site.gap_ns
        if site.node in self.merged:
            if site.failure == "deadline":
                return pair[0] + delta, pair[1] + delta
            rest = min(rest, delta)
        return max(0, pair[0] - excess) + rest, max(0, pair[1] - excess) + rest

    def _imputed(self, site: Site, waited: int) -> int:
        """How long the call would have taken: a successful one, drawn by hash."""
        pool = self.recording.answers.get((site.callee, site.message))
        if not pool:
            return waited
        digest = hashlib.blake2b(
            f"{self.run.trace_id}\0{site.span_id}".encode(), digest_size=8
        ).digest()
        return pool[int.from_bytes(digest) % len(pool)]

    def _children(
        self, at: int, new: Mapping[int, tuple[int, int]]
    ) -> list[tuple[int, int, int, int]]:
        """(start, end, both new durations) of each child, sorted.

        Attempts that were repeated melt into the last one, which takes the first one's place.
        """
        start, end, found = self.run.start, self.run.end, []
        first: dict[int, int] = {}
        for child in self.run.children[at]:
            begin = first.pop(child, start[child]) if first else start[child]
            heir = self.superseded.get(child)
            if heir is not None:
                first[heir] = begin
                continue
            pair = new.get(child)
            if pair is None:
                length = end[child] - start[child]
                found.append((begin, end[child], length, length))
            else:
                found.append((begin, end[child], *pair))
        found.sort()
        return found

    def _waiting(self, at: int, new: Mapping[int, tuple[int, int]]) -> tuple[int, int]:
        """A span's new duration: children start as long after their predecessors as before.

        A child's predecessors are those that had ended when it started.
        """
        running: list[tuple[int, int, int]] = []
        ended = joined = single = -1
        last = last_joined = last_single = -1
        for begin, end, length, shortest in self._children(at, new):
            while running and running[0][0] <= begin:
                before, before_joined, before_single = heapq.heappop(running)
                joined = max(joined, before_joined)
                if before > ended:
                    ended, single = before, before_single
            delay = begin if ended < 0 else begin - ended
            end_joined = (delay if ended < 0 else joined + delay) + length
            end_single = (delay if ended < 0 else single + delay) + shortest
            heapq.heappush(running, (end, end_joined, end_single))
            last_joined = max(last_joined, end_joined)
            if end > last:
                last, last_single = end, end_single
        begin, end = self.run.start[at], self.run.end[at]
        if last < 0:
            return end - begin, end - begin
        return last_joined + end - last - begin, last_single + end - last - begin
