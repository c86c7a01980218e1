"""A board's snapshot as JSON documents: the API behind each panel, in raw figures.

Shares and budgets are exact fractions inside; here they become the nearest double, never rounded
further. Times are microseconds UTC, durations carry their unit in the name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from analyzer.dashboard.board import LATENCY_S, Board, BoardSnapshot, Watched
from analyzer.dashboard.condition import pair_state
from analyzer.dashboard.sketch import QUANTILES
from analyzer.slo.burn import PairReading
from analyzer.slo.live import SECOND_US

Document = dict[str, Any]


def board_document(found: BoardSnapshot) -> Document:
    """The whole board without its charts, journeys and gauges."""
    return {
        "title": found.title,
        "at_us": found.at_us,
        "condition": found.condition.value,
        "freshness": freshness_document(found),
        "contexts": list(found.contexts),
        "objectives": [objective_document(watched) for watched in found.objectives],
        "incidents": incidents_document(found),
        "marks": marks_document(found),
        "campaign": None if found.campaign is None else asdict(found.campaign),
        "service_level": asdict(found.level),
        "notes": list(found.notes),
    }


def freshness_document(found: BoardSnapshot) -> Document:
    """How old the data are: the source's last sign of life, and the newest event of each SLI."""
    return {
        "at_us": found.at_us,
        "alive_us": found.alive_us,
        "stale": found.stale,
        "last_event_us": {
            watched.snapshot.objective.name: watched.last_event_us for watched in found.objectives
        },
    }


def incidents_document(found: BoardSnapshot) -> list[Document]:
    """Open incidents, as they were handed in."""
    return [asdict(incident) for incident in found.incidents or ()]


def marks_document(found: BoardSnapshot) -> list[Document]:
    """Campaign, deployments and maintenance, in order of time."""
    return [asdict(mark) for mark in found.marks]


def objective_document(watched: Watched) -> Document:
    """One objective: what it asks, and every panel by its name."""
    objective = watched.snapshot.objective
    return {
        "name": objective.name,
        "display_name": objective.display_name or objective.name,
        "context": objective.context,
        "journey": objective.journey,
        "target": float(objective.target),
        "deadline_ms": objective.deadline_ms,
        "window": str(objective.window.duration),
        "condition": watched.condition.value,
        **{name: panel(watched) for name, panel in PANELS.items()},
    }


def _verdict(watched: Watched) -> Document:
    snapshot = watched.snapshot
    evidence = snapshot.evidence
    return {
        "period": snapshot.period.value,
        "evidence": evidence.verdict.value,
        "lower": evidence.lower,
        "upper": evidence.upper,
        "needed": evidence.needed,
    }


def _sli(watched: Watched) -> Document:
    budget = watched.snapshot.budget
    counts = budget.counts
    return {
        "value": _number(budget.sli),
        "upper": _number(budget.sli_upper),
        "target": float(budget.target),
        "valid": counts.valid,
        "good": counts.good,
        "bad": counts.bad,
        "unknown": counts.unknown,
        "pending": counts.pending,
        "invalid": counts.invalid,
    }


def _budget(watched: Watched) -> Document:
    budget = watched.snapshot.budget
    return {
        "events": float(budget.events),
        "planned_events": budget.planned_events,
        "charged": budget.charged,
        "left_events": float(budget.left_events),
        "left": _number(budget.left),
        "forecast_bad": watched.forecast_bad,
        "exhaustion_s": watched.exhaustion_s,
        "period_start_us": watched.period_us[0],
        "period_end_us": watched.period_us[1],
    }


def _burn(watched: Watched) -> Document:
    return {"pairs": [_pair(reading) for reading in watched.snapshot.readings]}


def _pair(reading: PairReading) -> Document:
    pair = reading.pair
    return {
        "pair": pair.name,
        "severity": pair.severity,
        "state": pair_state(reading).value,
        "firing": reading.condition,
        "threshold": float(pair.burn),
        "long_s": pair.long_s,
        "short_s": pair.short_s,
        "burn_long": _number(reading.burn_long),
        "burn_short": _number(reading.burn_short),
        "bad_long": reading.long.bad,
        "valid_long": reading.long.valid,
        "bad_short": reading.short.bad,
        "valid_short": reading.short.valid,
        "guard": reading.guard,
        "spent_share": _number(reading.spent_share),
    }


def _traffic(watched: Watched) -> Document:
    p50, p95, p99 = watched.durations.quantiles_ms(QUANTILES)
    return {
        "rate_per_s": watched.rate,
        "recent_s": LATENCY_S,
        "recent_valid": watched.recent.counts.valid,
        "recent_bad": watched.recent.counts.bad,
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "reasons": dict(watched.recent.reasons.most_common()),
    }


def _in_flight(watched: Watched) -> Document:
    oldest_us = watched.snapshot.oldest_in_flight_us
    return {
        "in_flight": watched.snapshot.in_flight,
        "oldest_s": None if oldest_us is None else oldest_us / SECOND_US,
    }


PANELS: dict[str, Callable[[Watched], Document]] = {
    "verdict": _verdict,
    "sli": _sli,
    "budget": _budget,
    "burn": _burn,
    "traffic": _traffic,
    "in_flight": _in_flight,
}
"""Every panel of an objective by the name it has in the API."""


def journeys_document(board: Board, now_us: int, context: str | None = None) -> list[Document]:
    """Journeys of the last 15 minutes, the busiest first."""
    return [asdict(row) for row in board.journeys.rows(now_us, context)]


def gauges_document(board: Board, context: str | None) -> list[Document]:
    """Gauges of one context (None: of the whole), with their last hour."""
    return [
        {
            "name": name,
            "label": gauge.kind.label,
            "unit": gauge.kind.unit,
            "group": gauge.kind.group.value,
            "value": gauge.value,
            "at_us": gauge.at_us,
            "points": gauge.points(),
        }
        for name, gauge in board.gauges.of(context)
    ]


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
