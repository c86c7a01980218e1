"""What a page says, word for word: the same view renders the page and updates it.

Everything is plain text under a key; the page puts text into the element of that key and never
interprets it, so no name that a log contains can become markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from analyzer.dashboard import wording
from analyzer.dashboard.board import LATENCY_S, Board, BoardSnapshot, Watched
from analyzer.dashboard.condition import Condition, pair_state, worst
from analyzer.dashboard.gauges import Gauge
from analyzer.dashboard.journeys import JourneyRow
from analyzer.dashboard.sketch import QUANTILES
from analyzer.dashboard.sparkline import sparkline
from analyzer.dashboard.values import Mark, OpenIncident
from analyzer.slo.budget import EvidenceVerdict, PeriodVerdict
from analyzer.slo.burn import BurnState, PairReading
from analyzer.slo.live import SECOND_US

MAX_ROWS = 12
SIGNS = {
    Condition.CRITICAL: "\N{HEAVY MULTIPLICATION X}",
    Condition.BREACHED: "\N{CIRCLED MINUS}",
    Condition.INCREASING: "\N{BLACK UP-POINTING TRIANGLE}",
    Condition.RECOVERING: "\N{BLACK DOWN-POINTING TRIANGLE}",
    Condition.ACCEPTABLE: "\N{CHECK MARK}",
    Condition.STALE: "\N{DOUBLE VERTICAL LINE}",
    Condition.NO_DATA: "\N{WHITE CIRCLE}",
}
TONES = {
    Condition.CRITICAL: "bad",
    Condition.BREACHED: "bad",
    Condition.INCREASING: "warn",
    Condition.RECOVERING: "warn",
    Condition.ACCEPTABLE: "good",
    Condition.STALE: "none",
    Condition.NO_DATA: "none",
}
_PERIOD_TONES = {
    PeriodVerdict.MET: "good",
    PeriodVerdict.AT_RISK: "warn",
    PeriodVerdict.BREACHED: "bad",
    PeriodVerdict.NO_DATA: "none",
}
_EVIDENCE_TONES = {
    EvidenceVerdict.DEMONSTRATED: "good",
    EvidenceVerdict.REFUTED: "bad",
    EvidenceVerdict.NOT_ENOUGH_DATA: "none",
}
_BURN_CONDITIONS = {
    BurnState.CRITICAL: Condition.CRITICAL,
    BurnState.INCREASING: Condition.INCREASING,
    BurnState.RECOVERING: Condition.RECOVERING,
    BurnState.ACCEPTABLE: Condition.ACCEPTABLE,
}
Row = dict[str, str]


@dataclass(slots=True)
class View:
    """Texts and tones by key, and rows of lists by the list's name; a row's cells by theirs.

    A cell `tone` colours its row, `bar` is a width in percent, `spark` the path of a small chart.
    """

    texts: dict[str, str] = field(default_factory=dict)
    tones: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[Row]] = field(default_factory=dict)

    def say(self, key: str, text: str, tone: str | None = None) -> None:
        """Set a text, and the tone of the element that shows it."""
        self.texts[key] = text
        if tone is not None:
            self.tones[key] = tone


def view_of(board: Board, found: BoardSnapshot, wall_us: int, context: str | None = None) -> View:
    """The page of the whole (`context` None) or of one context."""
    view = View()
    shown = [w for w in found.objectives if context in {None, w.snapshot.objective.context}]
    _say_headline(view, found, shown, wall_us)
    for watched in shown:
        _say_objective(view, watched, wall_us)
    incidents = [i for i in found.incidents if context in {None, i.context}]
    view.lists["incidents"] = [_incident_row(i, wall_us) for i in incidents]
    view.say("incidents.count", _incident_words(incidents), "bad" if incidents else "good")
    rows = board.journeys.rows(found.at_us, context)
    view.lists["journeys"] = [_journey_row(row) for row in rows[: 4 * MAX_ROWS]]
    view.lists["gauges"] = [
        _gauge_row(gauge, found.at_us, scope)
        for scope in dict.fromkeys((context, None))
        for _, gauge in board.gauges.of(scope)
    ]
    view.lists["marks"] = [
        {
            "kind": mark.kind.value,
            "label": mark.label,
            "at": _mark_time(mark, found.at_us),
        }
        for mark in reversed(found.marks)
    ]
    view.lists["notes"] = [{"text": note} for note in found.notes]
    view.lists["contexts"] = _context_rows(found, context)
    return view


def _mark_time(mark: Mark, now_us: int) -> str:
    begun = wording.clock(mark.at_us, now_us)
    if mark.until_us is None:
        return begun
    return f"{begun} to {wording.clock(mark.until_us, now_us)}"


def _context_rows(found: BoardSnapshot, context: str | None) -> list[Row]:
    """The navigation: the whole, then every context with its worst sign."""
    rows = [_context_row("Overview", "/", None, current=context is None)]
    for name in found.contexts:
        conditions = [
            w.condition for w in found.objectives if w.snapshot.objective.context == name
        ]
        condition = worst(conditions) if conditions else None
        address = f"/contexts/{quote(name, safe='')}"
        rows.append(_context_row(name, address, condition, current=context == name))
    return rows


def _context_row(name: str, address: str, condition: Condition | None, *, current: bool) -> Row:
    return {
        "tone": "plain" if condition is None else TONES[condition],
        "sign": "" if condition is None else SIGNS[condition],
        "name": name,
        "href": address,
        "current": "yes" if current else "",
    }


def _say_headline(
    view: View, found: BoardSnapshot, shown: Sequence[Watched], wall_us: int
) -> None:
    condition = worst((w.condition for w in shown), Condition.NO_DATA)
    troubled = [w for w in shown if TONES[w.condition] in {"bad", "warn"}]
    if found.stale:
        sentence, condition = _silence(found, wall_us), Condition.STALE
    elif not shown:
        sentence = "No objectives: give an objectives file to get verdicts"
    elif troubled:
        verb = "needs" if len(troubled) == 1 else "need"
        sentence = f"{len(troubled)} of {wording.plural(len(shown), 'objective')} {verb} attention"
    elif condition is Condition.NO_DATA:
        sentence = "No events yet: nothing is known"
    else:
        silent = sum(w.condition is Condition.NO_DATA for w in shown)
        sentence = (
            "All objectives are acceptable"
            if not silent
            else (
                f"{len(shown) - silent} of {wording.plural(len(shown), 'objective')} acceptable, "
                f"no data for {silent}"
            )
        )
    view.say("headline", f"{SIGNS[condition]} {sentence}", TONES[condition])
    worst_first = sorted(troubled, key=lambda w: list(Condition).index(w.condition))
    view.say("headline.more", "; ".join(_in_a_line(w) for w in worst_first[:3]))
    view.say("age", _age_words(found, wall_us), "none" if found.stale else "plain")
    view.say("as_of", f"{wording.clock(found.at_us, wall_us)} UTC")
    _say_campaign(view, found)
    level = found.level
    words = level.name + (f": {level.reason}" if level.reason else "")
    view.say("level", words if level.degraded else "", "warn" if level.degraded else "plain")


def _silence(found: BoardSnapshot, wall_us: int) -> str:
    if found.alive_us is None:
        return "The source has never said anything"
    age_s = (wall_us - found.alive_us) / SECOND_US
    return f"STALE: the source is silent for {wording.duration(age_s)}"


def _age_words(found: BoardSnapshot, wall_us: int) -> str:
    if found.alive_us is None:
        return "no data yet"
    age_s = max(0.0, (wall_us - found.alive_us) / SECOND_US)
    return f"data {wording.duration(age_s) if age_s >= 1 else '<1 s'} old"


def _in_a_line(watched: Watched) -> str:
    objective = watched.snapshot.objective
    left = watched.snapshot.budget.left_events
    rest = "budget overspent" if left < 0 else _exhaustion(watched).lower()
    return f"{objective.context} {objective.journey}: {watched.condition}, {rest}"


def _say_campaign(view: View, found: BoardSnapshot) -> None:
    campaign = found.campaign
    if campaign is None:
        view.say("campaign", "")
        return
    length = campaign.end_us - campaign.start_us
    done = found.at_us - campaign.start_us
    if done < 0:
        words = f"starts in {wording.duration(-done / SECOND_US)}"
    elif done > length:
        words = f"ended {wording.clock(campaign.end_us, found.at_us)} UTC"
    else:
        left = wording.duration((length - done) / SECOND_US)
        words = f"{wording.rough_share(done / length)} done, ends in {left}"
    view.say("campaign", f"Campaign {campaign.name}: {words}")


def _say_objective(view: View, watched: Watched, wall_us: int) -> None:
    snapshot = watched.snapshot
    objective, budget, counts = snapshot.objective, snapshot.budget, snapshot.budget.counts
    key = f"o.{objective.name}"
    condition = watched.condition
    view.say(f"{key}.condition", f"{SIGNS[condition]} {condition.value}", TONES[condition])
    view.say(
        f"{key}.period", f"budget {_period_words(snapshot.period)}", _PERIOD_TONES[snapshot.period]
    )
    evidence = snapshot.evidence
    view.say(f"{key}.evidence", _evidence_words(watched), _EVIDENCE_TONES[evidence.verdict])
    view.say(f"{key}.sli", wording.share(_float(budget.sli)))
    unknown = counts.unknown
    upper = f" to {wording.share(_float(budget.sli_upper))} with {unknown} unknown"
    view.say(f"{key}.sli.upper", upper if unknown else "")
    view.say(f"{key}.n", f"{wording.count(counts.bad)} bad of {wording.count(counts.valid)}")
    lower, higher = wording.share(evidence.lower), wording.share(evidence.upper)
    view.say(f"{key}.bounds", f"{lower} … {higher}" if counts.valid else wording.NOTHING)
    view.say(f"{key}.needed", _needed_words(watched))
    _say_budget(view, key, watched)
    p50, p95, p99 = watched.durations.quantiles_ms(QUANTILES)
    view.say(f"{key}.rate", wording.rate(watched.rate))
    for name, value in (("p50", p50), ("p95", p95), ("p99", p99)):
        late = value is not None and value > (objective.deadline_ms or float("inf"))
        view.say(f"{key}.{name}", wording.latency(value), "bad" if late else "plain")
    recent = watched.recent.counts
    bad_share = recent.bad / recent.valid if recent.valid else None
    view.say(f"{key}.errors", wording.share(bad_share))
    oldest_us = snapshot.oldest_in_flight_us
    view.say(f"{key}.in_flight", wording.count(snapshot.in_flight))
    oldest_s = None if oldest_us is None else oldest_us / SECOND_US
    overdue = (oldest_s or 0) * 1000 > (objective.deadline_ms or float("inf"))
    view.say(f"{key}.oldest", wording.duration(oldest_s), "bad" if overdue else "plain")
    last = watched.last_event_us
    age = "never" if last is None else f"{_age(wall_us - last)} ago"
    view.say(f"{key}.last_event", age)
    view.lists[f"{key}.burn"] = [_pair_row(reading) for reading in snapshot.readings]
    view.lists[f"{key}.reasons"] = _reason_rows(watched)
    view.say(f"{key}.limit", _limit_words(watched))


def _age(age_us: int) -> str:
    return wording.duration(age_us / SECOND_US) if age_us >= SECOND_US else "<1 s"


def _period_words(verdict: PeriodVerdict) -> str:
    return "unknown" if verdict is PeriodVerdict.NO_DATA else verdict.value


def _evidence_words(watched: Watched) -> str:
    verdict = watched.snapshot.evidence.verdict
    if verdict is EvidenceVerdict.DEMONSTRATED:
        return "target demonstrated (95 %)"
    if verdict is EvidenceVerdict.REFUTED:
        return "target refuted (95 %)"
    return "not enough data (95 %)"


def _needed_words(watched: Watched) -> str:
    evidence, counts = watched.snapshot.evidence, watched.snapshot.budget.counts
    missing = (evidence.needed or 0) - counts.valid
    if evidence.verdict is not EvidenceVerdict.NOT_ENOUGH_DATA or missing <= 0:
        return ""
    return f"{wording.count(missing)} more without a bad one would demonstrate it"


def _say_budget(view: View, key: str, watched: Watched) -> None:
    budget = watched.snapshot.budget
    left, total = float(budget.left_events), float(budget.events)
    tone = "bad" if left < 0 else "plain"
    view.say(f"{key}.left", wording.count(left), tone)
    known = total > 0
    view.say(f"{key}.budget", _budget_words(left, total))
    view.say(f"{key}.left_share", wording.rough_share(_float(budget.left)) if known else "", tone)
    width = min(1.0, max(0.0, left / total)) if known else 0.0
    view.say(f"{key}.bar", f"{100 * width:.1f}", "bad" if left <= 0 and known else "plain")
    view.say(f"{key}.exhaustion", _exhaustion(watched))
    forecast = watched.forecast_bad
    view.say(
        f"{key}.forecast",
        f"{wording.count(round(left - forecast, 1))} left at the end, as it goes now"
        if watched.period_us[1] > watched.snapshot.at_us
        else "",
    )


def _budget_words(left: float, total: float) -> str:
    if total <= 0:
        return "no events yet"
    if left < 0:
        return f"events: more than the budget of {wording.count(total)} is spent,"
    return f"of {wording.count(total)} events left,"


def _exhaustion(watched: Watched) -> str:
    budget = watched.snapshot.budget
    if not budget.counts.valid:
        return "Nothing is known"
    if budget.left_events < 0:
        return "Used up"
    if watched.exhaustion_s is None:
        return "Lasts, as it goes now"
    return f"Used up in {wording.duration(watched.exhaustion_s)}, as it goes now"


def _limit_words(watched: Watched) -> str:
    """The honest limit (SLO.md section 5): what no alert can save."""
    left = float(watched.snapshot.budget.left_events)
    if watched.rate <= 0 or left <= 0:
        return ""
    seconds = wording.duration(left / watched.rate)
    return (
        f"At {wording.rate(watched.rate)} a total outage spends the "
        f"{wording.plural(left, 'event')} left in {seconds}: no alert saves that budget, only "
        "accept-then-confirm with a durable queue does."
    )


def _pair_row(reading: PairReading) -> Row:
    pair, condition = reading.pair, _BURN_CONDITIONS[pair_state(reading)]
    long, short = _float(reading.burn_long), _float(reading.burn_short)
    threshold = float(pair.burn)
    spent = reading.spent_share
    return {
        "tone": TONES[condition],
        "pair": pair.name,
        "severity": pair.severity,
        "state": f"{SIGNS[condition]} {condition.value}",
        "long": f"{wording.factor(long)} in {wording.duration(pair.long_s)}",
        "short": f"{wording.factor(short)} in {wording.duration(pair.short_s)}",
        "threshold": wording.factor(threshold),
        "counts": f"{wording.count(reading.long.bad)} of {wording.count(reading.long.valid)}",
        "spent": "" if spent is None else f"{wording.rough_share(float(spent))} of the budget",
        "bar": f"{min(100.0, 50 * (long or 0) / threshold):.1f}",
    }


def _reason_rows(watched: Watched) -> list[Row]:
    bad = watched.recent.counts.bad
    return [
        {
            "reason": reason,
            "count": wording.count(number),
            "share": wording.rough_share(number / bad if bad else None),
            "bar": f"{100 * number / bad if bad else 0:.1f}",
        }
        for reason, number in watched.recent.reasons.most_common(MAX_ROWS)
    ]


def _incident_words(incidents: Sequence[OpenIncident]) -> str:
    if not incidents:
        return "No open incident"
    unanswered = sum(incident.acker is None for incident in incidents)
    words = f"{len(incidents)} open"
    return f"{words}, {unanswered} not acknowledged" if unanswered else f"{words}, acknowledged"


def _incident_row(incident: OpenIncident, wall_us: int) -> Row:
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
        "since": f"{_age(max(0, wall_us - incident.since_us))}",
        "text": incident.text,
        "level": incident.level,
        "acker": incident.acker or "nobody yet",
        "next": next_step or wording.NOTHING,
    }


def _journey_row(row: JourneyRow) -> Row:
    failed = row.failed / row.ended if row.ended else None
    return {
        "tone": "plain",
        "context": row.context,
        "journey": row.journey,
        "ended": wording.count(row.ended),
        "rate": wording.rate(row.ended / LATENCY_S),
        "failed": wording.share(failed),
        "p50": wording.latency(row.p50_ms),
        "p95": wording.latency(row.p95_ms),
        "in_flight": wording.count(row.in_flight),
    }


def _most(gauge: Gauge, points: Sequence[tuple[int, float]]) -> str:
    """What the hour came to: growth of a total, the peak of all else, of how much there is."""
    values = [value for _, value in points]
    if gauge.kind.total:
        return f"{wording.count(sum(values))} in the last hour"
    return f"peak {wording.figure(max(values, default=0.0), gauge.kind.unit)}"


def _gauge_row(gauge: Gauge, now_us: int, scope: str | None) -> Row:
    kind = gauge.kind
    points = gauge.points(now_us - 3600 * SECOND_US)
    old = now_us - gauge.at_us > 120 * SECOND_US
    return {
        "tone": "none" if old else "plain",
        "group": kind.group.value,
        "label": kind.label if scope is None else f"{kind.label} ({scope})",
        "value": wording.figure(gauge.value, kind.unit),
        "age": f"{_age(now_us - gauge.at_us)} old" if old else "",
        "most": _most(gauge, points),
        "spark": sparkline(points, now_us),
    }


def _float(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]
