"""What users asked for in an analysed recording: its journeys as acts that can be replayed."""

from __future__ import annotations

from datetime import UTC

from analyzer.api.analysis import Analysis
from analyzer.api.journey_names import JourneyNames
from analyzer.replay.workload.visits import COMMANDS, Act


def recorded_acts(analysis: Analysis, names: JourneyNames) -> list[Act]:
    """Every journey of `analysis` with a start; seconds since the epoch, named by `names`."""
    columns = "start_time", "duration_ns", "user_key", "entry_service", "journey"
    found = []
    for start, duration_ns, user, service, operation in analysis.journeys.select(columns).rows():
        if start is None:
            continue
        named = names.name(service, operation)
        found.append(
            Act(
                at_seconds=start.replace(tzinfo=UTC).timestamp(),
                duration_seconds=(duration_ns or 0) / 1e9,
                user=user or "",
                journey=named[1] if named else COMMANDS.get(operation, operation),
                operation=operation,
            )
        )
    return found
