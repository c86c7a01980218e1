"""The door: a recording and a grouping in, everything the merge is predicted to bring out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from analyzer.analysis.near import near
from analyzer.analysis.whatif.exposure import (
    Availability,
    BlastRadius,
    availability,
    blast_radius,
)
from analyzer.analysis.whatif.migration import Plan, plan
from analyzer.analysis.whatif.moves import Terms, Weights, queue_warning
from analyzer.analysis.whatif.neighbours import Load, Samples, loads
from analyzer.analysis.whatif.prediction import Prediction, predict
from analyzer.analysis.whatif.recording import Recording
from analyzer.analysis.whatif.replay import Merger
from analyzer.analysis.whatif.tables import (
    context_table,
    curve_table,
    failure_table,
    latency_table,
)
from analyzer.errors import UsageError

_FEWEST_MERGED = 2


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a what-if assumes; everything is optional.

    `delta_ns` is the cost of an in-process dispatch (None: not measured, taken as 0).
    `unavailable` gives the share of time that a service's process was down, `memory` and `cpu`
    samples of (time in nanoseconds, MB or cores in use) per service, `owner` and `runtime` speak
    per service. `weights` and `least_per_blast_point_ns` steer the plan of migration.
    """

    delta_ns: int | None = None
    unavailable: Mapping[str, float] | None = None
    memory: Samples = field(default_factory=dict)
    cpu: Samples = field(default_factory=dict)
    owner: Mapping[str, str] = field(default_factory=dict)
    runtime: Mapping[str, str] = field(default_factory=dict)
    weights: Weights = field(default_factory=Weights)
    least_per_blast_point_ns: float = 0.0


