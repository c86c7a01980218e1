"""Which of a recording's calls a merge brings into one process, and which runs that touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analyzer.analysis.whatif.recording import Recording
from analyzer.analysis.whatif.replay import Merger
from analyzer.analysis.whatif.runs import Flags, Parts


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """Which calls stay in one process after a merge: one flag per call, in the runs' order."""

    recording: Recording
    sites: Flags
    unknown: Flags

    @staticmethod
    def of(recording: Recording, merger: Merger) -> Inside:
        """The calls of `recording` that `merger` brings inside."""
        names, runs = recording.runs.names, recording.runs
        return Inside(
            recording, _inside(runs.sites, names, merger), _inside(runs.unknown, names, merger)
        )

    @property
    def touched(self) -> Flags:
        """The runs with a call inside."""
        return self._runs(self.sites, self.unknown)

    def differing(self, other: Inside) -> Flags:
        """The runs with a call that is inside in one of the two only."""
        return self._runs(self.sites ^ other.sites, self.unknown ^ other.unknown)

    def _runs(self, sites: Flags, unknown: Flags) -> Flags:
        runs = self.recording.runs
        touched = np.zeros(len(runs), dtype=np.bool_)
        touched[runs.sites.run[sites]] = True
        touched[runs.unknown.run[unknown]] = True
        return touched


def _inside(parts: Parts, names: Sequence[str], merger: Merger) -> Flags:
    pairs = parts.columns["caller"] * len(names) + parts.columns["callee"]
    distinct, places = np.unique(pairs, return_inverse=True)
    flags = [
        merger.inside(names[pair // len(names)], names[pair % len(names)]) for pair in distinct
    ]
    return np.array(flags, dtype=np.bool_)[places]
