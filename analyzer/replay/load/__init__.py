"""Load tests before a campaign: levels of load, faults, and what the bot showed at each level."""

from __future__ import annotations

from analyzer.replay.load.levels import SCENARIOS, Level, LoadPlan, Mix, planned
from analyzer.replay.load.loaded import Call, Loaded, Moment
from analyzer.replay.load.meters import Reading, Usage
from analyzer.replay.load.run import LoadRun, run_load

__all__ = [
    "SCENARIOS",
    "Call",
    "Level",
    "LoadPlan",
    "LoadRun",
    "Loaded",
    "Mix",
    "Moment",
    "Reading",
    "Usage",
    "planned",
    "run_load",
]
