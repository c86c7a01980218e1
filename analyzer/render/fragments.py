"""HTML fragments for notebooks, made by the same templates as the report."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from analyzer.model.printable import printable
from analyzer.render.templates_env import environment

_SHOWN_ROWS = 20


def frame_fragment(title: str, frame: pl.DataFrame, note: str = "") -> str:
    """Return a titled table of the first rows of `frame`."""
    return printable(
        environment()
        .get_template("fragment.html.j2")
        .render(
            title=title,
            note=note,
            columns=frame.columns,
            rows=frame.head(_SHOWN_ROWS).rows(),
            more=max(0, frame.height - _SHOWN_ROWS),
        )
    )


def summary_fragment(findings: Sequence[str], tiles: Sequence[tuple[str, str]]) -> str:
    """Return findings and key figures as a fragment."""
    page = environment().get_template("summary.html.j2")
    return printable(page.render(findings=findings, tiles=tiles))
