"""Journey runs kept as columns: small in memory and on disk, and counted without a loop.

A single run is made when somebody asks for it; what sums over all runs reads the columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final, overload

import numpy as np
import numpy.typing as npt

from analyzer.analysis.whatif.run import FAILURES, Run, Site

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

HEADS: Final = ("trace_id", "journey", "start_ns", "duration_ns", "failed", "needs")
SPANS: Final = ("service", "start", "end", "parent", "own_ns", "error")
SITES: Final = Site._fields
PAIRS: Final = ("caller", "callee")
TEXTS: Final = frozenset(
    {"trace_id", "journey", "service", "caller", "callee", "message", "span_id"}
)
"""The columns whose numbers are places in `Runs.names`."""

_BLOCK = 1024
"""Runs that are turned into Python values together."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What a run has several of, as columns; those of run `i` stand at `ends[i] : ends[i + 1]`."""

    ends: Ints
    columns: Mapping[str, Ints]

    def __len__(self) -> int:
        return int(self.ends[-1])

    @property
    def run(self) -> Ints:
        """The place of the run that each row belongs to."""
        return np.repeat(np.arange(len(self.ends) - 1), np.diff(self.ends))

    def take(self, places: Ints) -> Parts:
        """The parts of the runs at `places`, in that order."""
        counts = np.diff(self.ends)[places]
        ends = np.concatenate([[0], counts.cumsum()])
        rows = np.arange(ends[-1]) + np.repeat(self.ends[places] - ends[:-1], counts)
        return Parts(ends, {name: column[rows] for name, column in self.columns.items()})

    def lists(self, low: int, high: int) -> Iterator[list[list[int]]]:
        """The columns of each run from `low` to `high`, as lists."""
        ends = self.ends[low : high + 1].tolist()
        columns = [column[ends[0] : ends[-1]].tolist() for column in self.columns.values()]
        for begin, end in pairwise(ends):
            yield [column[begin - ends[0] : end - ends[0]] for column in columns]


@dataclass(frozen=True, slots=True, eq=False)
class Runs(Sequence[Run]):
    """Journey runs in order of start.

    Text stands once in `names`, sorted, and is a place in it elsewhere (`TEXTS`). `heads` has
    one row per run; its column `needs` is a place in `needs`, the services on blocking paths.
    `spans`, `sites` (calls), `unknown` and `queued` hold what `Run` says under these names.
    """

    names: tuple[str, ...]
    needs: tuple[tuple[int, ...], ...]
    heads: Mapping[str, Ints]
    spans: Parts
    sites: Parts
    unknown: Parts
    queued: Parts
    _block: dict[int, list[Run]] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        return len(self.heads["start_ns"])

    @overload
    def __getitem__(self, place: int) -> Run: ...
    @overload
    def __getitem__(self, place: slice) -> Runs: ...
    def __getitem__(self, place: int | slice) -> Run | Runs:
        if isinstance(place, slice):
            return self.at(np.arange(len(self))[place])
        at = range(len(self))[place]  # negative places, and the error for one beyond the end
        number, rest = divmod(at, _BLOCK)
        if number not in self._block:
            self._block.clear()
            low = number * _BLOCK
            self._block[number] = list(self._made(low, min(low + _BLOCK, len(self))))
        return self._block[number][rest]

    def __iter__(self) -> Iterator[Run]:
        for low in range(0, len(self), _BLOCK):
            yield from self._made(low, min(low + _BLOCK, len(self)))

    def at(self, places: Ints) -> Runs:
        """The runs at `places`, in that order."""
        return replace(
            self,
            heads={name: column[places] for name, column in self.heads.items()},
            spans=self.spans.take(places),
            sites=self.sites.take(places),
            unknown=self.unknown.take(places),
            queued=self.queued.take(places),
        )

    def only(self, journey_of: Mapping[str, str]) -> Runs:
        """The runs whose trace `journey_of` names, under the journey that it gives them."""
        traces = [self.names[code] for code in self.heads["trace_id"].tolist()]
        places = [at for at, trace in enumerate(traces) if trace in journey_of]
        chosen = self.at(np.array(places, dtype=np.int64))
        fresh = sorted(set(journey_of.values()))
        code = {name: len(self.names) + at for at, name in enumerate(fresh)}
        journeys = [code[journey_of[traces[at]]] for at in places]
        heads = {**chosen.heads, "journey": np.array(journeys, dtype=np.int64)}
        return replace(chosen, names=(*self.names, *fresh), heads=heads)

    def _made(self, low: int, high: int) -> Iterator[Run]:
        names, needs = self.names, self.needs
        heads = [self.heads[name][low:high].tolist() for name in HEADS]
        grains = [
            parts.lists(low, high) for parts in (self.spans, self.sites, self.unknown, self.queued)
        ]
        for head, span, site, unknown, queued in zip(
            zip(*heads, strict=True), *grains, strict=True
        ):
            trace_id, journey, start_ns, duration_ns, failed, pattern = head
            service, start, end, parent, own_ns, error = span
            yield Run(
                trace_id=names[trace_id],
                journey=names[journey],
                start_ns=start_ns,
                duration_ns=duration_ns,
                failed=bool(failed),
                service=[names[code] for code in service],
                start=start,
                end=end,
                parent=parent,
                children=_children(parent),
                own_ns=own_ns,
                error=[bool(flag) for flag in error],
                sites=[_site(row, names) for row in zip(*site, strict=True)],
                unknown=[(names[a], names[b]) for a, b in zip(*unknown, strict=True)],
                queued=[(names[a], names[b]) for a, b in zip(*queued, strict=True)],
                services=tuple(names[code] for code in needs[pattern]),
            )


def _site(row: tuple[Any, ...], names: Sequence[str]) -> Site:
    node, caller, callee, message, answer, gap_ns, excess_ns, failure, retry_of, span_id = row
    return Site(
        node,
        names[caller],
        names[callee],
        names[message],
        answer,
        gap_ns,
        excess_ns,
        FAILURES[failure],
        retry_of,
        names[span_id],
    )


def _children(parent: Sequence[int]) -> list[list[int]]:
    """Children by parent: positions were given in order of start."""
    children: list[list[int]] = [[] for _ in parent]
    for at in range(1, len(parent)):
        children[parent[at]].append(at)
    return children
