"""All journey runs of a fleet, compiled once and replayed for any grouping."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from analyzer.analysis.whatif.run import FAILURES, LOST
from analyzer.analysis.whatif.runs import Flags, Parts, Runs

Pair = tuple[str, str]
_LOST_CODES: Final = [FAILURES.index(failure) for failure in LOST]


@dataclass(frozen=True)
class Recording:
    """All journey runs, in order of start, and what sums over them says of the fleet."""

    runs: Runs

    @cached_property
    def services(self) -> tuple[str, ...]:
        """Services that report spans on blocking paths, sorted."""
        names = self.runs.names
        return tuple(sorted(names[at] for at in np.unique(self.runs.spans.columns["service"])))

    @cached_property
    def calls(self) -> Mapping[Pair, int]:
        """Blocking calls with a client half per (caller, callee), sorted."""
        return self._counted(self.runs.sites)

    @cached_property
    def transport(self) -> Mapping[Pair, int]:
        """Transport failures per (caller, callee) where there are any, sorted.

        Those of callees that report no span are left out: nobody knows what failed.
        """
        known = set(self.services)
        counts = self._counted(self.runs.sites, self.lost)
        return {pair: count for pair, count in counts.items() if pair[1] in known}

    @cached_property
    def lost(self) -> Flags:
        """For every call of `runs.sites` whether it failed on its way."""
        return np.isin(self.runs.sites.columns["failure"], _LOST_CODES)

    @cached_property
    def unknown(self) -> Mapping[Pair, int]:
        """Calls whose gap nobody measured per (caller, callee), sorted."""
        return self._counted(self.runs.unknown)

    @cached_property
    def queued(self) -> Mapping[Pair, int]:
        """Asynchronous edges per (caller, callee), sorted."""
        return self._counted(self.runs.queued)

    @cached_property
    def patterns(self) -> Mapping[tuple[str, ...], int]:
        """Runs by the services that they need, sorted."""
        runs = self.runs
        counts = np.bincount(runs.heads["needs"], minlength=len(runs.needs)).tolist()
        named = {
            tuple(runs.names[code] for code in needs): count
            for needs, count in zip(runs.needs, counts, strict=True)
            if count
        }
        return dict(sorted(named.items()))

    @cached_property
    def answers(self) -> Mapping[Pair, tuple[int, ...]]:
        """Server durations of successful calls per (callee, message), by trace and span.

        The pool that failed calls are imputed from.
        """
        runs, sites = self.runs, self.runs.sites
        run, spans = sites.run, runs.spans
        first, error = spans.ends[run], spans.columns["error"]
        answer, node = sites.columns["answer"], sites.columns["node"]
        answered = np.flatnonzero(answer >= 0)
        there = first[answered] + answer[answered]
        fine = (error[there] + error[(first + node)[answered]]) == 0
        chosen, there = answered[fine], there[fine]
        rows = zip(
            sites.columns["callee"][chosen].tolist(),
            sites.columns["message"][chosen].tolist(),
            runs.heads["trace_id"][run[chosen]].tolist(),
            sites.columns["span_id"][chosen].tolist(),
            (spans.columns["end"][there] - spans.columns["start"][there]).tolist(),
            strict=True,
        )
        names = runs.names
        pools: defaultdict[Pair, list[tuple[str, str, int]]] = defaultdict(list)
        for callee, message, trace, span, length in rows:
            pools[names[callee], names[message]].append((names[trace], names[span], length))
        return {key: tuple(length for _, _, length in sorted(pools[key])) for key in sorted(pools)}

    @property
    def pairs(self) -> set[Pair]:
        """All (caller, callee) of blocking calls, with and without a client half."""
        return {*self.calls, *self.unknown}

    def only(self, journey_of: Mapping[str, str]) -> Recording:
        """The runs whose trace `journey_of` names, under the journey that it gives them."""
        return Recording(self.runs.only(journey_of))

    def _counted(self, parts: Parts, chosen: Flags | None = None) -> dict[Pair, int]:
        names = self.runs.names
        columns = [parts.columns[name] for name in ("caller", "callee")]
        if chosen is not None:
            columns = [column[chosen] for column in columns]
        pairs = Counter(zip(*(column.tolist() for column in columns), strict=True))
        return dict(sorted(((names[a], names[b]), count) for (a, b), count in pairs.items()))
