"""What a grouping is predicted to bring, journey by journey."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from analyzer.analysis.whatif.compiling import collector_paused
from analyzer.analysis.whatif.inside import Inside
from analyzer.analysis.whatif.quantiles import QuantilePair, generator, quantile_pairs
from analyzer.analysis.whatif.recording import Recording
from analyzer.analysis.whatif.replay import Merger, Outcome, replay
from analyzer.analysis.whatif.runs import Flags, Ints

QUANTILES: Final = (0.5, 0.95, 0.99)
_LOW_CONFIDENCE: Final = 0.05

_NEARLY_EVERY = 0.8
_FEWEST_KINDS = 4
"""Of fewer journeys, one that passes nearly all says little of being a gateway."""


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
    """Replay every run of `recording` that `merger` touches; every other one stays as it was.

    A prediction for a smaller merge, `before`, is taken over where nothing changed since.
    """
    inside = Inside.of(recording, merger)
    known = before if before is not None and before.merger.delta_ns == merger.delta_ns else None
    changed = (
        inside.touched if known is None else inside.differing(Inside.of(recording, known.merger))
    )
    outcomes = _as_recorded(recording) if known is None else list(known.outcomes)
    places = np.flatnonzero(changed)
    with collector_paused():
        for at, run in zip(places.tolist(), recording.runs.at(places), strict=True):
            outcomes[at] = replay(run, merger, recording)
    volume = _Volume(recording, merger, inside, tuple(outcomes), changed)
    kept = {} if known is None else {one.journey: one for one in known.journeys}
    return Prediction(merger, tuple(volume.journeys(seed, kept)), volume.outcomes)


def _as_recorded(recording: Recording) -> list[Outcome]:
    heads = recording.runs.heads
    return [
        Outcome(duration, duration, failed)
        for duration, failed in zip(
            heads["duration_ns"].tolist(), (heads["failed"] > 0).tolist(), strict=True
        )
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Volume:
    """All that is known of the runs under one grouping, on its way to a row per journey."""

    recording: Recording
    merger: Merger
    inside: Inside
    outcomes: tuple[Outcome, ...]
    changed: Flags

    def journeys(
        self, seed: int, kept: Mapping[str, JourneyPrediction]
    ) -> Iterator[JourneyPrediction]:
        """Every journey by name; those of `kept` that nothing changed for are taken over.

        Only the context that such a journey belongs to may be another one.
        """
        runs = self.recording.runs
        journey = runs.heads["journey"]
        order = np.argsort(journey, kind="stable")
        codes, firsts = np.unique(journey[order], return_index=True)
        lasts = [*firsts[1:], len(order)]
        parts = {
            code: order[first:last]
            for code, first, last in zip(codes.tolist(), firsts, lasts, strict=False)
        }
        contexts = _contexts(self.recording, self.merger.context_of)
        counts = [
            np.bincount(parts.run[inside], minlength=len(runs))
            for parts, inside in (
                (runs.sites, self.inside.sites),
                (runs.unknown, self.inside.unknown),
            )
        ]
        for code in sorted(parts, key=lambda one: runs.names[one]):
            name, places = runs.names[code], parts[code]
            if name in kept and not self.changed[places].any():
                yield replace(kept[name], context=contexts[code])
                continue
            calls, unknown = (int(count[places].sum()) for count in counts)
            yield self._journey(places, (contexts[code], name), (calls, unknown), seed)

    def _journey(
        self, places: Ints, names: tuple[str, str], counts: tuple[int, int], seed: int
    ) -> JourneyPrediction:
        heads = self.recording.runs.heads
        context, name = names
        found = [self.outcomes[at] for at in places.tolist()]
        before = heads["duration_ns"][places]
        after = np.array([one.duration_ns for one in found], dtype=np.int64)
        best = np.array([one.best_ns for one in found], dtype=np.int64)
        random = generator(seed, f"what-if {name}", before.tobytes())
        pairs = quantile_pairs(before, after, QUANTILES, random)
        return JourneyPrediction(
            context=context,
            journey=name,
            runs=len(places),
            pairs=tuple(pairs),
            best_ns=tuple(
                None if pair.after.value is None else float(np.quantile(best, pair.quantile))
                for pair in pairs
            ),
            failed=int(heads["failed"][places].sum()),
            failed_after=sum(one.failed for one in found),
            gaps=sum(one.gaps for one in found),
            retries=sum(one.retries for one in found),
            transport=sum(one.transport for one in found),
            imputed=sum(one.imputed for one in found),
            deadlines=sum(one.deadlines for one in found),
            calls=counts[0],
            unknown_gaps=counts[1],
            saved_ns=int((before - after).sum()),
        )


def _contexts(recording: Recording, context_of: Mapping[str, str]) -> dict[int, str]:
    """Per journey the context that is handed most of it: by time, what that one calls included.

    An entry point passes on, and so does a service that works for nearly every journey (a
    gateway behind a proxy): such a one counts only where no other service is called. Own time
    would not do: a service that waits for a slow one would lose its own journey to it.
    """
    runs = recording.runs
    names, spans = runs.names, runs.spans
    service, run, parent = spans.columns["service"], spans.run, spans.columns["parent"]
    journey = runs.heads["journey"]
    entry = service[spans.ends[:-1]]
    found = {
        code: context_of.get(names[first], names[first])
        for code, first in zip(journey[::-1].tolist(), entry[::-1].tolist(), strict=True)
    }
    passing = (service == entry[run]) | np.isin(service, _everywhere(journey[run], service))
    above = np.maximum(parent, 0) + spans.ends[:-1][run]
    handed = ~passing & ((parent < 0) | passing[above])
    time = spans.columns["end"] - spans.columns["start"]
    keys = journey[run[handed]] * len(names) + service[handed]
    distinct, places = np.unique(keys, return_inverse=True)
    sums = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(sums, places, time[handed])
    work: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for key, amount in zip(distinct.tolist(), sums.tolist(), strict=True):
        name = names[key % len(names)]
        work[key // len(names)][context_of.get(name, name)] += amount
    for code, shares in work.items():
        found[code] = min(shares, key=lambda context: (-shares[context], context))
    return found


def _everywhere(journey: Ints, service: Ints) -> Ints:
    """The services that nearly every journey passes, given both per span."""
    pairs = np.unique(np.stack([service, journey], axis=1), axis=0)
    services, counts = np.unique(pairs[:, 0], return_counts=True)
    kinds = len(np.unique(journey))
    return services[(counts >= _NEARLY_EVERY * kinds) & (kinds >= _FEWEST_KINDS)]
