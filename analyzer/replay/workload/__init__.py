"""Demand: who comes when, and what they want (seeded, so the same every time).

`campaign()` is the plan behind the recorded samples; `arrivals(plan)` its arrivals; a scenario is
a small state machine that a driver (`analyzer.replay.drive`) takes through a conversation.
"""

from __future__ import annotations

from analyzer.replay.workload.arrivals import Arrival, arrivals
from analyzer.replay.workload.plan import Phase, Plan, campaign, load_plan
from analyzer.replay.workload.scenarios import SCENARIOS
from analyzer.replay.workload.steps import Press, Say, Step, Wait
from analyzer.replay.workload.users import Persona, personas

__all__ = [
    "SCENARIOS",
    "Arrival",
    "Persona",
    "Phase",
    "Plan",
    "Press",
    "Say",
    "Step",
    "Wait",
    "arrivals",
    "campaign",
    "load_plan",
    "personas",
]
