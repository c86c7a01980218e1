"""One peak beside the baseline: what every finding about a window is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from analyzer.analysis.hotspots.counts import with_unanswered
from analyzer.analysis.hotspots.frames import TraceFrames
from analyzer.analysis.hotspots.period import Period, measure
from analyzer.analysis.hotspots.shares import charged_path, slow_time_shares
from analyzer.analysis.hotspots.windows import Baseline, Window


@dataclass(frozen=True, slots=True)
class Comparison:
    """A window and the baseline in figures, with the frames for what needs single rows."""

    frames: TraceFrames
    window: Window
    baseline: Baseline
    base: Period
    peak: Period
    slow_shares: pl.DataFrame

    def share_of_slow_time(self, service: str, operation: str) -> float | None:
        """The part of the slow journeys' critical path charged to an operation."""
        if self.slow_shares.is_empty():
            return None
        mine = (pl.col("service_name") == service) & (pl.col("operation") == operation)
        return float(self.slow_shares.filter(mine)["share"].sum())


def compare(
    frames: TraceFrames, windows: Sequence[Window], baseline: Baseline
) -> list[Comparison]:
    """Each window beside the one baseline, which is measured once."""
    times = with_unanswered(frames.times)
    base = measure(frames, times, baseline.contains())
    path = charged_path(frames)
    return [
        Comparison(
            frames,
            window,
            baseline,
            base,
            measure(frames, times, window.contains()),
            slow_time_shares(frames, path, window, baseline),
        )
        for window in windows
    ]
