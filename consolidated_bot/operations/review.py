"""What a campaign came to: objectives, incidents, hotspots, quality of the data. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analyzer.slo.alerts import State, Transition
from analyzer.slo.alerts.figures import (
    IncidentFigures,
    incident_figures,
    mean_time_to_acknowledge,
    mean_time_to_resolve,
)
from analyzer.slo.budget import Budget, PeriodVerdict
from analyzer.slo.evaluate import Bucket, WindowResult, evaluate
from analyzer.slo.events import EventClass, EventCounts, JourneyAttempt, classify
from analyzer.slo.spec import Objective
from consolidated_bot.operations.domain import Campaign, Runbook
from consolidated_bot.operations.journeys import SUCCESSES, EndedJourney, attempts

PEAK_MS = 15 * 60_000
"""The quarter of an hour with most journeys is the peak, the rest is the baseline."""
LEAST_ROWS = 20


@dataclass(frozen=True, slots=True)
class ObjectiveReview:
    """One objective over the campaign."""

    objective: Objective
    result: WindowResult

    @property
    def met(self) -> bool:
        return self.result.period is PeriodVerdict.MET


@dataclass(frozen=True, slots=True)
class IncidentReview:
    """One incident: how fast people were, and what it cost of the objective's budget."""

    figures: IncidentFigures
    fired: str
    acknowledged_by: str | None
    bad_events: int
    budget_share: float | None


@dataclass(frozen=True, slots=True)
class Hotspot:
    """One journey in the peak against the baseline; milliseconds. `phase` grew most."""

    context: str
    journey: str
    peak_n: int
    baseline_n: int
    baseline_p95_ms: float
    peak_p95_ms: float
    phase: str
    phase_growth_ms: float
    failed: int


