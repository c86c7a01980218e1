"""Collects runs, one by one and in any order, into a recording that keeps only their columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from analyzer.analysis.whatif.recording import Recording
from analyzer.analysis.whatif.run import FAILURES, Run, Site
from analyzer.analysis.whatif.runs import HEADS, PAIRS, SITES, SPANS, TEXTS, Ints, Parts, Runs

_SILENT: Final = FAILURES.index("silent")
_APPLICATION: Final = FAILURES.index("application")
_FAILURE_CODES: Final = {failure: code for code, failure in enumerate(FAILURES)}


class Recorder:
    """Takes runs; `finish` gives the same recording for the same runs in any order."""

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._needs: dict[tuple[int, ...], int] = {}
        self._heads = _Columns(HEADS)
        self._spans, self._sites = _Columns(SPANS), _Columns(SITES)
        self._unknown, self._queued = _Columns(PAIRS), _Columns(PAIRS)

    def add(self, runs: Iterable[Run]) -> None:
        """Add journey runs, in any order."""
        for run in runs:
            needs = tuple(self._codes(run.services))
            self._heads.extend(
                [
                    [self._code(run.trace_id)],
                    [self._code(run.journey)],
                    [run.start_ns],
                    [run.duration_ns],
                    [int(run.failed)],
                    [self._needs.setdefault(needs, len(self._needs))],
                ]
            )
            service = self._codes(run.service)
            error = list(map(int, run.error))
            self._spans.extend([service, run.start, run.end, run.parent, run.own_ns, error])
            self._sites.extend(_transposed([self._site(site) for site in run.sites]))
            self._unknown.extend(_transposed([self._codes(pair) for pair in run.unknown]))
            self._queued.extend(_transposed([self._codes(pair) for pair in run.queued]))

    def finish(self) -> Recording:
        """The recording of all runs, by start and trace."""
        names = sorted(self._names)
        renumbered = np.empty(len(names), dtype=np.int64)
        renumbered[[self._names[name] for name in names]] = np.arange(len(names))
        patterns = {
            tuple(int(renumbered[code]) for code in needs): at for needs, at in self._needs.items()
        }
        needs = sorted(patterns)
        replaced = np.empty(len(needs), dtype=np.int64)
        replaced[[patterns[pattern] for pattern in needs]] = np.arange(len(needs))
        heads = dict(self._heads.parts(renumbered).columns)
        heads["needs"] = replaced[heads["needs"]]
        spans, sites = self._spans.parts(renumbered), self._sites.parts(renumbered)
        runs = Runs(
            names=tuple(names),
            needs=tuple(needs),
            heads=heads,
            spans=spans,
            sites=_without_guesses(spans, sites),
            unknown=self._unknown.parts(renumbered),
            queued=self._queued.parts(renumbered),
        )
        return Recording(runs.at(np.lexsort((heads["trace_id"], heads["start_ns"]))))

    def _code(self, name: str) -> int:
        return self._names.setdefault(name, len(self._names))

    def _codes(self, names: Iterable[str]) -> list[int]:
        return [self._code(name) for name in names]

    def _site(self, site: Site) -> tuple[int, ...]:
        return (
            site.node,
            self._code(site.caller),
            self._code(site.callee),
            self._code(site.message),
            site.answer,
            site.gap_ns,
            site.excess_ns,
            _FAILURE_CODES[site.failure],
            site.retry_of,
            self._code(site.span_id),
        )


class _Columns:
    """Columns that grow by several rows a run."""

    def __init__(self, names: Sequence[str]) -> None:
        self.columns: dict[str, list[int]] = {name: [] for name in names}
        self.ends = [0]

    def extend(self, rows: Sequence[Sequence[int]]) -> None:
        """Add one run's rows, given column by column (nothing for a run without any)."""
        added = 0
        for column, values in zip(self.columns.values(), rows, strict=bool(rows)):
            column.extend(values)
            added = len(values)
        self.ends.append(self.ends[-1] + added)

    def parts(self, renumbered: Ints) -> Parts:
        """The columns as arrays, text under its final number."""
        arrays = {name: np.array(values, np.int64) for name, values in self.columns.items()}
        return Parts(
            np.array(self.ends, dtype=np.int64),
            {
                name: renumbered[values] if name in TEXTS else values
                for name, values in arrays.items()
            },
        )


def _transposed(rows: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    return list(zip(*rows, strict=True))


def _without_guesses(spans: Parts, sites: Parts) -> Parts:
    """A service that never reports a span is silent by nature: its errors stay its own."""
    mute = ~np.isin(sites.columns["callee"], spans.columns["service"])
    guessed = mute & (sites.columns["failure"] == _SILENT)
    return Parts(
        sites.ends,
        {
            **sites.columns,
            "failure": np.where(guessed, _APPLICATION, sites.columns["failure"]),
            "retry_of": np.where(guessed, -1, sites.columns["retry_of"]),
        },
    )
