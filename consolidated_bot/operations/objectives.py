"""The objectives that the bot lives by: SLO_FILE or the bundled one, and their campaign form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from analyzer.slo.spec import (
    CalendarWindow,
    Duration,
    Objective,
    ObjectivesError,
    SourceText,
    read_objectives,
)
from consolidated_bot.core.errors import ConfigurationError
from consolidated_bot.operations.domain import Campaign

JourneyKey = tuple[str, str]


def objectives_text(path: Path | None) -> str:
    """The text of the file at `path`, or of the bundled one."""
    source = path or files("consolidated_bot.operations") / "slo.yaml"
    try:
        return source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"SLO_FILE {source}: {error}"]) from error


def read_live_objectives(path: Path | None) -> tuple[Objective, ...]:
    """The objectives whose journeys the bot itself sees; raises `ConfigurationError`."""
    name = str(path) if path else "slo.yaml"
    try:
        found = read_objectives([SourceText(name, objectives_text(path))])
    except ObjectivesError as error:
        raise ConfigurationError([f"SLO_FILE {problem}" for problem in error.problems]) from error
    live = tuple(objective for objective in found.objectives if objective.source is not None)
    if not live:
        raise ConfigurationError(
            [f"SLO_FILE {name}: no objective is about a journey (metricSource type analyzer)"]
        )
    return live


def during(
    campaign: Campaign, objectives: Iterable[Objective], volume_of: JourneyKey
) -> tuple[Objective, ...]:
    """`objectives` for the length of `campaign`.

    The period begins with the campaign, so that what was before spends nothing of it; the alert
    pairs follow that period (SLO.md section 5), since those of a file were meant for another one.
    The planned volume makes the budget of the journey it is about; the others' follow what comes.
    """
    start = datetime.fromtimestamp(campaign.started_ms / 1000, UTC).replace(tzinfo=None)
    window = CalendarWindow(Duration(campaign.length_minutes, "m"), start, "UTC")
    return tuple(
        replace(
            objective,
            window=window,
            policies=(),
            planned_events=campaign.planned_events
            if (objective.context, objective.journey) == volume_of
            else None,
        )
        for objective in objectives
    )
