"""A campaign as staff reads it: budgets in events, before percentages."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from analyzer.slo.budget import PeriodVerdict
from analyzer.slo.watch import Snapshot
from consolidated_bot.operations import commands as o

SIGNS = {
    PeriodVerdict.MET: "✅",
    PeriodVerdict.AT_RISK: "⚠️",
    PeriodVerdict.BREACHED: "🔴",
    PeriodVerdict.NO_DATA: "▫️",
}


def campaign_text(result: o.CampaignShown) -> str:
    """What was planned, how much of it came, and what is left of each budget."""
    campaign = result.campaign
    assert campaign is not None
    stretch = f"{_moment(campaign.started_ms)} to {_moment(campaign.until_ms)}"
    words = {"started": "has started", "ended": "has ended", None: "is running"}
    lines = [
        f"<b>Campaign {campaign.number} “{escape(campaign.name)}” {words[result.changed]}</b>",
        f"{campaign.planned_events:,} planned, {stretch} (UTC)",
    ]
    if result.changed == "started":
        lines += _rehearsed(result)
        lines += [
            f"• {escape(each.what)}: {escape(each.where)}; normal is {escape(each.normal)}"
            for each in result.watchpoints
        ]
    lines += [objective_line(snapshot) for snapshot in result.snapshots]
    if result.changed == "ended":
        lines.append("Write its report: consolidated-bot campaign report")
    return "\n".join(lines)


def objective_line(snapshot: Snapshot) -> str:
    """`✅ name: 19,990 of 20,000 good, 10 of 20 bad events spent, met`."""
    budget = snapshot.budget
    if not budget.counts.valid:
        return f"{SIGNS[PeriodVerdict.NO_DATA]} {escape(snapshot.objective.name)}: no events yet"
    return (
        f"{SIGNS[snapshot.period]} {escape(snapshot.objective.name)}: "
        f"{budget.counts.good:,} of {budget.counts.valid:,} good, "
        f"{budget.charged:,} of {float(budget.events):,.6g} bad events spent, "
        f"{snapshot.period.value}"
    )


def _rehearsed(result: o.CampaignShown) -> list[str]:
    if result.rehearsal is None:
        return ["⚠️ No load test is on record: see step 1 of the runbook."]
    at_ms, passed, summary, _ = result.rehearsal
    sign = "✅ passed" if passed else "🔴 not passed"
    return [f"Load test of {_moment(at_ms)}: {sign}. {escape(summary)}"]


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%d.%m. %H:%M")
