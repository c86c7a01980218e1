"""The columns that the charts draw: plain numbers, times in ms since 1970, None for a gap.

The last point of the burn-down is the figure beside it, exactly: the line is the charged events
laid out over time, counted back from what is left now.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from analyzer.dashboard.board import Board, BoardSnapshot, Watched
from analyzer.dashboard.sketch import Sketch, middle_ms
from analyzer.dashboard.traffic import Slot, Traffic
from analyzer.slo.live import SECOND_US

HEAT_FACTOR = 2.0
LEAST_PART = 0.25
Charts = dict[str, Any]


def objective_charts(board: Board, watched: Watched) -> Charts:
    """Burn-down, rate, latency and heat map of one objective."""
    name = watched.snapshot.objective.name
    now_us = watched.snapshot.at_us
    return {
        "at": now_us // 1000,
        "marks": _marks(board),
        "deadline_ms": watched.snapshot.objective.deadline_ms,
        "budget": burn_down(board.over_period(name), watched),
        **traffic_columns(board.recent(name), now_us),
    }


def context_charts(board: Board, found: BoardSnapshot) -> Charts:
    """Rate, share of bad events and p95 of each context: the whole at a glance."""
    widths = {traffic.width_us // 1000 for traffic in board.of_context.values()}
    return {
        "at": found.at_us // 1000,
        "marks": _marks(board),
        "width_ms": max(widths, default=0),
        "contexts": [
            {"name": name, **_of_context(traffic_columns(traffic, found.at_us)["slots"])}
            for name, traffic in sorted(board.of_context.items())
        ],
    }


def _of_context(slots: Charts) -> Charts:
    counts = list(zip(slots["good"], slots["bad"], strict=True))
    return {
        "t": slots["t"],
        "rate": [good + bad for good, bad in counts],
        "bad": [100 * bad / (good + bad) if good + bad else None for good, bad in counts],
        "p95": slots["p95"],
    }


def _marks(board: Board) -> list[list[int | str]]:
    return [[mark.at_us // 1000, f"{mark.kind}: {mark.label}"] for mark in board.marks()]


def burn_down(traffic: Traffic, watched: Watched) -> Charts:
    """Events left over time (`t`, `left`), the even spending (`ideal`) and the `forecast`."""
    now_us = watched.snapshot.at_us
    budget = watched.snapshot.budget
    total, left = float(budget.events), float(budget.left_events)
    start_us, end_us = watched.period_us
    times: list[int] = [now_us]
    values: list[float] = [left]
    for at_us, slot in reversed(list(traffic.slots(start_us, now_us + 1))):
        counts = slot.counts
        left += counts.bad + counts.unknown
        times.append(max(at_us, start_us))
        values.append(left)
    forecast = []
    if end_us > now_us:
        after = values[0] - watched.forecast_bad
        forecast = [[now_us // 1000, values[0]], [end_us // 1000, after]]
    return {
        "total": total,
        "t": [at // 1000 for at in reversed(times)],
        "left": list(reversed(values)),
        "ideal": [[start_us // 1000, total], [end_us // 1000, 0.0]],
        "forecast": forecast,
    }


def traffic_columns(traffic: Traffic, now_us: int) -> Charts:
    """Per slot: good and bad per second, quantiles in ms; the heat map as cells of counts."""
    width_us = traffic.width_us
    found = dict(traffic.slots(now_us - traffic.keep * width_us, now_us + 1))
    columns: Charts = {key: [] for key in ("t", "good", "bad", "p50", "p95", "p99")}
    heat: Charts = {key: [] for key in ("t", "low", "high", "n")}
    if found:
        empty = Slot()
        for at_us in range(min(found), now_us + 1, width_us):
            seconds = (min(at_us + width_us, now_us) - at_us) / SECOND_US
            if seconds < LEAST_PART * width_us / SECOND_US:
                break  # too little of it has passed for a rate
            slot = found.get(at_us, empty)
            counts = slot.counts
            columns["t"].append(at_us // 1000)
            columns["good"].append((counts.good) / seconds)
            columns["bad"].append((counts.bad + counts.unknown) / seconds)
            for key, value in zip(("p50", "p95", "p99"), slot.quantiles_ms(), strict=True):
                columns[key].append(value)
            for low, high, number in _cells(slot):
                heat["t"].append(at_us // 1000)
                heat["low"].append(low)
                heat["high"].append(high)
                heat["n"].append(number)
    return {"width_ms": width_us // 1000, "slots": columns, "heat": heat}


def _cells(slot: Slot) -> Sequence[tuple[float, float, int]]:
    if slot.cells is None:
        slot.cells = tuple(heat_cells(slot.durations))
    return slot.cells


def heat_cells(durations: Sketch) -> Iterable[tuple[float, float, int]]:
    """(low ms, high ms, count) in bins that double."""
    cells: dict[int, int] = {}
    for index, number in durations.bins.items():
        cell = math.floor(math.log(middle_ms(index), HEAT_FACTOR))
        cells[cell] = cells.get(cell, 0) + number
    for cell, number in sorted(cells.items()):
        yield HEAT_FACTOR**cell, HEAT_FACTOR ** (cell + 1), number
