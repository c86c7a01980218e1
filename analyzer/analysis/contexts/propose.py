"""The door: frames in, a proposal of bounded contexts out.

Method: METHODS section 6 of the project - half log-scaled calls, half idf-weighted journeys,
constraint-aware average linkage, the number of contexts by combined modularity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
from scipy import sparse

from analyzer.analysis.contexts.affinity import affinity
from analyzer.analysis.contexts.confidence import hub_confidence, resample
from analyzer.analysis.contexts.constraints import Constraints, check_names
from analyzer.analysis.contexts.context_map import ContextMap
from analyzer.analysis.contexts.cut import choose
from analyzer.analysis.contexts.feasibility import limits
from analyzer.analysis.contexts.file_reading import from_mapping
from analyzer.analysis.contexts.fleet import Evidence, Fleet, assemble, incidence
from analyzer.analysis.contexts.grouping import Grouping, keep_in_place
from analyzer.analysis.contexts.hubs import Hub, find_hubs, journey_shares
from analyzer.analysis.contexts.naming import name_contexts
from analyzer.analysis.contexts.notes import (
    against_the_evidence,
    confidence_notes,
    notes,
    unstated,
)
from analyzer.analysis.contexts.scene import Scene, explain_all
from analyzer.analysis.contexts.settings import Settings
from analyzer.analysis.contexts.tree import Limits, free, grow
from analyzer.analysis.contexts.vocabulary import stem, subject_words
from analyzer.errors import UsageError


def propose_contexts(
    edges: object,
    journeys: object,
    k: int | None = None,
    constraints: Constraints | Mapping[str, Any] | None = None,
    seed: int = 7,
    *,
    evidence: Evidence | None = None,
    settings: Settings | None = None,
) -> ContextMap:
    """Bounded contexts for the services that `edges` and `journeys` speak of.

    `edges` has columns caller, callee, calls and optionally mode (sync, async), message,
    journey (which journey made the calls) and time_ns (time spent in them); `journeys` has
    journey, service and optionally weight (how often). Either may be None or empty. Frames are
    polars frames or anything `polars.DataFrame` reads. `k` asks for a number of contexts (hubs
    that are taken apart not counted); None lets combined modularity choose. `constraints` are
    `Constraints`, or a dict with the rules of `contexts.yaml` (together, apart, ...). Raises
    `UsageError` for frames that cannot be read as such, `ConfigurationError` for wishes that
    cannot all be had.
    """
    chosen, known = settings or Settings(), evidence or Evidence()
    wishes = _wishes(constraints)
    fleet = assemble(edges, journeys, known)
    fleet = replace(fleet, layers={**fleet.layers, **_vocabulary(fleet)})
    wanted = k if k is not None else wishes.wanted()
    _check(wanted, chosen, fleet, known)
    check_names(wishes, fleet)
    hubs = find_hubs(fleet, chosen, held=sorted(wishes.about() - set(wishes.shared)))
    hubs = _declared(fleet, hubs, wishes)
    apart = tuple(
        hub.service for hub in hubs if chosen.hubs == "apart" or hub.service in wishes.shared
    )
    members = fleet.without(apart)
    grouping = _group(members, chosen, limits(wishes, members, known), wanted)
    # Without the wishes: an edit decides where a service goes, not how sure the evidence is.
    evident = free(len(members.services))
    together = resample(members, chosen, evident, grouping.choice.groups, seed)
    grouping = keep_in_place(grouping, wishes.before, chosen.keep_margin)
    named = name_contexts(grouping, apart, wishes)
    scene = Scene(fleet, replace(grouping, names=named.groups), hubs, named.hubs, wishes)
    sure = dict(zip(members.services, together.of(grouping.labels), strict=True))
    sure |= hub_confidence(fleet, apart, (members, grouping.labels), chosen, seed)
    explained = explain_all(scene, chosen, sure)
    return ContextMap(
        fleet=fleet,
        evidence=known,
        settings=chosen,
        constraints=wishes,
        seed=seed,
        grouping=scene.grouping,
        hubs=hubs,
        explanations=explained,
        notes=(
            *notes(scene, apart),
            *against_the_evidence(explained),
            *confidence_notes(fleet, together),
        ),
        unstated=unstated(fleet, known),
    )


def _wishes(given: Constraints | Mapping[str, Any] | None) -> Constraints:
    if given is None:
        return Constraints()
    return given if isinstance(given, Constraints) else from_mapping(given)


def _check(wanted: int | None, settings: Settings, fleet: Fleet, evidence: Evidence) -> None:
    problems = []
    count = len(fleet.services)
    if wanted is not None and count and not 1 <= wanted <= count:
        problems.append(f"k={wanted}: the fleet has {count} services, so k lies in 1..{count}")
    problems += [
        f"layer {name!r}: this name is taken by a layer that is always there"
        for name in sorted({"calls", "journeys"} & set(evidence.layers))
    ]
    problems += [
        f"layer_weights: no layer {name!r}; there are: {', '.join(sorted(fleet.layers))}"
        for name in sorted(set(settings.layer_weights) - set(fleet.layers))
    ]
    if problems:
        raise UsageError("\n".join(problems))


def _vocabulary(fleet: Fleet) -> dict[str, sparse.csr_array]:
    """The layer `vocabulary`: services x subject words of their names and messages."""
    if "vocabulary" in fleet.layers:
        return {}
    found = {(name, stem(word)) for name in fleet.services for word in subject_words(name)}
    found |= {
        (callee, stem(word)) for callee, text in fleet.messages for word in subject_words(text)
    }
    items = sorted({word for _, word in found})
    table = pl.DataFrame(
        sorted(found), schema={"service": pl.String, "item": pl.String}, orient="row"
    )
    index = {name: at for at, name in enumerate(fleet.services)}
    return {"vocabulary": incidence(table, ("item", "service"), items, index)}


def _declared(fleet: Fleet, hubs: tuple[Hub, ...], wishes: Constraints) -> tuple[Hub, ...]:
    """The hubs found and those that the architect calls shared."""
    found = {hub.service: hub for hub in hubs}
    shares = dict(zip(fleet.services, journey_shares(fleet).tolist(), strict=True))
    for name in sorted(set(wishes.shared) & set(fleet.services) - set(found)):
        found[name] = Hub(name, "shared", shares[name], 0.0)
    return tuple(found[name] for name in sorted(found))


def _group(members: Fleet, settings: Settings, allowed: Limits, wanted: int | None) -> Grouping:
    known = affinity(members, settings)
    tree = grow(known.total, allowed)
    choice = choose(known.total, tree, wanted)
    return Grouping(members, known, allowed, tree, choice, tree.cut(choice.groups), {})
