"""Which service is behind a planted fault: a second labelled system, of another shape.

    python -m tests.benchmarks.planted_faults [seeds] [kinds]

Beside Nezha's Online Boutique (`tests.benchmarks.nezha`): a shop of fourteen services in four
layers with fan-out, retries and a shared store, spans with kinds on both sides of each call. For
each seed seven kinds of faults are planted in every inner service, one after the other, each for
140 s; the ranking gets the moment alone. Prints AC@1 and AC@3 per kind (ties count against us).

What each kind does to the spans:
- code: the service's own work takes three times as long.
- processor: own work and every wait of the service, in front of it and behind it, takes 1.8 times.
- network: 30 ms more between the clients of the service and itself, nothing inside it.
- error: half of its requests fail at once and call nobody.
- pool: requests wait 40 ms inside the service before they work, and a tenth gives up.
- down: its clients fail within 2 ms; the service itself reports nothing any more.
- sockets: half of the calls it makes fail at once and reach nobody (services that call alone).

Measured with seed 0, first of 12 each: all but one of the sockets (8 of 9). That one calls a
single service, which nobody else calls: whether the caller or the callee is to blame, the spans
do not tell. Until the sums of the two parts were held to what chance brings, processor faults had
3 of 12 (planted well and visible: the noise of the other part won), and the errors and the silence
of services that call nobody were no events of theirs.
No rule knows these systems or their kinds of faults.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from analyzer.analysis.hotspots.compare import compare
from analyzer.analysis.hotspots.suspects import Suspect, rank_suspects
from analyzer.analysis.hotspots.windows import Baseline, Window, incident_window
from analyzer.model.span import Span
from tests.benchmarks.nezha import place_of
from tests.hotspots.frames import MS, SECOND, START, frames_of

CALLS = {
    "edge": ("shop", "account", "search"),
    "shop": ("basket", "offers", "stock"),
    "account": ("identity", "loyalty"),
    "search": ("index", "offers"),
    "basket": ("prices", "stock", "store"),
    "offers": ("prices", "store"),
    "stock": ("warehouse",),
    "identity": ("store",),
    "loyalty": ("store", "prices"),
    "index": ("store",),
}
INNER = (
    "shop", "account", "search", "basket", "offers", "stock", "identity", "loyalty", "index",
    "prices", "warehouse", "store",
)  # fmt: skip
ENTRIES = ("shop", "account", "search")
KINDS = ("code", "processor", "network", "error", "pool", "down", "sockets")
FAULT_NS, PAUSE_NS = 150 * SECOND, 450 * SECOND
PER_SECOND = 3


@dataclass(slots=True)
class Shop:
    """The system while it runs: the fault of the moment, and the spans it has reported."""

    random: Random
    kind: str = ""
    service: str = ""
    spans: list[Span] = field(default_factory=list)

    def request(self, number: int, start: int) -> None:
        trace = f"{number:032x}"
        entry = ENTRIES[number % len(ENTRIES)]
        self._serve(trace, "edge", f"GET /{entry}", None, start, (entry,))

    def _hit(self, service: str, *kinds: str) -> bool:
        return service == self.service and self.kind in kinds

    def _serve(
        self, trace: str, service: str, operation: str, parent: str | None, start: int,
        callees: tuple[str, ...],
    ) -> tuple[int, bool]:  # fmt: skip
        """Report the server span of one request; (its length, whether it failed)."""
        span_id = f"{len(self.spans):016x}"
        mine = len(self.spans)
        self.spans.append(_span(trace, span_id, parent, service, operation, "server", start))
        own = int(self.random.lognormvariate(0, 0.4) * 4 * MS)
        failed = self._hit(service, "error") and self.random.random() < 0.5
        if failed:
            own, callees = MS, ()
        if self._hit(service, "code"):
            own *= 3
        if self._hit(service, "processor"):
            own = int(own * 1.8)
        now = start + own // 2
        if self._hit(service, "pool"):
            now += int(self.random.uniform(20, 60) * MS)
            failed = self.random.random() < 0.1
            callees = () if failed else callees
        for callee in callees:
            took, broken = self._call(trace, service, callee, span_id, now)
            now += took
            failed = failed or (broken and callee != "loyalty")
        length = now + own - own // 2 - start
        self.spans[mine] = self.spans[mine]._replace(
            duration_ns=length, status="error" if failed else "ok"
        )
        return length, failed

    def _call(
        self, trace: str, caller: str, callee: str, parent: str, start: int
    ) -> tuple[int, bool]:
        span_id = f"{len(self.spans):016x}"
        mine = len(self.spans)
        operation = f"GET /{callee}"
        half = _span(trace, span_id, parent, caller, operation, "client", start)
        self.spans.append(half._replace(peer_service=callee))
        gap = int(self.random.lognormvariate(0, 0.5) * MS)
        cut = self._hit(caller, "sockets") and self.random.random() < 0.5
        if cut or self._hit(callee, "down"):
            took, failed = int(self.random.uniform(1, 2) * MS), True
        else:
            if self._hit(callee, "network"):
                gap += int(self.random.uniform(25, 35) * MS)
            if self._hit(callee, "processor") or self._hit(caller, "processor"):
                gap = int(gap * 1.8)
            inside, failed = self._serve(
                trace, callee, operation, span_id, start + gap // 2, CALLS.get(callee, ())
            )
            took = inside + gap
        self.spans[mine] = self.spans[mine]._replace(
            duration_ns=took, status="error" if failed else "ok"
        )
        return took, failed


def _span(
    trace: str, span_id: str, parent: str | None, service: str, operation: str, kind: str,
    start: int,
) -> Span:  # fmt: skip
    return Span(trace, span_id, parent, service, operation, kind, start, None, status="ok")


def faults(kind: str) -> Iterator[tuple[int, str]]:
    """(moment, service) of every fault of a kind, well apart."""
    able = INNER if kind != "sockets" else tuple(name for name in INNER if name in CALLS)
    for number, service in enumerate(able):
        yield START + 300 * SECOND + number * (FAULT_NS + PAUSE_NS), service


def simulated(kind: str, seed: int) -> list[Span]:
    """The spans of one run in which every inner service fails once in the same way."""
    shop = Shop(Random(f"{kind}/{seed}"), kind)
    planned = list(faults(kind))
    end = planned[-1][0] + FAULT_NS + PAUSE_NS
    moment, number = START, 0
    while moment < end:
        moment += int(shop.random.expovariate(PER_SECOND) * SECOND)
        hit = [service for begun, service in planned if begun <= moment < begun + FAULT_NS]
        shop.service = hit[0] if hit else ""
        shop.request(number, moment)
        number += 1
    return sorted(shop.spans, key=lambda span: span.trace_id)


def ranked(kind: str, seed: int) -> Iterator[tuple[str, list[Suspect]]]:
    """(true service, suspects) of every fault of one run."""
    frames = frames_of(simulated(kind, seed))
    planned = list(faults(kind))
    baseline = Baseline(tuple(Window(at, at) for at, _ in planned), 420 * SECOND)
    windows = [incident_window(at) for at, _ in planned]
    for (_, service), comparison in zip(planned, compare(frames, windows, baseline), strict=True):
        yield service, rank_suspects(comparison)


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    kinds = sys.argv[2:] or KINDS
    places: dict[str, list[int]] = defaultdict(list)
    for kind in kinds:
        for seed in range(seeds):
            for service, suspects in ranked(kind, seed):
                place = place_of(service, suspects)
                places[kind].append(place)
                if place > 1:
                    first = f"{suspects[0].service_name} ({suspects[0].reason})"
                    print(f"  {kind} {service}: place {place}, first {first}")  # noqa: T201
    places["all"] = [place for found in places.values() for place in found]
    for kind, found in places.items():
        hits = [sum(place <= first for place in found) for first in (1, 3)]
        print(f"{kind}: AC@1 {hits[0]}/{len(found)}, AC@3 {hits[1]}/{len(found)}")  # noqa: T201


if __name__ == "__main__":
    main()
