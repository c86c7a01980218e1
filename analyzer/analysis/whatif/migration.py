"""In which order to merge, what each step brings and risks, and where to stop.

Greedy (METHODS section 7): a step moves one service, or services that call each other in a
circle, into its context. A service moves only when every service of its context that it calls
has moved (leaf first). Among the allowed steps the best estimated gain less risk goes first;
the figures of a chosen step are replayed, not estimated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np

from analyzer.analysis.whatif.critical import critical_sites
from analyzer.analysis.whatif.exposure import BlastRadius, blast_radius, units
from analyzer.analysis.whatif.prediction import Prediction, predict
from analyzer.analysis.whatif.quantiles import DRAWS, Estimate, block_counts, generator
from analyzer.analysis.whatif.recording import Recording
from analyzer.analysis.whatif.replay import Merger


@dataclass(frozen=True, slots=True)
class Weights:
    """What a step's gain and risks weigh when steps compete; shown with the plan.

    The gain is the share of journey time saved. `lost_calls` weighs transport failures removed
    per run, `blast` the growth of the largest blast radius, `queues` each asynchronous edge
    that becomes in-process, `owners` each data owner that a context holds beyond the first.
    """

    lost_calls: float = 1.0
    blast: float = 0.2
    queues: float = 0.05
    owners: float = 0.05


@dataclass(frozen=True, slots=True)
class Step:
    """One move: `services` join `into` (the services already there) as part of `context`.

    `saved_p95_ns` is the volume-weighted p95 saved by this step, `saved_mean` the mean per
    journey run with its interval, `total_saved_mean_ns` the mean of all steps so far.
    `largest_blast` is the largest blast radius after the step, `added_blast` its growth.
    `forced` names wishes that the order had to break (several data owners).
    """

    number: int
    context: str
    services: tuple[str, ...]
    into: tuple[str, ...]
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

    `reason` says why merging more stops paying there.
    """

    steps: tuple[Step, ...]
    stop_after: int
    reason: str
    weights: Weights


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan is made under: owners and runtimes by service, and when to stop.

    `least_per_blast_point_ns` is the mean saving per run that one added percentage point of
    blast radius must bring.
    """

    owner: Mapping[str, str]
    runtime: Mapping[str, str]
    weights: Weights = Weights()
    least_per_blast_point_ns: float = 0.0


def plan(recording: Recording, merger: Merger, terms: Terms, seed: int) -> Plan:
    """The order of migration towards `merger`, step by step replayed."""
    planner = _Planner(recording, merger, terms)
    steps: list[Step] = []
    now = predict(recording, Merger({}, merger.delta_ns), seed)
    while (move := planner.best()) is not None:
        before = now
        planner.apply(move)
        now = predict(recording, planner.merger(), seed, before)
        steps.append(_step(planner, move, (before, now), steps, seed))
    return _stopped(steps, terms)


@dataclass(frozen=True, slots=True)
class _Move:
    context: str
    services: tuple[str, ...]
    into: tuple[str, ...]
    added_blast: float
    queues: tuple[tuple[str, str], ...]
    owners: tuple[str, ...]


class _Planner:
    """What has moved, what may move next, and what it is worth by a quick estimate."""

    def __init__(self, recording: Recording, merger: Merger, terms: Terms) -> None:
        self.recording, self.target, self.terms = recording, merger, terms
        self.members = {
            unit: names
            for unit, names in units(recording.services, merger).items()
            if len(names) > 1
        }
        self.moved: dict[str, str] = {}
        self.blast = BlastRadius.largest(blast_radius(recording, Merger({})).after)
        self.worth = _worth(recording, terms.weights)
        self.waiting = {
            unit: _leaf_first(recording, names) for unit, names in self.members.items()
        }

    def merger(self) -> Merger:
        return Merger(dict(self.moved), self.target.delta_ns)

    def best(self) -> _Move | None:
        moves = [
            (self._score(move), move)
            for unit in sorted(self.waiting)
            for move in self._allowed(unit)
        ]
        return min(moves, key=lambda one: (-one[0], one[1].services))[1] if moves else None

    def apply(self, move: _Move) -> None:
        for name in (*move.services, *move.into):
            self.moved[name] = move.context
        gone = {*move.services, *move.into}
        self.waiting[move.context] = [
            (block, needs) for block, needs in self.waiting[move.context] if not gone & set(block)
        ]
        self.blast += move.added_blast

    def _allowed(self, unit: str) -> list[_Move]:
        """Blocks whose callees inside the context have all moved.

        A context without a member yet begins with two blocks: its first step joins a service
        to one that calls nothing of the context.
        """
        here = tuple(sorted(name for name, home in self.moved.items() if home == unit))
        waiting = self.waiting[unit]
        if here:
            ready = [block for block, needs in waiting if needs <= set(here)]
            return [self._move(unit, block, here) for block in ready]
        found = []
        for base, base_needs in waiting:
            if base_needs:
                continue
            if len(base) > 1:
                found.append(self._move(unit, base, ()))
            found += [
                self._move(unit, block, base)
                for block, needs in waiting
                if block != base and needs <= set(base)
            ]
        return found

    def _move(self, unit: str, block: tuple[str, ...], here: tuple[str, ...]) -> _Move:
        context_of = {**self.moved, **dict.fromkeys((*block, *here), unit)}
        largest = BlastRadius.largest(blast_radius(self.recording, Merger(context_of)).after)
        together = {*block, *here}
        owners = {self.terms.owner[name] for name in together if name in self.terms.owner}
        return _Move(
            context=unit,
            services=block,
            into=here,
            added_blast=max(0.0, largest - self.blast),
            queues=tuple(
                pair
                for pair in self.recording.queued
                if set(pair) <= together and not set(pair) <= set(self.moved)
            ),
            owners=tuple(sorted(owners)),
        )

    def _score(self, move: _Move) -> float:
        weights = self.terms.weights
        together, moved = {*move.services, *move.into}, set(self.moved)
        gain = sum(
            worth
            for pair, worth in self.worth.items()
            if set(pair) <= together and not set(pair) <= moved
        )
        risk = weights.blast * move.added_blast + weights.queues * len(move.queues)
        return gain - risk - weights.owners * max(0, len(move.owners) - 1)


def _worth(recording: Recording, weights: Weights) -> dict[tuple[str, str], float]:
    """Per (caller, callee): share of journey time in gaps on critical paths, and lost calls."""
    gaps: Counter[tuple[str, str]] = Counter()
    for run in recording.runs:
        for site in critical_sites(run):
            gaps[site.caller, site.callee] += site.gap_ns
    total = sum(run.duration_ns for run in recording.runs) or 1
    runs = max(len(recording.runs), 1)
    return {
        pair: gaps[pair] / total + weights.lost_calls * recording.transport.get(pair, 0) / runs
        for pair in sorted(recording.pairs)
    }


def _leaf_first(
    recording: Recording, members: Sequence[str]
) -> list[tuple[tuple[str, ...], frozenset[str]]]:
    """Blocks of a context (services in a circle are one block) and the members each calls."""
    graph: nx.DiGraph = nx.DiGraph()
    graph.add_nodes_from(members)
    inside = set(members)
    graph.add_edges_from(
        pair for pair in sorted(recording.pairs) if set(pair) <= inside and pair[0] != pair[1]
    )
    blocks = [tuple(sorted(block)) for block in nx.strongly_connected_components(graph)]
    return [
        (
            block,
            frozenset(
                callee
                for name in block
                for callee in graph.successors(name)
                if callee not in block
            ),
        )
        for block in sorted(blocks)
    ]


def _step(
    planner: _Planner,
    move: _Move,
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
        warnings=_warnings(planner.terms, move),
    )


def _sum(prediction: Prediction, field: str) -> int:
    return sum(getattr(one, field) for one in prediction.journeys)


def _warnings(terms: Terms, move: _Move) -> tuple[str, ...]:
    together = sorted({*move.services, *move.into})
    runtimes = sorted({terms.runtime[name] for name in together if name in terms.runtime})
    found = []
    if len(runtimes) > 1:
        found.append(f"different runtimes: {', '.join(runtimes)}; port before merging")
    if len(move.owners) > 1:
        found.append(f"data of several owners: {', '.join(move.owners)}; keep one owner per table")
    found += [queue_warning(pair) for pair in move.queues]
    return tuple(found)


def queue_warning(pair: tuple[str, str]) -> str:
    """What is lost when an asynchronous edge becomes a call in the process."""
    return (
        f"{pair[0]} -> {pair[1]} is asynchronous: in one process it loses durability, ordering, "
        "back-pressure, retry and redelivery, its delay becomes visible, and both ends share a "
        "transaction scope; no saving is credited"
    )


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
    """The first step that does not pay ends the recommendation."""
    for step in steps:
        per_point = (step.saved_mean.value or 0.0) / max(step.added_blast * 100, 1e-9)
        if not step.pays:
            reason = (
                f"step {step.number} ({', '.join(step.services)}) saves nothing for certain: "
                "its interval contains 0"
            )
        elif step.added_blast > 0 and per_point < terms.least_per_blast_point_ns:
            reason = (
                f"step {step.number} ({', '.join(step.services)}) saves too little for the blast "
                "radius that it adds"
            )
        else:
            continue
        return Plan(tuple(steps), step.number - 1, reason, terms.weights)
    return Plan(tuple(steps), len(steps), "every step pays", terms.weights)
