"""Names of the contexts of a proposal; names given by the architect stick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analyzer.analysis.contexts.constraints import Constraints
from analyzer.analysis.contexts.difference import match
from analyzer.analysis.contexts.grouping import Grouping
from analyzer.analysis.contexts.vocabulary import context_names

LIBRARY = "library"
"""The context of hubs that become a library linked into every context."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names by group label, and the context of each hub that was taken apart."""

    groups: Mapping[int, str]
    hubs: Mapping[str, str]


def name_contexts(grouping: Grouping, hubs: Sequence[str], wishes: Constraints) -> Names:
    """A different name for every context, sticking to what the architect called it."""
    services = grouping.members.services
    groups = {label: [services[at] for at in at_all] for label, at_all in grouping.groups()}
    given = _given_names(groups, wishes)
    made = context_names(
        [*groups.values(), *([hub] for hub in hubs)],
        grouping.members.messages,
        _journey_parts(grouping),
        taken=[*given.values(), LIBRARY],
    )
    names = {label: given.get(label, name) for label, name in zip(groups, made, strict=False)}
    return Names(names, dict(zip(hubs, made[len(groups) :], strict=True)))


def _given_names(groups: Mapping[int, Sequence[str]], wishes: Constraints) -> dict[int, str]:
    """Pins name their group outright; other names go where their services went."""
    given: dict[int, str] = {}
    home = {name: label for label, members in groups.items() for name in members}
    for wish in wishes.wishes:
        if wish.kind == "pin":
            given |= {home[name]: wish.target for name in wish.services if name in home}
    before = {
        name: context
        for context, members in sorted(wishes.names.items())
        for name in members
        if context not in given.values() and name in home and home[name] not in given
    }
    after = {name: str(home[name]) for name in before}
    return given | {int(label): context for label, context in match(before, after).items()}


def _journey_parts(grouping: Grouping) -> list[tuple[str, dict[str, float]]]:
    """Each journey's name with an equal part for every service that it touches."""
    members, found = grouping.members, []
    touches = members.touches
    for row, journey in enumerate(members.journeys):
        touched = np.asarray(touches.indices[touches.indptr[row] : touches.indptr[row + 1]])
        parts = {members.services[at]: 1 / len(touched) for at in touched.tolist()}
        found.append((journey, parts))
    return found
