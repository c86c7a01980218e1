"""One word for how an objective stands: what an operator must know before any figure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from analyzer.slo.budget import PeriodVerdict
from analyzer.slo.burn import BurnState, PairReading
from analyzer.slo.watch import Snapshot


class Condition(StrEnum):
    """The state of an objective, from worst to best; the last two say that nothing is known."""

    CRITICAL = "critical"
    BREACHED = "breached"
    INCREASING = "increasing"
    RECOVERING = "recovering"
    ACCEPTABLE = "acceptable"
    STALE = "stale"
    NO_DATA = "no data"


ORDER = tuple(Condition)
_OF_BURN = {
    BurnState.CRITICAL: Condition.CRITICAL,
    BurnState.INCREASING: Condition.INCREASING,
    BurnState.RECOVERING: Condition.RECOVERING,
    BurnState.ACCEPTABLE: Condition.ACCEPTABLE,
}


def pair_state(reading: PairReading) -> BurnState:
    """Where a pair stands, without crying wolf: one failure in a quiet night burns fast as well.

    Critical is what fires the alert; fast burning that chance can explain is increasing at most.
    """
    if reading.condition:
        return BurnState.CRITICAL
    if reading.state is BurnState.CRITICAL:
        return BurnState.INCREASING
    if reading.state is BurnState.RECOVERING and reading.long.bad < reading.guard:
        return BurnState.ACCEPTABLE
    return reading.state


def condition_of(snapshot: Snapshot, *, stale: bool) -> Condition:
    """The word for one objective; `stale`: the source is silent, also where it was seen before.

    A period that has spent its budget stays breached while nothing burns any more.
    """
    if snapshot.budget.counts.valid == 0 and snapshot.in_flight == 0:
        return Condition.NO_DATA
    if stale:
        return Condition.STALE
    found = [_OF_BURN[pair_state(reading)] for reading in snapshot.readings]
    if snapshot.period is PeriodVerdict.BREACHED:
        found.append(Condition.BREACHED)
    return worst(found, Condition.ACCEPTABLE)


def worst(found: Iterable[Condition], otherwise: Condition = Condition.NO_DATA) -> Condition:
    """The worst of `found`; trouble that is known goes before what is not known."""
    return min(found, key=ORDER.index, default=otherwise)
