"""Frames as text: for a terminal (rich), for machines (JSON, CSV), for a document (Markdown)."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterable
from datetime import datetime

import orjson
import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analyzer.model.printable import printable

_PIPE_WIDTH = 120
FORMATS = ("table", "json", "csv", "md")


def render_frame(frame: pl.DataFrame, how: str) -> str:
    """Return `frame` in one of `FORMATS`; floats carry six significant digits."""
    rounded = frame.with_columns(pl.col(pl.Float64).round_sig_figs(6))
    if how == "json":
        option = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC
        return orjson.dumps(rounded.to_dicts(), option=option, default=str).decode() + "\n"
    if how == "csv":
        return rounded.write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")
    cells = [[cell_text(value) for value in row] for row in rounded.rows()]
    if how == "md":
        return _markdown(rounded.columns, cells)
    return _table(rounded, cells)


def cell_text(value: object) -> str:
    """Return one value as a person reads it: times to the second, floats short, null empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".") if abs(value) < 1e6 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return printable(str(value))


def _markdown(columns: list[str], cells: list[list[str]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    lines += [
        "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in row) + " |"
        for row in cells
    ]
    return "\n".join(lines) + "\n"


def _table(frame: pl.DataFrame, cells: list[list[str]]) -> str:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, kind in frame.schema.items():
        table.add_column(name, justify="right" if kind.is_numeric() else "left", overflow="fold")
    for row in cells:
        # Text, not str: nothing in a log is markup.
        table.add_row(*(Text(cell) for cell in row))
    return to_text(table)


def short_table(frame: pl.DataFrame) -> str:
    """Return `frame` for a terminal: numbers and short texts whole, only the first text folds.

    Empty for a frame without rows.
    """
    if frame.is_empty():
        return ""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    for name, kind in frame.schema.items():
        table.add_column(
            name.replace("_", " "),
            justify="right" if kind.is_numeric() else "left",
            overflow="fold",
            no_wrap=name not in texts[:1],
        )
    for row in frame.rows():
        table.add_row(*(Text(cell_text(value)) for value in row))
    return to_text(table)


def sentence_lines(sentences: Iterable[str]) -> str:
    """Return sentences as a list for a terminal, folded at words; empty for none."""
    grid = Table.grid(padding=(0, 0))
    lines = list(sentences)
    for sentence in lines:
        grid.add_row(Text("- "), Text(printable(sentence), overflow="fold"))
    folded = to_text(grid).splitlines() if lines else []
    return "".join(f"{line.rstrip()}\n" for line in folded)


def to_text(*renderables: object, width: int | None = None) -> str:
    """Return what rich would print, as plain text as wide as the terminal (120 in a pipe)."""
    out = io.StringIO()
    wide = width or (shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPE_WIDTH)
    console = Console(file=out, width=wide, force_terminal=False, highlight=False)
    for item in renderables:
        console.print(item)
    return printable(out.getvalue())
