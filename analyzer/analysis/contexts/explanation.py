"""Why a service is where it is: journeys, edges, the best alternative and the margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analyzer.analysis.contexts.affinity import Affinity, item_weights
from analyzer.analysis.contexts.fleet import Fleet, Ints

_SHOWN = 3


class JourneyPart(NamedTuple):
    """A journey and its part (0..1) of the journey affinity between a service and its group."""

    journey: str
    part: float


class EdgeShown(NamedTuple):
    """A service edge; `mode` is async where every call of it is."""

    caller: str
    callee: str
    calls: float
    mode: str

    def __str__(self) -> str:
        """The edge as `caller -> callee (1,234 calls)`."""
        kind = " async" if self.mode == "async" else ""
        return f"{self.caller} -> {self.callee} ({self.calls:,.0f}{kind} calls)"


class LayerTie(NamedTuple):
    """What one layer says: mean affinity (0..1) to the own group and to the best other one.

    A layer with weight 0 is shown and had no say.
    """

    layer: str
    weight: float
    own: float
    other: float


class Placement(NamedTuple):
    """How a service ties to its own group and to the best other one (mean affinity, 0..1)."""

    own: float
    best: float
    alternative: int | None

    @property
    def margin(self) -> float:
        """By how much the own group is the better one; negative where it is not."""
        return self.own - self.best


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that put one service where it is; `str()` says it in words."""

    service: str
    context: str
    role: str
    confidence: float | None
    undecided: bool
    alternative: str | None
    margin: float | None
    journeys: tuple[JourneyPart, ...]
    edges_inside: tuple[EdgeShown, ...]
    edges_outside: tuple[EdgeShown, ...]
    layers: tuple[LayerTie, ...]
    constraint: str | None
    reason: str

    @property
    def against(self) -> bool:
        """Whether a wish put the service where the evidence would not."""
        return self.constraint is not None and self.margin is not None and self.margin < 0

    def __str__(self) -> str:
        """The explanation for a reader, one fact per line."""
        sure = "unknown" if self.confidence is None else f"{self.confidence:.0%}"
        ask = ", undecided: ask" if self.undecided else ""
        lines = [
            f"{self.service} in {self.context} ({self.role}; confidence {sure}{ask})",
            f"  {self.reason}",
        ]
        if self.alternative is not None and self.margin is not None:
            lines.append(f"  best alternative: {self.alternative}, margin {self.margin:+.3f}")
        lines += [
            f"  journey {journey}: {part:.0%} of the tie by journeys"
            for journey, part in self.journeys
        ]
        lines += [f"  inside: {edge}" for edge in self.edges_inside]
        lines += [f"  still crosses: {edge}" for edge in self.edges_outside]
        lines += [
            f"  layer {layer} (weight {weight:.2f}): {own:.2f} to its own, {other:.2f} to that one"
            for layer, weight, own, other in self.layers
        ]
        if self.constraint:
            lines.append(f"  decided by: {self.constraint}")
        return "\n".join(lines)


def place(affinity: Affinity, labels: Ints, at: int) -> Placement:
    """The mean affinity of service `at` to its own group and to the best other group."""
    means: dict[int, float] = {}
    for group in np.unique(labels):
        members = np.flatnonzero(labels == group)
        members = members[members != at]
        means[int(group)] = affinity.mean(np.array([at]), members)
    own = means.pop(int(labels[at]), 0.0)
    best = max(means, key=lambda group: (means[group], -group), default=None)
    if best is None or means[best] <= 0:
        return Placement(own, 0.0, None)
    return Placement(own, means[best], best)


def layer_ties(affinity: Affinity, at: int, mates: Ints, others: Ints) -> tuple[LayerTie, ...]:
    """What each layer says about service `at`: its own group against the best other one."""
    found = []
    for name, layer in affinity.layers.items():
        own = float(layer[at, mates].mean()) if len(mates) else 0.0
        other = float(layer[at, others].mean()) if len(others) else 0.0
        found.append(LayerTie(name, affinity.weights[name], own, other))
    return tuple(found)


def journey_parts(fleet: Fleet, at: int, mates: Ints) -> tuple[JourneyPart, ...]:
    """The journeys with the largest part in the tie of service `at` to its group."""
    if not len(mates) or fleet.touches.nnz == 0:
        return ()
    weight = item_weights(fleet.touches).astype(np.float64)
    norm = np.sqrt(np.asarray(fleet.touches.T @ weight, dtype=np.float64))
    pull = np.zeros(len(fleet.services))
    pull[mates] = 1 / np.where(norm[mates] > 0, norm[mates], 1.0)
    own = np.asarray(fleet.touches[:, [at]].todense(), dtype=np.float64).ravel()
    part = own * weight * np.asarray(fleet.touches @ pull, dtype=np.float64)
    total = float(part.sum())
    if total <= 0:
        return ()
    # Rounded, so that equal parts are listed by name and not by the last bit of a sum.
    order = np.lexsort((np.arange(len(part)), -np.round(part / total, 9)))[:_SHOWN]
    return tuple(
        JourneyPart(fleet.journeys[row], float(part[row] / total))
        for row in order
        if part[row] > 0
    )


def edges_between(fleet: Fleet, rows: Ints, columns: Ints) -> tuple[EdgeShown, ...]:
    """Edges either way between two sets of services, strongest first, without self calls."""
    found = []
    for callers, callees in ((rows, columns), (columns, rows)):
        block = fleet.calls[np.ix_(callers, callees)]
        for at, to in zip(*np.nonzero(block), strict=True):
            caller, callee = int(callers[at]), int(callees[to])
            if caller != callee:
                count = float(fleet.calls[caller, callee])
                every = float(fleet.asynchronous[caller, callee]) >= count
                mode = "async" if every else "sync"
                found.append(
                    EdgeShown(fleet.services[caller], fleet.services[callee], count, mode)
                )
    return tuple(sorted(set(found), key=lambda edge: (-edge.calls, edge.caller, edge.callee)))


def reason(
    journeys: tuple[JourneyPart, ...],
    edges: tuple[EdgeShown, ...],
    placement: Placement,
    *,
    alone: bool,
) -> str:
    """The reason in one sentence, from the strongest evidence."""
    if alone:
        if placement.alternative is None:
            return "no call and no journey ties it to another service"
        return "stands on its own: no context ties to it more strongly than the rest of the fleet"
    said = []
    if edges:
        said.append("calls stay inside: " + ", ".join(str(edge) for edge in edges[:2]))
    if journeys:
        said.append("shares the journeys " + ", ".join(name for name, _ in journeys))
    return "; ".join(said) or "placed by a constraint or a further layer: no call, no journey"
