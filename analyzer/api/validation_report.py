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
            "saw it. At least: the measured share is not below that, at 95 %.",
            _shown_objectives(found.objectives),
        ),
        Section(
            "latency",
            "Before, predicted, measured",
            "Milliseconds per journey and quantile. The prediction's interval is its own "
            "bootstrap, the measured one is by order statistics; prediction error is "
            "predicted/measured - 1.",
            _shown_latency(latency),
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
                _shown_comparison(found.comparison.frame),
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
                *([found.against_past] if found.against_past else []),
                *(found.undecided if found.invalid or found.failures else ()),
            ],
            facts=list(found.facts.items()),
            charts=charts,
            sections=sections,
            notes=found.notes,
        )
    )


def _percent(name: str, shown: str) -> pl.Expr:
    share = (100 * pl.col(name)).round_sig_figs(5).cast(pl.String)
    return pl.concat_str(share, pl.lit(" %")).alias(shown)


def _shown_objectives(frame: pl.DataFrame) -> pl.DataFrame:
    """As people read it; the JSON keeps every column."""
    return frame.select(
        "objective",
        "verdict",
        *(_percent(name, name) for name in ("target", "before", "measured", "seen_by_users")),
        _percent("lower", "at_least"),
        pl.format("{} of {}", "bad", "valid").alias("bad"),
        pl.col("needed").alias("n_needed"),
    )


def _shown_latency(frame: pl.DataFrame) -> pl.DataFrame:
    if not frame.height:
        return frame
    told = frame.filter(pl.coalesce("before_ms", "predicted_ms", "measured_ms").is_not_null())
    return told.select(
        "journey",
        "phase",
        pl.format("p{}", (100 * pl.col("quantile")).cast(pl.Int64)).alias("quantile"),
        pl.col("before_ms").round_sig_figs(4).alias("before"),
        pl.col("predicted_ms").round_sig_figs(4).alias("predicted"),
        _interval("predicted_low_ms", "predicted_high_ms").alias("interval"),
        pl.col("measured_ms").round_sig_figs(4).alias("measured"),
        _interval("measured_low_ms", "measured_high_ms").alias("its_interval"),
        (100 * pl.col("prediction_error")).round(0).cast(pl.Int64, strict=False).alias("error_%"),
        pl.format("{} / {}", "n_before", "n_measured").alias("n"),
    ).sort("journey", "quantile", "phase")


def _shown_comparison(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        "journey",
        "measure",
        "verdict",
        pl.col("before").round_sig_figs(4),
        pl.col("after").round_sig_figs(4),
        _interval("low", "high").alias("difference_95_%"),
        pl.format("{} / {}", "n_before", "n_after").alias("n"),
        pl.col("p_value").round_sig_figs(2).alias("p"),
        "note",
    )


def _interval(low: str, high: str) -> pl.Expr:
    """Like `120 .. 180`; an open end is a question mark, none at all is empty."""
    ends = [
        pl.coalesce(pl.col(name).round_sig_figs(3).cast(pl.String), pl.lit("?"))
        for name in (low, high)
    ]
    known = pl.col(low).is_not_null() | pl.col(high).is_not_null()
    return pl.when(known).then(pl.format("{} .. {}", *ends))


def _figure(found: Validation, journey: str) -> Figure:
    assert found.comparison is not None
    sample = found.comparison.samples[journey]
    return distribution_figure(sample.before, sample.after, journey, sample.deadline_ms)


def _predicted(found: Validation) -> tuple[pl.DataFrame, pl.DataFrame]:
    if found.predicted is None:
        return pl.DataFrame(), pl.DataFrame()
    return found.predicted.latency, found.predicted.headline
