"""The smallest set of moves between two proposals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Difference:
    """What it takes to get from one proposal to another.

    `moves` are (service, from, to) over services that both know, `renamed` (before, after) of
    matched contexts, `new` and `vanished` contexts without a match, `arrived` and `left`
    services that one side alone knows. Everything is sorted by name.
    """

    moves: tuple[tuple[str, str, str], ...]
    renamed: tuple[tuple[str, str], ...]
    new: tuple[str, ...]
    vanished: tuple[str, ...]
    arrived: tuple[str, ...]
    left: tuple[str, ...]

    def __str__(self) -> str:
        """The difference in words, one line per change."""
        lines = [f"move {service}: {old} -> {new}" for service, old, new in self.moves]
        lines += [f"renamed {old} -> {new}" for old, new in self.renamed]
        lines += [f"new context {name}" for name in self.new]
        lines += [f"vanished context {name}" for name in self.vanished]
        lines += [f"new service {name}" for name in self.arrived]
        lines += [f"service {name} is gone" for name in self.left]
        return "\n".join(lines) or "no change"


def match(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Context after -> context before, one to one, with the most services in common.

    Hungarian method (Kuhn 1955); equal overlaps go to equal names
    first; both sides are sorted, so the answer does not depend on the order of the input.
    """
    # Half a second of import that most commands never need.
    from scipy.optimize import linear_sum_assignment

    common = sorted(set(before) & set(after))
    old = sorted(set(before.values()))
    new = sorted(set(after.values()))
    if not old or not new:
        return {}
    overlap = np.zeros((len(new), len(old)))
    for service in common:
        overlap[new.index(after[service]), old.index(before[service])] += 1
    # Whole services count first; among equal totals, the more names kept the better.
    same = np.array([[a == b for b in old] for a in new], dtype=np.float64)
    tie = same / (2 * max(len(new), len(old)))
    rows, columns = linear_sum_assignment(-(overlap + tie))
    return {
        new[row]: old[column]
        for row, column in zip(rows, columns, strict=True)
        if overlap[row, column] > 0
    }


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> Difference:
    """Moves, renames and what came or went between two maps of service -> context."""
    pairs = match(before, after)
    back = {old: new for new, old in pairs.items()}
    common = sorted(set(before) & set(after))
    return Difference(
        moves=tuple(
            (service, before[service], after[service])
            for service in common
            if pairs.get(after[service]) != before[service]
        ),
        renamed=tuple(sorted((old, new) for new, old in pairs.items() if new != old)),
        new=tuple(sorted(set(after.values()) - set(pairs))),
        vanished=tuple(sorted(set(before.values()) - set(back))),
        arrived=tuple(sorted(set(after) - set(before))),
        left=tuple(sorted(set(before) - set(after))),
    )
