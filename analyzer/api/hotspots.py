"""Hotspots of what a store holds: frames out, rows and sentences back in."""

from __future__ import annotations

from analyzer.analysis.hotspots import (
    Findings,
    TraceFrames,
    Window,
    find_hotspots,
    hotspot_frame,
)
from analyzer.api.options import RunOptions
from analyzer.store import Store


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
        store.clear(["hotspot", "suspect", "peak_window"])
        store.append("hotspot", hotspot_frame(found.hotspots).rows())
        store.append("suspect", _suspects(found))
        windows = [each.window for each in found.windows]
        store.append("peak_window", [(w.start_ns // 1_000, w.end_ns // 1_000) for w in windows])
        store.run("forget_findings", {"topic": "hotspot"})
        store.append("finding", _sentences(found))


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


def _sentences(found: Findings) -> list[tuple[object, ...]]:
    """Return the hotspots in words, the two kinds taking turns, worst first."""
    ranked = [row for row in found.hotspots if row.rank is not None]
    ordered = sorted(ranked, key=lambda row: (row.rank or 0, row.kind != "latency"))
    return [
        (place, "hotspot", f"{row.service_name}: {row.sentence}")
        for place, row in enumerate(ordered)
    ]
