"""Before and after as one object: two analyses in, verdicts with their uncertainty out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from analyzer.analysis.compare import (
    Difference,
    JourneyComparison,
    Judged,
    Margins,
    Side,
    Verdict,
    compare_journeys,
    overall,
)
from analyzer.analysis.compare.blocks import Floats
from analyzer.api.analysis import Analysis
from analyzer.api.journey_names import JourneyNames, read_journey_names
from analyzer.api.objectives import journey_pairs, read_objective_files
from analyzer.errors import InputError, UsageError
from analyzer.slo.events import DEFAULT_VALID
from analyzer.slo.spec import Objective

AT_PEAK = "at peak"
SHOWN_POINTS = 400
ALWAYS_US = (-(2**60), 2**60)


@dataclass(frozen=True, slots=True)
class Measured:
    """One journey to compare: its name, and the objective that judges it where there is one."""

    name: str
    context: str
    journey: str
    objective: Objective | None = None


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
        journeys: list[JourneyComparison],
        notes: list[str],
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


def headline(found: JourneyComparison) -> str:
    """One sentence: verdict, then each gate with both values and its interval."""
    told = [gate_words(gate) for gate in found.gates]
    note = f" ({found.note})" if found.note else ""
    return f"{found.journey}: {found.verdict.value}{note}. {'; '.join(told)}."


def gate_words(gate: Judged) -> str:
    """Like `p95 1,204 to 410 ms, -66 % (95 % interval -70 to -62 %)`, or what is missing."""
    found = gate.difference
    if found.before is None or found.after is None or found.low is None or found.high is None:
        n = min(found.n_before, found.n_after)
        return f"{found.measure} not enough data ({n:,} of {found.needed:,})"
    if found.measure == "bad share":
        values = f"{found.before:.3%} to {found.after:.3%}"
        span = f"{100 * found.low:+.3f} to {100 * found.high:+.3f} points"
        return f"{found.measure} {values} (95 % interval {span}, {gate.verdict.value})"
    values = f"{found.before:,.0f} to {found.after:,.0f} ms"
    if not found.before:
        return f"{found.measure} {values} ({gate.verdict.value})"
    change, low, high = (
        100 * value / found.before for value in (found.difference or 0.0, found.low, found.high)
    )
    return (
        f"{found.measure} {values}, {change:+.0f} % "
        f"(95 % interval {low:+.0f} to {high:+.0f} %, {gate.verdict.value})"
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
    journeys that both sides have. `margin` is how much slower still counts as unchanged.

    Raises:
        InputError: the two have no journey in common.
        ConfigurationError: a file is refused.
    """
    if not 0 < margin < 1:
        raise UsageError(f"margin {margin:g}: write a share between 0 and 1, such as 0.1.")
    names = read_journey_names(None if journeys is None else Path(journeys))
    objectives = () if slo is None else read_objective_files(slo).objectives
    sides = [_Recording(_opened(source), names) for source in (before, after)]
    wanted = _wanted(sides[0], sides[1], objectives)
    measured = [side.sides(wanted) for side in sides]
    common = [m for m in wanted if all(m.name in found for found in measured)]
    if not common:
        raise InputError(_nothing_in_common(sides[0], sides[1], slo))
    margins = {name: _margins(m, margin) for m in common for name in _scopes(m)}
    compared = {
        found.journey: found
        for found in compare_journeys(measured[0], measured[1], margins=margins, seed=seed)
    }
    ordered = [compared[name] for m in common for name in _scopes(m) if name in compared]
    notes = [f"{m.name}: only on one side" for m in wanted if m not in common]
    samples = {
        name: Sample(
            thinned(measured[0][name].latency_ms),
            thinned(measured[1][name].latency_ms),
            m.objective.deadline_ms if m.objective else None,
        )
        for m in common
        for name in _scopes(m)
        if name in compared
    }
    return Comparison(ordered, notes, samples)


def thinned(latency_ms: Floats) -> tuple[float, ...]:
    """At most 400 evenly spaced quantiles: as much as a picture can show."""
    if len(latency_ms) <= SHOWN_POINTS:
        return tuple(np.sort(latency_ms).tolist())
    steps = np.linspace(0, 1, SHOWN_POINTS)
    return tuple(np.quantile(latency_ms, steps, method="inverted_cdf").tolist())


