"""The hotspot table of a known incident: its rows in the order of the suspects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from analyzer.analysis.hotspots.compare import Comparison
from analyzer.analysis.hotspots.errors import milliseconds
from analyzer.analysis.hotspots.hotspot import Hotspot
from analyzer.analysis.hotspots.period import Period
from analyzer.analysis.hotspots.suspects import Suspect


def incident_rows(
    comparison: Comparison, hotspots: Sequence[Hotspot], suspects: Sequence[Suspect]
) -> tuple[Hotspot, ...]:
    """Rows ranked over both kinds by the suspicion of their service; `score` is that suspicion.

    A suspect without a hotspot of its own stands in the table with what made it one: an
    operation or template that occurs more or less often counts as kind errors. Rows without
    enough data follow unranked.
    """
    of_service: dict[str, list[Hotspot]] = defaultdict(list)
    for row in hotspots:
        if row.score is not None:
            of_service[row.service_name].append(row)
    rows: list[Hotspot] = []
    for suspect in suspects:
        if suspect.score <= 0:
            continue
        found = of_service[suspect.service_name] or [_row(suspect, comparison)]
        found.sort(key=lambda row: (row.kind != _kind(suspect), row.rank or 0))
        rows += (
            replace(row, rank=len(rows) + place, score=suspect.score)
            for place, row in enumerate(found, start=1)
        )
    return (*rows, *(row for row in hotspots if row.score is None))


def _kind(suspect: Suspect) -> str:
    return "latency" if suspect.kind == "latency" else "errors"


def _row(suspect: Suspect, comparison: Comparison) -> Hotspot:
    base_ms, base_rate = _figures(comparison.base, suspect)
    peak_ms, peak_rate = _figures(comparison.peak, suspect)
    is_slow = suspect.kind == "latency"
    before, during = (base_ms, peak_ms) if is_slow else (base_rate, peak_rate)
    return Hotspot(
        rank=None,
        service_name=suspect.service_name,
        operation=suspect.operation,
        kind=_kind(suspect),
        baseline_p50_ms=base_ms,
        peak_p50_ms=peak_ms,
        baseline_error_rate=base_rate,
        peak_error_rate=peak_rate,
        ratio=during / before if before and during is not None else None,
        score=suspect.score,
        share_of_slow_time=comparison.share_of_slow_time(suspect.service_name, suspect.operation),
        cause=suspect.reason,
        evidence_n=suspect.entries_peak,
    )


def _figures(period: Period, suspect: Suspect) -> tuple[float | None, float | None]:
    """(median ms, error rate) of the suspect's operation, None where it has no spans."""
    mine = period.served.filter(
        (pl.col("service_name") == suspect.service_name)
        & (pl.col("operation") == suspect.operation)
    )
    if mine.is_empty():
        return None, None
    row = mine.row(0, named=True)
    return milliseconds(row["p50"]), row["errors"] / row["calls"]
