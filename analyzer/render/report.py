"""The report: content as plain values in, one self-contained HTML page out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from markupsafe import Markup

from analyzer.model.printable import printable
from analyzer.render.charts import svg
from analyzer.render.graph_svg import draw
from analyzer.render.templates_env import environment


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture with the sentence that says what to see in it."""

    title: str
    figure: Any
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A table with its heading; `numeric` columns align right, all sort on a click."""

    identifier: str
    title: str
    note: str
    frame: pl.DataFrame
    shown: int = 200


@dataclass(frozen=True, slots=True)
class ReportContent:
    """Everything a report shows; no wall-clock time, no host, no path of a machine."""

    title: str
    findings: Sequence[str]
    tiles: Sequence[tuple[str, str]]
    graph: Any
    charts: Sequence[Chart]
    hotspots: Section
    time: Section
    contexts: Section
    grouping: Section
    context_notes: Sequence[str]
    whatif: Section
    whatif_notes: Sequence[str]
    migration: Sequence[str]
    inventory: Section
    messages: Section
    journeys: Section
    unread: Section
    account: Section
    quality: Section
    method: Sequence[str]
    fingerprint: str


def render_report(content: ReportContent) -> str:
    """Return the page; equal content gives equal bytes, and nothing in it reaches the network."""
    return printable(
        environment()
        .get_template("report.html.j2")
        .render(
            report=content,
            graph=draw(content.graph),
            charts=[(chart, Markup(svg(chart.figure))) for chart in content.charts],  # noqa: S704 - matplotlib escapes its texts
        )
    )
