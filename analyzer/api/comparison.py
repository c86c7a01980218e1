"""Before and after as one object: two analyses in, verdicts with their uncertainty out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from analyzer.analysis.compare import (
    Difference,
    JourneyComparison,
    Judged,
    Margins,
    Verdict,
    compare_journeys,
    overall,
)
from analyzer.analysis.compare.blocks import Floats
from analyzer.api.analysis import Analysis
from analyzer.api.beside import files_beside
from analyzer.api.comparison_sides import nothing_in_common, opened, wanted_journeys
from analyzer.api.comparison_words import headline, tally
from analyzer.api.journey_names import read_journey_names
from analyzer.api.objectives import read_objective_files
from analyzer.api.recorded import ALWAYS_US, AT_PEAK, Measured, Part, Recorded, scopes
from analyzer.errors import InputError, UsageError
from analyzer.slo.spec import Objective

SHOWN_POINTS = 400


@dataclass(frozen=True, slots=True)
class Sample:
    """Latencies of one journey as pictures need them: sorted and thinned, in ms."""

    before: tuple[float, ...]
    after: tuple[float, ...]
    deadline_ms: int | None = None


class Comparison:
    """Two recordings compared journey by journey; shows itself in a notebook."""

    def __init__(
        self,
        journeys: Sequence[JourneyComparison],
        notes: Sequence[str],
        samples: Mapping[str, Sample] | None = None,
    ) -> None:
        """Hold the comparisons, the one that the headline is about first."""
        self.journeys = tuple(journeys)
        self.notes = tuple(notes)
        self.samples = dict(samples or {})

    @property
    def verdict(self) -> Verdict:
        """One word for all journeys: any regression counts, then any improvement."""
        return overall([found.verdict for found in self.journeys])

    @property
    def regressed(self) -> bool:
        return self.verdict is Verdict.REGRESSED

    @property
    def headline(self) -> str:
        """Did it get better, by how much, how sure: about the first journey, at peak if known."""
        first = self.journeys[0].journey.removesuffix(f" {AT_PEAK}")
        about = [f for f in self.journeys if f.journey in {first, f"{first} {AT_PEAK}"}]
        found = next((f for f in about if f.journey.endswith(AT_PEAK)), about[0])
        return headline(found)

    @property
    def tally(self) -> str:
        """How many journeys regressed, improved, stayed, or cannot be judged, in one sentence."""
        return tally(self.journeys)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """One row per (journey, measure): both values, difference, interval, p, verdict."""
        return pl.DataFrame(list(self._rows()), schema=SCHEMA, orient="row")

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for found in self.journeys:
            for gate in found.gates:
                yield _row(found.journey, gate.difference, gate, found.note)
            for explored in found.explored:
                yield _row(found.journey, explored, None, found.note)

    def write_report(self, path: str | Path) -> Path:
        """Write one self-contained HTML page and return its path."""
        from analyzer.api.comparison_report import comparison_html
        from analyzer.api.results import write_text

        return write_text(Path(path), comparison_html(self))

    def _repr_html_(self) -> str:
        from analyzer.render.fragments import frame_fragment

        return frame_fragment(self.headline, self.frame, "; ".join(self.notes))


SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "journey": pl.String,
    "measure": pl.String,
    "verdict": pl.String,
    "before": pl.Float64,
    "after": pl.Float64,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "margin": pl.Float64,
    "non_inferior": pl.Boolean,
    "p_value": pl.Float64,
    "n_before": pl.Int64,
    "n_after": pl.Int64,
    "needed": pl.Int64,
    "block": pl.Int64,
    "design_effect": pl.Float64,
    "note": pl.String,
}


def _row(journey: str, found: Difference, gate: Judged | None, note: str) -> tuple[object, ...]:
    return (
        journey,
        found.measure,
        gate.verdict.value if gate else "explored",
        found.before,
        found.after,
        found.difference,
        found.low,
        found.high,
        gate.margin if gate else None,
        gate.non_inferior if gate else None,
        found.p_value,
        found.n_before,
        found.n_after,
        found.needed,
        found.block,
        found.design_effect,
        note,
    )


def compare(
    before: Analysis | str | Path,
    after: Analysis | str | Path,
    slo: str | Path | None = None,
    journeys: str | Path | None = None,
    *,
    margin: float = 0.10,
    seed: int = 7,
) -> Comparison:
    """Compare two analyses (or folders of one, or folders of logs) journey by journey.

    Journeys are matched by name, after `journeys` (a mapping file) has named them. With `slo` the
    objectives' journeys are compared and their deadlines and targets apply; without it all
    journeys that both sides have. Where a file is not given, the slo.yaml or journeys.yaml that
    stands beside a folder of logs is used, and a note says so. `margin` is how much slower still
    counts as unchanged.

    Raises:
        InputError: the two have no journey in common.
        ConfigurationError: a file is refused.
        UsageError: a folder is not there.
    """
    if not 0 < margin < 1:
        raise UsageError(f"margin {margin:g}: write a share between 0 and 1, such as 0.1.")
    given = (None if path is None else Path(path) for path in (slo, journeys))
    files = files_beside((before, after), *given)
    names = read_journey_names(files.journeys)
    objectives = () if files.slo is None else read_objective_files(files.slo).objectives
    sides = [Recorded([Part(opened(source), ALWAYS_US)], names) for source in (before, after)]
    found = compare_recorded(sides[0], sides[1], objectives, margin=margin, seed=seed)
    return Comparison(found.journeys, [*files.notes, *found.notes], found.samples)


def compare_recorded(
    before: Recorded,
    after: Recorded,
    objectives: Sequence[Objective],
    *,
    left_out: frozenset[str] = frozenset(),
    margin: float = 0.10,
    seed: int = 7,
) -> Comparison:
    """Compare two sides whose journeys have been named; without `objectives` all common ones.

    Journeys `left_out` by name are not compared.

    Raises:
        InputError: the two have no journey in common.
    """
    wanted = [
        one for one in wanted_journeys(before, after, objectives) if one.journey not in left_out
    ]
    measured = [side.sides(wanted) for side in (before, after)]
    common = [m for m in wanted if all(m.name in found for found in measured)]
    if not common:
        raise InputError(nothing_in_common(before, after, asked=bool(objectives)))
    margins = {name: _margins(m, margin) for m in common for name in scopes(m)}
    compared = {
        found.journey: found
        for found in compare_journeys(measured[0], measured[1], margins=margins, seed=seed)
    }
    ordered = [compared[name] for m in common for name in scopes(m) if name in compared]
    notes = [f"{m.name}: only on one side" for m in wanted if m not in common]
    samples = {
        name: Sample(
            thinned(measured[0][name].latency_ms),
            thinned(measured[1][name].latency_ms),
            m.objective.deadline_ms if m.objective else None,
        )
        for m in common
        for name in scopes(m)
        if name in compared
    }
    return Comparison(ordered, notes, samples)


def thinned(latency_ms: Floats) -> tuple[float, ...]:
    """At most 400 evenly spaced quantiles: as much as a picture can show."""
    if len(latency_ms) <= SHOWN_POINTS:
        return tuple(np.sort(latency_ms).tolist())
    steps = np.linspace(0, 1, SHOWN_POINTS)
    return tuple(np.quantile(latency_ms, steps, method="inverted_cdf").tolist())


def _margins(measured: Measured, latency: float) -> Margins:
    if measured.objective is None:
        return Margins(latency)
    return Margins(latency, float(measured.objective.error_budget_ratio) / 2)
