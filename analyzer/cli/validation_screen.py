"""A validation on one screen."""

from __future__ import annotations

import polars as pl

from analyzer.api.validation_report import json_text
from analyzer.api.validation_result import Validation
from analyzer.render.tables import render_frame


def validation_text(found: Validation, how: str) -> str:
    """The answer, the objectives and p95 per journey; JSON is the whole, CSV the objectives."""
    if how == "json":
        return json_text(found)
    if how == "csv":
        return render_frame(found.objectives, how)
    parts = [found.against_past] if found.against_past else []
    if found.objectives.height:
        parts.append(render_frame(_objectives(found.objectives), how))
    if found.predicted is not None and found.predicted.latency.height:
        parts.append(render_frame(_latency(found.predicted.latency), how))
        parts += [_accuracy(found.predicted.headline)]
    return "\n".join([found.headline, *parts])


def _objectives(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        "objective",
        "verdict",
        *(_percent(name) for name in ("target", "before", "measured", "seen_by_users")),
        pl.format("{} of {}", "bad", "valid").alias("bad"),
        pl.col("needed").alias("n needed"),
    )


def _percent(name: str) -> pl.Expr:
    share = (100 * pl.col(name)).round_sig_figs(5).cast(pl.String)
    return pl.concat_str(share, pl.lit(" %")).alias(name.replace("_", " "))


def _latency(frame: pl.DataFrame) -> pl.DataFrame:
    """p95 per journey, in ms, where there are enough events."""
    return frame.filter((pl.col("quantile") == 0.95) & pl.col("measured_ms").is_not_null()).select(
        "journey",
        pl.col("before_ms").round_sig_figs(3).alias("p95 before"),
        pl.col("predicted_ms").round_sig_figs(3).alias("predicted"),
        pl.col("measured_ms").round_sig_figs(3).alias("measured"),
        pl.format(
            "{} .. {}",
            pl.col("measured_low_ms").round_sig_figs(3).cast(pl.String).fill_null("?"),
            pl.col("measured_high_ms").round_sig_figs(3).cast(pl.String).fill_null("?"),
        ).alias("95 % of measured"),
        (100 * pl.col("prediction_error")).round(0).alias("error %"),
        pl.format("{} / {}", "n_before", "n_measured").alias("n"),
    )


def _accuracy(headline: pl.DataFrame) -> str:
    told = [
        f"{row['method']} {row['median_error']:.0%}"
        for row in headline.iter_rows(named=True)
        if row["median_error"] is not None
    ]
    if not told:
        return "Too few events to hold the prediction to what was measured.\n"
    return f"Median |error| at p95: {', '.join(told)}.\n"
