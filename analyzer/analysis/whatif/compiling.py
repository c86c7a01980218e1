"""From cleaned spans to a `Recording`: the trace layer's tree, cut down to what a replay needs."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby, pairwise
from operator import attrgetter

from analyzer.analysis.whatif.recorder import Recorder
from analyzer.analysis.whatif.recording import Recording
from analyzer.analysis.whatif.run import LOST, Failure, Run, Site
from analyzer.analysis.whatif.transport import is_deadline, is_transport
from analyzer.model.span import Span
from analyzer.semconv import ERROR
from analyzer.trace.cleanup import clean
from analyzer.trace.options import DEFAULT, TraceOptions
from analyzer.trace.quality import Quality
from analyzer.trace.split import Charge, charges
from analyzer.trace.timing import Timing, time_edges
from analyzer.trace.tree import Tree, build_tree

_MESSAGING = ("producer", "consumer")


def record(spans: Iterable[Span], options: TraceOptions = DEFAULT) -> Recording:
    """A recording of all journeys in `spans`, which must be ordered by trace id.

    Journeys start at roots; spans without an interval, orphans and what runs asynchronously
    take no part in a replay. Roughly 10 microseconds a span.
    """
    quality, recorder = Quality(), Recorder()
    with collector_paused():
        for _, trace in groupby(spans, key=attrgetter("trace_id")):
            for segment in clean(list(trace), quality, options):
                tree = build_tree(segment, quality)
                timing = time_edges(tree, quality, options)
                compiler = _Compiler(tree, timing, charges(tree))
                recorder.add(
                    compiler.run(root) for root in tree.roots if timing.start[root] is not None
                )
        return recorder.finish()


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keeps the cycle collector out: a recording has no cycles, looking for them costs a third."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Compiler:
    """One trace on its way to runs."""

    def __init__(self, tree: Tree, timing: Timing, charged: dict[int, Charge]) -> None:
        self.tree, self.timing, self.charged = tree, timing, charged

    def run(self, root: int) -> Run:
        """The blocking tree below `root`, parents before children."""
        spans, timing = self.tree.spans, self.timing
        begin = timing.start[root] or 0
        order, parent = [root], [-1]
        start, end = [begin], [timing.end[root]]
        children: list[list[int]] = []
        touched = {spans[root].service_name}
        queued: list[tuple[str, str]] = []
        answers: dict[int, int] = {}
        for place, at in enumerate(order):  # grows while it is walked
            answer = self._answer(at)
            children.append([])
            for child in self._sorted_blocking(at):
                touched.add(spans[child].service_name)
                low, high = timing.start[child] or 0, timing.end[child]
                if child != answer:
                    low, high = max(low, start[place]), min(high, end[place])
                    if high < low:
                        continue  # wholly outside its parent: nobody waited for it
                else:
                    answers[place] = len(order)
                children[place].append(len(order))
                order.append(child)
                parent.append(place)
                start.append(low)
                end.append(high)
            queued += self._queued(at)
        service = [spans[at].service_name for at in order]
        sites = self._sites(order, children, (start, end), answers)
        clients = {site.node for site in sites}
        return Run(
            trace_id=spans[root].trace_id,
            journey=spans[root].operation,
            start_ns=begin,
            duration_ns=end[0] - start[0],
            failed=spans[root].status == ERROR,
            service=service,
            start=start,
            end=end,
            parent=parent,
            children=children,
            own_ns=_own_times(start, end, children, clients),
            error=[spans[at].status == ERROR for at in order],
            sites=sites,
            unknown=self._unknown(order, parent, clients),
            queued=queued,
            services=tuple(sorted(touched)),
        )

    def _sorted_blocking(self, at: int) -> list[int]:
        starts, ends = self.timing.start, self.timing.end
        return sorted(
            self.timing.blocking[at], key=lambda child: (starts[child] or 0, ends[child], child)
        )

    def _answer(self, at: int) -> int:
        """The single server span below a client half; -1 where there is none, or several.

        Leaves of the client's own service beside it (name look-up, connect, handshake) are
        part of the way to the callee: they belong to the gap.
        """
        charge, below = self.charged.get(at), self.timing.blocking[at]
        if charge is None or charge.uninstrumented:
            return -1
        spans = self.tree.spans
        servers = [child for child in below if spans[child].service_name == charge.callee]
        steps = [
            child
            for child in below
            if spans[child].service_name == spans[at].service_name
            and not self.tree.children[child]
        ]
        found = len(servers) == 1 and len(servers) + len(steps) == len(below)
        return servers[0] if found else -1

    def _queued(self, at: int) -> list[tuple[str, str]]:
        spans = self.tree.spans
        here = spans[at].service_name
        found = []
        for child in self.timing.detached[at]:
            there = spans[child].service_name
            if there != here:
                found.append((here, there))
        return found

    def _sites(
        self,
        order: list[int],
        children: list[list[int]],
        times: tuple[list[int], list[int]],
        answers: dict[int, int],
    ) -> list[Site]:
        spans = self.tree.spans
        start, end = times
        sites: list[Site] = []
        for place, at in enumerate(order):
            charge = self.charged.get(at)
            answer = answers.get(place, -1)
            if charge is None or (children[place] and answer < 0):
                continue
            span = spans[at]
            waited = end[place] - start[place]
            worked = end[answer] - start[answer] if answer >= 0 else waited
            sites.append(
                Site(
                    node=place,
                    caller=span.service_name,
                    callee=charge.callee,
                    message=span.operation,
                    answer=answer,
                    gap_ns=max(0, waited - worked),
                    excess_ns=max(0, worked - waited),
                    failure=self._failure(at, order[answer] if answer >= 0 else -1),
                    retry_of=-1,
                    span_id=span.span_id,
                )
            )
        return self._with_retries(sites, order, children, start, end)

    def _failure(self, at: int, answer: int) -> Failure:
        """What kind of failure the client half at `at` reports; `answer` is its server span."""
        spans = self.tree.spans
        span = spans[at]
        if span.status != ERROR:
            return "none"
        said = is_transport(span.error_type)
        if answer < 0:
            if self.tree.children[at]:
                return "transport" if said else "application"
            return "transport" if said else "silent"
        if spans[answer].status == ERROR:
            return "application"
        outlived = (spans[answer].duration_ns or 0) > (span.duration_ns or 0)
        if outlived and (said or not span.error_type or is_deadline(span.error_type)):
            return "deadline"
        return "transport" if said else "application"

    def _with_retries(
        self,
        sites: list[Site],
        order: list[int],
        children: list[list[int]],
        start: list[int],
        end: list[int],
    ) -> list[Site]:
        """Marks attempts that follow a transport failure of the same call of the same parent."""
        if not any(site.failure in LOST for site in sites):
            return sites
        spans = self.tree.spans
        parent_of = {child: place for place, below in enumerate(children) for child in below}
        groups: defaultdict[tuple[int, str, str], list[int]] = defaultdict(list)
        for number, site in enumerate(sites):
            groups[parent_of.get(site.node, -1), site.callee, site.message].append(number)
        for numbers in groups.values():
            for before, after in pairwise(numbers):
                first, second = sites[before], sites[after]
                keys = {spans[order[one.node]].request_key for one in (first, second)} - {None}
                follows = start[second.node] >= end[first.node]
                if first.failure in LOST and follows and len(keys) < 2:
                    sites[after] = second._replace(retry_of=first.node)
        return sites

    def _unknown(
        self, order: list[int], parent: list[int], clients: set[int]
    ) -> list[tuple[str, str]]:
        spans, found = self.tree.spans, []
        for place, at in enumerate(order):
            above = parent[place]
            if above < 0 or above in clients:
                continue
            caller, callee = spans[order[above]].service_name, spans[at].service_name
            if caller != callee and spans[at].kind not in _MESSAGING:
                found.append((caller, callee))
        return found


def _own_times(
    start: Sequence[int], end: Sequence[int], children: Sequence[Sequence[int]], clients: set[int]
) -> list[int]:
    """Duration minus the union of blocking children; a client half's rest is the gap."""
    own = []
    for place, below in enumerate(children):
        covered, reached = 0, start[place]
        for child in below:
            if end[child] > reached:
                covered += end[child] - max(start[child], reached)
                reached = end[child]
        own.append(0 if place in clients else max(0, end[place] - start[place] - covered))
    return own
