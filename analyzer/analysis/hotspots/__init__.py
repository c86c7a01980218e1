"""Hotspots: where time goes, and what changed in the peak (METHODS section 5)."""

from analyzer.analysis.hotspots.find import (
    Findings,
    WindowFindings,
    find_hotspots,
    hotspot_frame,
)
from analyzer.analysis.hotspots.frames import TraceFrames, operation_key
from analyzer.analysis.hotspots.hotspot import Hotspot
from analyzer.analysis.hotspots.journeys import Growth, JourneyShift, journey_shifts, main_growth
from analyzer.analysis.hotspots.shares import where_time_goes
from analyzer.analysis.hotspots.suspects import Suspect
from analyzer.analysis.hotspots.windows import Window, find_windows, incident_window

__all__ = [
    "Findings",
    "Growth",
    "Hotspot",
    "JourneyShift",
    "Suspect",
    "TraceFrames",
    "Window",
    "WindowFindings",
    "find_hotspots",
    "find_windows",
    "hotspot_frame",
    "incident_window",
    "journey_shifts",
    "main_growth",
    "operation_key",
    "where_time_goes",
]
