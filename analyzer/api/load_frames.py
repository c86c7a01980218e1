"""The levels of a load test as frames."""

from __future__ import annotations

from collections.abc import Sequence
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
    "generator_cores": pl.Float64,
    "machine_cores": pl.Float64,
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
    until = level.until_seconds
    if loaded.stopped_seconds is not None:
        until = min(until, loaded.stopped_seconds)
    calls = [call for call in loaded.calls if level.at_seconds <= call.at_seconds < until]
    used = [one for one in loaded.readings if level.at_seconds <= one.at_seconds < until]
    bots = [(one.at_seconds, one.bot.processor_seconds) for one in used if one.bot]
    machine = [
        (one.at_seconds, one.machine_seconds) for one in used if one.machine_seconds is not None
    ]
    memory = [one.bot.memory_mb for one in used if one.bot]
    seconds = until - level.at_seconds
    return (
        level.name,
        level.at_seconds,
        seconds,
        result.offered_per_second,
        result.answered_per_second,
        result.p50_ms,
        result.p95_ms,
        sum(call.status == 200 for call in calls) / seconds,
        sum(call.status == TOO_MANY for call in calls),
        _busy(bots),
        _busy([(one.at_seconds, one.generator_seconds) for one in used]),
        _busy(machine),
        memory[-1] if memory else None,
        sum(held.bad for held in result.held),
        sum(held.valid for held in result.held),
        ", ".join(held.check.name for held in result.broken),
        result.problem,
    )


def _busy(used: Sequence[tuple[float, float]]) -> float | None:
    """Mean cores busy between the first and the last of (moment, processor seconds so far)."""
    if len(used) < 2:
        return None
    (begun, before), (ended, after) = used[0], used[-1]
    return max(0.0, after - before) / (ended - begun)


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
