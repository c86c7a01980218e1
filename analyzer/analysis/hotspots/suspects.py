"""Which service is behind a change: latency and events fused (METHODS sections 5.7 and 5.8)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from analyzer.analysis.hotspots.compare import Comparison
from analyzer.analysis.hotspots.events import event_scores, event_shifts
from analyzer.analysis.hotspots.latency import latency_scores, latency_shifts
from analyzer.analysis.hotspots.period import Period

_DETAILED: Final = 3
_EVENTS: Final = {
    "operation": "operation {name} {rest}",
    "template": "template {name} {rest}",
    "call": "it calls {name} {rest}",
    "unanswered": "calls of {name} stay without an answer {rest}",
    "error": "{name} fails by itself {rest}",
}
"""Words for the keys of `counts.events_of`."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A service's place in the ranking and what put it there.

    `score` = max(latency_part, event_part): r(s)/sum r and v(s)/sum v, the sums at least what
    chance alone would give. `kind` names the part
    that won, `operation` the operation or template behind it, `reason` says so in words and
    `competing` the other part's.
    `edge` is the caller that waited (`caller -> service`) where a gap won. The shares are of
    critical-path time in baseline and peak; exemplars are trace ids of a median and a p99
    journey of the peak that touch the service. Both only for the first three.
    """

    rank: int
    service_name: str
    score: float
    kind: str
    latency_part: float
    event_part: float
    operation: str
    reason: str
    competing: str
    edge: str | None
    entries_peak: int
    share_base: float | None = None
    share_peak: float | None = None
    exemplars: tuple[str, ...] = ()


def rank_suspects(comparison: Comparison) -> list[Suspect]:
    """All services seen in baseline or peak, most suspect first; ties by name.

    None where the window or the baseline holds no span: then there is nothing to compare.
    """
    base, peak = comparison.base, comparison.peak
    if base.served.is_empty() or peak.served.is_empty():
        return []
    slow = latency_scores(latency_shifts(base, peak))
    odd = event_scores(event_shifts(base, peak))
    visits = dict(peak.requests.iter_rows())
    latency = {row["service_name"]: row for row in slow.iter_rows(named=True)}
    events = {row["service_name"]: row for row in odd.iter_rows(named=True)}
    latency_sum, event_sum = _whole(slow), _whole(odd)
    suspects = []
    for service in sorted({*latency, *events}):
        slower, odder = latency.get(service), events.get(service)
        latency_part = slower["score"] / latency_sum if slower else 0.0
        event_part = odder["score"] / event_sum if odder else 0.0
        words = {"latency": _slow_words(slower), "events": _event_words(odder)}
        kind, other = ("latency", "events")
        if event_part > latency_part:
            kind, other = other, kind
        suspects.append(
            Suspect(
                rank=0,
                service_name=service,
                score=max(latency_part, event_part),
                kind=kind,
                latency_part=latency_part,
                event_part=event_part,
                operation=_operation(slower if kind == "latency" else odder),
                reason=words[kind],
                competing=words[other],
                edge=_edge(slower) if kind == "latency" else None,
                entries_peak=visits.get(service, 0),
            )
        )
    suspects.sort(key=lambda suspect: (-suspect.score, suspect.service_name))
    return [_ranked(suspect, place, comparison) for place, suspect in enumerate(suspects, start=1)]


def _whole(scores: pl.DataFrame) -> float:
    """What the parts are parts of: the sum of the scores, or what chance alone brings if more.

    Without the second the one part in which nothing happened would rank by noise, and as high as
    the part that saw the fault.
    """
    return max(float(scores["score"].sum()), float(scores["chance"].sum())) or 1.0


def _operation(row: dict[str, object] | None) -> str:
    """The operation of a latency row, or of an event key without its first word."""
    if row is None:
        return ""
    return str(row["operation"]) if "operation" in row else str(row["key"]).partition(" ")[2]


def _slow_words(row: dict[str, object] | None) -> str:
    if row is None or not row["score"]:
        return "no operation became slower"
    if row["is_shared"]:
        return f"all its outgoing calls wait longer, most of all {row['operation']}"
    if row["caller"] is None:
        return f"{row['operation']} works longer"
    return f"{row['caller']} waits longer in front of {row['operation']}"


def _event_words(row: dict[str, object] | None) -> str:
    if row is None:
        return "no event counts"
    word, _, name = str(row["key"]).partition(" ")
    more = "more" if float(str(row["z"])) > 0 else "less"
    rest = f"{more} often than its requests explain ({row['n_peak']} in the peak)"
    return _EVENTS[word].format(name=name, rest=rest)


def _edge(row: dict[str, object] | None) -> str | None:
    if row is None or row["caller"] is None:
        return None
    if row["is_shared"]:
        return f"{row['service_name']} -> {row['caller']}"
    return f"{row['caller']} -> {row['service_name']}"


def _ranked(suspect: Suspect, place: int, comparison: Comparison) -> Suspect:
    if place > _DETAILED:
        return replace(suspect, rank=place)
    service = suspect.service_name
    return replace(
        suspect,
        rank=place,
        share_base=_path_share(comparison.base, service),
        share_peak=_path_share(comparison.peak, service),
        exemplars=_exemplars(comparison, service),
    )


def _path_share(period: Period, service: str) -> float | None:
    """The part of the period's critical paths that is charged to `service`."""
    total = int(period.path["exclusive_ns"].sum())
    mine = period.path.filter(pl.col("service_name") == service)["exclusive_ns"]
    return int(mine.sum()) / total if total else None


def _exemplars(comparison: Comparison, service: str) -> tuple[str, ...]:
    frames, inside = comparison.frames, comparison.window.contains()
    touching = frames.times.filter(inside & (pl.col("service_name") == service))
    peak = (
        frames.journeys.filter(inside & pl.col("duration_ns").is_not_null())
        .join(touching.select("trace_id").unique(), on="trace_id", how="semi")
        .with_columns(pl.col("trace_id").cast(pl.String))
        .sort("duration_ns", "trace_id")["trace_id"]
    )
    if peak.is_empty():
        return ()
    last = len(peak) - 1
    return (peak[last // 2], peak[round(last * 0.99)])
