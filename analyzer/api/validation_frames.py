"""Objectives and load of a validation as frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl

from analyzer.api.observed import journey_name
from analyzer.api.outcome import Outcome
from analyzer.api.slo_report import SloReport
from analyzer.replay.drive import Journey
from analyzer.slo.budget import EvidenceVerdict

OBJECTIVES: dict[str, pl.DataType | type[pl.DataType]] = {
    "objective": pl.String,
    "target": pl.Float64,
    "before": pl.Float64,
    "measured": pl.Float64,
    "seen_by_users": pl.Float64,
    "bad": pl.Int64,
    "valid": pl.Int64,
    "lower": pl.Float64,
    "upper": pl.Float64,
    "needed": pl.Int64,
    "verdict": pl.String,
}
LOAD: dict[str, pl.DataType | type[pl.DataType]] = {
    "journey": pl.String,
    **dict.fromkeys(
        ("recorded", "offered", "served", "failed", "unanswered", "dropped"), pl.Int64
    ),
}


def objectives_frame(before: SloReport, measured: SloReport, observed: SloReport) -> pl.DataFrame:
    """One row per objective (`OBJECTIVES`): shares of good events on all sides, the verdict."""
    olds, news, seens = (
        {row["objective"]: row for row in report.frame.iter_rows(named=True)}
        for report in (before, measured, observed)
    )
    rows = []
    for name in dict.fromkeys([*olds, *news]):
        old, new, seen = olds.get(name), news.get(name), seens.get(name)
        judged = new if new and new["valid"] else seen or new or old
        assert judged is not None
        rows.append(
            (
                name,
                judged["target"],
                old["sli"] if old else None,
                new["sli"] if new else None,
                seen["sli"] if seen else None,
                judged["bad"],
                judged["valid"] if judged is not old else 0,
                judged["lower"],
                judged["upper"],
                judged["needed"],
                _verdict([row for row in (new, seen) if row]),
            )
        )
    return pl.DataFrame(rows, schema=OBJECTIVES, orient="row")


def load_frame(rows: Sequence[Journey], recorded: Mapping[str, int], runs: int) -> pl.DataFrame:
    """One row per journey (`LOAD`) of `runs` replays of what was `recorded`."""
    offered = Counter(journey_name(row) for row in rows)
    by_outcome = Counter((journey_name(row), row.outcome) for row in rows)
    found = [
        (
            name,
            runs * recorded[name] if name in recorded else None,
            offered[name],
            *(by_outcome[name, how] for how in ("ok", "failed", "unanswered", "dropped")),
        )
        for name in sorted({*offered, *recorded})
    ]
    return pl.DataFrame(found, schema=LOAD, orient="row")


def _verdict(rows: Sequence[Mapping[str, object]]) -> str:
    """Missed on either side counts; met only where it is demonstrated."""
    verdicts = {str(row["evidence"]) for row in rows}
    if EvidenceVerdict.REFUTED in verdicts:
        return "missed"
    return (
        "met"
        if verdicts == {EvidenceVerdict.DEMONSTRATED.value}
        else Outcome.NOT_ENOUGH_DATA.value
    )
