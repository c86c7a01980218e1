"""What a grouping is predicted to bring, journey by journey."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from analyzer.analysis.whatif.compiling import collector_paused
from analyzer.analysis.whatif.quantiles import QuantilePair, generator, quantile_pairs
from analyzer.analysis.whatif.recording import Recording, Run
from analyzer.analysis.whatif.replay import Merger, Outcome, replay

QUANTILES: Final = (0.5, 0.95, 0.99)
_LOW_CONFIDENCE: Final = 0.05


@dataclass(frozen=True, slots=True)
class JourneyPrediction:
    """One journey before and after; `best` assumes the last child alone was waited for.

    `pairs` hold p50, p95 and p99, `best_ns` the same quantiles under the larger saving.
    `failed` counts runs that failed, `failed_after` those still failing. Counts are over all
    runs of the journey. `unknown_gaps` are merged calls whose gap nobody measured.
    """

    context: str
    journey: str
    runs: int
    pairs: tuple[QuantilePair, ...]
    best_ns: tuple[float | None, ...]
    failed: int
    failed_after: int
    gaps: int
    retries: int
    transport: int
    imputed: int
    deadlines: int
    calls: int
    unknown_gaps: int
    saved_ns: int

    @property
    def low_confidence(self) -> bool:
        """Whether more than 5 % of the merged calls had to be imputed."""
        return self.calls > 0 and self.imputed / self.calls > _LOW_CONFIDENCE


@dataclass(frozen=True, slots=True)
class Prediction:
    """All journeys under one grouping, by name; `outcomes` are in the recording's order."""

    merger: Merger
    journeys: tuple[JourneyPrediction, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def saved_ns(self) -> int:
        """Time saved over all runs, under the smaller saving."""
        return sum(one.saved_ns for one in self.journeys)


def predict(
    recording: Recording, merger: Merger, seed: int, before: Prediction | None = None
) -> Prediction:
    """Replay every run of `recording` under `merger`.

    A prediction for a smaller merge, `before`, is taken over where nothing changed since.
    """
    changed = _changed_runs(recording, merger, before)
    with collector_paused():
        outcomes = tuple(
            before.outcomes[at]
            if before is not None and at not in changed
            else replay(run, merger, recording)
            for at, run in enumerate(recording.runs)
        )
    places: defaultdict[str, list[int]] = defaultdict(list)
    for at, run in enumerate(recording.runs):
        places[run.journey].append(at)
    known = {} if before is None else {one.journey: one for one in before.journeys}
    kept = set(known) - {recording.runs[at].journey for at in changed}
    journeys = tuple(
        _again(known[name], recording, merger, places[name])
        if name in kept
        else _journey(recording, merger, name, places[name], outcomes, seed)
        for name in sorted(places)
    )
    return Prediction(merger, journeys, outcomes)


def _again(
    known: JourneyPrediction, recording: Recording, merger: Merger, places: Sequence[int]
) -> JourneyPrediction:
    """A prediction that still holds; only the context that the journey belongs to may differ."""
    runs = [recording.runs[at] for at in places]
    return replace(known, context=journey_context(runs, merger.context_of))


def _changed_runs(recording: Recording, merger: Merger, before: Prediction | None) -> set[int]:
    if before is None or before.merger.delta_ns != merger.delta_ns:
        return set(range(len(recording.runs)))
    pairs = {
        pair for pair in recording.pairs if merger.inside(*pair) != before.merger.inside(*pair)
    }
    return {
        at
        for at, run in enumerate(recording.runs)
        if any((site.caller, site.callee) in pairs for site in run.sites)
        or any(pair in pairs for pair in run.unknown)
    }


def _journey(  # one journey's slice of all of these
    recording: Recording,
    merger: Merger,
    name: str,
    places: Sequence[int],
    outcomes: Sequence[Outcome],
    seed: int,
) -> JourneyPrediction:
    runs = [recording.runs[at] for at in places]
    found = [outcomes[at] for at in places]
    before = np.array([run.duration_ns for run in runs], dtype=np.int64)
    after = np.array([one.duration_ns for one in found], dtype=np.int64)
    best = np.array([one.best_ns for one in found], dtype=np.int64)
    random = generator(seed, f"what-if {name}", before.tobytes())
    pairs = quantile_pairs(before, after, QUANTILES, random)
    return JourneyPrediction(
        context=journey_context(runs, merger.context_of),
        journey=name,
        runs=len(runs),
        pairs=tuple(pairs),
        best_ns=tuple(
            None if pair.after.value is None else float(np.quantile(best, pair.quantile))
            for pair in pairs
        ),
        failed=sum(run.failed for run in runs),
        failed_after=sum(one.failed for one in found),
        gaps=sum(one.gaps for one in found),
        retries=sum(one.retries for one in found),
        transport=sum(one.transport for one in found),
        imputed=sum(one.imputed for one in found),
        deadlines=sum(one.deadlines for one in found),
        calls=sum(merger.inside(site.caller, site.callee) for run in runs for site in run.sites),
        unknown_gaps=sum(merger.inside(*pair) for run in runs for pair in run.unknown),
        saved_ns=int((before - after).sum()),
    )


def journey_context(runs: Sequence[Run], context_of: Mapping[str, str]) -> str:
    """The context that does most of a journey's own work, its entry point aside.

    An entry point that passes on works for every journey; it counts only where no other
    service does.
    """
    work: Counter[str] = Counter()
    for run in runs:
        for service, own in zip(run.service, run.own_ns, strict=True):
            if service != run.service[0]:
                work[context_of.get(service, service)] += own
    if not work:
        entry = runs[0].service[0]
        return context_of.get(entry, entry)
    return min(work, key=lambda context: (-work[context], context))
