"""The two sides of a comparison: where they come from, which journeys they share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analyzer.analysis.near import near
from analyzer.api.analysis import Analysis
from analyzer.api.recorded import Measured, Recorded
from analyzer.errors import UsageError
from analyzer.slo.spec import Objective


def opened(source: Analysis | str | Path) -> Analysis:
    """An analysis as it is, from its folder, or made of a folder of logs."""
    if isinstance(source, Analysis):
        return source
    from analyzer.api import analyze, open_analysis
    from analyzer.store import STORE_NAME

    folder = Path(source)
    if not folder.exists():
        raise UsageError(f"{folder}: nothing here. {_meant(folder)}")
    return open_analysis(folder) if (folder / STORE_NAME).exists() else analyze(folder)


def wanted_journeys(
    before: Recorded, after: Recorded, objectives: Sequence[Objective]
) -> list[Measured]:
    """The objectives' journeys in the order of the file, else all common ones, busiest first."""
    if objectives:
        return [
            Measured(o.name, o.context or "", o.journey or "", o) for o in objectives if o.source
        ]
    others = set(after.named)
    return [
        Measured(f"{context} / {journey}", context, journey)
        for context, journey in before.named
        if (context, journey) in others
    ]


def nothing_in_common(before: Recorded, after: Recorded, *, asked: bool) -> str:
    """What to say where nothing can be compared; `asked`: objectives named the journeys."""
    shown = [
        ", ".join(f"{c} / {j}" for c, j in side.named[:3]) or "none" for side in (before, after)
    ]
    named = " that the objectives name" if asked else ""
    return (
        f"the two recordings have no journey in common{named}: before {shown[0]}; "
        f"after {shown[1]}. Map names with --journeys FILE."
    )


def _meant(folder: Path) -> str:
    """What to give instead of a folder that is not there."""
    wanted = "Give a folder that `analyze run LOGS -o DIR` wrote, or one of logs"
    above = folder.absolute().parent
    items = sorted(above.iterdir()) if above.is_dir() else []
    beside = [item.name for item in items if item.is_dir()]
    return f"{wanted}; {near(folder.name, beside)}" if beside else f"{wanted}."
