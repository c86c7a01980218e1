"""What the peak did to whole journeys: the figure that users feel, before any cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from analyzer.analysis.hotspots.frames import TraceFrames
from analyzer.analysis.hotspots.latency import MIN_SAMPLES
from analyzer.analysis.hotspots.shares import charged_path
from analyzer.analysis.hotspots.windows import Baseline, Window, baseline_of


@dataclass(frozen=True, slots=True)
class JourneyShift:
    """A journey in the baseline and in one peak: medians in ms, failing shares, counts.

    `when` is the peak's time of day, UTC, `window` the peak itself beside its `baseline`.
    """

    journey: str
    baseline_p50_ms: float
    peak_p50_ms: float
    baseline_error_rate: float
    peak_error_rate: float
    baseline_n: int
    peak_n: int
    when: str
    window: Window
    baseline: Baseline

    @property
    def ratio(self) -> float:
        """Peak over baseline median; 1 where the baseline took no time."""
        return self.peak_p50_ms / self.baseline_p50_ms if self.baseline_p50_ms else 1.0

    @property
    def lost_ms(self) -> float:
        """What the peak's journeys took beyond the baseline's median, all together."""
        return self.peak_n * (self.peak_p50_ms - self.baseline_p50_ms)

    @property
    def sentence(self) -> str:
        """The shift in words."""
        text = (
            f"journey {self.journey}: median {_ms(self.baseline_p50_ms)} in the baseline, "
            f"{_ms(self.peak_p50_ms)} at peak ({self.ratio:.1f} x, {self.when})"
        )
        if max(self.baseline_error_rate, self.peak_error_rate) >= 0.001:
            text += f"; failing {self.baseline_error_rate:.1%} -> {self.peak_error_rate:.1%}"
        return f"{text}; n = {self.baseline_n:,} and {self.peak_n:,}"


def journey_shifts(journeys: pl.DataFrame, windows: Sequence[Window]) -> list[JourneyShift]:
    """Every journey with enough samples on both sides, first where users lost most time.

    `journeys(journey, start_ns, duration_ns, status)`. Each window is compared by itself, since a
    campaign and an incident are two stories; a journey is told of in the window that cost it
    most. The baseline leaves out all windows (METHODS section 5).
    """
    worst: dict[str, JourneyShift] = {}
    for window in windows:
        for shift in _shifts_in(window, journeys, windows):
            known = worst.get(shift.journey)
            if known is None or shift.lost_ms > known.lost_ms:
                worst[shift.journey] = shift
    return sorted(worst.values(), key=lambda shift: (-shift.lost_ms, shift.journey))


def _shifts_in(
    window: Window, journeys: pl.DataFrame, windows: Sequence[Window]
) -> list[JourneyShift]:
    beside = baseline_of(journeys["start_ns"], windows)
    baseline = beside.contains()
    inside = window.contains()
    failed = pl.col("status") == "error"
    timed = journeys.filter(pl.col("duration_ns").is_not_null())
    figures = timed.group_by("journey").agg(
        (pl.col("duration_ns").filter(baseline).median() / 1e6).alias("base_ms"),
        (pl.col("duration_ns").filter(inside).median() / 1e6).alias("peak_ms"),
        failed.filter(baseline).mean().alias("base_rate"),
        failed.filter(inside).mean().alias("peak_rate"),
        baseline.sum().alias("base_n"),
        inside.sum().alias("peak_n"),
    )
    enough = figures.filter(pl.min_horizontal("base_n", "peak_n") >= MIN_SAMPLES)
    when = f"{_clock(window.start_ns)}-{_clock(window.end_ns)}"
    return [JourneyShift(*(*row, when, window, beside)) for row in enough.rows()]


@dataclass(frozen=True, slots=True)
class Growth:
    """The operation that most of a journey's additional time is charged to, and its part of it."""

    service_name: str
    operation: str
    share: float


def main_growth(frames: TraceFrames, shift: JourneyShift) -> Growth | None:
    """What made a journey longer: mean critical-path time a journey, peak less baseline.

    None where the journey did not become longer, or no path is known of it.
    """
    mine = frames.journeys.filter(pl.col("journey") == shift.journey).select(
        "trace_id",
        shift.window.contains().alias("peak"),
        shift.baseline.contains().alias("base"),
    )
    path = charged_path(frames).join(mine, on="trace_id")
    spent = pl.col("exclusive_ns")
    grown = (
        path.group_by(pl.col("service_name", "operation").cast(pl.String))
        .agg(
            (spent.filter("peak").sum() / max(1, int(mine["peak"].sum()))).alias("peak_ns"),
            (spent.filter("base").sum() / max(1, int(mine["base"].sum()))).alias("base_ns"),
        )
        .with_columns((pl.col("peak_ns") - pl.col("base_ns")).alias("growth"))
        .sort(["growth", "service_name", "operation"], descending=[True, False, False])
    )
    total = float(grown["growth"].sum())
    if grown.is_empty() or total <= 0:
        return None
    first = grown.row(0, named=True)
    return Growth(first["service_name"], first["operation"], min(1.0, first["growth"] / total))


def _clock(ns: int) -> str:
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC).strftime("%H:%M")


def _ms(value: float) -> str:
    return f"{value / 1_000:,.2f} s" if value >= 1_000 else f"{value:,.0f} ms"
