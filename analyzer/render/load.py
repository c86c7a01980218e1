"""Pictures of a load test: load and latency by level, and every answer over time."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import polars as pl
from matplotlib.figure import Figure

from analyzer.render import palette
from analyzer.render.charts import STYLE

MOST_POINTS = 4000


def levels_figure(levels: pl.DataFrame) -> Figure:
    """Return offered and answered updates and p95 by level; broken levels are red.

    `levels(level, offered_per_second, answered_per_second, p95_ms, broken)`, one row per level.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 4.0), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True)
        places = list(range(levels.height))
        broken = [bool(name) for name in levels["broken"].to_list()]
        colours = [palette.ERROR if bad else palette.ACCENT for bad in broken]
        upper.bar(
            places,
            levels["offered_per_second"].to_list(),
            color=palette.BASELINE,
            width=0.8,
            label="offered",
        )
        upper.bar(
            places,
            levels["answered_per_second"].to_list(),
            color=colours,
            width=0.45,
            label="answered",
        )
        upper.set_ylabel("updates/s")
        upper.set_title("Updates offered (grey) and answered; red where an objective broke")
        waits = [float("nan") if value is None else value for value in levels["p95_ms"]]
        lower.plot(places, waits, color=palette.ACCENT, marker="o", ms=4)
        lower.set_ylabel("p95, ms")
        lower.set_ylim(bottom=0)
        lower.set_xlabel("level")
        lower.set_xticks(places, levels["level"].to_list())
    return figure


def timeline_figure(
    answers: Sequence[tuple[float, float, str]], spans: Sequence[tuple[float, float, str]]
) -> Figure:
    """Return every wait over the time of the run, failed ones red; `spans` are the levels.

    `answers` are (seconds, ms waited, outcome), at most 4,000 of them drawn, evenly thinned.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 3.0), layout="constrained")
        axes = figure.subplots()
        step = max(1, len(answers) // MOST_POINTS)
        for bad, colour in ((False, palette.ACCENT), (True, palette.ERROR)):
            drawn = [one for one in answers[::step] if (one[2] != "ok") is bad]
            axes.plot(
                [at for at, _, _ in drawn],
                [max(1.0, ms) for _, ms, _ in drawn],
                ls="",
                marker=".",
                ms=3,
                alpha=0.6,
                color=colour,
                rasterized=False,
            )
        for begin, _, name in spans:
            axes.axvline(begin, color=palette.BASELINE, lw=0.8)
            axes.annotate(
                name, (begin, 1.0), xycoords=("data", "axes fraction"), fontsize=8, va="bottom"
            )
        axes.set_yscale("log")
        axes.set_xlabel("seconds into the run")
        axes.set_ylabel("waited, ms")
    return figure
