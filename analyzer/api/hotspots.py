"""Hotspots of what a store holds: frames out, rows and sentences back in."""

from __future__ import annotations

from itertools import zip_longest

import polars as pl

from analyzer.analysis.hotspots import (
    Findings,
    Hotspot,
    JourneyShift,
    TraceFrames,
    Window,
    find_hotspots,
    hotspot_frame,
    journey_shifts,
    where_time_goes,
)
from analyzer.api.options import RunOptions
from analyzer.store import Store

_JOURNEYS_TOLD = 2


def write_hotspots(store: Store, options: RunOptions) -> None:
    """Replace hotspots, suspects, peak windows and the sentences about them."""
    frames = TraceFrames.of(
        store.frame("frame_times"),
        store.frame("frame_journeys"),
        store.frame("frame_path"),
        store.frame("frame_records"),
        store.frame("frame_calls"),
    )
    given = [Window(start, end) for start, end in sorted(options.campaign)] or None
    found = find_hotspots(frames, given, incident_ns=options.incident)
    with store.transaction():
        store.clear(["hotspot", "suspect", "peak_window", "time_share"])
        shares = where_time_goes(frames).select(
            "journey", "slice", "service_name", "operation", "caller", "exclusive_ns", "share",
            "journeys",
        )  # fmt: skip
        store.append("time_share", shares.rows())
        store.append("hotspot", hotspot_frame(found.hotspots).rows())
        store.append("suspect", _suspects(found))
        windows = [each.window for each in found.windows]
        store.append("peak_window", [(w.start_ns // 1_000, w.end_ns // 1_000) for w in windows])
        store.run("forget_findings", {"topic": "hotspot"})
        if options.incident is None:
            words = _peak_sentences(found, journey_shifts(frames.journeys, windows))
        else:
            words = [_sentence(row) for row in found.hotspots if row.rank is not None]
        store.append("finding", [(at, "hotspot", text) for at, text in enumerate(words)])


def _suspects(found: Findings) -> list[tuple[object, ...]]:
    return [
        (
            each.window.start_ns // 1_000,
            suspect.rank,
            suspect.service_name,
            suspect.kind,
            suspect.score,
            suspect.latency_part,
            suspect.event_part,
            suspect.reason,
            suspect.entries_peak,
        )
        for each in found.windows
        for suspect in each.suspects
    ]


def _sentence(row: Hotspot) -> str:
    return f"{row.service_name}: {row.sentence}"


def _peak_sentences(found: Findings, shifts: list[JourneyShift]) -> list[str]:
    """Return in words: the journey that suffers most, then causes by what they cost, in turns."""
    ranked = [row for row in found.hotspots if row.rank is not None]
    slow = [row for row in ranked if row.kind == "latency"]
    slow.sort(key=lambda row: (-(row.share_of_slow_time or 0.0), row.rank))
    failing = [row for row in ranked if row.kind != "latency"]
    turns = (row for pair in zip_longest(slow, failing) for row in pair if row is not None)
    words = [shift.sentence for shift in shifts[:_JOURNEYS_TOLD] if shift.lost_ms > 0]
    return words + [_sentence(row) for row in turns]


def readable(hotspots: pl.DataFrame) -> pl.DataFrame:
    """Return hotspot rows as people compare them: each with the figure of its own kind.

    Columns rank, kind, service, operation, baseline, peak, times, slow_time, why, n.
    """
    rows = [
        (
            row["rank"],
            row["kind"],
            row["service_name"],
            row["operation"],
            _figure(row, "baseline"),
            _figure(row, "peak"),
            None if row["ratio"] is None else f"{row['ratio']:.1f} x",
            None if row["share_of_slow_time"] is None else f"{row['share_of_slow_time']:.0%}",
            row["cause"],
            row["evidence_n"],
        )
        for row in hotspots.iter_rows(named=True)
    ]
    names = ("service", "operation", "baseline", "peak", "times", "slow_time", "why")
    schema = {
        "rank": pl.Int64,
        "kind": pl.String,
        **dict.fromkeys(names, pl.String),
        "n": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _figure(row: dict[str, object], side: str) -> str | None:
    if row["kind"] == "errors":
        rate = row[f"{side}_error_rate"]
        return f"{rate:.1%} failing" if isinstance(rate, float) else None
    median = row[f"{side}_p50_ms"]
    if not isinstance(median, float):
        return None
    return f"{median / 1_000:,.2f} s" if median >= 1_000 else f"{median:,.0f} ms"