@dataclass(frozen=True)
class WhatIf:
    """The answer to one grouping. Parts that cost time are computed when they are asked for."""

    recording: Recording
    context_of: Mapping[str, str]
    assumptions: Assumptions
    prediction: Prediction
    seed: int

    @cached_property
    def frame(self) -> pl.DataFrame:
        """Per journey and quantile, sorted: the relation `whatif` and what goes with it.

        Columns context, journey, quantile, before_ms, predicted_ms, low_ms, high_ms, n as in
        the store (null where n is too small to say; low_ms and high_ms bound predicted_ms at a
        nominal 95 %), then best_ms (prediction if a child waited for its last predecessor
        alone), saved_ms, saved_low_ms, saved_high_ms.
        """
        return latency_table(self.prediction)

    @cached_property
    def failures(self) -> pl.DataFrame:
        """Per journey: failure rate before and after, and what the merge removes or keeps.

        Columns context, journey, runs, failed_before, failed_after (shares), lost_calls (calls
        that failed on their way, now gone), retries (repeated attempts, now gone), deadlines
        (that no longer apply), imputed (answers that had to be drawn), calls (merged),
        unknown_gaps (merged calls whose gap nobody measured: no saving is credited),
        low_confidence (more than 5 % imputed), and the availability as `Availability` has it:
        available_before, available_links, available_processes.
        """
        return failure_table(self.prediction, self.availability)

    @cached_property
    def contexts(self) -> pl.DataFrame:
        """Per context of several services: what becomes in-process, and what it then carries.

        Columns context, services, calls (merged), saved_s (over all runs, if this context alone
        were merged), critical_hops (those on a critical path),
        critical_gap_s (network, serialisation and queueing on critical paths that goes),
        gap_s (the same on and off them), lost_calls, journeys (runs touched); reach_before (share
        of runs that a failure of its widest service touches) and reach_after (of the context);
        then the figures of `Load`, null where nobody logged them.
        """
        merger = self.prediction.merger
        return context_table(self.recording, merger, self.blast_radius, self.loads)

    @cached_property
    def blast_radius(self) -> BlastRadius:
        """Reach of a failure, per service before and per context after."""
        return blast_radius(self.recording, self.prediction.merger)

    @cached_property
    def availability(self) -> tuple[Availability, ...]:
        """Availability per journey before, and after under both readings of failures."""
        return availability(self.recording, self.prediction.merger, self.assumptions.unavailable)

    @cached_property
    def loads(self) -> tuple[Load, ...]:
        """What each merged context carries: peak of the sum against sum of the peaks."""
        given = self.assumptions
        return loads(self.recording, self.prediction.merger, given.memory, given.cpu)

    @cached_property
    def plan(self) -> Plan:
        """The order of migration, each step replayed, and where to stop."""
        given = self.assumptions
        terms = Terms(given.owner, given.runtime, given.weights, given.least_per_blast_point_ns)
        return plan(self.recording, self.prediction.merger, terms, self.seed)

    @cached_property
    def curve(self) -> pl.DataFrame:
        """The stop-merging curve: one row per step of the plan.

        Columns step, context, services, saved_mean_ms with its interval, total_saved_mean_ms,
        saved_p95_ms (volume-weighted), largest_blast, lost_calls, recommended, gate (what must
        hold before the next step), way_back (how the step is undone).
        """
        return curve_table(self.plan)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What must be known before anyone trusts the figures, in sentences."""
        merger = self.prediction.merger
        found = []
        if self.assumptions.delta_ns is None:
            found.append("the cost of an in-process dispatch was not measured: taken as 0")
        found += [queue_warning(pair) for pair in self.recording.queued if merger.inside(*pair)]
        untraced = sorted(set(self.context_of) - _traced(self.recording))
        if untraced:
            found.append(f"in no trace, so nothing is predicted for: {', '.join(untraced)}")
        unknown = sum(one.unknown_gaps for one in self.prediction.journeys)
        if unknown:
            found.append(
                f"{unknown:,} merged calls have no client side in the logs: their gap is unknown "
                "and no saving is credited"
            )
        found += [
            f"low confidence for {one.journey}: {one.imputed:,} of {one.calls:,} merged calls "
            "failed on their way and had to be imputed"
            for one in self.prediction.journeys
            if one.low_confidence
        ]
        return (*found, *(load.warning for load in self.loads if load.warning))


def what_if(
    recording: Recording,
    context_of: Mapping[str, str],
    seed: int = 7,
    assumptions: Assumptions | None = None,
) -> WhatIf:
    """What a grouping (service -> context) is predicted to bring over this recording.

    Services that it does not name stay on their own; those that stand in no trace are named in
    `warnings`.
    """
    given = assumptions or Assumptions()
    merger = Merger(dict(context_of), given.delta_ns or 0)
    return WhatIf(recording, context_of, given, predict(recording, merger, seed), seed)


def grouping_of(merges: Iterable[Iterable[str]], services: Sequence[str]) -> dict[str, str]:
    """Service -> context for sets of services to merge; a set is named by its members.

    Raises `UsageError` for a name that is not among `services`, or stands in two sets, and for a
    set of one.
    """
    context_of: dict[str, str] = {}
    problems = []
    for merge in merges:
        names = sorted(set(filter(None, map(str.strip, merge))))
        if len(names) < _FEWEST_MERGED:
            problems.append(_alone(names, services))
            continue
        for name in names:
            if name not in services:
                problems.append(f"no service {name!r}; {near(name, services)}")
            if name in context_of:
                problems.append(f"{name!r} is asked to be merged twice")
            context_of[name] = "+".join(names)
    if problems:
        raise UsageError("\n".join(problems))
    return context_of


def _alone(names: Sequence[str], services: Sequence[str]) -> str:
    if not names:
        return "nothing to merge: name two services or more, e.g. --merge " + ",".join(
            services[:_FEWEST_MERGED]
        )
    name = names[0]
    if name not in services:
        return f"no service {name!r}; {near(name, services)}"
    return (
        f"{name!r} alone is no merge: name what it shall share a process with, "
        f"e.g. --merge {name},{next((one for one in services if one != name), '...')}"
    )


def _traced(recording: Recording) -> set[str]:
    """Services that stand in a trace: as a span's, or as the callee of a call."""
    called = {name for pair in recording.pairs for name in pair}
    return {*recording.services, *called, *(name for pair in recording.queued for name in pair)}
