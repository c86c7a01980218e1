"""`/status`: the live objectives in plain words, in the customer's language."""

from __future__ import annotations

from analyzer.slo.budget import PeriodVerdict
from analyzer.slo.burn import BurnState
from analyzer.slo.spec import CalendarWindow, Objective
from analyzer.slo.watch import Snapshot
from consolidated_bot.core.messages import Answer, Send, Sender
from consolidated_bot.operations.commands import StatusShown
from consolidated_bot.operations.domain import Level
from consolidated_bot.operations.texts import has, say

DAY_S, HOUR_S = 86_400, 3_600


def status(result: StatusShown, to: Sender) -> Answer:
    """How things are, then each objective, then what is not on offer."""
    language = to.language
    lines = [say(language, _headline(result))]
    lines += [_objective(snapshot, language) for snapshot in result.snapshots]
    if result.level is not Level.NORMAL:
        lines.append(say(language, f"level_{int(result.level)}"))
    params = {"text": "\n".join(lines), "parse_mode": "HTML"}
    return Answer("operations/status", (Send(to.chat_id, params),))


def _headline(result: StatusShown) -> str:
    """From what happens now, not from the period: a lost budget is no present trouble."""
    known = [s for s in result.snapshots if s.budget.counts.valid]
    if any(critical(snapshot) for snapshot in known):
        return "status_bad"
    if result.level is not Level.NORMAL:
        return "status_degraded"
    if not known or all(snapshot.stale for snapshot in result.snapshots):
        return "status_unknown"
    return "status_good"


def critical(snapshot: Snapshot) -> bool:
    """Whether an alert's condition holds now."""
    return any(
        reading.condition and reading.state is BurnState.CRITICAL for reading in snapshot.readings
    )


def _objective(snapshot: Snapshot, language: str) -> str:
    objective, counts = snapshot.objective, snapshot.budget.counts
    key = f"{objective.context}/{objective.journey}"
    name = say(language, key) if has(language, key) else objective.display_name or objective.name
    period = _period(objective, language)
    if not counts.valid:
        return say(language, "no_events", name=name, period=period)
    marks = {PeriodVerdict.MET: "✅", PeriodVerdict.AT_RISK: "⚠️", PeriodVerdict.BREACHED: "🔴"}
    within = ""
    if objective.deadline_ms is not None:
        within = say(language, "within", seconds=f"{objective.deadline_ms / 1000:g}")
    return say(
        language,
        "objective",
        mark=marks[snapshot.period],
        name=name,
        share=percent(counts.good, counts.valid),
        count=f"{counts.valid:,}".replace(",", "\u00a0"),
        within=within,
        period=period,
        target=f"{float(objective.target) * 100:.6g} %",
    )


def percent(good: int, valid: int) -> str:
    """The share of good events, never rounded up to a whole that it is not."""
    if good == valid:
        return "100 %"
    hundredths = good * 10_000 // valid
    return f"{hundredths / 100:.2f} %"


def _period(objective: Objective, language: str) -> str:
    if isinstance(objective.window, CalendarWindow):
        return say(language, "in_campaign")
    seconds = objective.window.duration.seconds
    if seconds >= 2 * DAY_S:
        return say(language, "in_days", days=seconds // DAY_S)
    return say(language, "in_hours", hours=f"{seconds / HOUR_S:g}")
