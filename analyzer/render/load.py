"""Pictures of a load test: load and latency by level, and every answer over time."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyzer.render import palette
from analyzer.render.charts import STYLE

MOST_POINTS = 4000
WITH_RATES = 12
"""Up to so many levels there is room for the rates in figures."""


def levels_figure(levels: pl.DataFrame, title: str, deadline_ms: float | None = None) -> Figure:
    """Return offered and answered updates and p95 by level; broken levels are red.

    `levels(level, offered_per_second, answered_per_second, p95_ms, broken)`, one row per level.
    `deadline_ms` of what broke first is drawn beside p95.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 4.0), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True)
        _rates(upper, levels)
        upper.set_title(title)
        places = list(range(levels.height))
        waits = [float("nan") if value is None else value for value in levels["p95_ms"]]
        lower.plot(places, waits, color=palette.ACCENT, marker="o", ms=4)
        if deadline_ms is not None:
            lower.axhline(deadline_ms, color=palette.ERROR, lw=0.8, ls="--")
            lower.annotate(
                "deadline of what broke first",
                (0.0, deadline_ms),
                xycoords=("axes fraction", "data"),
                xytext=(3, 3),
                textcoords="offset points",
                fontsize=8,
                color=palette.ERROR,
            )
        lower.set_ylabel("p95, ms")
        lower.set_ylim(bottom=0)
        lower.set_xlabel("level")
        lower.set_xticks(places, levels["level"].to_list())
    return figure


def _rates(axes: Axes, levels: pl.DataFrame) -> None:
    places = list(range(levels.height))
    offered = levels["offered_per_second"].to_list()
    broken = [bool(name) for name in levels["broken"].to_list()]
    axes.bar(places, offered, color=palette.BASELINE, width=0.8, label="offered")
    axes.bar(
        places,
        levels["answered_per_second"].to_list(),
        color=[palette.ERROR if bad else palette.ACCENT for bad in broken],
        width=0.45,
        label="answered",
    )
    axes.set_ylabel("updates/s, offered (grey)\nand answered")
    for place, rate in enumerate(offered if levels.height <= WITH_RATES else ()):
        axes.annotate(f"{rate:.3g}", (place, rate), fontsize=8, ha="center", va="bottom")
    axes.margins(y=0.15)


def timeline_figure(
    answers: Sequence[tuple[float, float, bool]],
    spans: Sequence[tuple[float, float, str]],
    disturbed: tuple[float, float] | None = None,
) -> Figure:
    """Return every wait over the time of the run, bad ones red; `spans` are the levels.

    `answers` are (seconds, ms waited, bad), at most 4,000 good ones of them drawn, evenly
    thinned, and all bad ones. What was done to the bot lasted for `disturbed` and is shaded.
    """
    good, bad = ([one for one in answers if one[2] is failed] for failed in (False, True))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 3.0), layout="constrained")
        axes = figure.subplots()
        step = 1 + len(good) // MOST_POINTS
        for drawn, colour in ((good[::step], palette.ACCENT), (bad, palette.ERROR)):
            axes.plot(
                [at for at, _, _ in drawn],
                [max(1.0, ms) for _, ms, _ in drawn],
                ls="",
                marker=".",
                ms=3,
                alpha=0.6,
                color=colour,
            )
        if disturbed:
            axes.axvspan(*disturbed, color=palette.BASELINE, alpha=0.2, lw=0)
        for begin, _, name in spans:
            axes.axvline(begin, color=palette.BASELINE, lw=0.8)
            axes.annotate(
                name, (begin, 1.0), xycoords=("data", "axes fraction"), fontsize=8, va="bottom"
            )
        axes.set_yscale("log")
        axes.set_xlabel("seconds into the run")
        axes.set_ylabel("waited, ms")
    return figure
