"""What an analysis found, in a handful of sentences and figures, wherever it is shown."""

from __future__ import annotations

import polars as pl

from analyzer.api.analysis import Analysis
from analyzer.api.gains import gain_sentence, gains

_SHOWN = 4
_NAMED_SERVICES = 14
_SURE = 0.7


def findings(analysis: Analysis) -> list[str]:
    """Return the findings in words, the most useful first."""
    return [
        *_hotspot_sentences(analysis),
        *_context_sentences(analysis),
        *_untimed(analysis),
        *_reading(analysis),
    ]


def tiles(analysis: Analysis) -> list[tuple[str, str]]:
    """Return the key figures as (name, value)."""
    totals = analysis.totals
    services = analysis.services.filter(pl.col("spans") > 0).height
    return [
        ("lines read", f"{totals['lines']:,}"),
        ("in quarantine", f"{totals['quarantined']:,}"),
        ("spans", f"{totals['spans']:,}"),
        ("journeys", f"{totals['journeys']:,}"),
        ("services", f"{services:,}"),
        ("service edges", f"{totals['edges']:,}"),
        ("proposed contexts", f"{analysis.context_frame['context'].n_unique():,}"),
    ]


def fingerprint(analysis: Analysis) -> str:
    """Return what this analysis was made from: a hash over the files' contents, and the seed."""
    return f"input {analysis.input_hash}, seed {analysis.seed}"


def _hotspot_sentences(analysis: Analysis) -> list[str]:
    if analysis.findings:
        return list(analysis.findings[:_SHOWN])
    if analysis.totals["journeys"]:
        return ["No hotspot: no stretch of time stands out against the rest."]
    return ["No journey: no line names a trace with a root, so there is no latency to compare."]


def _context_sentences(analysis: Analysis) -> list[str]:
    frame = analysis.context_frame
    if frame.height == 0:
        return []
    members = frame.filter(pl.col("role") == "member")
    merged = (
        members.group_by("context")
        .agg(pl.col("service_name").sort())
        .filter(pl.col("service_name").list.len() > 1)
        .sort("context")
    )
    if merged.height == 0:
        if frame.height == 1:
            return ["One service: there is nothing to merge."]
        return [f"{frame.height} services, none of which the logs give a reason to merge."]
    short = members.height <= _NAMED_SERVICES
    told = "; ".join(
        f"{context} = {' + '.join(services)}" if short else f"{context} ({len(services)})"
        for context, services in merged.select("context", "service_name").rows()
    )
    count = members["context"].n_unique()
    contexts = f"{count} contexts" if count != 1 else "1 context"
    sentences = [f"Consolidate {members.height} services into {contexts}: {told}."]
    calls, unmeasured = analysis.relation("merged_calls").row(0)
    gain = gain_sentence(gains(analysis.whatif_frame), measured=unmeasured < calls)
    if gain:
        sentences.append(gain)
    unsure = members.filter(pl.col("reason").str.starts_with("undecided, ask")).height
    if unsure:
        sentences.append(
            f"{unsure} of {members.height} placements are undecided (confidence below {_SURE}): "
            "ask the teams before merging."
        )
    return sentences


def _untimed(analysis: Analysis) -> list[str]:
    """Durations that nobody gave a unit: without one the fleet looks smaller than it is."""
    found: dict[str, dict[str, int]] = {}
    for note, service, count in analysis.relation("file_notes").rows():
        check, _, key = note.partition(":")
        if check == "unit_unknown":
            found.setdefault(key, {})[service] = count
    return [
        f"{sum(lines.values()):,} lines of {', '.join(sorted(lines))} tell a duration without its "
        f"unit ({key}), so they stand in no latency and no journey: if you know it, run again "
        f"with --unit {key}=ms (or us, s)."
        for key, lines in sorted(found.items())
    ]


def _reading(analysis: Analysis) -> list[str]:
    totals = analysis.totals
    lines, bad = int(str(totals["lines"])), int(str(totals["quarantined"]))
    if bad == 0:
        held = "1 file" if totals["files"] == 1 else f"{totals['files']} files"
        return [f"All {lines:,} lines of {held} are accounted for, none unread."]
    told = f"{bad:,} of {lines:,} lines ({100 * bad / lines:.2g} %) could not be read"
    return [f"{told}; each stands in quarantine with file, line and reason."]
