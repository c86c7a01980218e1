"""What a reader must know of a proposal, and which evidence could not speak."""

from __future__ import annotations

import numpy as np

from analyzer.analysis.contexts.confidence import Together
from analyzer.analysis.contexts.explanation import Explanation
from analyzer.analysis.contexts.fleet import Evidence, Fleet
from analyzer.analysis.contexts.scene import Scene

_COARSE = 10
_FEWEST_TO_SPLIT = 4


def notes(scene: Scene, apart: tuple[str, ...]) -> tuple[str, ...]:
    """Sentences about the number of contexts and the hubs."""
    choice, found = scene.grouping.choice, []
    if choice.wanted < choice.groups:
        found.append(
            f"{choice.groups} contexts instead of {choice.wanted}: no evidence (or no permission) "
            "to merge further"
        )
    if choice.wanted > choice.groups:
        found.append(
            f"{choice.groups} contexts instead of {choice.wanted}: services that must share a "
            "context leave no more"
        )
    members = len(scene.grouping.members.services)
    if choice.groups == 1 and members > 1 and not choice.asked:
        few = members < _FEWEST_TO_SPLIT
        why = (
            "too few services to choose a number" if few else "no split has a positive modularity"
        )
        found.append(f"one context: {why}")
    if scene.grouping.affinity.silent:
        found.append("journeys have no say: every one of them touches every service alike")
    if apart:
        found.append(f"taken apart before grouping, not counted as members: {', '.join(apart)}")
    marked = [hub.service for hub in scene.hubs if hub.service not in apart]
    if marked:
        found.append(f"shared or entry services, marked and kept in the tree: {', '.join(marked)}")
    loops = int(np.count_nonzero(np.diag(scene.fleet.calls)))
    if loops:
        found.append(f"services that call themselves: {loops}; calls to oneself are left out")
    return tuple(found)


def against_the_evidence(explanations: tuple[Explanation, ...]) -> tuple[str, ...]:
    """A sentence for each decision of the architect that the logs speak against."""
    return tuple(
        f"{why.service} in {why.context}, as you decided, is against the evidence: the logs tie "
        f"it more to {why.alternative} (margin {why.margin:+.2f})"
        for why in explanations
        if why.against
    )


def confidence_notes(fleet: Fleet, together: Together) -> tuple[str, ...]:
    """Sentences about what the confidence rests on."""
    if together.share is None:
        return ("confidence unknown: it needs two journeys or more to resample",)
    found = []
    if len(fleet.journeys) < _COARSE:
        found.append(f"confidence is coarse: it rests on {len(fleet.journeys)} journeys")
    if fleet.calls_by_journey is None and fleet.calls.any():
        found.append(
            "confidence resamples journeys; calls are kept, since no edge says which journey "
            "made them"
        )
    return tuple(found)


def unstated(fleet: Fleet, evidence: Evidence) -> tuple[str, ...]:
    """Evidence that was not given: silence about it is no evidence of absence."""
    given = {
        "calls between services": bool(fleet.calls.any()),
        "journeys": bool(fleet.journeys),
        "asynchronous edges (column mode)": bool(fleet.asynchronous.any()),
        "messages (column message)": bool(fleet.messages),
        "journeys of edges (column journey)": fleet.calls_by_journey is not None,
        "time spent in calls (column time_ns)": bool(fleet.time_ns.any()),
        "data owners": bool(evidence.owner),
        "runtimes": bool(evidence.runtime),
        "shared data stores (a layer)": any(
            "store" in name or "table" in name for name in evidence.layers
        ),
        "failure coupling (a layer)": any("fail" in name for name in evidence.layers),
    }
    return tuple(name for name, known in given.items() if not known)
