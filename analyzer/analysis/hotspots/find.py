"""One door to the hotspots: what changed in the peak, by operation and by service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from analyzer.analysis.hotspots.compare import Comparison, compare
from analyzer.analysis.hotspots.errors import error_rows
from analyzer.analysis.hotspots.frames import TraceFrames
from analyzer.analysis.hotspots.hotspot import Hotspot
from analyzer.analysis.hotspots.incident import incident_rows
from analyzer.analysis.hotspots.slower import latency_rows
from analyzer.analysis.hotspots.suspects import Suspect, rank_suspects
from analyzer.analysis.hotspots.windows import (
    Window,
    baseline_of,
    find_windows,
    incident_window,
)

NO_PEAK: Final = "no peak found: nothing stands out for two buckets of time"
NOTHING_TO_COMPARE: Final = "the window, or the time outside it, holds no spans"


@dataclass(frozen=True, slots=True)
class WindowFindings:
    """What changed in one window: hotspots of both kinds, and the services behind them."""

    window: Window
    hotspots: tuple[Hotspot, ...]
    suspects: tuple[Suspect, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """All windows in order of time, and one table over them.

    `hotspots` keeps the highest score of every (service, operation, kind) over the windows,
    ranked inside its kind; rows without enough data follow, unranked. `note` says why where no
    window was found or there is nothing to compare it with. `tail_ns` is what the baseline leaves
    out after each window.
    """

    windows: tuple[WindowFindings, ...]
    hotspots: tuple[Hotspot, ...]
    note: str | None = None
    tail_ns: int = 0


def find_hotspots(
    frames: TraceFrames,
    windows: Sequence[Window] | None = None,
    *,
    incident_ns: int | None = None,
    excluded: Sequence[Window] = (),
) -> Findings:
    """Hotspots and suspects inside `windows`, found in the traffic where none are given.

    `incident_ns` names the moment a known incident began instead; the table then ranks its rows
    by the suspicion of their service (`incident.incident_rows`). `excluded` are further
    windows that the baseline leaves out (other known incidents).
    """
    if incident_ns is not None:
        windows = (incident_window(incident_ns),)
    elif windows is None:
        windows = find_windows(frames.journeys)
    if not windows:
        return Findings((), (), NO_PEAK)
    baseline = baseline_of(frames.times["start_ns"], (*windows, *excluded), frames.times["weight"])
    comparisons = compare(frames, tuple(windows), baseline)
    found = tuple(map(_findings, comparisons))
    note = None if any(each.suspects for each in found) else NOTHING_TO_COMPARE
    if incident_ns is None:
        return Findings(found, _merged(found), note, baseline.tail_ns)
    (each,) = found
    rows = incident_rows(comparisons[0], each.hotspots, each.suspects)
    rows = tuple(replace(row, window=each.window) for row in rows)
    return Findings(found, rows, note, baseline.tail_ns)


def _findings(comparison: Comparison) -> WindowFindings:
    rows = [
        replace(row, window=comparison.window)
        for row in (*latency_rows(comparison), *error_rows(comparison))
    ]
    return WindowFindings(comparison.window, _ranked(rows), tuple(rank_suspects(comparison)))


def _merged(found: Sequence[WindowFindings]) -> tuple[Hotspot, ...]:
    best: dict[tuple[str, str, str], Hotspot] = {}
    for findings in found:
        for row in findings.hotspots:
            key = (row.kind, row.service_name, row.operation)
            known = best.get(key)
            if known is None or (row.score or -1.0) > (known.score or -1.0):
                best[key] = row
    return _ranked(list(best.values()))


def _ranked(rows: list[Hotspot]) -> tuple[Hotspot, ...]:
    """Latency before errors, each ranked by score; ties by service and operation."""
    ordered = sorted(
        rows,
        key=lambda row: (
            row.kind != "latency",
            row.score is None,
            -(row.score or 0.0),
            row.service_name,
            row.operation,
        ),
    )
    ranks: dict[str, int] = {}
    result = []
    for row in ordered:
        if row.score is None:
            result.append(replace(row, rank=None))
            continue
        ranks[row.kind] = ranks.get(row.kind, 0) + 1
        result.append(replace(row, rank=ranks[row.kind]))
    return tuple(result)


def hotspot_frame(hotspots: Sequence[Hotspot]) -> pl.DataFrame:
    """The hotspots as rows of the store's table `hotspot`, times in microseconds."""
    return pl.DataFrame(
        [
            (
                row.rank,
                row.service_name,
                row.operation,
                row.kind,
                row.baseline_p50_ms,
                row.peak_p50_ms,
                row.baseline_error_rate,
                row.peak_error_rate,
                row.ratio,
                row.score,
                row.share_of_slow_time,
                row.cause,
                row.evidence_n,
                row.window and row.window.start_ns // 1_000,
                row.window and row.window.end_ns // 1_000,
            )
            for row in hotspots
        ],
        schema=HOTSPOT_SCHEMA,
        orient="row",
    )


HOTSPOT_SCHEMA: Final = {
    "rank": pl.Int64,
    "service_name": pl.String,
    "operation": pl.String,
    "kind": pl.String,
    "baseline_p50_ms": pl.Float64,
    "peak_p50_ms": pl.Float64,
    "baseline_error_rate": pl.Float64,
    "peak_error_rate": pl.Float64,
    "ratio": pl.Float64,
    "score": pl.Float64,
    "share_of_slow_time": pl.Float64,
    "cause": pl.String,
    "evidence_n": pl.Int64,
    "window_start": pl.Int64,
    "window_end": pl.Int64,
}
