"""A load test on one screen."""

from __future__ import annotations

import polars as pl

from analyzer.api.load_report import json_text
from analyzer.api.load_result import LoadTest
from analyzer.render.tables import render_frame


def replay_text(found: LoadTest, how: str) -> str:
    """The answer, the levels, the runbook's criteria; JSON is the whole, CSV the levels."""
    if how == "json":
        return json_text(found)
    if how == "csv":
        return render_frame(found.frame, how)
    parts = [found.headline, render_frame(_levels(found.frame), how)]
    parts += [f"{'met' if one.holds else 'NOT MET'}: {one.words}" for one in found.verified]
    return "\n".join(parts) + ("\n" if found.verified else "")


def _levels(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        "level",
        pl.col("offered_per_second").round_sig_figs(3).alias("updates/s offered"),
        pl.col("answered_per_second").round_sig_figs(3).alias("answered"),
        pl.col("p95_ms").round_sig_figs(3).alias("p95 ms"),
        pl.col("sends_per_second").round_sig_figs(3).alias("sends/s"),
        pl.col("refused_429").alias("429"),
        pl.col("bot_cores").round_sig_figs(2).alias("cores"),
        pl.format("{} of {}", "bad", "valid").alias("bad"),
        "broken",
    )
