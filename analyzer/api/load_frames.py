"""The levels of a load test as frames."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import polars as pl

from analyzer.api.load_checks import LevelResult
from analyzer.replay.load import Loaded

TOO_MANY = 429

LEVELS: dict[str, pl.DataType | type[pl.DataType]] = {
    "level": pl.String,
    "at_seconds": pl.Float64,
    "seconds": pl.Float64,
    "offered_per_second": pl.Float64,
    "answered_per_second": pl.Float64,
    "p50_ms": pl.Float64,
    "p95_ms": pl.Float64,
    "sends_per_second": pl.Float64,
    "refused_429": pl.Int64,
    "bot_cores": pl.Float64,
    "memory_mb": pl.Float64,
    "bad": pl.Int64,
    "valid": pl.Int64,
    "broken": pl.String,
    "problem": pl.String,
}
OBJECTIVES: dict[str, pl.DataType | type[pl.DataType]] = {
    "level": pl.String,
    "objective": pl.String,
    "target": pl.Float64,
    "deadline_ms": pl.Float64,
    "bad": pl.Int64,
    "valid": pl.Int64,
    "verdict": pl.String,
}


def levels_frame(levels: Sequence[LevelResult], loaded: Loaded) -> pl.DataFrame:
    """One row per level (`LEVELS`): rates a second, latencies in ms, usage of the bot."""
    return pl.DataFrame([_row(one, loaded) for one in levels], schema=LEVELS, orient="row")


def _row(result: LevelResult, loaded: Loaded) -> tuple[Any, ...]:
    level = result.level
    calls = [
        call for call in loaded.calls if level.at_seconds <= call.at_seconds < level.until_seconds
    ]
    used = [(at, one) for at, one in loaded.usages if level.at_seconds <= at < level.until_seconds]
    cores = [
        (later.processor_seconds - one.processor_seconds) / (then - at)
        for (at, one), (then, later) in pairwise(used)
    ]
    return (
        level.name,
        level.at_seconds,
        level.seconds,
        result.offered_per_second,
        result.answered_per_second,
        result.p50_ms,
        result.p95_ms,
        sum(call.status == 200 for call in calls) / level.seconds,
        sum(call.status == TOO_MANY for call in calls),
        max(0.0, sum(cores) / len(cores)) if cores else None,
        used[-1][1].memory_mb if used else None,
        sum(held.bad for held in result.held),
        sum(held.valid for held in result.held),
        ", ".join(held.check.name for held in result.broken),
        result.problem,
    )


def objectives_frame(levels: Sequence[LevelResult]) -> pl.DataFrame:
    """One row per level and objective (`OBJECTIVES`)."""
    rows = [
        (
            level.level.name,
            held.check.name,
            float(held.check.target),
            held.check.deadline_ms,
            held.bad,
            held.valid,
            "broken" if held.broken else "holds" if held.valid else "no data",
        )
        for level in levels
        for held in level.held
    ]
    return pl.DataFrame(rows, schema=OBJECTIVES, orient="row")
