# ruff: noqa: T201 - run as a program it prints its table
"""A four-hour campaign to try alert schemes on: 20,000 submissions in two peaks, budget 20.

The arrivals, scenarios and random draws are those of the reference simulation (same seed, same
order of draws), but windows, guard and decisions are the product's own code.

Run `python -m tests.slo.campaign 200` for the full table (three minutes), with `--reference` for
the budget as the reference simulation rounds it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from analyzer.slo.burn import Holding, PairRule
from analyzer.slo.events import EventClass
from analyzer.slo.live import SECOND_US, SlidingCounts
from analyzer.slo.windows import Pair, campaign_scheme

PERIOD_S, PLANNED, STEP_S = 4 * 3600, 20_000, 15
TARGET = Fraction(999, 1000)
BUDGET = (1 - TARGET) * PLANNED
REFERENCE_BUDGET = Fraction(PLANNED * (1 - 0.999))
"""20.000000000000018: in binary fractions a fifth of the budget is a hair above 4 events, so the
reference simulation pages from the fifth bad event on, exact arithmetic from the fourth."""

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Bad share `bad` from `begin` to `end` (seconds), `base` elsewhere."""

    name: str
    base: float = 0.0003
    bad: float = 0.0
    begin: int | None = None
    end: int = PERIOD_S

    def bad_share(self) -> NDArray[np.float64]:
        share = np.full(PERIOD_S, self.base)
        if self.begin is not None:
            share[self.begin : self.end] = self.bad
        return share


SCENARIOS = (
    Scenario("healthy (burn .3)"),
    Scenario("on budget (burn 1)", base=0.001),
    Scenario("20 % bad, 6 min, peak", bad=0.20, begin=8700, end=9060),
    Scenario("outage, 3 min, quiet", bad=1.0, begin=12_900, end=13_080),
    Scenario("leak 0.4 %, 3 h", bad=0.004, begin=3600),
)


@dataclass(slots=True)
class Outcome:
    """What one rule did over all runs of a scenario."""

    runs: int = 0
    fired: int = 0
    false_before: int = 0
    delays_s: list[int] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)
    edges: list[int] = field(default_factory=list)

    def median_delay_s(self) -> float:
        return float(np.median(self.delays_s)) if self.delays_s else float("nan")

    def median_spent(self) -> float:
        return float(np.median(self.spent)) if self.spent else float("nan")


def arrival_rate() -> NDArray[np.float64]:
    t = np.arange(PERIOD_S)
    peaks = 1.6 * np.exp(-(((t - 3600) / 900) ** 2)) + 2.2 * np.exp(-(((t - 9000) / 1200) ** 2))
    shape = 0.25 + peaks
    rate: NDArray[np.float64] = PLANNED * shape / shape.sum()
    return rate


def decisions(total: Counts, bad: Counts, budget: Fraction = BUDGET) -> dict[str, list[bool]]:
    """For every evaluation step: does page, page held 10 min, page unguarded, ticket fire?"""
    pairs = campaign_scheme(PERIOD_S, TARGET).pairs
    windows = SlidingCounts({w for pair in pairs for w in (pair.long_s, pair.short_s)})
    fired: dict[str, list[bool]] = {name: [] for name in ("page", "held", "unguarded", "ticket")}
    rules = [PairRule(pair, TARGET, budget) for pair in pairs]
    holding = Holding(pairs[0].keep_firing_s)
    for second in range(PERIOD_S):
        start_us, n_bad = second * SECOND_US, int(bad[second])
        windows.advance(start_us)
        if n_good := int(total[second]) - n_bad:
            windows.add(start_us, EventClass.GOOD, n_good)
        if n_bad:
            windows.add(start_us, EventClass.BAD, n_bad)
        if (second + 1) % STEP_S:
            continue
        holds = [_holds(rule, windows) for rule in rules]
        page = holds[0][0] or holds[1][0]
        holding = holding.at(second + 1, condition=page)
        fired["page"].append(page)
        fired["held"].append(holding.firing(second + 1))
        fired["unguarded"].append(holds[0][1] or holds[1][1])
        fired["ticket"].append(holds[2][0])
    return fired


def _holds(rule: PairRule, windows: SlidingCounts) -> tuple[bool, bool]:
    """(with the guard, without it)."""
    pair: Pair = rule.pair
    long, short = windows.counts(pair.long_s), windows.counts(pair.short_s)
    unguarded = PairRule(pair, rule.target, rule.budget_events, guarded=False)
    without = unguarded.holds(long, short)
    return without and rule.holds(long, short), without


def simulate(
    runs: int, seed: int = 3, budget: Fraction = BUDGET
) -> Iterator[tuple[Scenario, dict[str, Outcome]]]:
    """The outcome of each rule for each scenario over `runs` runs."""
    rng, rate = np.random.default_rng(seed), arrival_rate()
    for scenario in SCENARIOS:
        outcomes: dict[str, Outcome] = {}
        for _ in range(runs):
            total = rng.poisson(rate)
            bad = rng.binomial(total, scenario.bad_share())
            for name, fired in decisions(total, bad, budget).items():
                _record(outcomes.setdefault(name, Outcome()), scenario, fired, bad)
        yield scenario, outcomes


def _record(outcome: Outcome, scenario: Scenario, fired: list[bool], bad: Counts) -> None:
    times = [STEP_S * (i + 1) for i, firing in enumerate(fired) if firing]
    outcome.runs += 1
    outcome.edges.append(sum(b and not a for a, b in zip([False, *fired], fired, strict=False)))
    if scenario.begin is None:
        outcome.fired += bool(times)
        return
    after = [t for t in times if t > scenario.begin]
    outcome.false_before += any(t <= scenario.begin for t in times)
    if after:
        outcome.fired += 1
        outcome.delays_s.append(after[0] - scenario.begin)
        outcome.spent.append(float(bad[scenario.begin : after[0]].sum() / BUDGET))


def main(runs: int, budget: Fraction) -> None:
    for scenario, outcomes in simulate(runs, budget=budget):
        print(f"== {scenario.name}")
        for name, found in outcomes.items():
            print(
                f"   {name:10s} fired {found.fired / found.runs:5.2f}"
                f" false-before {found.false_before / found.runs:4.2f}"
                f" median delay {found.median_delay_s():6.0f} s"
                f" budget spent {found.median_spent():5.2f}"
                f" edges {float(np.mean(found.edges)):5.2f}"
            )


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 200,
        REFERENCE_BUDGET if "--reference" in sys.argv else BUDGET,
    )
