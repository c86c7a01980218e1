"""Explanations of all services of a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analyzer.analysis.contexts.affinity import affinity
from analyzer.analysis.contexts.constraints import Constraints
from analyzer.analysis.contexts.explanation import (
    Explanation,
    edges_between,
    journey_parts,
    layer_ties,
    place,
    reason,
)
from analyzer.analysis.contexts.fleet import Fleet, Ints
from analyzer.analysis.contexts.grouping import Grouping
from analyzer.analysis.contexts.hubs import Hub
from analyzer.analysis.contexts.naming import LIBRARY
from analyzer.analysis.contexts.settings import Settings

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Scene:
    """A grouping with its hubs; `hub_contexts` names the own context of each hub apart."""

    fleet: Fleet
    grouping: Grouping
    hubs: tuple[Hub, ...]
    hub_contexts: Mapping[str, str]
    wishes: Constraints

    def context_of(self, at: int) -> str:
        """The context of a member, by its index among the members."""
        return self.grouping.names[int(self.grouping.labels[at])]


def explain_all(
    scene: Scene, settings: Settings, sure: Mapping[str, float | None]
) -> tuple[Explanation, ...]:
    """One explanation per service, sorted by service."""
    members = scene.grouping.members.services
    found = [_member(scene, at, sure.get(name), settings) for at, name in enumerate(members)]
    if scene.hub_contexts:
        found += _apart(scene, settings, sure)
    return tuple(sorted(found, key=lambda why: why.service))


def _member(scene: Scene, at: int, confidence: float | None, settings: Settings) -> Explanation:
    grouping, fleet = scene.grouping, scene.grouping.members
    name = fleet.services[at]
    group = np.flatnonzero(grouping.labels == grouping.labels[at])
    mates = group[group != at]
    outside = np.flatnonzero(grouping.labels != grouping.labels[at])
    placement = place(grouping.affinity, grouping.labels, at)
    journeys = journey_parts(fleet, at, mates)
    inside = edges_between(fleet, np.array([at]), mates)
    said = reason(journeys, inside, placement, alone=not len(mates))
    other = _group_of(grouping, placement.alternative)
    hub = next((hub for hub in scene.hubs if hub.service == name), None)
    if hub is not None:
        said = f"{_hub_sentence(hub)}; kept in the tree: {said}"
    decided = _constraint(scene, name, settings)
    against = decided is not None and placement.margin < 0
    if decided:
        said = f"{decided}; against the evidence: {said}" if against else f"{decided}; {said}"
    return Explanation(
        service=name,
        context=scene.context_of(at),
        role="member" if hub is None else hub.role,
        confidence=confidence,
        undecided=confidence is not None and confidence < settings.sure and not against,
        alternative=(
            None if placement.alternative is None else grouping.names[placement.alternative]
        ),
        margin=placement.margin if placement.alternative is not None or len(mates) else None,
        journeys=journeys,
        edges_inside=inside[:_SHOWN],
        edges_outside=edges_between(fleet, np.array([at]), outside)[:_SHOWN],
        layers=layer_ties(grouping.affinity, at, mates, other),
        constraint=decided,
        reason=said,
    )


def _group_of(grouping: Grouping, label: int | None) -> Ints:
    if label is None:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(grouping.labels == label)


def _apart(
    scene: Scene, settings: Settings, sure: Mapping[str, float | None]
) -> list[Explanation]:
    """Hubs that were taken out: own context, library, or attached to their best context."""
    whole = affinity(scene.fleet, settings)
    index = {name: at for at, name in enumerate(scene.fleet.services)}
    members = scene.grouping.members.services
    groups = {
        scene.grouping.names[label]: np.array([index[members[at]] for at in at_all])
        for label, at_all in scene.grouping.groups()
    }
    found = []
    for hub in scene.hubs:
        if hub.service not in scene.hub_contexts:
            continue
        at = index[hub.service]
        means = {name: whole.mean(np.array([at]), group) for name, group in groups.items()}
        ranked = sorted(means, key=lambda name: (-means[name], name))
        best = ranked[0] if ranked and means[ranked[0]] > 0 else None
        second = means[ranked[1]] if len(ranked) > 1 else 0.0
        treatment = scene.wishes.shared.get(hub.service, "own")
        other = best
        if treatment == "attach":  # it is in its best context: the alternative is the next one
            other = ranked[1] if second > 0 else None
        context = {"library": LIBRARY, "attach": best}.get(treatment)
        confidence = sure.get(hub.service)
        everyone = np.array([index[name] for name in members], dtype=np.int64)
        edges = edges_between(scene.fleet, np.array([at]), everyone)
        found.append(
            Explanation(
                service=hub.service,
                context=context or scene.hub_contexts[hub.service],
                role=hub.role,
                confidence=confidence,
                undecided=confidence is not None and confidence < settings.sure,
                alternative=other,
                margin=None if best is None else means[best] - second,
                journeys=(),
                edges_inside=(),
                edges_outside=edges[:_SHOWN],
                layers=(),
                constraint=None,
                reason=f"{_hub_sentence(hub)}; {_CHOICES[treatment]}",
            )
        )
    return found


_CHOICES = {
    "own": "a context of its own, for you to decide",
    "library": "a library linked into every context, as you decided",
    "attach": "attached to the context it ties to most, as you decided",
}


def _hub_sentence(hub: Hub) -> str:
    what = "entry point that passes on" if hub.role == "edge" else "shared by the whole fleet"
    return f"{what}: in {hub.share:.0%} of journeys, spread {hub.participation:.2f} over contexts"


def _constraint(scene: Scene, name: str, settings: Settings) -> str | None:
    said = [str(wish) for wish in scene.wishes.wishes if name in wish.services]
    if name in scene.grouping.kept:
        said.append(f"stays where it was: moving would gain less than {settings.keep_margin:g}")
    return "; ".join(said) or None
