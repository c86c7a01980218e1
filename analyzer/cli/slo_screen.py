"""Reports of objectives and comparisons as text: short for people, whole for machines."""

from __future__ import annotations

import orjson
import polars as pl

from analyzer.api.comparison import Comparison
from analyzer.api.slo_report import SloReport
from analyzer.render.tables import render_frame, short_table

_ROSE = 1.5
_MOST_RESOURCES = 12


def slo_text(report: SloReport, kpis: pl.DataFrame, saturation: pl.DataFrame, how: str) -> str:
    """The report in one of the output formats; JSON holds windows, alerts and KPIs as well."""
    if how == "json":
        return _json(
            {
                "objectives": report.frame.to_dicts(),
                "windows": report.windows.to_dicts(),
                "alerts": report.alerts.to_dicts(),
                "kpis": kpis.to_dicts(),
                "saturation": saturation.to_dicts(),
                "notes": list(report.notes),
                "missed": list(report.missed),
            }
        )
    if how == "csv":
        return render_frame(report.frame, how)
    parts = [("Objectives", _short(report.frame)), ("Per context, baseline and peak", kpis)]
    moved = _moved(saturation)
    if saturation.height:
        told = f"Resources that rose at peak ({moved.height} of {saturation.height} figures)"
        parts.append((told, moved))
    if how == "table":
        return "\n".join(f"{title}\n{short_table(part)}" for title, part in parts)
    return "\n".join(f"{title}\n{render_frame(part, how)}" for title, part in parts)


def _moved(saturation: pl.DataFrame) -> pl.DataFrame:
    """The figures whose median rose by half or more, the most first: what ran out, or nearly."""
    base, peak = pl.col("baseline_median"), pl.col("peak_median")
    rose = saturation.filter(peak.is_not_null() & (peak > 0) & (peak >= _ROSE * base.fill_null(0)))
    return (
        rose.sort((peak / (base + 1e-9)), descending=True, maintain_order=True)
        .head(_MOST_RESOURCES)
        .select("service_name", "name", "baseline_median", "peak_median", "peak_max", "unit")
    )


def _short(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns that answer: how does it stand, how sure, what is left."""
    return frame.select(
        "objective",
        pl.col("target").map_elements(lambda t: f"{100 * t:.6g} %", pl.String).alias("target"),
        pl.col("sli").map_elements(lambda v: f"{100 * v:.6g} %", pl.String).alias("SLI"),
        pl.format("{} of {}", "bad", "valid").alias("bad"),
        pl.col("left").round(2).alias("budget left"),
        "period",
        pl.when(pl.col("evidence") == "not enough data")
        .then(pl.format("needs {} events", "needed"))
        .otherwise("evidence")
        .alias("evidence"),
        "episodes",
        "alerts",
    )


def comparison_text(found: Comparison, how: str) -> str:
    """The comparison in one of the output formats; people get the answer in the first line."""
    if how == "json":
        return _json(
            {
                "verdict": found.verdict.value,
                "headline": found.headline,
                "tally": found.tally,
                "journeys": [
                    {"journey": j.journey, "verdict": j.verdict.value, "note": j.note}
                    for j in found.journeys
                ],
                "measures": found.frame.to_dicts(),
                "notes": list(found.notes),
            }
        )
    if how == "csv":
        return render_frame(found.frame, how)
    short = found.frame.select(
        "journey",
        "measure",
        "verdict",
        "before",
        "after",
        pl.format("{} .. {}", _rounded("low"), _rounded("high")).alias("95 % of difference"),
        pl.format("{} / {}", "n_before", "n_after").alias("n"),
        pl.col("p_value").round_sig_figs(2).alias("p"),
    )
    return f"{found.headline}\n{found.tally}\n\n{render_frame(short, how)}"


def _rounded(column: str) -> pl.Expr:
    return pl.col(column).round_sig_figs(3)


def _json(document: dict[str, object]) -> str:
    option = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
    return orjson.dumps(document, option=option).decode() + "\n"
