"""The figures of a run, and whether it may be believed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analyzer.replay.drive.journeys import Journey

MOST_LAG_RATIO = 0.01  # SLO.md section 7: p99 of schedule lag at most 1 % of the deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyFigures:
    """Counts and latencies (from the intended moment) of one journey after the warm-up.

    Journeys without an answer stay in the quantiles with the time that was waited for them. Good
    is what ended well within its deadline.
    """

    n: int
    ok: int
    failed: int
    unanswered: int
    late: int
    good_ratio: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A whole run: `offered = issued + dropped`, lag of the generator, figures by journey.

    `problems` says why a run is not valid; it is empty for a valid one. `warm_up_seconds` were
    cut from the figures, not from the counts of offered, issued, dropped.
    """

    plan: str
    seed: int
    scenarios: int
    offered: int
    issued: int
    dropped: int
    lag_p50_ms: float
    lag_p99_ms: float
    warm_up_seconds: float
    peak_sends_per_second: int
    peak_sends_per_second_over_10_s: float
    journeys: Mapping[str, JourneyFigures]
    problems: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether the generator kept its plan."""
        return not self.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What the rows alone do not say."""

    plan: str
    seed: int
    scenarios: int
    warm_up_seconds: float
    sends_by_second: Counter[int]


def summarize(rows: Sequence[Journey], facts: RunFacts) -> Summary:
    """The summary of `rows`."""
    issued = [row for row in rows if row.issued_ns is not None]
    lags = [row.lag_ms for row in issued if row.lag_ms is not None]
    ratios = [row.lag_ms / row.deadline_ms for row in issued if row.lag_ms is not None]
    dropped = len(rows) - len(issued)
    return Summary(
        plan=facts.plan,
        seed=facts.seed,
        scenarios=facts.scenarios,
        offered=len(rows),
        issued=len(issued),
        dropped=dropped,
        lag_p50_ms=quantile(lags, 0.5),
        lag_p99_ms=quantile(lags, 0.99),
        warm_up_seconds=facts.warm_up_seconds,
        peak_sends_per_second=max(facts.sends_by_second.values(), default=0),
        peak_sends_per_second_over_10_s=_peak_over(facts.sends_by_second, 10),
        journeys=_by_journey(row for row in issued if not row.warm_up),
        problems=tuple(_problems(dropped, quantile(ratios, 0.99))),
    )


def quantile(values: Sequence[float], share: float) -> float:
    """The exact quantile by linear interpolation (as `quantile_cont`); NaN without values."""
    return float(np.quantile(values, share)) if values else float("nan")


def _problems(dropped: int, lag_ratio: float) -> list[str]:
    problems = []
    if dropped:
        problems.append(f"{dropped} journeys were dropped: more users are needed")
    if not lag_ratio <= MOST_LAG_RATIO:
        problems.append(
            f"p99 of schedule lag is {lag_ratio:.2%} of the deadline, above {MOST_LAG_RATIO:.0%}: "
            "the generator needs more of the machine"
        )
    return problems


def _by_journey(rows: Iterable[Journey]) -> dict[str, JourneyFigures]:
    grouped: dict[str, list[Journey]] = defaultdict(list)
    for row in rows:
        grouped[row.journey].append(row)
    return {name: _figures(grouped[name]) for name in sorted(grouped)}


def _figures(rows: Sequence[Journey]) -> JourneyFigures:
    latencies = [row.waited_ms for row in rows]
    outcomes = Counter(row.outcome for row in rows)
    return JourneyFigures(
        n=len(rows),
        ok=outcomes["ok"],
        failed=outcomes["failed"],
        unanswered=outcomes["unanswered"],
        late=sum(row.late for row in rows),
        good_ratio=sum(row.outcome == "ok" and not row.late for row in rows) / len(rows),
        p50_ms=quantile(latencies, 0.5),
        p95_ms=quantile(latencies, 0.95),
        p99_ms=quantile(latencies, 0.99),
        max_ms=max(latencies),
    )


def _peak_over(by_second: Counter[int], seconds: int) -> float:
    """The highest mean rate over any stretch of whole seconds."""
    if not by_second:
        return 0.0
    sums = (sum(by_second[start + step] for step in range(seconds)) for start in list(by_second))
    # A busiest stretch can be moved to begin at a second with sends without losing any.
    return max(sums) / seconds
