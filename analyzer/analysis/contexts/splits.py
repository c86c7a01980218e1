"""Where a service should be split before it is merged: operations that live elsewhere.

A service is placed as a whole; its operations may not agree. An operation lives in the context
that most of its calls come from - from the caller's context where the caller belongs to one,
else (a gateway asked) from the contexts that the journey of the call touches beside it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analyzer.analysis.contexts.fleet import Fleet

_CLEAR = 2 / 3
"""An operation has a home where two of three calls come from it."""


@dataclass(frozen=True, slots=True)
class SplitHint:
    """Operations of a service that live in another context than the service itself.

    `share` is the part of their calls that comes from `home`; `staying` are the operations
    that live where the service was placed, which must exist for a split to make sense.
    """

    service: str
    context: str
    home: str
    operations: tuple[str, ...]
    calls: float
    share: float
    staying: tuple[str, ...]

    def __str__(self) -> str:
        """The hint in one sentence."""
        return (
            f"{self.service} ({self.context}): {', '.join(self.operations)} "
            f"{'are' if len(self.operations) > 1 else 'is'} used by {self.home} "
            f"({self.share:.0%} of {self.calls:,.0f} calls); consider a split before merging"
        )


def split_hints(fleet: Fleet, assignment: Mapping[str, str], members: set[str]) -> list[SplitHint]:
    """Hints for all services, sorted by service and home; needs edges with messages."""
    pulls: defaultdict[tuple[str, str], defaultdict[str, float]] = defaultdict(
        lambda: defaultdict(float)
    )
    touched = _contexts_by_journey(fleet, assignment, members)
    announced = _announced(fleet)
    for caller, callee, message, journey, calls in fleet.operations:
        if caller == callee or callee not in members or (caller, callee) in announced:
            continue
        for context, part in _origin(caller, callee, journey, (assignment, members, touched)):
            pulls[callee, message][context] += calls * part
    homes = {key: _home(pull) for key, pull in sorted(pulls.items())}
    hints = []
    for service in sorted({service for service, _ in homes}):
        own = assignment[service]
        by_home: defaultdict[str, list[str]] = defaultdict(list)
        for (name, message), home in homes.items():
            if name == service and home is not None:
                by_home[home].append(message)
        staying = by_home.pop(own, [])
        if not staying:
            continue
        for home, operations in sorted(by_home.items()):
            pull = [pulls[service, message] for message in operations]
            calls = sum(sum(one[c] for c in sorted(one)) for one in pull)
            share = sum(one[home] for one in pull) / calls
            hints.append(
                SplitHint(service, own, home, tuple(operations), calls, share, tuple(staying))
            )
    return hints


def _announced(fleet: Fleet) -> set[tuple[str, str]]:
    """Pairs that only exchange messages asynchronously.

    Who handles what another context announces is no part of that context: a message that
    crosses is what keeps the two apart.
    """
    every = (fleet.asynchronous > 0) & (fleet.asynchronous >= fleet.calls)
    names = fleet.services
    return {(names[int(a)], names[int(b)]) for a, b in zip(*np.nonzero(every), strict=True)}


def _origin(
    caller: str,
    callee: str,
    journey: str,
    known: tuple[Mapping[str, str], set[str], Mapping[str, Mapping[str, int]]],
) -> list[tuple[str, float]]:
    """(context, part) that a call comes from; parts add up to 1, or nothing is known."""
    assignment, members, touched = known
    if caller in members:
        return [(assignment[caller], 1.0)]
    beside = Counter(touched.get(journey, {}))
    beside[assignment[callee]] -= 1
    total = sum(count for count in beside.values() if count > 0)
    return [(name, beside[name] / total) for name in sorted(beside) if beside[name] > 0]


def _home(pull: Mapping[str, float]) -> str | None:
    total = sum(pull[context] for context in sorted(pull))
    best = min(pull, key=lambda context: (-pull[context], context))
    return best if total > 0 and pull[best] >= _CLEAR * total else None


def _contexts_by_journey(
    fleet: Fleet, assignment: Mapping[str, str], members: set[str]
) -> dict[str, Counter[str]]:
    """How many members of each context a journey touches."""
    found = {}
    touches = fleet.touches
    for row, journey in enumerate(fleet.journeys):
        cells = np.asarray(touches.indices[touches.indptr[row] : touches.indptr[row + 1]])
        names = [fleet.services[at] for at in cells.tolist()]
        found[journey] = Counter(assignment[name] for name in names if name in members)
    return found
