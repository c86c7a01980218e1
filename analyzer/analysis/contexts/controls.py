"""The figures of a proposal beside two groupings that game them, and held out.

All-in-one, and one giant context with singletons, win on several published figures: whoever
reads a figure must see what nonsense scores. Held-out figures group on one half of the
journeys and count on the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from analyzer.analysis.contexts.affinity import affinity
from analyzer.analysis.contexts.confidence import generator
from analyzer.analysis.contexts.fleet import Fleet, Ints
from analyzer.analysis.contexts.metrics import Figures, Traffic, figures
from analyzer.analysis.contexts.settings import Settings
from analyzer.analysis.contexts.tree import Limits, grow
from analyzer.analysis.rounding import six_digits

PROPOSED, HELD_OUT = "proposed", "proposed, held out"
ALL_IN_ONE, GIANT = "control: all in one", "control: one giant + singletons"

_FEWEST_JOURNEYS = 2
_HALVINGS = 5
_NEED_CALLS = ("calls_inside", "time_inside", "icp", "sm", "ifn", "mq")


def traffic(fleet: Fleet, settings: Settings, hubs: Sequence[str] = ()) -> Traffic:
    """What the figures of a grouping of this fleet are computed from; `hubs` are apart."""
    apart = set(hubs)
    return Traffic(
        calls=fleet.calls,
        time_ns=fleet.time_ns,
        touches=fleet.touches,
        volume=fleet.volume,
        affinity=affinity(fleet.without(hubs) if apart else fleet, settings).total,
        members=np.array([name not in apart for name in fleet.services], dtype=np.bool_),
    )


def giant_and_singletons(fleet: Fleet, groups: int) -> Ints:
    """All services in one context but for `groups` - 1: those with the fewest calls."""
    between = fleet.calls + fleet.calls.T
    np.fill_diagonal(between, 0.0)
    load = between.sum(axis=1)
    order = sorted(range(len(load)), key=lambda at: (load[at], fleet.services[at]))
    labels = np.zeros(len(load), dtype=np.int64)
    for number, at in enumerate(order[: max(groups - 1, 0)], start=1):
        labels[at] = number
    return labels


def table(seen: Traffic, fleet: Fleet, labels: Ints, unseen: Figures | None) -> pl.DataFrame:
    """One row per grouping: the proposal, held out, and both controls at the same number."""
    groups = len(np.unique(labels))
    rows: list[tuple[str, Figures | None]] = [
        (PROPOSED, figures(seen, labels)),
        (HELD_OUT, unseen),
        (ALL_IN_ONE, figures(seen, np.zeros(len(labels), dtype=np.int64))),
        (GIANT, figures(seen, giant_and_singletons(fleet, groups))),
    ]
    columns: dict[str, list[object]] = {"grouping": [name for name, _ in rows]}
    for field in Figures._fields:
        values = [None if row is None else getattr(row, field) for _, row in rows]
        columns[field] = [
            six_digits(value) if isinstance(value, float) else value for value in values
        ]
    whole = {"contexts": pl.Int64, "singletons": pl.Int64}
    schema = {"grouping": pl.String} | {
        field: whole.get(field, pl.Float64) for field in Figures._fields
    }
    return pl.DataFrame(columns, schema=schema)


@dataclass(frozen=True, slots=True)
class Regroup:
    """How to group a part of the evidence just as the proposal was made."""

    settings: Settings
    limits: Limits
    groups: int
    hubs: tuple[str, ...] = ()

    def labels(self, fleet: Fleet) -> Ints:
        """Labels over all services of `fleet`; each hub is a group of its own."""
        members = fleet.without(self.hubs)
        tree = grow(affinity(members, self.settings).total, self.limits, until=self.groups)
        group = dict(zip(members.services, tree.cut(self.groups).tolist(), strict=True))
        size = len(fleet.services)
        return np.array(
            [group.get(name, size + at) for at, name in enumerate(fleet.services)],
            dtype=np.int64,
        )


def held_out(fleet: Fleet, regroup: Regroup, seed: int) -> Figures | None:
    """Figures on one half of the journeys of a grouping made from the other half.

    The journeys are halved at random (seeded, five times) and both directions averaged.
    Figures over calls are None where edges do not say which journey made them: totals would
    leak the half that counts into the half that groups. Time is never known per journey.
    """
    count = len(fleet.journeys)
    if count < _FEWEST_JOURNEYS or not fleet.services:
        return None
    random = generator(seed, "held out", fleet.fingerprint())
    found: list[Figures] = []
    for _ in range(_HALVINGS):
        half = np.zeros(count, dtype=np.bool_)
        half[random.permutation(count)[: count // 2]] = True
        found += [
            figures(
                traffic(fleet.with_journeys(~learn), regroup.settings, regroup.hubs),
                regroup.labels(fleet.with_journeys(learn)),
            )
            for learn in (half, ~half)
        ]
    blank = ("time_inside",) if fleet.calls_by_journey is not None else _NEED_CALLS
    averaged = {
        field: None if field in blank else _mean([getattr(one, field) for one in found])
        for field in Figures._fields
    }
    whole = {field: round(averaged[field] or 0) for field in ("contexts", "singletons")}
    return Figures(**{**averaged, **whole})  # type: ignore[arg-type]  # two fields are whole


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
