"""Which moves of a migration are allowed next, and which of them is the best bet.

A service moves only when every service of its context that it calls has moved (leaf first);
services that call each other in a circle move together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analyzer.analysis.whatif.critical import critical_sites
from analyzer.analysis.whatif.exposure import BlastRadius, blast_radius, share_touching, units
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
class Terms:
    """What a plan is made under: owners and runtimes by service, and when to stop.

    `least_per_blast_point_ns` is the mean saving per run that one added percentage point of
    blast radius must bring.
    """

    owner: Mapping[str, str]
    runtime: Mapping[str, str]
    weights: Weights = Weights()
    least_per_blast_point_ns: float = 0.0


@dataclass(frozen=True, slots=True)
class Move:
    """A step that is allowed next, what it risks, and the later move that it prepares."""

    context: str
    services: tuple[str, ...]
    into: tuple[str, ...]
    added_blast: float
    queues: tuple[tuple[str, str], ...]
    owners: tuple[str, ...]
    prepares: tuple[str, ...] = ()


class Planner:
    """What has moved, what may move next, and what it is worth by a quick estimate."""

    def __init__(self, recording: Recording, merger: Merger, terms: Terms) -> None:
        self.recording, self.target, self.terms = recording, merger, terms
        members = {
            unit: names
            for unit, names in units(recording.services, merger).items()
            if len(names) > 1
        }
        self.moved: dict[str, str] = {}
        self.blast = BlastRadius.largest(blast_radius(recording, Merger({})).after)
        worth = _worth(recording, terms.weights)
        self.worth = {
            unit: {pair: value for pair, value in worth.items() if set(pair) <= set(names)}
            for unit, names in members.items()
        }
        self.waiting = {unit: _leaf_first(recording, names) for unit, names in members.items()}

    def merger(self) -> Merger:
        """The merge as far as it has gone."""
        return Merger(dict(self.moved), self.target.delta_ns)

    def best(self) -> Move | None:
        """The allowed move with the best estimate: what it leads to, less what it risks."""
        found = []
        for unit in sorted(self.waiting):
            goals = self._goals(unit)
            for move in self._allowed(unit):
                goal, value = self._leads_to(move, goals)
                led = replace(move, prepares=() if goal == move.services else goal)
                order = (-(value - self._risk(move)), -self._gain(unit, self._joined(move)))
                found.append((order, move.services, move.into, led))
        return min(found, key=lambda one: one[:3])[3] if found else None

    def apply(self, move: Move) -> None:
        for name in (*move.services, *move.into):
            self.moved[name] = move.context
        gone = {*move.services, *move.into}
        self.waiting[move.context] = [
            (block, needs) for block, needs in self.waiting[move.context] if not gone & set(block)
        ]
        self.blast += move.added_blast

    def blocked(self) -> tuple[str, ...]:
        """Services that are left over when no move is allowed any more, each with the reason."""
        found = []
        for unit in sorted(self.waiting):
            here = {name for name, home in self.moved.items() if home == unit}
            for block, needs in self.waiting[unit]:
                names = ", ".join(block)
                missing = ", ".join(sorted(needs - here))
                if missing:
                    found.append(f"{names}: calls {missing}, which cannot move into {unit}")
                else:
                    found.append(f"{names}: another runtime than the rest of {unit}")
        return tuple(found)

    def _one_runtime(self, move: Move) -> bool:
        runtime = self.terms.runtime
        names = (*move.services, *move.into)
        return len({runtime[name] for name in names if name in runtime}) <= 1

    def _allowed(self, unit: str) -> list[Move]:
        return [move for move in self._ready(unit) if self._one_runtime(move)]

    def _ready(self, unit: str) -> list[Move]:
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

    def _move(self, unit: str, block: tuple[str, ...], here: tuple[str, ...]) -> Move:
        together = {*block, *here}
        owners = {self.terms.owner[name] for name in together if name in self.terms.owner}
        reach = share_touching(self.recording, together)
        return Move(
            context=unit,
            services=block,
            into=here,
            added_blast=max(0.0, reach - self.blast),
            queues=tuple(
                pair
                for pair in self.recording.queued
                if set(pair) <= together and not set(pair) <= set(self.moved)
            ),
            owners=tuple(sorted(owners)),
        )

    def _joined(self, move: Move) -> set[str]:
        here = {name for name, home in self.moved.items() if home == move.context}
        return {*move.services, *move.into, *here}

    def _gain(self, unit: str, together: set[str]) -> float:
        """The estimated worth of the calls that joining these services brings inside."""
        moved = set(self.moved)
        return sum(
            worth
            for pair, worth in self.worth[unit].items()
            if set(pair) <= together and not set(pair) <= moved
        )

    def _goals(self, unit: str) -> list[tuple[tuple[str, ...], set[str], float]]:
        """(block, all that has to move for it, gain per block moved) for every waiting block."""
        here = {name for name, home in self.moved.items() if home == unit}
        needs_of = {name: (block, needs) for block, needs in self.waiting[unit] for name in block}
        goals = []
        for block, _ in self.waiting[unit]:
            closure: set[str] = set()
            blocks = 0
            pending = [block]
            while pending:
                at = pending.pop()
                if at[0] in closure:
                    continue
                closure |= set(at)
                blocks += 1
                needs = needs_of[at[0]][1] - here
                pending += [needs_of[name][0] for name in sorted(needs)]
            goals.append((block, closure, self._gain(unit, closure | here) / blocks))
        return goals

    def _leads_to(
        self, move: Move, goals: list[tuple[tuple[str, ...], set[str], float]]
    ) -> tuple[tuple[str, ...], float]:
        """The best goal that needs this move, and its worth per block."""
        new = {*move.services, *move.into} - set(self.moved)
        needing = [(block, value) for block, closure, value in goals if new <= closure]
        if not needing:  # a pair of leaves that no single goal needs together
            return move.services, self._gain(move.context, self._joined(move))
        return min(needing, key=lambda one: (-one[1], one[0] != move.services, one[0]))

    def _risk(self, move: Move) -> float:
        weights = self.terms.weights
        return (
            weights.blast * move.added_blast
            + weights.queues * len(move.queues)
            + weights.owners * max(0, len(move.owners) - 1)
        )


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
    import networkx as nx

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


def queue_warning(pair: tuple[str, str]) -> str:
    """What is lost when an asynchronous edge becomes a call in the process."""
    return (
        f"{pair[0]} -> {pair[1]} is asynchronous: in one process it loses durability, ordering, "
        "back-pressure, retry and redelivery, its delay becomes visible, and both ends share a "
        "transaction scope; no saving is credited"
    )
