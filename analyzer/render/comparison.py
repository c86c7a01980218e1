"""The page about before and after: sentences, distributions laid over each other, all measures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import polars as pl
from markupsafe import Markup
from matplotlib.figure import Figure

from analyzer.render import palette
from analyzer.render.charts import STYLE, svg
from analyzer.render.report import Chart
from analyzer.render.templates_env import environment


@dataclass(frozen=True, slots=True)
class ComparisonContent:
    """Everything the page shows: plain values, no wall-clock time, no path of a machine."""

    verdict: str
    sentences: Sequence[str]
    charts: Sequence[Chart]
    measures: pl.DataFrame
    notes: Sequence[str] = ()


def render_comparison(content: ComparisonContent) -> str:
    """Return the page; equal content gives equal bytes, and nothing in it reaches the network."""
    return (
        environment()
        .get_template("comparison.html.j2")
        .render(
            report=content,
            charts=[(chart, Markup(svg(chart.figure))) for chart in content.charts],  # noqa: S704 - matplotlib escapes its texts
        )
    )


def distribution_figure(
    before_ms: Sequence[float],
    after_ms: Sequence[float],
    title: str,
    deadline_ms: float | None = None,
) -> Figure:
    """Return the share of events within a time, before and after, over a logarithmic time.

    Both samples come sorted; the deadline is a dashed line.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 3.0), layout="constrained")
        axes = figure.subplots()
        for values, name, colour in (
            (before_ms, "before", palette.BASELINE),
            (after_ms, "after", palette.ACCENT),
        ):
            shares = [100 * (rank + 1) / len(values) for rank in range(len(values))]
            axes.step(
                [max(v, 1e-3) for v in values], shares, where="post", color=colour, label=name
            )
        if deadline_ms is not None:
            axes.axvline(deadline_ms, color="#777777", ls="--", lw=1, label="deadline")
        axes.set_xscale("log")
        axes.set_xlabel("latency, ms")
        axes.set_ylabel("events within, %")
        axes.set_title(title)
        axes.legend(frameon=False, loc="lower right")
    return figure
