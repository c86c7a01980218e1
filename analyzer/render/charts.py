"""Pictures as matplotlib Figures (never pyplot), and figures as byte-stable SVG."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import polars as pl
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analyzer.analysis.graph import USER, busiest_part
from analyzer.render import palette
from analyzer.render.graph_layout import layered_positions

STYLE: dict[Any, Any] = {
    "svg.hashsalt": "analyzer",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
}

_LABEL_CHARACTERS = 30
_MOST_DRAWN = 60
"""Services in one picture; of more the busiest are drawn and the title says so."""


def svg(figure: Figure) -> str:
    """Return a figure as an `<svg>` element, equal bytes for equal pictures."""
    out = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(
            out, format="svg", metadata={"Date": None}, bbox_inches="tight", transparent=True
        )
    text = out.getvalue()
    return text[text.index("<svg") :]


def latency_figure(
    series: pl.DataFrame, title: str, windows: Sequence[tuple[datetime, datetime]] = ()
) -> Figure:
    """Return latency and errors over time.

    `series(bucket, n, errors, p50_ms, p95_ms)`, one row per bucket in order; `windows` are the
    peaks, shaded and named.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.2, 3.3), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        times = series["bucket"].to_list()
        upper.plot(times, series["p95_ms"].to_list(), color=palette.BASELINE, lw=1.2, ls="--")
        upper.plot(times, series["p50_ms"].to_list(), color=palette.ACCENT, lw=1.8)
        upper.set_ylabel("latency, ms")
        upper.set_title(title)
        upper.set_ylim(bottom=0)
        _shade(upper, windows)
        _shade(lower, windows)
        upper.legend(
            handles=[
                Line2D([], [], color=palette.ACCENT, lw=1.8, label="p50"),
                Line2D([], [], color=palette.BASELINE, lw=1.2, ls="--", label="p95"),
            ],
            frameon=False,
            loc="upper left",
            ncols=2,
        )
        width = _bucket_days(times)
        lower.bar(times, series["n"].to_list(), width=width, color=palette.BASELINE, align="edge")
        lower.bar(
            times, series["errors"].to_list(), width=width, color=palette.ERROR, align="edge"
        )
        lower.set_ylabel("count\n(errors red)")
        lower.set_xlabel("time, UTC")
        locator = AutoDateLocator()  # type: ignore[no-untyped-call]
        lower.xaxis.set_major_locator(locator)
        lower.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        return figure


def hotspot_figure(hotspots: pl.DataFrame) -> Figure:
    """Return baseline against peak for each ranked hotspot, worst on top."""
    latency = hotspots.filter(pl.col("kind") == "latency")
    errors = hotspots.filter(pl.col("kind") == "errors")
    parts = [
        (latency, "baseline_p50_ms", "peak_p50_ms", "median, ms", 1.0, "Latency"),
        (errors, "baseline_error_rate", "peak_error_rate", "failing, %", 100.0, "Errors"),
    ]
    shown = [part for part in parts if part[0].height]
    with mpl.rc_context(STYLE):
        height = 0.9 + 0.42 * max((part[0].height for part in shown), default=1)
        figure = Figure(figsize=(8.2, height + 0.5), layout="constrained")
        if not shown:
            axes = figure.subplots()
            axes.set_axis_off()
            axes.text(0, 0.5, "No hotspot stands out against the baseline.")
            return figure
        drawn = figure.subplots(1, len(shown), squeeze=False)[0]
        for axes, (frame, before, peak, unit, scale, title) in zip(drawn, shown, strict=True):
            _dumbbells(axes, frame, before, peak, scale)
            axes.set_xlabel(unit)
            axes.set_title(f"{title}: baseline (hollow) to peak (filled)")
        return figure


def context_figure(contexts: pl.DataFrame, edges: pl.DataFrame) -> Figure:
    """Return the services in rows by context with an arc for every pair that calls.

    `contexts(context, service_name, ...)`, `edges(caller, callee, calls)`.
    """
    rows = contexts.sort("context", "service_name")
    place = {name: at for at, name in enumerate(rows["service_name"].to_list())}
    colours = palette.colours_of(rows["context"].to_list())
    most = max((float(value) for value in edges["calls"].to_list()), default=1.0)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 0.9 + 0.33 * max(len(place), 2)), layout="constrained")
        axes = figure.subplots()
        for caller, callee, calls in edges.select("caller", "callee", "calls").rows():
            if caller in place and callee in place and caller != callee:
                _arc(axes, place[caller], place[callee], 0.5 + 2.5 * _share(calls, most))
        for context, service in rows.select("context", "service_name").rows():
            axes.plot([0], [place[service]], "o", ms=9, color=colours[context])
            axes.text(-0.25, place[service], f"{service}  [{context}]", ha="right", va="center")
        axes.set_xlim(-4.5, 3.2)
        axes.set_ylim(len(place) - 0.5, -0.5)
        axes.set_axis_off()
        axes.set_title(f"{len(place)} services in {len(colours)} contexts")
        return figure


