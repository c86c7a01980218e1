"""A validation as files: `validation.json` for programs, `validation.html` for people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import polars as pl
from matplotlib.figure import Figure

from analyzer.api.results import six_digits, write_text
from analyzer.render.charts import svg
from analyzer.render.comparison import distribution_figure
from analyzer.render.report import Section
from analyzer.render.validation import ValidationContent, render_validation

if TYPE_CHECKING:
    from analyzer.api.validation_result import Validation

JSON_NAME, HTML_NAME = "validation.json", "validation.html"


def write_validation(found: Validation, folder: Path) -> None:
    """Write both files to `folder`."""
    write_text(folder / JSON_NAME, json_text(found))
    write_text(folder / HTML_NAME, html_text(found))


def json_text(found: Validation) -> str:
    """Everything that was found, as one JSON document."""
    latency, headline = _predicted(found)
    document = {
        "outcome": found.outcome.value,
        "headline": found.headline,
        "against_past": found.against_past,
        "invalid": found.invalid,
        "failures": found.failures,
        "undecided": found.undecided,
        "objectives": six_digits(found.objectives).to_dicts(),
        "latency": six_digits(latency).to_dicts(),
        "prediction_error": six_digits(headline).to_dicts(),
        "comparison": six_digits(found.comparison.frame).to_dicts() if found.comparison else [],
        "load": found.load.to_dicts(),
        "tickets": {
            "submitted": found.integrity.submitted,
            "lost": found.integrity.lost,
            "doubled": found.integrity.doubled,
        },
        "facts": dict(found.facts),
        "notes": found.notes,
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"


def html_text(found: Validation) -> str:
    """The page."""
    latency, headline = _predicted(found)
    if latency.height:
        told = pl.coalesce("before_ms", "predicted_ms", "measured_ms")
        latency = latency.filter(told.is_not_null())
    checks = found.integrity
    tickets = (
        f"Tickets: {checks.submitted:,} submitted, {checks.lost:,} lost, "
        f"{checks.doubled:,} doubled."
    )
    sections = [
        Section(
            "objectives",
            "Objectives before and after",
            "Shares of good events: in the recorded stretch, by the bot's own logs, and as users "
            "saw it. lower and upper bound the measured share at 95 %.",
            found.objectives,
        ),
        Section(
            "latency",
            "Before, predicted, measured",
            "Milliseconds per journey and quantile. The prediction's interval is its own "
            "bootstrap, the measured one is by order statistics; prediction error is "
            "predicted/measured - 1.",
            latency,
        ),
        Section(
            "errors",
            "The prediction beside its controls",
            "Volume-weighted median of |error| at p95, and the share of measured values inside "
            "the prediction's interval. A prediction that does not beat its controls is worth "
            "nothing here.",
            headline,
        ),
        Section("load", "Offered and served", tickets, found.load),
    ]
    charts = []
    if found.comparison:
        sections.insert(
            2,
            Section(
                "comparison",
                "Verdicts",
                "Measured against the recorded stretch; nominal 95 % intervals.",
                found.comparison.frame,
            ),
        )
        charts = [
            (f"{one.journey}: {one.verdict.value}", svg(_figure(found, one.journey)))
            for one in found.comparison.journeys
            if one.journey in found.comparison.samples
        ]
    return render_validation(
        ValidationContent(
            outcome=found.outcome.value,
            headline=found.headline,
            findings=[
                *found.invalid,
                *found.failures,
                *found.undecided,
                *([found.against_past] if found.against_past else []),
            ],
            facts=list(found.facts.items()),
            charts=charts,
            sections=sections,
            notes=found.notes,
        )
    )


def _figure(found: Validation, journey: str) -> Figure:
    assert found.comparison is not None
    sample = found.comparison.samples[journey]
    return distribution_figure(sample.before, sample.after, journey, sample.deadline_ms)


def _predicted(found: Validation) -> tuple[pl.DataFrame, pl.DataFrame]:
    if found.predicted is None:
        return pl.DataFrame(), pl.DataFrame()
    return found.predicted.latency, found.predicted.headline
