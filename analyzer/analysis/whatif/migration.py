"""In which order to merge, what each step brings and risks, and where to stop.

Greedy (METHODS section 7): a step moves one service, or services that call each other in a
circle, into its context. A service moves only when every service of its context that it calls
has moved (leaf first). Among the allowed steps the best estimated gain less risk goes first;
the figures of a chosen step are replayed, not estimated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from analyzer.analysis.whatif.exposure import BlastRadius, blast_radius
from analyzer.analysis.whatif.moves import Move, Planner, Terms, Weights, queue_warning
from analyzer.analysis.whatif.prediction import Prediction, predict
from analyzer.analysis.whatif.quantiles import DRAWS, Estimate, block_counts, generator
from analyzer.analysis.whatif.recording import Recording
from analyzer.analysis.whatif.replay import Merger


@dataclass(frozen=True, slots=True)
class Step:
    """One move: `services` join `into` (the services already there) as part of `context`.

    `prepares` names the services whose later move needs this one first (leaf first).
    `saved_p95_ns` is the volume-weighted p95 saved by this step, `saved_mean` the mean per
    journey run with its interval, `total_saved_mean_ns` the mean of all steps so far.
    `largest_blast` is the largest blast radius after the step, `added_blast` its growth.
    """

    number: int
    context: str
    services: tuple[str, ...]
    into: tuple[str, ...]
    prepares: tuple[str, ...]
    saved_p95_ns: float
    saved_mean: Estimate
    total_saved_mean_ns: float
    lost_calls_removed: int
    retries_removed: int
    largest_blast: float
    added_blast: float
    queues: tuple[tuple[str, str], ...]
    owners: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def pays(self) -> bool:
        """Whether the step's saving is clearly above 0, or it removes lost calls."""
        return (self.saved_mean.low or 0) > 0 or self.lost_calls_removed > 0

    @property
    def gate(self) -> str:
        """What must hold before the next step."""
        names = ", ".join(self.services)
        return f"every objective of journeys through {names} is non-inferior to before the step"

    @property
    def way_back(self) -> str:
        """How the step is undone."""
        return (
            f"route {', '.join(self.services)} back to the old service, kept warm until the gate"
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps in order; `stop_after` is the last step that pays (0: none does).

    `reason` says why merging more stops paying there, `blocked` which services cannot move at
    all and why.
    """

    steps: tuple[Step, ...]
    stop_after: int
    reason: str
    weights: Weights
    blocked: tuple[str, ...] = ()


def plan(recording: Recording, merger: Merger, terms: Terms, seed: int) -> Plan:
    """The order of migration towards `merger`, step by step replayed."""
    planner = Planner(recording, merger, terms)
    steps: list[Step] = []
    now = predict(recording, Merger({}, merger.delta_ns), seed)
    while (move := planner.best()) is not None:
        before = now
        planner.apply(move)
        now = predict(recording, planner.merger(), seed, before)
        steps.append(_step(planner, move, (before, now), steps, seed))
    return replace(_stopped(steps, terms), blocked=planner.blocked())


def _step(
    planner: Planner,
    move: Move,
    around: tuple[Prediction, Prediction],
    steps: Sequence[Step],
    seed: int,
) -> Step:
    before, after = around
    recording = planner.recording
    saved = np.array(
        [
            one.duration_ns - other.duration_ns
            for one, other in zip(before.outcomes, after.outcomes, strict=True)
        ],
        dtype=np.float64,
    )
    mean = mean_saving(saved, seed, move.services)
    return Step(
        number=len(steps) + 1,
        context=move.context,
        services=move.services,
        into=move.into,
        prepares=move.prepares,
        saved_p95_ns=weighted_p95(before) - weighted_p95(after),
        saved_mean=mean,
        total_saved_mean_ns=(steps[-1].total_saved_mean_ns if steps else 0.0)
        + (mean.value or 0.0),
        lost_calls_removed=_sum(after, "transport") - _sum(before, "transport"),
        retries_removed=_sum(after, "retries") - _sum(before, "retries"),
        largest_blast=BlastRadius.largest(blast_radius(recording, planner.merger()).after),
        added_blast=move.added_blast,
        queues=move.queues,
        owners=move.owners,
        warnings=_warnings(move),
    )


def _sum(prediction: Prediction, field: str) -> int:
    return sum(getattr(one, field) for one in prediction.journeys)


def _warnings(move: Move) -> tuple[str, ...]:
    found = []
    if len(move.owners) > 1:
        found.append(f"data of several owners: {', '.join(move.owners)}; keep one owner per table")
    found += [queue_warning(pair) for pair in move.queues]
    return tuple(found)


def weighted_p95(prediction: Prediction) -> float:
    """Mean over journeys, by volume, of the p95 after the merge, in nanoseconds."""
    rows = [
        (one.runs, pair.after.value)
        for one in prediction.journeys
        for pair in one.pairs
        if pair.quantile == 0.95 and pair.after.value is not None
    ]
    total = sum(count for count, _ in rows)
    return sum(count * value for count, value in rows) / total if total else 0.0


def mean_saving(saved: np.ndarray, seed: int, step: Sequence[str]) -> Estimate:
    """Mean saving per run with a moving-block bootstrap interval (runs in order of start)."""
    if not len(saved):
        return Estimate(None, None, None)
    random = generator(seed, "step " + "\0".join(step), saved.tobytes())
    means = []
    for _ in range(0, DRAWS, 100):
        weights = block_counts(len(saved), 100, random)
        means.append(weights @ saved / len(saved))
    low, high = np.quantile(np.concatenate(means), [0.025, 0.975])
    return Estimate(float(saved.mean()), float(low), float(high))


def _stopped(steps: Sequence[Step], terms: Terms) -> Plan:
    """The first step that does not pay ends the recommendation.

    A step that brings nothing by itself is kept where it prepares a later one that pays.
    """
    paying = {name for step in steps if step.pays for name in step.services}
    for step in steps:
        names = ", ".join(step.services)
        per_point = (step.saved_mean.value or 0.0) / max(step.added_blast * 100, 1e-9)
        if not step.pays and not paying & set(step.prepares):
            reason = f"step {step.number} ({names}) saves nothing for certain: "
            reason += "its interval contains 0"
        elif step.added_blast > 0 and per_point < terms.least_per_blast_point_ns:
            reason = f"step {step.number} ({names}) saves too little for the blast radius it adds"
        else:
            continue
        return Plan(tuple(steps), step.number - 1, reason, terms.weights)
    reason = "every step pays or prepares one" if steps else "no step: nothing is merged"
    return Plan(tuple(steps), len(steps), reason, terms.weights)