def _opened(source: Analysis | str | Path) -> Analysis:
    """An analysis as it is, from its folder, or made of a folder of logs."""
    if isinstance(source, Analysis):
        return source
    from analyzer.api import analyze, open_analysis
    from analyzer.store import STORE_NAME

    folder = Path(source)
    return open_analysis(folder) if (folder / STORE_NAME).exists() else analyze(folder)


def _scopes(measured: Measured) -> tuple[str, str]:
    return measured.name, f"{measured.name} {AT_PEAK}"


def _margins(measured: Measured, latency: float) -> Margins:
    if measured.objective is None:
        return Margins(latency)
    return Margins(latency, float(measured.objective.error_budget_ratio) / 2)


def _wanted(
    before: _Recording, after: _Recording, objectives: tuple[Objective, ...]
) -> list[Measured]:
    """The objectives' journeys in the order of the file, else all common ones, busiest first."""
    if objectives:
        return [
            Measured(o.name, o.context or "", o.journey or "", o) for o in objectives if o.source
        ]
    others = set(after.named)
    return [
        Measured(f"{context} / {journey}", context, journey)
        for context, journey in before.named
        if (context, journey) in others
    ]


def _nothing_in_common(before: _Recording, after: _Recording, slo: str | Path | None) -> str:
    shown = [
        ", ".join(f"{c} / {j}" for c, j in side.named[:3]) or "none" for side in (before, after)
    ]
    asked = " that the objectives name" if slo else ""
    return (
        f"the two recordings have no journey in common{asked}: before {shown[0]}; "
        f"after {shown[1]}. Map names with --journeys FILE."
    )


class _Recording:
    """One side: its store, and its journeys by name."""

    def __init__(self, analysis: Analysis, names: JourneyNames) -> None:
        self.analysis, self.names = analysis, names
        self.known = analysis.relation("slo_journeys")
        rows = [(str(c), str(j)) for c, j in self.known.select("context", "journey").rows()]
        self.named = list(dict.fromkeys(names.name(*row) or row for row in rows))

    def sides(self, wanted: list[Measured]) -> Mapping[str, Side]:
        """Samples by name of what is `wanted`, over all of the recording and at its peak."""
        found: dict[str, Side] = {}
        peak = self._peak()
        for measured in wanted:
            pairs = self._pairs(measured)
            if not pairs:
                continue
            whole, at_peak = _scopes(measured)
            found[whole] = self._side(measured, pairs, ALWAYS_US)
            if peak:
                found[at_peak] = self._side(measured, pairs, peak)
        return {name: side for name, side in found.items() if len(side.bad)}

    def _pairs(self, measured: Measured) -> list[tuple[str, str]]:
        if measured.objective:
            return journey_pairs(self.known, measured.objective, self.names)
        wanted = measured.context, measured.journey
        rows = [(str(c), str(j)) for c, j in self.known.select("context", "journey").rows()]
        return [row for row in rows if (self.names.name(*row) or row) == wanted]

    def _peak(self) -> tuple[int, int] | None:
        """The longest peak window, in microseconds."""
        windows = [
            (round(start.timestamp() * 1e6), round(end.timestamp() * 1e6))
            for start, end in (
                (s.replace(tzinfo=UTC), e.replace(tzinfo=UTC)) for s, e in self.analysis.windows
            )
        ]
        return max(windows, key=lambda w: w[1] - w[0], default=None)

    def _side(
        self, measured: Measured, pairs: list[tuple[str, str]], span: tuple[int, int]
    ) -> Side:
        objective = measured.objective
        valid = objective.valid if objective else DEFAULT_VALID
        parameters = {
            "contexts": [context for context, _ in pairs],
            "journeys": [journey for _, journey in pairs],
        }
        frame = self.analysis.relation(
            "slo_latencies",
            {
                **parameters,
                "excluded": sorted(valid.excluded_outcomes),
                "from_us": span[0],
                "until_us": span[1],
            },
        )
        latency = frame["latency_ms"].to_numpy().astype(np.float64)
        bad = frame["failed"].to_numpy().astype(np.bool_)
        if objective and objective.deadline_ms is not None:
            bad = bad | (latency > objective.deadline_ms)
        return Side(latency, bad, self._clock(parameters))

    def _clock(self, parameters: dict[str, list[str]]) -> str:
        """Where the latency was taken: the kinds of the journeys' root spans, the most used."""
        frame = self.analysis.relation("slo_clocks", parameters)
        return f"{frame['span_kind'][0]} span" if frame.height else ""
