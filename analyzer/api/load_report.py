"""A load test as files: `replay.json` for programs, `replay.html` for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import polars as pl

from analyzer.api.load_words import levels_title, ticket_words
from analyzer.api.machine import machine_facts
from analyzer.api.results import six_digits, write_text
from analyzer.render.charts import svg
from analyzer.render.load import levels_figure, timeline_figure
from analyzer.render.report import Section
from analyzer.render.validation import ValidationContent, render_validation
from analyzer.replay.botapi.clock import NS_PER_SECOND

if TYPE_CHECKING:
    from analyzer.api.load_result import LoadTest

JSON_NAME, HTML_NAME = "replay.json", "replay.html"


def write_load_test(found: LoadTest, folder: Path) -> None:
    """Write both files to `folder`."""
    write_text(folder / JSON_NAME, json_text(found))
    write_text(folder / HTML_NAME, html_text(found))


def document(found: LoadTest) -> dict[str, Any]:
    """Everything but the verdict of the runbook, whose criteria are held to this."""
    first = found.first_broken
    return {
        "outcome": found.outcome.value,
        "headline": found.headline,
        "scenario": found.plan.scenario,
        "holds_updates_per_second": found.holds_per_second,
        "first_to_break": first.broken[0].check.name if first else None,
        "broke_at_updates_per_second": first.offered_per_second if first else None,
        "limit": found.limit,
        "recovery_seconds": found.recovery_seconds,
        "invalid": list(found.invalid),
        "failures": list(found.failures),
        "tickets": {
            "submitted": found.integrity.submitted,
            "lost": found.integrity.lost,
            "doubled": found.integrity.doubled,
            "waiting": found.integrity.waiting,
        },
        "levels": six_digits(found.frame).to_dicts(),
        "objectives": six_digits(found.objectives).to_dicts(),
        "facts": facts(found),
        "notes": list(found.notes),
    }


def json_text(found: LoadTest) -> str:
    """Everything that was found, as one JSON document."""
    criteria = [
        {**one.criterion.model_dump(), "found": one.found, "holds": one.holds}
        for one in found.verified
    ]
    whole = document(found) | {"criteria": criteria}
    return orjson.dumps(whole, option=orjson.OPT_INDENT_2).decode() + "\n"


def facts(found: LoadTest) -> dict[str, str]:
    """What was done, with what, and what the generator itself did."""
    options, summary = found.options, found.loaded.driven.summary
    scale = options.limit_scale
    return {
        "bot": found.bot,
        "scenario": f"{found.plan.scenario}, from {options.rate:g} updates/s",
        "lasted": f"{found.lasted_seconds:.0f} s",
        "Telegram's limits": f"times {scale:g}" if scale else "off",
        "offered": f"{summary.offered:,} journeys, {summary.issued:,} issued, "
        f"{summary.dropped:,} dropped",
        "generator lag p99": f"{summary.lag_p99_ms:.1f} ms",
        "seed": str(options.seed),
        **machine_facts(),
    }


def html_text(found: LoadTest) -> str:
    """The page."""
    return render_validation(
        ValidationContent(
            kind="Load test",
            outcome=found.outcome.value,
            headline=found.headline,
            findings=[],
            facts=list(facts(found).items()),
            charts=list(_charts(found)),
            sections=[
                Section(
                    "levels",
                    "Levels",
                    "Each level is judged alone, without its first fifth (10 s at most) where "
                    "nothing is done to the bot; rates are a second, cores are those kept busy.",
                    _shown_levels(found.frame),
                ),
                Section(
                    "criteria",
                    "Pass criteria of the runbook",
                    "Held to the figures of replay.json.",
                    _shown_criteria(found),
                ),
                Section(
                    "objectives",
                    "Objectives at each level",
                    "Broken: the events refute the target at 95 %; what is not refuted holds. "
                    f"Of all levels: {ticket_words(found.integrity)}.",
                    found.objectives.filter(pl.col("valid") > 0),
                ),
            ],
            notes=found.notes,
        )
    )


def _charts(found: LoadTest) -> Iterator[tuple[str, str]]:
    first = found.first_broken
    deadline = first.broken[0].check.deadline_ms if first else None
    yield (
        "Load offered and answered, level by level",
        svg(levels_figure(found.frame, levels_title(found), deadline)),
    )
    begun_ns = found.loaded.begun_ns
    answered = [
        (
            (row.intended_ns - begun_ns) / NS_PER_SECOND,
            row.waited_ms,
            row.late or row.outcome != "ok",
        )
        for row in found.loaded.driven.rows
    ]
    spans = [
        (one.level.at_seconds, one.level.until_seconds, one.level.name) for one in found.levels
    ]
    disturbed = found.plan.fault_seconds if found.recovery_seconds is not None else None
    yield (
        "How long users waited; red: failed, or later than its deadline",
        svg(timeline_figure(answered, spans, disturbed)),
    )


def _shown_criteria(found: LoadTest) -> pl.DataFrame:
    return pl.DataFrame(
        [
            ("met" if one.holds else "not met", one.criterion.text, one.figures)
            for one in found.verified
        ],
        schema={"verdict": pl.String, "criterion": pl.String, "in_figures": pl.String},
        orient="row",
    )


def _shown_levels(frame: pl.DataFrame) -> pl.DataFrame:
    """As people read it, remarks only where there are some; the JSON keeps every column."""
    remarks = [name for name in ("broken", "problem") if (frame[name] != "").any()]
    return frame.select(
        "level",
        pl.col("at_seconds").round(0).alias("from_s"),
        pl.col("offered_per_second").round_sig_figs(3).alias("offered"),
        pl.col("answered_per_second").round_sig_figs(3).alias("answered"),
        pl.col("p50_ms").round_sig_figs(3),
        pl.col("p95_ms").round_sig_figs(3),
        pl.col("sends_per_second").round_sig_figs(3).alias("sends"),
        "refused_429",
        pl.col("bot_cores").round_sig_figs(2),
        pl.col("generator_cores").round_sig_figs(2).alias("generator"),
        pl.col("machine_cores").round_sig_figs(2).alias("machine"),
        pl.col("memory_mb").round(0),
        pl.format("{} of {}", "bad", "valid").alias("bad"),
        *remarks,
    )
