"""Verdicts from pairs of runs: the pair is the unit, not the request (SLO.md sections 7 and 8)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from analyzer.analysis.compare import (
    MIN_PAIRS,
    PAIRED_ALPHA,
    Difference,
    JourneyComparison,
    Side,
    judge_all,
    overall,
    paired_difference,
)
from analyzer.analysis.compare.journeys import BAD_SHARE, DEFAULT_BAD_MARGIN
from analyzer.api.comparison import Comparison
from analyzer.api.recorded import Measured, Recorded
from analyzer.slo.intervals import quantile_minimum
from analyzer.slo.spec import Objective

GATE_QUANTILES = ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))
LATENCY_MARGIN = 0.10


def paired_comparison(
    before: Sequence[Recorded],
    after: Sequence[Recorded],
    pooled: Comparison,
    objectives: Sequence[Objective],
    seed: int,
) -> Comparison:
    """The comparison with the verdicts of the pairs; `before[i]` and `after[i]` are one pair.

    Per pair the difference of the bad share and of each quantile for which every run has enough
    events; p values by sign flips, Holm over all gates at 5 %. Pictures are those of `pooled`.
    """
    wanted = _wanted(pooled, objectives)
    sides = [[run.sides(wanted) for run in runs] for runs in (before, after)]
    gates: list[tuple[str, Difference, float]] = []
    for measured in wanted:
        runs = [[found.get(measured.name) for found in side] for side in sides]
        own = [[run for run in side if run is not None] for side in runs]
        if len(own[0]) == len(before) and len(own[1]) == len(after):
            gates += _gates(measured, own[0], own[1], seed)
    judged = judge_all([(found, margin) for _, found, margin in gates], PAIRED_ALPHA)
    journeys = []
    for measured in wanted:
        own_gates = tuple(
            gate for gate, (name, _, _) in zip(judged, gates, strict=True) if name == measured.name
        )
        if own_gates:
            verdict = overall([gate.verdict for gate in own_gates])
            note = f"{len(before)} pairs"
            journeys.append(JourneyComparison(measured.name, verdict, own_gates, (), note))
    return Comparison(journeys, pooled.notes, pooled.samples)


def _wanted(pooled: Comparison, objectives: Sequence[Objective]) -> list[Measured]:
    known = {o.name: Measured(o.name, o.context or "", o.journey or "", o) for o in objectives}
    found = []
    for one in pooled.journeys:
        context, _, journey = one.journey.partition(" / ")
        found.append(known.get(one.journey) or Measured(one.journey, context, journey))
    return found


def _gates(
    measured: Measured, before: Sequence[Side], after: Sequence[Side], seed: int
) -> list[tuple[str, Difference, float]]:
    digest = blake2b(f"{seed}/pairs/{measured.name}".encode(), digest_size=8).digest()
    random = np.random.default_rng(int.from_bytes(digest))
    budget = float(measured.objective.error_budget_ratio) / 2 if measured.objective else None
    shares = [[float(side.bad.mean()) for side in sides] for sides in (before, after)]
    found = [
        (
            measured.name,
            _difference(BAD_SHARE, shares[0], shares[1], random),
            DEFAULT_BAD_MARGIN if budget is None else budget,
        )
    ]
    for quantile, name in GATE_QUANTILES:
        fewest = min(len(side.latency_ms) for side in (*before, *after))
        if fewest < quantile_minimum(quantile, two_sided=False):
            continue
        values = [
            [float(np.quantile(side.latency_ms, quantile)) for side in sides]
            for sides in (before, after)
        ]
        margin = LATENCY_MARGIN * float(np.mean(values[0]))
        found.append((measured.name, _difference(name, values[0], values[1], random), margin))
    return found


def _difference(
    name: str, before: Sequence[float], after: Sequence[float], random: np.random.Generator
) -> Difference:
    paired = paired_difference(before, after, random)
    return Difference(
        measure=name,
        before=float(np.mean(before)),
        after=float(np.mean(after)),
        n_before=paired.pairs,
        n_after=paired.pairs,
        needed=MIN_PAIRS,
        low=paired.low,
        high=paired.high,
        upper=paired.high,
        p_value=paired.p_value,
    )
