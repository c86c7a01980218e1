"""Services that belong to no context because they belong to all: hubs and entry points.

A hub touches most journeys *and* spreads its calls over the contexts that show themselves
without it. An entry point (a gateway) is a hub that the fleet calls hardly ever and that
passes work on; one that nearly every journey passes on its way to several services is an entry
point even where the contexts behind it are too few to show a spread. A service that calls
nobody and is called from three contexts or more, none of which clearly owns it (an audit
trail), is shared as well, however few journeys it is part of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analyzer.analysis.contexts.affinity import affinity, scaled_calls
from analyzer.analysis.contexts.cut import choose
from analyzer.analysis.contexts.fleet import Fleet, Floats, Ints
from analyzer.analysis.contexts.settings import Settings
from analyzer.analysis.contexts.tree import free, grow

Role = Literal["member", "shared", "edge"]

_MOST_HUBS = 3
"""At most a third of a fleet can be hubs: beyond that, nothing is left to be shared by."""

_CALLED_BACK = 0.1
"""An entry point receives at most a tenth of the calls it makes; a shared leaf makes so few."""

_FEWEST_SERVED = 3
"""Between two contexts a service may simply be at the border; three have it in common."""

_NEARLY_ALL = 0.9
"""A front of one context is passed by that context's journeys, not by nearly all."""


@dataclass(frozen=True, slots=True)
class Hub:
    """A service with a role of its own and the two figures that give it the role.

    `share` is the share of journeys that touch it (of other services it talks to, where there
    are no journeys), `participation` 1 - sum of squared shares of its calls per context.
    """

    service: str
    role: Role
    share: float
    participation: float


def find_hubs(fleet: Fleet, settings: Settings, held: Sequence[str] = ()) -> tuple[Hub, ...]:
    """The hubs of a fleet, sorted by name; services in `held` (pinned by hand) never are."""
    shares = journey_shares(fleet)
    reach = neighbour_shares(fleet)
    order = sorted(
        range(len(shares)), key=lambda at: (-shares[at], -reach[at], fleet.services[at])
    )
    most = len(shares) // _MOST_HUBS
    candidates = [
        at for at in order if shares[at] > settings.hub_share and fleet.services[at] not in held
    ][:most]
    rest = fleet.without([fleet.services[at] for at in candidates])
    similarity = affinity(rest, settings).total
    tree = grow(similarity, free(len(rest.services)))
    groups = tree.cut(choose(similarity, tree, None).groups)
    enough = enough_spread(settings, len(np.unique(groups)))
    hubs = []
    weights = scaled_calls(fleet.calls)
    for at in candidates:
        spread = participation(fleet, weights[at], at, rest.services, groups)
        passes_on = _passes_on(fleet.calls, at)
        if spread > enough or (passes_on and _serves_all(fleet, at, float(shares[at]))):
            role: Role = "edge" if passes_on else "shared"
            hubs.append(Hub(fleet.services[at], role, float(shares[at]), spread))
    kept = {fleet.services[at] for at in candidates} | set(held)
    served = [
        Hub(fleet.services[at], "shared", float(shares[at]), spread)
        for at in order
        if fleet.services[at] not in kept
        and (spread := served_evenly(fleet, at, rest.services, groups)) > enough
    ]
    return tuple(sorted([*hubs, *served[: most - len(hubs)]], key=lambda hub: hub.service))


def journey_shares(fleet: Fleet) -> Floats:
    """Share of journeys that touch each service; of neighbours where no journey is known."""
    if fleet.journeys:
        touched = np.asarray(fleet.touches.sum(axis=0), dtype=np.float64)
        return touched / len(fleet.journeys)
    return neighbour_shares(fleet)


def neighbour_shares(fleet: Fleet) -> Floats:
    """Share of the other services that each service calls or is called by."""
    linked = (fleet.calls + fleet.calls.T) > 0
    np.fill_diagonal(linked, val=False)
    neighbours = np.asarray(linked.sum(axis=1), dtype=np.float64)
    return neighbours / max(len(fleet.services) - 1, 1)


def participation(
    fleet: Fleet, weights: Floats, at: int, rest: Sequence[str], groups: Ints
) -> float:
    """1 - sum over groups of the squared share of the service's log calls (Guimera 2005).

    `weights` is the service's row of `scaled_calls`. A service without any call to
    the rest is weighed by the journeys it shares with it.
    """
    index = {name: place for place, name in enumerate(fleet.services)}
    columns = np.array([index[name] for name in rest], dtype=np.int64)
    weight = weights[columns]
    if weight.sum() == 0:
        common = fleet.touches[:, [at]].T @ fleet.touches[:, columns]
        weight = np.asarray(common.todense(), dtype=np.float64).ravel()
    total = float(weight.sum())
    if total == 0:
        return 0.0
    shares = np.bincount(groups, weights=weight) / total
    return float(1 - (shares * shares).sum())


def served_evenly(fleet: Fleet, at: int, rest: Sequence[str], groups: Ints) -> float:
    """How evenly three contexts or more call a service that calls nobody; 0 for any other one.

    Plain counts, unlike `participation`: a leak of a few calls into other contexts must not make
    a service shared that one context clearly owns.
    """
    calls = fleet.calls
    made = float(calls[at].sum() - calls[at, at])
    index = {name: place for place, name in enumerate(fleet.services)}
    received = calls[[index[name] for name in rest], at].copy()
    received[[name == fleet.services[at] for name in rest]] = 0.0
    total = float(received.sum())
    if total == 0 or made > _CALLED_BACK * total:
        return 0.0
    shares = np.bincount(groups, weights=received) / total
    if np.count_nonzero(shares) < _FEWEST_SERVED:
        return 0.0
    return float(1 - (shares * shares).sum())


def enough_spread(settings: Settings, groups: int) -> float:
    """The participation asked for; with two or three contexts it cannot reach the default.

    Over k contexts it is at most 1 - 1/k, so small fleets ask for two thirds of that, which
    meets the default of one half at k = 4.
    """
    return min(settings.hub_participation, (1 - 1 / max(groups, 1)) * 2 / 3)


def _serves_all(fleet: Fleet, at: int, share: float) -> bool:
    return share >= _NEARLY_ALL and bool(np.count_nonzero(fleet.calls[at]) > 1)


def _passes_on(calls: Floats, at: int) -> bool:
    made = float(calls[at].sum() - calls[at, at])
    received = float(calls[:, at].sum() - calls[at, at])
    return made > 0 and received <= _CALLED_BACK * made
