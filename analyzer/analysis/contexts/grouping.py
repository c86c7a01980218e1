"""A grouping with all that it came from, so that every later answer can be computed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from analyzer.analysis.contexts.affinity import Affinity
from analyzer.analysis.contexts.cut import Choice
from analyzer.analysis.contexts.difference import match
from analyzer.analysis.contexts.fleet import Fleet, Ints
from analyzer.analysis.contexts.tree import Limits, Tree, relabel


@dataclass(frozen=True, slots=True)
class Grouping:
    """How the members were grouped.

    `members` is the fleet without the hubs that were taken apart; `labels`, `limits` and `tree`
    speak of its services (a group is the index of its smallest member), `names` of the groups.
    `kept` are services that stayed where an earlier grouping had them.
    """

    members: Fleet
    affinity: Affinity
    limits: Limits
    tree: Tree
    choice: Choice
    labels: Ints
    names: Mapping[int, str]
    kept: tuple[str, ...] = ()

    def groups(self) -> list[tuple[int, Ints]]:
        """(label, members) of each group, in order of label."""
        return [(int(g), np.flatnonzero(self.labels == g)) for g in np.unique(self.labels)]


def keep_in_place(grouping: Grouping, before: Mapping[str, str], least: float) -> Grouping:
    """Leaves services in the context they had unless moving gains a margin of `least`.

    Services are considered one by one, in order of name, against the grouping as it stands.
    """
    services = grouping.members.services
    if least <= 0 or not before:
        return grouping
    labels = grouping.labels.copy()
    kept: list[str] = []
    now = {name: str(label) for name, label in zip(services, labels.tolist(), strict=True)}
    known = {name: before[name] for name in services if name in before}
    home = {old: int(new) for new, old in match(known, now).items()}
    for at, name in enumerate(services):
        target = home.get(known.get(name, ""))
        if target is None or target == labels[at]:
            continue
        here = np.flatnonzero(labels == labels[at])
        there = np.flatnonzero(labels == target)
        single = np.array([at])
        gain = grouping.affinity.mean(single, here[here != at]) - grouping.affinity.mean(
            single, there
        )
        if gain < least and _may_join(grouping.limits, at, here, there):
            labels[at] = target
            kept.append(name)
    return replace(grouping, labels=relabel(labels), kept=tuple(kept))


def _may_join(limits: Limits, at: int, here: Ints, there: Ints) -> bool:
    bound = limits.start[here[here != at]] == limits.start[at]
    if bound.any() or limits.forbidden[at, there].any():
        return False
    caps = all(load[there].sum() + load[at] <= most for load, most in limits.caps)
    kinds = all((of[there].any(axis=0) | of[at]).sum() <= most for of, most in limits.spreads)
    return caps and kinds
