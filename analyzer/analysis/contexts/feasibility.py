"""Wishes as limits of the tree, and whether they can all be had.

Wishes that contradict each other are refused, each contradiction named by the smallest set of
wishes that cannot hold together.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from analyzer.analysis.contexts.constraints import Constraints, Wish
from analyzer.analysis.contexts.fleet import Bools, Evidence, Fleet
from analyzer.analysis.contexts.tree import Limits, relabel
from analyzer.errors import ConfigurationError


def limits(constraints: Constraints, fleet: Fleet, evidence: Evidence) -> Limits:
    """The wishes as limits over the fleet's services; refuses what cannot all be had."""
    index = {name: at for at, name in enumerate(fleet.services)}
    wishes = [_within(wish, index) for wish in constraints.wishes]
    wishes = [wish for wish in wishes if wish.services]
    bans = _bans(wishes, fleet, constraints, evidence)
    caps = _caps(constraints, fleet, evidence)
    problems = [*_contradictions(wishes, bans), *_overloads(wishes, caps, fleet.services)]
    if problems:
        raise ConfigurationError(problems)
    size = len(fleet.services)
    forbidden = np.zeros((size, size), dtype=np.bool_)
    for one, other in [*bans, *_pinned_apart(wishes)]:
        forbidden[index[one], index[other]] = forbidden[index[other], index[one]] = True
    start = np.arange(size)
    for block in _blocks(wishes):
        members = sorted(index[name] for name in block)
        start[members] = members[0]
    amounts = tuple((np.array(amount, dtype=np.float64), most) for _, amount, most in caps)
    return Limits(relabel(start), forbidden, amounts, _teams(constraints, fleet, evidence))


def _teams(
    constraints: Constraints, fleet: Fleet, evidence: Evidence
) -> tuple[tuple[Bools, int], ...]:
    if constraints.max_teams is None:
        return ()
    owner = {**evidence.owner, **constraints.owner}
    teams = sorted(set(owner.values()))
    rows = [[owner.get(name) == team for team in teams] for name in fleet.services]
    return ((np.array(rows, dtype=np.bool_).reshape(-1, len(teams)), constraints.max_teams),)


def _within(wish: Wish, index: Mapping[str, int]) -> Wish:
    kept = tuple(name for name in dict.fromkeys(wish.services) if name in index)
    return Wish(wish.kind, kept, wish.target, wish.line)


_CONTEXT = "\0"
"""Begins the name of a context among services, when pins tie services to it."""

Bans = dict[tuple[str, str], str]
_CANNOT = "these wishes cannot hold together: "

Caps = list[tuple[str, Sequence[float], float]]


def _bans(
    wishes: Sequence[Wish], fleet: Fleet, constraints: Constraints, evidence: Evidence
) -> Bans:
    """Pairs that must not share a context, each with the wish that says so."""
    stated = [
        *_stated_bans(wishes, fleet.services),
        *(
            _attribute_bans("owner", {**evidence.owner, **constraints.owner}, fleet.services)
            if constraints.one_owner
            else ()
        ),
        *(
            _attribute_bans("runtime", {**evidence.runtime, **constraints.runtime}, fleet.services)
            if constraints.one_runtime
            else ()
        ),
        *(_queue_bans(fleet) if constraints.split_at_queues else ()),
    ]
    bans: Bans = {}
    for one, other, because in stated:
        if one != other:
            bans.setdefault((min(one, other), max(one, other)), because)
    return bans


_Ban = tuple[str, str, str]


def _stated_bans(wishes: Sequence[Wish], services: Sequence[str]) -> Iterator[_Ban]:
    for wish in wishes:
        others = [name for name in services if name not in wish.services]
        if wish.kind in ("apart", "frozen"):
            yield from ((a, b, str(wish)) for a, b in itertools.combinations(wish.services, 2))
        if wish.kind in ("separate", "frozen"):
            yield from ((a, b, str(wish)) for a, b in itertools.product(wish.services, others))


def _pinned_apart(wishes: Sequence[Wish]) -> Iterator[tuple[str, str]]:
    """Pairs of services that stand in contexts of different names."""
    pinned = [(name, wish) for wish in wishes if wish.kind == "pin" for name in wish.services]
    for (one, here), (other, there) in itertools.combinations(pinned, 2):
        if here.target != there.target:
            yield one, other


def _attribute_bans(kind: str, of: Mapping[str, str], services: Sequence[str]) -> Iterator[_Ban]:
    known = [name for name in services if name in of]
    for one, other in itertools.combinations(known, 2):
        if of[one] != of[other]:
            yield (
                one,
                other,
                f"one {kind} per context: {one} has {of[one]}, {other} has {of[other]}",
            )


