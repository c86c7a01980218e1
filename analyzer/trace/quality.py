"""What clean-up saw: counts that add up over traces, and the clocks of service pairs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

CHECKS: Final = {
    "traces": "trace ids seen",
    "spans": "spans after clean-up",
    "duplicate": "identical rows of one span, one kept",
    "conflict": "rows of one span that disagree, merged",
    "shared_id": "server spans that carry the id of their client",
    "no_timestamp": "spans without a start: in tree and counts, in no time statistic",
    "no_duration": "spans without a duration: in no latency",
    "negative_duration": "invalid durations, treated as none",
    "orphan": "spans whose parent was never seen",
    "extra_root": "roots beside the earliest of their trace",
    "no_root": "traces in which no span is a root: no journey",
    "cycle": "parent chains that ran in a circle, cut at their earliest span",
    "id_reuse": "trace ids used again after a quiet hour, split",
    "async_edge": "children that do not block their parent",
    "late_child": "children that start inside their parent and end after it",
    "early_child": "children that start before their parent",
    "rounding": "excursions below the clock resolution of a service",
    "gap_below_zero": "server spans longer than their client span: gap 0",
    "rules_compared": "journeys whose critical path was found by both rules (a sample)",
    "rules_differ": "of those, where a service's time differs by more than 1 % of the journey",
    "coarse_clock": "spans of a clock coarser than their call, laid where their calls allow",
    "nested_by_time": "spans that name no parent, placed by nesting in time inside their trace",
    "untraced": "spans without a trace id",
    "request_id": "spans joined by a request or business id that several services share",
    "time_edge": "calls inferred from nesting in time between services that call each other",
    "time_candidates": "requests that ran around those calls, any of which could be the caller",
}
"""Every check by the name used in `data_quality`, and what its count means."""

_STEPS_PER_DOUBLING: Final = 4


def _bucket(excess_ns: int) -> int:
    """A logarithmic bucket, four to a doubling: 19 % wide, so that amounts add up over traces."""
    exponent = excess_ns.bit_length() - 1
    step = ((excess_ns - (1 << exponent)) * _STEPS_PER_DOUBLING) >> exponent
    return exponent * _STEPS_PER_DOUBLING + step


def _upper(bucket: int) -> int:
    exponent, step = divmod(bucket, _STEPS_PER_DOUBLING)
    return ((1 << exponent) * (_STEPS_PER_DOUBLING + step + 1)) // _STEPS_PER_DOUBLING


@dataclass(slots=True)
class Excursion:
    """How often and how far children leave their parent on one side."""

    count: int = 0
    max_ns: int = 0
    buckets: Counter[int] = field(default_factory=Counter)

    def add(self, excess_ns: int) -> None:
        self.count += 1
        self.max_ns = max(self.max_ns, excess_ns)
        self.buckets[_bucket(excess_ns)] += 1

    def merge(self, other: Excursion) -> None:
        self.count += other.count
        self.max_ns = max(self.max_ns, other.max_ns)
        self.buckets.update(other.buckets)

    def quantile_ns(self, share: float) -> int:
        """The quantile's upper bucket bound (at most 25 % above), never above the maximum."""
        wanted = share * self.count
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return min(_upper(bucket), self.max_ns)
        return self.max_ns


@dataclass(slots=True)
class PairClock:
    """What the edges of one ordered service pair say about its two clocks.

    `offset_low_ns` and `offset_high_ns` are the intersection of the intervals
    [start_client - start_server, end_client - end_server] (None before the first): where it
    holds 0 there is no evidence of skew; an empty one (low > high) means that no constant
    offset explains all calls.
    """

    edges: int = 0
    before: Excursion = field(default_factory=Excursion)
    after: Excursion = field(default_factory=Excursion)
    offset_low_ns: int | None = None
    offset_high_ns: int | None = None

    def narrow(self, low_ns: int, high_ns: int) -> None:
        if self.offset_low_ns is None or low_ns > self.offset_low_ns:
            self.offset_low_ns = low_ns
        if self.offset_high_ns is None or high_ns < self.offset_high_ns:
            self.offset_high_ns = high_ns

    def merge(self, other: PairClock) -> None:
        self.edges += other.edges
        self.before.merge(other.before)
        self.after.merge(other.after)
        if other.offset_low_ns is not None and other.offset_high_ns is not None:
            self.narrow(other.offset_low_ns, other.offset_high_ns)


@dataclass(frozen=True, slots=True)
class QualityRow:
    """A row of `data_quality`; `share` is None where nothing was there to be a share of."""

    check: str
    scope: str
    count: int
    share: float | None
    note: str


@dataclass(slots=True)
class Quality:
    """Counts by (check, scope) and clocks by (parent service, child service)."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    clocks: dict[tuple[str, str], PairClock] = field(default_factory=dict)

    def count(self, check: str, amount: int = 1, scope: str = "") -> None:
        self.counts[check, scope] += amount

    def total(self, check: str) -> int:
        return sum(n for (name, _), n in self.counts.items() if name == check)

    def clock(self, pair: tuple[str, str]) -> PairClock:
        found = self.clocks.get(pair)
        if found is None:
            found = self.clocks[pair] = PairClock()
        return found

    def merge(self, other: Quality) -> None:
        """Add `other`'s counts to these; the order of merges does not matter."""
        self.counts.update(other.counts)
        for pair, clock in other.clocks.items():
            self.clock(pair).merge(clock)

    def rows(self) -> list[QualityRow]:
        """Rows for `data_quality`, sorted; shares are of all spans, or of a pair's edges."""
        spans = self.total("spans")
        rows = [
            QualityRow(check, scope, n, n / spans if spans else None, CHECKS[check])
            for (check, scope), n in self.counts.items()
            if n
        ]
        for (parent, child), clock in self.clocks.items():
            for check, side in (("skew_before", clock.before), ("skew_after", clock.after)):
                if side.count:
                    share = side.count / clock.edges
                    rows.append(
                        QualityRow(
                            check, f"{parent} -> {child}", side.count, share, _words(clock, side)
                        )
                    )
        return sorted(rows, key=lambda row: (row.check, row.scope))


def _words(clock: PairClock, side: Excursion) -> str:
    low, high = clock.offset_low_ns, clock.offset_high_ns
    text = (
        f"of {clock.edges} edges; p50 {side.quantile_ns(0.5) / 1e6:.6g} ms, "
        f"p95 {side.quantile_ns(0.95) / 1e6:.6g} ms, max {side.max_ns / 1e6:.6g} ms"
    )
    if low is None or high is None:
        return text
    if low > high:
        return f"{text}; no constant offset explains all edges"
    return f"{text}; clock offset between {low / 1e6:.6g} and {high / 1e6:.6g} ms"
