"""What is still to arrive: the plan that forecasts and times to exhaustion rest on."""

from __future__ import annotations

from datetime import UTC, datetime

from analyzer.dashboard.values import Campaign
from analyzer.slo.budget import ArrivalStep
from analyzer.slo.live import SECOND_US
from analyzer.slo.spec import CalendarWindow, Objective


def period_of(objective: Objective, campaign: Campaign | None, now_us: int) -> tuple[int, int]:
    """(start, end) of the time that the budget is for: the campaign, else the window.

    A rolling window without a campaign ends now.
    """
    if campaign is not None and campaign.start_us <= now_us <= campaign.end_us:
        return campaign.start_us, campaign.end_us
    start, end = objective.window.bounds(datetime.fromtimestamp(now_us / SECOND_US, UTC))
    return round(start.timestamp() * SECOND_US), round(end.timestamp() * SECOND_US)


def remaining(
    objective: Objective, campaign: Campaign | None, now_us: int, seen: int, rate: float
) -> tuple[ArrivalStep, ...]:
    """Arrivals from now to the end of the period; empty where the period has no end to come.

    What was planned and has not been `seen` is spread evenly; without a plan, or beyond it, the
    present `rate` (events/s) goes on.
    """
    start_us, end_us = period_of(objective, campaign, now_us)
    seconds = (end_us - now_us) / SECOND_US
    if seconds <= 0:
        return ()
    running = campaign is not None and campaign.start_us == start_us
    planned = campaign.planned.get(objective.name) if campaign and running else None
    planned = planned or objective.planned_events
    left = (planned or 0) - seen
    return (ArrivalStep(seconds, float(left) if left > 0 else rate * seconds),)


def at_this_rate(objective: Objective, rate: float) -> tuple[ArrivalStep, ...]:
    """One more window at the present rate: for a rolling window, whose period never ends."""
    if isinstance(objective.window, CalendarWindow) or rate <= 0:
        return ()
    seconds = objective.window.duration.seconds
    return (ArrivalStep(seconds, rate * seconds),)
