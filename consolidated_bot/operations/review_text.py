"""The post-campaign report as files: JSON for programs, Markdown for people; the same figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from consolidated_bot.operations.domain import Runbook
from consolidated_bot.operations.review import Review


def document(found: Review, inputs: Mapping[str, str], runbook: Runbook) -> dict[str, Any]:
    """Everything, as plain values; `inputs` are SHA-256 by name."""
    campaign = found.campaign
    return {
        "campaign": {
            "number": campaign.number,
            "name": campaign.name,
            "planned_events": campaign.planned_events,
            "started": utc(campaign.started_ms),
            "ended": utc(campaign.until_ms),
        },
        "objectives": [
            {
                "objective": each.objective.name,
                "context": each.objective.context,
                "journey": each.objective.journey,
                "target": float(each.objective.target),
                "verdict": each.result.period.value,
                "evidence": each.result.evidence.verdict.value,
                "good": each.result.budget.counts.good,
                "bad": each.result.budget.counts.bad,
                "valid": each.result.budget.counts.valid,
                "budget_events": float(each.result.budget.events),
                "budget_left": float(each.result.budget.left_events),
                "episodes": each.result.episodes,
            }
            for each in found.objectives
        ],
        "incidents": [
            {
                "incident": each.figures.incident,
                "objective": each.figures.slo,
                "context": each.figures.context,
                "opened": utc(each.figures.opened_at_s * 1000),
                "acknowledged_after_s": each.figures.acknowledged_after_s,
                "acknowledged_by": each.acknowledged_by,
                "restored_after_s": each.figures.resolved_after_s,
                "bad_events": each.bad_events,
                "budget_share": each.budget_share,
                "fired": each.fired,
            }
            for each in found.incidents
        ],
        "mean_time_to_acknowledge_s": found.acknowledge_s,
        "mean_time_to_restore_s": found.restore_s,
        "hotspots": [
            {name: getattr(spot, name) for name in type(spot).__dataclass_fields__}
            for spot in found.hotspots
        ],
        "quality": {
            "journeys": found.quality.journeys,
            "outcomes": found.quality.outcomes,
            "unended": found.quality.unended,
            "clock_errors": found.quality.clock_errors,
            "down": [{"at": utc(at_s * 1000), "what": what} for at_s, what in found.quality.down],
        },
        "improvements": list(found.improvements),
        "runbook": runbook.name,
        "questions": list(runbook.questions),
        "inputs": dict(sorted(inputs.items())),
    }


def json_text(report: Mapping[str, Any]) -> str:
    """The document as text; equal documents give equal text."""
    return orjson.dumps(report, option=orjson.OPT_INDENT_2).decode() + "\n"


def markdown_text(report: Mapping[str, Any]) -> str:
    """The same for people."""
    campaign = report["campaign"]
    missed = [o for o in report["objectives"] if o["verdict"] == "breached"]
    lines = [
        f"# Campaign {campaign['number']} “{_plain(campaign['name'])}”",
        "",
        f"{campaign['started']} to {campaign['ended']}, {campaign['planned_events']:,} planned. "
        + (
            f"**{len(missed)} objectives missed.**"
            if missed
            else "**Every objective with data met.**"
        ),
        "",
        "## Objectives",
        "",
        *_table(
            ("objective", "verdict", "evidence", "good of valid", "bad of budget", "episodes"),
            [
                (
                    o["objective"],
                    o["verdict"],
                    o["evidence"],
                    f"{o['good']:,} of {o['valid']:,}",
                    f"{o['bad']:,} of {o['budget_events']:,.6g}",
                    str(o["episodes"]),
                )
                for o in report["objectives"]
            ],
        ),
        "",
        "## Incidents",
        "",
        *_incidents(report),
        "",
        "## Hotspots: the peak's quarter of an hour against the rest",
        "",
        *_hotspots(report),
        "",
        "## Quality of the data",
        "",
        *_quality(report["quality"]),
        "",
        f"## Before the next one ({_plain(report['runbook'])}, step 5)",
        "",
        *[f"- {_plain(each)}" for each in report["improvements"]],
        *[f"- [ ] {_plain(each)}" for each in report["questions"]],
        "",
        "## Made from",
        "",
        *_table(("input", "SHA-256"), list(report["inputs"].items())),
    ]
    return "\n".join(lines) + "\n"


def _incidents(report: Mapping[str, Any]) -> list[str]:
    if not report["incidents"]:
        return ["None."]
    rows = [
        (
            str(i["incident"]),
            f"{i['objective']} ({i['context']})",
            i["opened"],
            f"{_minutes(i['acknowledged_after_s'])} {i['acknowledged_by'] or ''}".strip(),
            _minutes(i["restored_after_s"]),
            f"{i['bad_events']:,}",
            "" if i["budget_share"] is None else f"{i['budget_share']:.0%}".replace("%", " %"),
        )
        for i in report["incidents"]
    ]
    head = (
        "no.",
        "objective",
        "opened",
        "acknowledged",
        "restored",
        "bad events",
        "of the budget",
    )
    mtta, mttr = report["mean_time_to_acknowledge_s"], report["mean_time_to_restore_s"]
    means = f"Mean time to acknowledge {_minutes(mtta)}, to restore {_minutes(mttr)}."
    return [*_table(head, rows), "", means]


def _hotspots(report: Mapping[str, Any]) -> list[str]:
    if not report["hotspots"]:
        return ["None: no journey was slower or failing, or there were too few to say."]
    rows = [
        (
            f"{h['context']}/{h['journey']}",
            f"{h['baseline_p95_ms']:,.0f} ms of {h['baseline_n']:,}",
            f"{h['peak_p95_ms']:,.0f} ms of {h['peak_n']:,}",
            f"{h['phase']} +{max(0.0, h['phase_growth_ms']):,.0f} ms",
            f"{h['failed']:,}",
        )
        for h in report["hotspots"]
    ]
    return _table(("journey", "p95 before", "p95 in the peak", "grew most", "failed"), rows)


def _quality(quality: Mapping[str, Any]) -> list[str]:
    outcomes = ", ".join(f"{n:,} {name}" for name, n in quality["outcomes"].items()) or "none"
    lines = [
        f"- {quality['journeys']:,} ended journeys ({outcomes}), each stored as it ended",
        f"- {quality['unended']:,} began and have no end yet",
        f"- {quality['clock_errors']:,} end before they begin",
    ]
    lines += [f"- {each['at']}: {_plain(each['what'])}" for each in quality["down"]]
    return lines


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(_plain(cell) for cell in row)} |" for row in rows),
    ]


def _plain(text: str) -> str:
    """A foreign string that cannot break a table or a line."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _minutes(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds / 60:,.1f} min"


def utc(ms: float) -> str:
    """Epoch milliseconds as RFC 3339 to the second."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