def graph_figure(whole: Any) -> Figure:
    """Return the message graph, left to right from the users, coloured by context.

    Of more than sixty services the busiest are drawn.
    """
    graph = busiest_part(whole, _MOST_DRAWN)
    positions = layered_positions(graph)
    names = [data.get("context") for _, data in graph.nodes(data=True)]
    colours = palette.colours_of(name for name in names if name)
    widest = max((abs(y) for _, y in positions.values()), default=1)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9.5, 2.2 + 0.85 * widest), layout="constrained")
        axes = figure.subplots()
        totals: dict[tuple[str, str], int] = {}
        for caller, callee, data in graph.edges(data=True):
            totals[caller, callee] = totals.get((caller, callee), 0) + int(data.get("calls", 1))
        most = max(totals.values(), default=1)
        for (caller, callee), calls in sorted(totals.items()):
            if caller != callee:
                _arrow(axes, positions[caller], positions[callee], 0.6 + 2.4 * _share(calls, most))
        for node, (x, y) in positions.items():
            context = graph.nodes[node].get("context")
            colour = colours.get(context or "", palette.NEUTRAL)
            axes.plot([x], [y], "s" if node == USER else "o", ms=12, color=colour, zorder=3)
            axes.text(x, y - 0.28, node, ha="center", va="bottom", zorder=4)
        axes.legend(
            handles=[
                Line2D([], [], marker="o", ls="", color=colour, label=name)
                for name, colour in colours.items()
            ],
            frameon=False,
            loc="upper left",
            bbox_to_anchor=(1.0, 1.0),
            title="contexts",
        )
        axes.margins(0.12, 0.18)
        axes.invert_yaxis()
        axes.set_axis_off()
        shown = f"{len(graph)}" if graph is whole else f"{len(graph):,} busiest of {len(whole):,}"
        axes.set_title(f"{shown} nodes, {sum(totals.values()):,} calls")
        return figure


def _shade(axes: Axes, windows: Sequence[tuple[datetime, datetime]]) -> None:
    for place, (start, end) in enumerate(windows):
        axes.axvspan(start, end, color=palette.ERROR, alpha=0.08, lw=0)  # type: ignore[arg-type]
        if place == 0 and axes.get_title(loc="left"):
            axes.text(
                start,  # type: ignore[arg-type]
                0.02,
                " peak",
                color=palette.ERROR,
                transform=axes.get_xaxis_transform(),
                va="bottom",
                fontsize=8,
            )


def _bucket_days(times: Sequence[datetime]) -> float:
    steps = [(b - a).total_seconds() for a, b in pairwise(times)]
    return min(steps, default=60.0) / 86_400


def _dumbbells(axes: Axes, frame: pl.DataFrame, before: str, peak: str, scale: float) -> None:
    for at, row in enumerate(frame.iter_rows(named=True)):
        start, end = (row[before] or 0.0) * scale, (row[peak] or 0.0) * scale
        axes.plot([start, end], [at, at], color=palette.BASELINE, lw=2, zorder=1)
        axes.plot([start], [at], "o", mfc="white", mec=palette.ACCENT, zorder=2)
        axes.plot([end], [at], "o", color=palette.ERROR, zorder=2)
    labels = [
        f"{_shortened(row['service_name'])}\n{_shortened(row['operation'])}"
        for row in frame.iter_rows(named=True)
    ]
    axes.set_yticks(range(frame.height), labels, fontsize=8)
    axes.set_ylim(frame.height - 0.5, -0.5)
    axes.set_xlim(left=0)


def _shortened(name: str) -> str:
    """Return a name that leaves room for the picture; its end tells operations apart."""
    return name if len(name) <= _LABEL_CHARACTERS else f"…{name[1 - _LABEL_CHARACTERS :]}"


def _arc(axes: Axes, start: float, end: float, width: float) -> None:
    middle, radius = (start + end) / 2, abs(end - start) / 2
    angles = [math.pi * step / 24 - math.pi / 2 for step in range(25)]
    reach = min(radius, 3.0)
    axes.plot(
        [reach * math.cos(angle) for angle in angles],
        [middle + radius * math.sin(angle) for angle in angles],
        color=palette.NEUTRAL,
        lw=width,
        alpha=0.6,
        zorder=0,
    )


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], width: float) -> None:
    axes.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={
            "arrowstyle": "-|>",
            "lw": width,
            "color": palette.NEUTRAL,
            "alpha": 0.7,
            "shrinkA": 9,
            "shrinkB": 9,
            "connectionstyle": "arc3,rad=0.12",
        },
    )


def _share(value: float, most: float) -> float:
    return math.log1p(value) / math.log1p(most) if most > 0 else 0.0