@dataclass(frozen=True, slots=True)
class Quality:
    """How much of the truth the figures hold."""

    journeys: int
    outcomes: dict[str, int]
    unended: int
    clock_errors: int
    down: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Review:
    """Everything that the report says in figures."""

    campaign: Campaign
    objectives: tuple[ObjectiveReview, ...]
    incidents: tuple[IncidentReview, ...]
    acknowledge_s: float | None
    restore_s: float | None
    hotspots: tuple[Hotspot, ...]
    quality: Quality
    improvements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a campaign left behind: `rows` began within it, `unended` have no end yet."""

    rows: Sequence[EndedJourney]
    unended: Sequence[JourneyAttempt]
    transitions: Sequence[Transition]
    levels: Sequence[tuple[int, int, int, str]]
    rehearsed: bool | None


def review(
    campaign: Campaign,
    objectives: Sequence[Objective],
    runbook: Runbook,
    evidence: Evidence,
    now_us: int,
) -> Review:
    """Judge a campaign as seen at `now_us`."""
    all_attempts = [a for row in evidence.rows for a in attempts(row)] + list(evidence.unended)
    reviewed = tuple(
        _objective(objective, all_attempts, campaign, now_us) for objective in objectives
    )
    figures = [
        figure
        for figure in incident_figures(evidence.transitions)
        if campaign.started_ms <= figure.opened_at_s * 1000 <= campaign.until_ms
    ]
    incidents = tuple(
        _incident(figure, evidence.transitions, reviewed, all_attempts, now_us)
        for figure in figures
    )
    hotspots = _hotspots(evidence.rows)
    found = Review(
        campaign,
        reviewed,
        incidents,
        mean_time_to_acknowledge(figures),
        mean_time_to_resolve(figures),
        hotspots,
        _quality(evidence),
        (),
    )
    return Review(
        campaign,
        reviewed,
        incidents,
        found.acknowledge_s,
        found.restore_s,
        hotspots,
        found.quality,
        tuple(_improvements(found, runbook, evidence)),
    )


def _objective(
    objective: Objective, found: Iterable[JourneyAttempt], campaign: Campaign, now_us: int
) -> ObjectiveReview:
    buckets = _buckets(objective, found, now_us)
    begin_us, end_us = campaign.started_ms * 1000, campaign.until_ms * 1000
    return ObjectiveReview(objective, evaluate(objective, buckets, begin_us, end_us).windows[0])


def _buckets(objective: Objective, found: Iterable[JourneyAttempt], now_us: int) -> list[Bucket]:
    """Counts by second of start, as an evaluation takes them."""
    criterion = objective.criterion
    wanted = objective.context, objective.journey
    classes: dict[int, Counter[EventClass]] = defaultdict(Counter)
    bad: dict[int, list[int]] = defaultdict(list)
    for attempt in found:
        if (attempt.context, attempt.journey) != wanted:
            continue
        second = attempt.t_start_us // 1_000_000
        event_class = classify(attempt, criterion, now_us)
        classes[second][event_class] += 1
        if event_class is EventClass.BAD:
            bad[second].append(attempt.t_start_us)
    return [
        Bucket(
            second * 1_000_000,
            EventCounts(**{str(name): amount for name, amount in counts.items()}),
            min(bad[second], default=None),
            max(bad[second], default=None),
        )
        for second, counts in sorted(classes.items())
    ]


def _incident(
    figures: IncidentFigures,
    transitions: Sequence[Transition],
    objectives: Sequence[ObjectiveReview],
    found: Sequence[JourneyAttempt],
    now_us: int,
) -> IncidentReview:
    """The bad events that began from ten minutes before it opened until it was resolved."""
    own = [t for t in transitions if t.incident == figures.incident]
    acker = next((t.who for t in own if t.after == State.ACKED), None)
    fired = next(t.reason for t in own if t.after == State.FIRING)
    reviewed = next((o for o in objectives if o.objective.name == figures.slo), None)
    if reviewed is None:
        return IncidentReview(figures, fired, acker, 0, None)
    longest_s = max((p.long_window_s for p in reviewed.objective.policies), default=600)
    begin_us = (figures.opened_at_s - longest_s) * 1e6
    end_us = now_us
    if figures.resolved_after_s is not None:
        end_us = round((figures.opened_at_s + figures.resolved_after_s) * 1e6)
    within = [a for a in found if begin_us <= a.t_start_us <= end_us]
    bad = sum(b.counts.bad for b in _buckets(reviewed.objective, within, now_us))
    budget = Budget(
        reviewed.result.budget.counts,
        reviewed.objective.target,
        reviewed.objective.planned_events,
    ).events
    return IncidentReview(figures, fired, acker, bad, bad / float(budget) if budget else None)


def _hotspots(rows: Sequence[EndedJourney]) -> tuple[Hotspot, ...]:
    """Journeys whose p95 is higher in the peak, the most lost time first."""
    if not rows:
        return ()
    slots = Counter(row.received_ms // PEAK_MS for row in rows)
    peak = min(slots, key=lambda slot: (-slots[slot], slot))
    grouped: dict[tuple[str, str], tuple[list[EndedJourney], list[EndedJourney]]] = {}
    for row in rows:
        base, high = grouped.setdefault((row.context, row.journey), ([], []))
        (high if row.received_ms // PEAK_MS == peak else base).append(row)
    found = [
        _hotspot(key, base, high)
        for key, (base, high) in grouped.items()
        if min(len(base), len(high)) >= LEAST_ROWS
    ]
    grown = [spot for spot in found if spot.peak_p95_ms > spot.baseline_p95_ms or spot.failed]
    grown.sort(
        key=lambda s: (-(s.peak_p95_ms - s.baseline_p95_ms) * s.peak_n, s.context, s.journey)
    )
    return tuple(grown[:10])


def _hotspot(key: tuple[str, str], base: list[EndedJourney], high: list[EndedJourney]) -> Hotspot:
    growth = {
        "waiting for a worker": _p95(r.begun_ms - r.received_ms for r in high)
        - _p95(r.begun_ms - r.received_ms for r in base),
        "handling": _p95(r.committed_ms - r.begun_ms for r in high)
        - _p95(r.committed_ms - r.begun_ms for r in base),
        "sending": _p95(r.ended_ms - r.committed_ms for r in high)
        - _p95(r.ended_ms - r.committed_ms for r in base),
    }
    phase = max(growth, key=lambda name: growth[name])
    return Hotspot(
        *key,
        len(high),
        len(base),
        _p95(r.ended_ms - r.received_ms for r in base),
        _p95(r.ended_ms - r.received_ms for r in high),
        phase,
        growth[phase],
        sum(r.outcome not in SUCCESSES for r in (*base, *high)),
    )


def _p95(values: Iterable[int]) -> float:
    """The 95 % quantile by linear interpolation, as `quantile_cont` has it."""
    ordered = sorted(values)
    place = 0.95 * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _quality(evidence: Evidence) -> Quality:
    down = [(t.at_s, t.reason) for t in evidence.transitions if "the bot was down" in t.reason]
    return Quality(
        len(evidence.rows),
        dict(sorted(Counter(row.outcome for row in evidence.rows).items())),
        len({attempt.journey_id for attempt in evidence.unended}),
        sum(row.ended_ms < row.received_ms for row in evidence.rows),
        tuple(down),
    )


def _improvements(found: Review, runbook: Runbook, evidence: Evidence) -> Iterable[str]:
    """What the figures themselves ask for, before the next campaign."""
    if not evidence.rehearsed:
        yield (
            "No passed load test was on record at the start: replay the recorded peak first "
            "(step 1 of the runbook)."
        )
    for reviewed in found.objectives:
        if reviewed.result.period is PeriodVerdict.BREACHED:
            over = -float(reviewed.result.budget.left_events)
            yield f"{reviewed.objective.name} was missed by {over:,.6g} events."
    first = runbook.escalation.rungs[0]
    for incident in found.incidents:
        name = f"Incident {incident.figures.incident} ({incident.figures.slo})"
        after = incident.figures.acknowledged_after_s
        if after is None and incident.figures.slo != "bot-heartbeat":
            yield f"{name} was never acknowledged: look at who is called at {first.name}."
        elif after is not None and after > first.delay_s:
            minutes = after / 60
            yield f"{name} was acknowledged after {minutes:.0f} min, when {first.name} was over."
    for spot in found.hotspots[:3]:
        if spot.phase_growth_ms > 0:
            yield (
                f"{spot.context}/{spot.journey} lost most time in {spot.phase} at the peak: "
                f"p95 {spot.baseline_p95_ms:,.0f} ms before, {spot.peak_p95_ms:,.0f} ms then."
            )
    if evidence.levels:
        worst = max(level for _, _, level, _ in evidence.levels)
        yield f"The service was degraded, at worst to L{worst}: plan for more capacity."
    for _, reason in found.quality.down:
        yield f"{reason[0].upper()}{reason[1:]}."
