"""Figures per incident, from the audit log alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analyzer.slo.alerts.values import State, Transition


@dataclass(frozen=True, slots=True)
class IncidentFigures:
    """Seconds from the first firing to the first acknowledgement and to the last resolution.

    None where it has not come to that. `bad_events` is the highest bad count of a long window.
    """

    incident: int
    slo: str
    context: str
    opened_at_s: float
    acknowledged_after_s: float | None
    resolved_after_s: float | None
    bad_events: int


def incident_figures(audit: Iterable[Transition]) -> tuple[IncidentFigures, ...]:
    """One row per incident that fired, in the order of their ids."""
    lines: dict[int, list[Transition]] = {}
    for line in audit:
        lines.setdefault(line.incident, []).append(line)
    rows = (_figures(sorted(own, key=lambda t: t.at_s)) for _, own in sorted(lines.items()))
    return tuple(row for row in rows if row)


def _figures(lines: list[Transition]) -> IncidentFigures | None:
    fired = [t for t in lines if t.after == State.FIRING and t.before != State.FIRING]
    if not fired:
        return None
    start_s = fired[0].at_s
    acked = [t.at_s for t in lines if t.after == State.ACKED and t.before == State.FIRING]
    over = [t.at_s for t in lines if t.after == State.RESOLVED]
    ended = over and over[-1] >= fired[-1].at_s
    return IncidentFigures(
        fired[0].incident,
        fired[0].slo,
        fired[0].context,
        start_s,
        acked[0] - start_s if acked else None,
        over[-1] - start_s if ended else None,
        max(t.counts.bad_long for t in lines),
    )


def mean_time_to_acknowledge(figures: Iterable[IncidentFigures]) -> float | None:
    """MTTA in seconds over incidents that were acknowledged; None without one."""
    return _mean([f.acknowledged_after_s for f in figures if f.acknowledged_after_s is not None])


def mean_time_to_resolve(figures: Iterable[IncidentFigures]) -> float | None:
    """MTTR in seconds over incidents that were resolved; None without one."""
    return _mean([f.resolved_after_s for f in figures if f.resolved_after_s is not None])


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
