"""Figures of a grouping as published with Mono2Micro (Kalia et al., FSE 2021), and ours.

Lower is better for BCP, ICP, IFN and NED; higher for SM, MQ, contrast and Q. Four of them can
be gamed by one giant context beside singletons: never show them without the controls.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from analyzer.analysis.contexts.affinity import GRID
from analyzer.analysis.contexts.cut import modularity
from analyzer.analysis.contexts.fleet import Bools, Floats, Ints


class Figures(NamedTuple):
    """All figures of one grouping; None where a figure has nothing to stand on.

    `calls_inside`, `time_inside`, `journeys_inside` are the shares of calls between services
    (by count, by time) and of journeys (by volume) that become in-process. Hubs that were taken
    apart count in calls and time, since their hops stay; a journey is judged by its members.
    """

    contexts: int
    calls_inside: float | None
    time_inside: float | None
    journeys_inside: float | None
    contexts_per_journey: float | None
    contrast: float | None
    modularity: float
    largest_share: float | None
    singletons: int
    bcp: float | None
    icp: float | None
    sm: float | None
    ifn: float | None
    ned: float | None
    mq: float | None


class Traffic(NamedTuple):
    """What figures are computed from; `touches` is journeys x services, 0 or 1.

    `affinity` is given over the `members` alone: hubs that were taken apart have none.
    """

    calls: Floats
    time_ns: Ints
    touches: sparse.csr_array
    volume: Floats
    affinity: Floats
    members: Bools


def figures(traffic: Traffic, labels: Ints) -> Figures:
    """Every figure of the grouping `labels` (one group number per service)."""
    _, group = np.unique(labels, return_inverse=True)
    sizes = np.bincount(group) if len(group) else np.zeros(0, dtype=np.int64)
    touched = contexts_touched(traffic.touches[:, traffic.members], group[traffic.members])
    ran = traffic.volume * (touched > 0)
    return Figures(
        contexts=len(sizes),
        calls_inside=share_inside(traffic.calls, group),
        time_inside=share_inside(traffic.time_ns.astype(np.float64), group),
        journeys_inside=_ratio(ran[touched == 1].sum(), ran.sum()),
        contexts_per_journey=_ratio((touched * ran).sum(), ran.sum()),
        contrast=contrast(traffic.affinity, group[traffic.members]),
        modularity=modularity(traffic.affinity, group[traffic.members]),
        largest_share=_ratio(sizes.max(initial=0), len(group)),
        singletons=int((sizes == 1).sum()),
        bcp=business_context_purity(traffic.touches, group),
        icp=inter_call_percentage(traffic.calls, group),
        sm=structural_modularity(traffic.calls, group),
        ifn=interface_number(traffic.calls, group),
        ned=non_extreme_distribution(group),
        mq=modular_quality(traffic.calls, group),
    )


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole > 0 else None


def _between_services(calls: Floats) -> Floats:
    cleared = calls.copy()
    np.fill_diagonal(cleared, 0.0)
    return cleared


def _same(group: Ints) -> Bools:
    return np.equal(group[:, None], group[None, :])


def contexts_touched(touches: sparse.csr_array, group: Ints) -> Ints:
    """How many groups each journey touches."""
    if not len(group):
        return np.zeros(touches.shape[0], dtype=np.int64)
    member = np.eye(int(group.max()) + 1, dtype=np.int64)[group]
    return np.asarray(((touches @ member) > 0).sum(axis=1), dtype=np.int64)


def share_inside(amount: Floats, group: Ints) -> float | None:
    """The share of an edge quantity between services whose ends share a group."""
    between = _between_services(amount)
    return _ratio(float(between[_same(group)].sum()), float(between.sum()))


def contrast(affinity: Floats, group: Ints) -> float | None:
    """Mean affinity inside groups minus mean affinity between groups."""
    same, upper = _same(group), np.triu(np.ones((len(group), len(group)), dtype=np.bool_), k=1)
    inside, between = affinity[same & upper], affinity[~same & upper]
    if not len(inside) or not len(between):
        return None
    return float(inside.sum() / len(inside) - between.sum() / len(between)) / GRID


def business_context_purity(touches: sparse.csr_array, group: Ints) -> float | None:
    """BCP: mean over groups of ln(journeys that touch the group); untouched groups left out."""
    if not len(group) or not touches.shape[0]:
        return None
    member = np.eye(int(group.max()) + 1, dtype=np.int64)[group]
    journeys = ((touches @ member) > 0).sum(axis=0)
    journeys = journeys[journeys > 0]
    return float(np.log(journeys).mean()) if len(journeys) else None


def inter_call_percentage(calls: Floats, group: Ints) -> float | None:
    """ICP: log-weighted share of directed edges that cross groups, 0..1."""
    between = _between_services(calls)
    weight = np.zeros_like(between)
    weight[between > 0] = np.log(between[between > 0]) + 1
    return _ratio(float(weight[~_same(group)].sum()), float(weight.sum()))


def structural_modularity(calls: Floats, group: Ints) -> float | None:
    """SM: mean cohesion mu/m^2 of groups minus mean coupling sigma/(m m') of pairs of them."""
    pairs, sizes = _pairs_by_group(calls, group)
    count = len(sizes)
    if not count:
        return None
    cohesion = (np.diag(pairs) / sizes**2).mean()
    if count == 1:
        return float(cohesion)
    upper = np.triu_indices(count, k=1)
    return float(cohesion - (pairs / np.outer(sizes, sizes))[upper].mean())


def interface_number(calls: Floats, group: Ints) -> float | None:
    """IFN: unordered calling pairs in different groups per group."""
    pairs, sizes = _pairs_by_group(calls, group)
    if not len(sizes):
        return None
    return float(np.triu(pairs, k=1).sum() / len(sizes))


def non_extreme_distribution(group: Ints) -> float | None:
    """NED: 1 - share of services in groups of 5 to 20."""
    sizes = np.bincount(group) if len(group) else np.zeros(0, dtype=np.int64)
    ratio = _ratio(float(sizes[(sizes >= 5) & (sizes <= 20)].sum()), len(group))
    return None if ratio is None else 1 - ratio


def modular_quality(calls: Floats, group: Ints) -> float | None:
    """MQ: sum over groups of 2 mu / (2 mu + eps), mu edges inside, eps edges out (TurboMQ)."""
    if not len(group):
        return None
    member = np.eye(int(group.max()) + 1)[group]
    edges = member.T @ (_between_services(calls) > 0) @ member
    inside = np.diag(edges)
    outward = edges.sum(axis=1) - inside
    whole = 2 * inside + outward
    return float((2 * inside[whole > 0] / whole[whole > 0]).sum())


def _pairs_by_group(calls: Floats, group: Ints) -> tuple[Floats, Ints]:
    """Unordered pairs that call either way: inside on the diagonal, between off it."""
    if not len(group):
        return np.zeros((0, 0)), np.zeros(0, dtype=np.int64)
    between = _between_services(calls) > 0
    pairs = np.triu(between | between.T, k=1)
    member = np.eye(int(group.max()) + 1)[group]
    directed = member.T @ pairs @ member
    both = directed + directed.T
    both[np.diag_indices(len(both))] = np.diag(directed)
    return both, np.bincount(group)
