"""One side of a comparison: stretches of one or more recordings, their journeys by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import NamedTuple

import numpy as np

from analyzer.analysis.compare import Side
from analyzer.api.analysis import Analysis
from analyzer.api.journey_names import JourneyNames
from analyzer.api.objectives import Stretch, journey_pairs
from analyzer.slo.events import DEFAULT_VALID
from analyzer.slo.spec import Objective

AT_PEAK = "at peak"
ALWAYS_US = (-(2**60), 2**60)


class Part(NamedTuple):
    """An analysis, and the stretch [from, until) of it that counts, in microseconds UTC.

    `phase` names the stretch where a side has several of a kind, such as "baseline" and "peak".
    """

    analysis: Analysis
    span: tuple[int, int]
    phase: str = ""

    @property
    def stretch(self) -> Stretch:
        """The same, as objectives are evaluated over it."""
        return Stretch(self.analysis.relation, self.span)


@dataclass(frozen=True, slots=True)
class Measured:
    """One journey to compare: its name, and the objective that judges it where there is one."""

    name: str
    context: str
    journey: str
    objective: Objective | None = None


def scopes(measured: Measured) -> tuple[str, str]:
    """The names of its two samples: over everything, and at the peak."""
    return measured.name, f"{measured.name} {AT_PEAK}"


class Recorded:
    """One side: its parts in order of time, and its journeys by name, the busiest first."""

    def __init__(self, parts: Sequence[Part], names: JourneyNames) -> None:
        self.parts, self.names = tuple(parts), names
        rows = [pair for part in self.parts for pair in self._known(part)]
        self.named = list(dict.fromkeys(names.name(*row) or row for row in rows))

    def sides(self, wanted: Sequence[Measured]) -> Mapping[str, Side]:
        """Samples by name of what is `wanted`; of a whole recording those at its peak, too."""
        found: dict[str, Side] = {}
        peak = self._peak()
        for measured in wanted:
            whole, at_peak = scopes(measured)
            found[whole] = self._joined([self._side(part, measured) for part in self.parts])
            if peak:
                found[at_peak] = self._side(self.parts[0]._replace(span=peak), measured)
        return {name: side for name, side in found.items() if len(side.bad)}

    def _known(self, part: Part) -> list[tuple[str, str]]:
        known = part.analysis.relation("slo_journeys")
        return [(str(c), str(j)) for c, j in known.select("context", "journey").rows()]

    def _pairs(self, part: Part, measured: Measured) -> list[tuple[str, str]]:
        if measured.objective:
            known = part.analysis.relation("slo_journeys")
            return journey_pairs(known, measured.objective, self.names)
        wanted = measured.context, measured.journey
        return [row for row in self._known(part) if (self.names.name(*row) or row) == wanted]

    def _peak(self) -> tuple[int, int] | None:
        """The longest peak window of a whole recording, in microseconds."""
        if [part.span for part in self.parts] != [ALWAYS_US]:
            return None
        windows = [
            (round(start.timestamp() * 1e6), round(end.timestamp() * 1e6))
            for start, end in (
                (s.replace(tzinfo=UTC), e.replace(tzinfo=UTC))
                for s, e in self.parts[0].analysis.windows
            )
        ]
        return max(windows, key=lambda w: w[1] - w[0], default=None)

    def _joined(self, sides: Sequence[Side]) -> Side:
        clocks = list(dict.fromkeys(side.clock for side in sides if side.clock))
        return Side(
            np.concatenate([side.latency_ms for side in sides]),
            np.concatenate([side.bad for side in sides]),
            ", ".join(clocks),
        )

    def _side(self, part: Part, measured: Measured) -> Side:
        objective, pairs = measured.objective, self._pairs(part, measured)
        valid = objective.valid if objective else DEFAULT_VALID
        parameters = {
            "contexts": [context for context, _ in pairs],
            "journeys": [journey for _, journey in pairs],
        }
        frame = part.analysis.relation(
            "slo_latencies",
            {
                **parameters,
                "excluded": sorted(valid.excluded_outcomes),
                "from_us": part.span[0],
                "until_us": part.span[1],
            },
        )
        latency = frame["latency_ms"].to_numpy().astype(np.float64)
        bad = frame["failed"].to_numpy().astype(np.bool_)
        if objective and objective.deadline_ms is not None:
            bad = bad | (latency > objective.deadline_ms)
        clock = self._clock(part, parameters) if pairs else ""
        return Side(latency, bad, clock)

    def _clock(self, part: Part, parameters: dict[str, list[str]]) -> str:
        """Where the latency was taken: the kinds of the journeys' root spans, the most used."""
        frame = part.analysis.relation("slo_clocks", parameters)
        return f"{frame['span_kind'][0]} span" if frame.height else ""