def _queue_bans(fleet: Fleet) -> Iterator[_Ban]:
    for caller, callee in zip(*np.nonzero(fleet.asynchronous), strict=True):
        one, other = fleet.services[caller], fleet.services[callee]
        yield one, other, f"no merge across an asynchronous edge: {one} -> {other}"


def _caps(constraints: Constraints, fleet: Fleet, evidence: Evidence) -> Caps:
    caps: Caps = []
    if constraints.max_services is not None:
        caps.append(
            ("services per context", [1.0] * len(fleet.services), constraints.max_services)
        )
    if constraints.max_memory_mb is not None:
        memory = [float(evidence.memory_mb.get(name, 0.0)) for name in fleet.services]
        caps.append(("MB of memory per context", memory, constraints.max_memory_mb))
    return caps


def _links(wishes: Iterable[Wish]) -> list[Wish]:
    return [wish for wish in wishes if wish.kind in ("together", "pin")]


def _ends(wish: Wish) -> list[str]:
    """What a linking wish ties: its services, and for a pin the context itself."""
    return [*wish.services, _CONTEXT + wish.target] if wish.kind == "pin" else [*wish.services]


def _blocks(wishes: Iterable[Wish]) -> list[set[str]]:
    """Services that must share a context, transitively; sorted by smallest member."""
    named = [{name for name in block if not name.startswith(_CONTEXT)} for block in _tied(wishes)]
    return sorted((block for block in named if block), key=min)


def _tied(wishes: Iterable[Wish]) -> list[set[str]]:
    """Services and contexts that linking wishes tie together, transitively."""
    blocks: list[set[str]] = []
    for wish in _links(wishes):
        joined = set(_ends(wish))
        apart_still = []
        for block in blocks:
            if block & joined:
                joined |= block
            else:
                apart_still.append(block)
        blocks = [*apart_still, joined]
    return blocks


def _contradictions(wishes: Sequence[Wish], bans: Bans) -> list[str]:
    """One sentence per contradiction, with the fewest wishes that make it.

    A contradiction that contains a smaller one says nothing new and is left out.
    """
    found: dict[frozenset[str], list[str]] = {}
    for block in _tied(wishes):
        for pair in itertools.combinations(sorted(block), 2):
            because = bans.get(pair)
            if because is None and not all(name.startswith(_CONTEXT) for name in pair):
                continue
            chain = [str(wish) for wish in _shortest_chain(wishes, *pair)]
            rules = [*dict.fromkeys([*chain, *([because] if because else [])])]
            found.setdefault(frozenset(rules), rules)
    smallest = [rules for rules in found if not any(other < rules for other in found)]
    return [_CANNOT + "; ".join(found[rules]) for rules in smallest]


def _overloads(wishes: Sequence[Wish], caps: Caps, services: Sequence[str]) -> list[str]:
    """One sentence per cap that linking wishes, or a single service, exceed."""
    order = {name: at for at, name in enumerate(services)}
    problems = []
    for what, amount, most in caps:
        rule = f"at most {most:g} {what}"
        for block in _blocks(wishes):
            if sum(amount[order[name]] for name in block) > most:
                chain = _smallest_overload(wishes, block, amount, most, order)
                problems.append(_CANNOT + "; ".join([rule, *map(str, chain)]))
        problems += [
            f"{rule} cannot hold: {name} alone has {amount[at]:g}"
            for name, at in order.items()
            if amount[at] > most
        ]
    return problems


def _shortest_chain(wishes: Sequence[Wish], start: str, goal: str) -> list[Wish]:
    """The fewest linking wishes that tie two services together (breadth first)."""
    came: dict[str, tuple[str, Wish] | None] = {start: None}
    queue = deque([start])
    while queue and goal not in came:
        here = queue.popleft()
        for wish in _links(wishes):
            ends = _ends(wish)
            if here in ends:
                for end in ends:
                    if end not in came:
                        came[end] = (here, wish)
                        queue.append(end)
    chain: list[Wish] = []
    step = came.get(goal)
    while step is not None:
        chain.append(step[1])
        step = came[step[0]]
    return [*dict.fromkeys(reversed(chain))]


def _smallest_overload(
    wishes: Sequence[Wish],
    block: set[str],
    amount: Sequence[float],
    most: float,
    order: Mapping[str, int],
) -> list[Wish]:
    """A smallest-by-deletion set of linking wishes that still overloads a context."""
    kept = [wish for wish in _links(wishes) if set(wish.services) & block]
    for wish in list(kept):
        fewer = [other for other in kept if other is not wish]
        if any(sum(amount[order[name]] for name in part) > most for part in _blocks(fewer)):
            kept = fewer
    return kept
