"""Load tests before a campaign: levels of load, faults, and what the bot showed at each level."""

from __future__ import annotations

from analyzer.replay.load.levels import SCENARIOS, Level, LoadPlan, Mix, planned
from analyzer.replay.load.run import Loaded, LoadRun, run_load

__all__ = [
    "SCENARIOS",
    "Level",
    "LoadPlan",
    "LoadRun",
    "Loaded",
    "Mix",
    "planned",
    "run_load",
]
