"""What the page says about one objective."""

from __future__ import annotations

from fractions import Fraction

from analyzer.dashboard import wording
from analyzer.dashboard.board import Watched
from analyzer.dashboard.condition import Condition, pair_state
from analyzer.dashboard.signs import (
    CONDITIONS_OF_BURN,
    EVIDENCE_TONES,
    PERIOD_TONES,
    SIGNS,
    TONES,
    Row,
    View,
)
from analyzer.dashboard.sketch import QUANTILES
from analyzer.slo.budget import EvidenceVerdict, PeriodVerdict
from analyzer.slo.burn import PairReading
from analyzer.slo.live import SECOND_US

MAX_REASONS = 12


def say_objective(view: View, watched: Watched, wall_us: int) -> None:
    """Everything about one objective, under keys that begin with `o.NAME.`."""
    snapshot = watched.snapshot
    objective, budget, counts = snapshot.objective, snapshot.budget, snapshot.budget.counts
    key = f"o.{objective.name}"
    condition = watched.condition
    view.say(f"{key}.condition", f"{SIGNS[condition]} {condition.value}", TONES[condition])
    evidence = snapshot.evidence
    known = TONES[condition] != "none"  # what is not known to be so still is not shown as good
    period_tone = PERIOD_TONES[snapshot.period] if known else "none"
    evidence_tone = EVIDENCE_TONES[evidence.verdict] if known else "none"
    view.say(f"{key}.period", f"budget {_period_words(snapshot.period)}", period_tone)
    view.say(f"{key}.evidence", _evidence_words(watched), evidence_tone)
    view.say(f"{key}.sli", wording.share(_number(budget.sli)))
    unknown = counts.unknown
    upper = f" to {wording.share(_number(budget.sli_upper))} with {unknown} unknown"
    view.say(f"{key}.sli.upper", upper if unknown else "")
    view.say(f"{key}.n", f"{wording.count(counts.bad)} bad of {wording.count(counts.valid)}")
    lower, higher = wording.share(evidence.lower), wording.share(evidence.upper)
    view.say(f"{key}.bounds", f"{lower} … {higher}" if counts.valid else wording.NOTHING)
    view.say(f"{key}.needed", _needed_words(watched))
    _say_budget(view, key, watched)
    _say_traffic(view, key, watched, wall_us)
    view.lists[f"{key}.burn"] = [_pair_row(reading) for reading in snapshot.readings]
    view.lists[f"{key}.reasons"] = _reason_rows(watched)
    view.say(f"{key}.limit", _limit_words(watched))


def _say_traffic(view: View, key: str, watched: Watched, wall_us: int) -> None:
    snapshot = watched.snapshot
    deadline_ms = snapshot.objective.deadline_ms or float("inf")
    p50, p95, p99 = watched.durations.quantiles_ms(QUANTILES)
    view.say(f"{key}.rate", wording.rate(watched.rate))
    for name, value in (("p50", p50), ("p95", p95), ("p99", p99)):
        late = value is not None and value > deadline_ms
        view.say(f"{key}.{name}", wording.latency(value), "bad" if late else "plain")
    recent = watched.recent.counts
    bad_share = recent.bad / recent.valid if recent.valid else None
    view.say(f"{key}.errors", wording.share(bad_share))
    oldest_us = snapshot.oldest_in_flight_us
    view.say(f"{key}.in_flight", wording.count(snapshot.in_flight))
    oldest_s = None if oldest_us is None else oldest_us / SECOND_US
    overdue = (oldest_s or 0) * 1000 > deadline_ms
    view.say(f"{key}.oldest", wording.duration(oldest_s), "bad" if overdue else "plain")
    last = watched.last_event_us
    age = "never" if last is None else f"{wording.age(wall_us - last)} ago"
    view.say(f"{key}.last_event", age)


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
    share = wording.rough_share(_number(budget.left)) if known and left >= 0 else ""
    view.say(f"{key}.left_share", share, tone)
    width = min(1.0, max(0.0, left / total)) if known else 0.0
    judged = "none" if TONES[watched.condition] == "none" else "plain"
    view.say(f"{key}.bar", f"{100 * width:.1f}", "bad" if left <= 0 and known else judged)
    view.say(f"{key}.exhaustion", exhaustion(watched))
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
        return f"events: more than the budget of {wording.count(total)} is spent"
    return f"of {wording.count(total)} events left,"


def exhaustion(watched: Watched) -> str:
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
    pair = reading.pair
    condition = CONDITIONS_OF_BURN[pair_state(reading)]
    if not reading.long.valid:
        condition = Condition.NO_DATA
    long, short = _number(reading.burn_long), _number(reading.burn_short)
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
        for reason, number in watched.recent.reasons.most_common(MAX_REASONS)
    ]


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
