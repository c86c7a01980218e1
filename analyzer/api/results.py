"""The result files beside the store: written whole or not at all, equal for equal input."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from analyzer.api.output import writing


def write_text(path: Path, text: str) -> Path:
    """Write `text` to `path` through a temporary neighbour, so that a kill leaves no half file.

    Raises:
        OutputError: the disk is full or the folder not writable.
    """
    partial = path.with_name(f"{path.name}.part")
    with writing(path):
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    return path


def csv_text(frame: pl.DataFrame) -> str:
    """Return `frame` as CSV with floats of six significant digits and ISO times in UTC."""
    return six_digits(frame).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")


def six_digits(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with floats rounded to six significant digits (METHODS section 8)."""
    return frame.with_columns(pl.col(pl.Float64).round_sig_figs(6))
