"""Average linkage under constraints: the order in which services grow together.

The allowed pair of groups with the largest mean affinity merges first; ties go to the smallest
member. Where no allowed merge has any affinity the tree stops: more groups than wished for is
then the honest answer. Without constraints it equals scipy's average linkage (Sokal and
Michener 1958).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analyzer.analysis.contexts.fleet import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Limits:
    """What a group may be: pairs that never share one, and caps on summed quantities.

    `start` gives every service its first group (must-links), named by the smallest member.
    `forbidden` is a symmetric matrix over services; `caps` are (amount per service, most) and
    `spreads` (service x kind membership, most kinds in one group).
    """

    start: Ints
    forbidden: Bools
    caps: tuple[tuple[Floats, float], ...] = ()
    spreads: tuple[tuple[Bools, int], ...] = ()


class Merge(NamedTuple):
    """Two groups become one; a group is named by the index of its smallest member.

    `mean` is the mean affinity between both, in grid units.
    """

    left: int
    right: int
    mean: float


@dataclass(frozen=True, slots=True)
class Tree:
    """The groups to begin with and the merges, in order."""

    start: Ints
    merges: tuple[Merge, ...]

    def sizes(self) -> tuple[int, int]:
        """The fewest and the most groups that a cut can have."""
        most = len(np.unique(self.start))
        return most - len(self.merges), most

    def cut(self, groups: int) -> Ints:
        """The group of each service (index of its smallest member) when `groups` are left."""
        fewest, most = self.sizes()
        labels = self.start.copy()
        for merge in self.merges[: most - max(fewest, min(groups, most))]:
            labels[labels == merge.right] = merge.left
        return labels


def free(services: int) -> Limits:
    """No constraint at all."""
    return Limits(np.arange(services), np.zeros((services, services), dtype=np.bool_))


def grow(affinity: Floats, limits: Limits, until: int = 1) -> Tree:
    """The tree over a symmetric matrix of grid units, stopped at `until` groups.

    Costs O(n^2) in practice: every group remembers its best partner, which only a merge with
    that partner can change, since the mean of two means never exceeds the larger.
    """
    growth = _Growth(affinity, limits)
    merges: list[Merge] = []
    left_over = growth.groups
    while left_over > max(until, 1):
        merge = growth.best()
        if merge is None:
            break
        growth.join(merge.left, merge.right)
        merges.append(merge)
        left_over -= 1
    return Tree(limits.start, tuple(merges))


class _Growth:
    """The working state: sums between groups, sizes, caps, best partner of each group."""

    def __init__(self, affinity: Floats, limits: Limits) -> None:
        size = len(affinity)
        self.sums = affinity.copy()
        self.size = np.ones(size)
        self.alive = np.ones(size, dtype=np.bool_)
        self.forbidden = limits.forbidden.copy()
        self.loads = [(amount.copy(), most) for amount, most in limits.caps]
        self.kinds = [(kinds.copy(), most) for kinds, most in limits.spreads]
        self.means = np.full((size, size), -1.0)
        self.height = np.full(size, -1.0)
        self.partner = np.zeros(size, dtype=np.int64)
        for service, group in enumerate(limits.start.tolist()):
            if service != group:
                self._absorb(group, service)
        self.groups = int(self.alive.sum())
        for row in np.flatnonzero(self.alive):
            self._weigh(int(row))
        if size:
            self.partner = self.means.argmax(axis=1)
            self.height = self.means.max(axis=1)

    def best(self) -> Merge | None:
        """The next merge, or None when nothing allowed has any affinity."""
        left = int(self.height.argmax())
        mean = float(self.height[left])
        if mean <= 0:
            return None
        right = int(self.partner[left])
        return Merge(left, right, mean)

    def join(self, left: int, right: int) -> None:
        self._absorb(left, right)
        self._weigh(left)
        stale = self.alive & ((self.partner == left) | (self.partner == right))
        stale[left] = True
        rows = np.flatnonzero(stale)
        block = self.means[rows]
        self.partner[rows] = block.argmax(axis=1)
        self.height[rows] = block.max(axis=1)

    def _absorb(self, left: int, right: int) -> None:
        self.sums[left] += self.sums[right]
        self.sums[:, left] += self.sums[:, right]
        self.size[left] += self.size[right]
        self.forbidden[left] |= self.forbidden[right]
        self.forbidden[:, left] |= self.forbidden[:, right]
        for load, _ in self.loads:
            load[left] += load[right]
        for kinds, _ in self.kinds:
            kinds[left] |= kinds[right]
        self.alive[right] = False
        self.means[right] = -1.0
        self.means[:, right] = -1.0
        self.height[right] = -1.0

    def _weigh(self, row: int) -> None:
        means = self.sums[row] / (self.size[row] * self.size)
        allowed = self.alive & ~self.forbidden[row]
        for load, most in self.loads:
            allowed &= load[row] + load <= most
        for kinds, most in self.kinds:
            allowed &= (kinds[row] | kinds).sum(axis=1) <= most
        allowed[row] = False
        means = np.where(allowed, means, -1.0)
        self.means[row] = means
        self.means[:, row] = means


def relabel(groups: Sequence[int] | Ints) -> Ints:
    """Labels named by the smallest member of each group, whatever they were before."""
    first: dict[int, int] = {}
    return np.array(
        [first.setdefault(int(group), at) for at, group in enumerate(groups)], dtype=np.int64
    )
