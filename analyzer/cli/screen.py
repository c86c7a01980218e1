"""The one-screen summary of a run: findings, hotspots, contexts, busiest messages, account."""

from __future__ import annotations

import orjson
import polars as pl
from rich import box
from rich.table import Table
from rich.text import Text

from analyzer.api.analysis import Analysis
from analyzer.api.hotspots import readable
from analyzer.api.summary import findings, tiles
from analyzer.render.tables import cell_text, render_frame, to_text

_ROWS = 6
_MOST_HOTSPOTS = 1_000


def summary(analysis: Analysis, how: str, *, incident: bool = False) -> str:
    """Return the summary in one of the output formats; machines get all of it as one object.

    `incident`: a moment was given, so the ranking of suspects is what was asked for.
    """
    if how == "table":
        return _screen(analysis, incident=incident)
    if how == "json":
        return (
            orjson.dumps(_document(analysis), option=orjson.OPT_INDENT_2, default=str).decode()
            + "\n"
        )
    return render_frame(analysis.inventory, how)


def _document(analysis: Analysis) -> dict[str, object]:
    return {
        "findings": findings(analysis),
        "totals": analysis.totals,
        "hotspots": analysis.hotspots(top=30).to_dicts(),
        "suspects": analysis.suspects.to_dicts(),
        "contexts": analysis.context_frame.to_dicts(),
        "inventory": analysis.inventory.to_dicts(),
        "journeys": analysis.journey_summary.to_dicts(),
        "quality": analysis.quality.to_dicts(),
    }


def _screen(analysis: Analysis, *, incident: bool) -> str:
    head = "  ".join(f"{name} {value}" for name, value in tiles(analysis))
    said = [Text(f"  - {sentence}") for sentence in findings(analysis)]
    parts: list[object] = [Text(head), "", Text("Findings", style="bold"), *said]
    hotspots = analysis.hotspots(top=_MOST_HOTSPOTS)
    if hotspots.height:
        parts.append(
            _table(
                "Changed in the peak",
                readable(hotspots.filter(pl.col("rank") <= _ROWS // 2)).drop(
                    "rank", "window", "why", "n"
                ),
                hotspots.height,
            )
        )
    if len(analysis.windows) == 1 and incident:
        suspects = analysis.suspects.select("rank", "service_name", "kind", "score", "evidence")
        parts.append(_table("Suspects of the incident", suspects.head(_ROWS), suspects.height))
    contexts = analysis.context_frame
    if contexts.height:
        grouped = (
            contexts.group_by("context")
            .agg(
                pl.col("role").min(),
                pl.col("service_name").sort().str.join(", ").alias("services"),
                pl.col("confidence").mean(),
            )
            .sort("role", "context")
        )
        parts.append(_table("Proposed contexts", grouped.head(2 * _ROWS), grouped.height))
    inventory = analysis.inventory.filter(pl.col("caller") != pl.col("callee")).sort(
        "calls", descending=True, maintain_order=True
    )
    if inventory.height:
        shown = inventory.select(
            "caller", "callee", "message", "calls", "errors", "p50_ms", "p95_ms", "side"
        )
        parts.append(_table("Busiest messages", shown.head(_ROWS), inventory.height))
    return to_text(*parts)


def _table(title: str, frame: pl.DataFrame, total: int) -> Table:
    more = f" (first {frame.height} of {total})" if total > frame.height else ""
    table = Table(
        title=f"{title}{more}", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD,
        pad_edge=False,
    )  # fmt: skip
    for name, kind in frame.schema.items():
        table.add_column(
            name.replace("_", " "),
            justify="right" if kind.is_numeric() else "left",
            overflow="ellipsis" if kind.is_numeric() else "fold",
            no_wrap=kind.is_numeric(),
        )
    for row in frame.rows():
        table.add_row(*(Text(cell_text(value)) for value in row))
    return table
