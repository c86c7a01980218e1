"""The rows of the page's lists: incidents, journeys, gauges, marks, contexts."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from analyzer.dashboard import wording
from analyzer.dashboard.board import BoardSnapshot
from analyzer.dashboard.condition import Condition, worst
from analyzer.dashboard.gauges import Gauge
from analyzer.dashboard.journeys import RECENT_S, JourneyRow
from analyzer.dashboard.signs import SIGNS, TONES, Row
from analyzer.dashboard.sparkline import sparkline
from analyzer.dashboard.values import Mark, OpenIncident
from analyzer.slo.live import SECOND_US

OLD_US = 120 * SECOND_US
REDRAWN_US = 60 * SECOND_US
HOUR_US = 3600 * SECOND_US


def incident_words(incidents: Sequence[OpenIncident]) -> str:
    if not incidents:
        return "No open incident"
    unanswered = sum(incident.acker is None for incident in incidents)
    words = f"{len(incidents)} open"
    return f"{words}, {unanswered} not acknowledged" if unanswered else f"{words}, acknowledged"


def incident_row(incident: OpenIncident, wall_us: int) -> Row:
    next_step = incident.next_step or ""
    if next_step and incident.next_at_us is not None:
        wait_s = (incident.next_at_us - wall_us) / SECOND_US
        next_step += f" in {wording.duration(wait_s)}" if wait_s > 0 else " now"
    return {
        "tone": "bad" if incident.severity == "page" else "warn",
        "severity": incident.severity,
        "objective": incident.objective,
        "context": incident.context,
        "state": incident.state,
        "since": f"{wording.age(max(0, wall_us - incident.since_us))}",
        "text": incident.text,
        "level": incident.level,
        "acker": incident.acker or "nobody yet",
        "next": next_step or wording.NOTHING,
    }


def journey_row(row: JourneyRow) -> Row:
    failed = row.failed / row.ended if row.ended else None
    return {
        "tone": "plain",
        "context": row.context,
        "journey": row.journey,
        "ended": wording.count(row.ended),
        "rate": wording.rate(row.ended / RECENT_S),
        "failed": wording.share(failed),
        "p50": wording.latency(row.p50_ms),
        "p95": wording.latency(row.p95_ms),
        "in_flight": wording.count(row.in_flight),
    }


def gauge_row(gauge: Gauge, now_us: int, scope: str | None) -> Row:
    kind = gauge.kind
    old = now_us - gauge.at_us > OLD_US
    spark, most = _drawn(gauge, now_us)
    return {
        "tone": "none" if old else "plain",
        "group": kind.group.value,
        "label": kind.label if scope is None else f"{kind.label} ({scope})",
        "value": wording.figure(gauge.value, kind.unit),
        "age": f"{wording.age(now_us - gauge.at_us)} old" if old else "",
        "most": most,
        "spark": spark,
    }


def _drawn(gauge: Gauge, now_us: int) -> tuple[str, str]:
    """The last hour as a path, and what it came to; drawn again only after a change."""
    key = gauge.version, now_us // REDRAWN_US
    if gauge.drawn is None or gauge.drawn[0] != key:
        points = gauge.points(now_us - HOUR_US)
        gauge.drawn = key, sparkline(points, now_us), _most(gauge, points)
    return gauge.drawn[1:]


def _most(gauge: Gauge, points: Sequence[tuple[int, float]]) -> str:
    """What the hour came to: growth of a total, the peak of all else, of how much there is."""
    values = [value for _, value in points]
    if gauge.kind.total:
        return f"{wording.count(sum(values))} in the last hour"
    return f"peak {wording.figure(max(values, default=0.0), gauge.kind.unit)}"


def mark_row(mark: Mark, now_us: int) -> Row:
    """One mark, and how long it lasted where it did."""
    at = wording.clock(mark.at_us, now_us)
    if mark.until_us is not None:
        at += f" to {wording.clock(mark.until_us, now_us)}"
    return {"kind": mark.kind.value, "label": mark.label, "at": at}


def context_rows(found: BoardSnapshot, context: str | None) -> list[Row]:
    """The navigation: the whole, then every context with its worst sign."""
    root = root_of(context)
    rows = [_context_row("Overview", root, None, current=context is None)]
    for name in found.contexts:
        conditions = [
            w.condition for w in found.objectives if w.snapshot.objective.context == name
        ]
        condition = worst(conditions) if conditions else None
        address = f"{root}contexts/{quote(name, safe='')}"
        rows.append(_context_row(name, address, condition, current=context == name))
    return rows


def root_of(context: str | None) -> str:
    """From the page of a scope to the root: relative, since a proxy may add a prefix."""
    return "./" if context is None else "../"


def _context_row(name: str, address: str, condition: Condition | None, *, current: bool) -> Row:
    return {
        "tone": "plain" if condition is None else TONES[condition],
        "sign": "" if condition is None else SIGNS[condition],
        "name": name,
        "href": address,
        "current": "yes" if current else "",
    }
