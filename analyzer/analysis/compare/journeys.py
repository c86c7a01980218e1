"""Two recordings side by side: per journey the bad share and the latency quantiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from analyzer.analysis.compare.blocks import Floats
from analyzer.analysis.compare.differences import (
    Difference,
    quantile_differences,
    share_difference,
)
from analyzer.analysis.compare.gates import Judged, Verdict, judge_all, overall

BAD_SHARE = "bad share"
GATE_QUANTILES = (0.95, 0.99)
EXPLORED_QUANTILES = (0.5,)
LATENCY_MARGIN = 0.10
BAD_MARGIN_OF_BUDGET = 0.5
DEFAULT_BAD_MARGIN = 0.0005
"""Half of the budget of a 99.9 % target, where no objective says otherwise."""


@dataclass(frozen=True, slots=True)
class Side:
    """One journey in one recording, in order of time.

    `latency_ms` holds every valid event that has an age, time-outs at theirs; `bad` every valid
    event. `clock` says where the latency was taken.
    """

    latency_ms: Floats
    bad: NDArray[np.bool_]
    clock: str = ""


@dataclass(frozen=True, slots=True)
class JourneyComparison:
    """One journey before and after: the gates with their verdicts, and what was only looked at."""

    journey: str
    verdict: Verdict
    gates: tuple[Judged, ...]
    explored: tuple[Difference, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Margins:
    """What still counts as unchanged, fixed before the runs."""

    latency: float = LATENCY_MARGIN
    bad_share: float = DEFAULT_BAD_MARGIN


DEFAULT_MARGINS = Margins()


def compare_journeys(
    before: Mapping[str, Side],
    after: Mapping[str, Side],
    *,
    margins: Mapping[str, Margins] | None = None,
    seed: int = 7,
) -> list[JourneyComparison]:
    """Compare the journeys that both sides have, sorted by name; Holm over all their gates."""
    journeys = sorted(before.keys() & after.keys())
    measured = [_measure(name, before[name], after[name], seed) for name in journeys]
    gates: list[tuple[Difference, float]] = []
    for name, (gated, _) in zip(journeys, measured, strict=True):
        allowed = (margins or {}).get(name, DEFAULT_MARGINS)
        gates += [(found, _margin(found, allowed)) for found in gated]
    judged = iter(judge_all(gates))
    found: list[JourneyComparison] = []
    for name, (gated, explored) in zip(journeys, measured, strict=True):
        own = tuple(next(judged) for _ in gated)
        verdict = overall([gate.verdict for gate in own])
        note = clock_note(before[name], after[name])
        found.append(JourneyComparison(name, verdict, own, tuple(explored), note))
    return found


def clock_note(before: Side, after: Side) -> str:
    """Says so where the two sides took their latencies at different points."""
    if before.clock == after.clock:
        return ""
    return f"not comparable clocks: before {before.clock}, after {after.clock}"


def _measure(
    name: str, before: Side, after: Side, seed: int
) -> tuple[list[Difference], Sequence[Difference]]:
    """Gates and explored differences; each journey draws from a generator of its own."""
    digest = blake2b(f"{seed}/compare/{name}".encode(), digest_size=8).digest()
    random = np.random.default_rng(int.from_bytes(digest))
    quantiles = EXPLORED_QUANTILES + GATE_QUANTILES
    found = quantile_differences(before.latency_ms, after.latency_ms, quantiles, random)
    explored = found[: len(EXPLORED_QUANTILES)]
    gated = [share_difference(BAD_SHARE, before.bad, after.bad), *found[len(explored) :]]
    return gated, explored


def _margin(found: Difference, allowed: Margins) -> float:
    if found.measure == BAD_SHARE:
        return allowed.bad_share
    return allowed.latency * (found.before or 0.0)
