"""Options that several commands share, each defined once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

FORMATS = ("table", "json", "csv", "md")


def format_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--format`: for people (table), machines (json, csv) or documents (md)."""
    return click.option(
        "--format",
        "how",
        type=click.Choice(FORMATS),
        default="table",
        show_default=True,
        help="How to print the result.",
    )(command)


def analysis_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add DIR: the folder that `analyze run -o DIR` wrote."""
    return click.argument(
        "folder", metavar="[DIR]", type=click.Path(path_type=Path), default="analysis"
    )(command)
