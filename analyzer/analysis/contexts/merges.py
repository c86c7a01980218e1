"""What a merge hangs on: the edge or journey without which it would not have happened."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analyzer.analysis.contexts.affinity import affinity, item_weights
from analyzer.analysis.contexts.explanation import edges_between
from analyzer.analysis.contexts.fleet import Fleet, Ints
from analyzer.analysis.contexts.settings import Settings
from analyzer.analysis.contexts.tree import Limits, grow

_TRIED = 3


@dataclass(frozen=True, slots=True)
class LastMerge:
    """The last two halves that became one context; `hangs_on` would undo it by its absence.

    None: no single edge or journey undoes the merge.
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    hangs_on: str | None

    def __str__(self) -> str:
        """The merge in one sentence."""
        halves = f"{', '.join(self.left)} + {', '.join(self.right)}"
        if self.hangs_on is None:
            return f"{halves}: no single edge or journey undoes this merge"
        return f"{halves}: would fall apart without {self.hangs_on}"


def last_merge(
    fleet: Fleet, settings: Settings, limits: Limits, merged: tuple[Ints, Ints, Ints]
) -> LastMerge:
    """Tries the strongest edges and journeys between both halves, one left out at a time."""
    labels, left, right = merged
    groups = len(np.unique(labels))
    names = tuple(tuple(fleet.services[at] for at in half) for half in (left, right))
    for what, weaker in _weaker_fleets(fleet, left, right):
        tree = grow(affinity(weaker, settings).total, limits, until=groups)
        after = tree.cut(groups)
        if _home(after[left]) != _home(after[right]):
            return LastMerge(names[0], names[1], what)
    return LastMerge(names[0], names[1], None)


def _home(labels: Ints) -> int:
    """The group that most of some services are in."""
    return int(np.bincount(labels).argmax())


def _weaker_fleets(fleet: Fleet, left: Ints, right: Ints) -> list[tuple[str, Fleet]]:
    found = []
    index = {name: at for at, name in enumerate(fleet.services)}
    for edge in edges_between(fleet, left, right)[:_TRIED]:
        calls = fleet.calls.copy()
        calls[index[edge.caller], index[edge.callee]] = 0
        found.append((f"the edge {edge}", replace(fleet, calls=calls)))
    touched_left = np.asarray(fleet.touches[:, left].sum(axis=1)).ravel()
    touched_right = np.asarray(fleet.touches[:, right].sum(axis=1)).ravel()
    shared = np.flatnonzero((touched_left > 0) & (touched_right > 0))
    pull = item_weights(fleet.touches) * touched_left * touched_right
    for row in sorted(shared, key=lambda at: (-pull[at], fleet.journeys[at]))[:_TRIED]:
        keep = np.ones(len(fleet.journeys), dtype=np.bool_)
        keep[row] = False
        without = replace(
            fleet,
            touches=fleet.touches[keep],
            journeys=tuple(name for at, name in enumerate(fleet.journeys) if keep[at]),
        )
        found.append((f"the journey {fleet.journeys[row]}", without))
    return found
