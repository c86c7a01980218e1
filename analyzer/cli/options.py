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


def journeys_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--journeys`: the mapping of operations to journeys."""
    return click.option(
        "--journeys",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="YAML file that maps operations to (context, journey).",
    )(command)


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what logs may need to be told of: `--fields`, `--unit`, `--tz`, `--format-file`."""
    added = (
        click.option(
            "--fields",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="TOML file that maps your own keys to known ones and names their units.",
        ),
        click.option(
            "--unit",
            multiple=True,
            metavar="KEY=UNIT",
            help="Unit of a duration whose key does not say (ns, us, ms, s). May be repeated.",
        ),
        click.option(
            "--tz",
            metavar="ZONE",
            help="Zone of times that name none (Europe/Berlin, +03:00).",
        ),
        click.option(
            "--format-file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="TOML file that describes line formats of your own by a pattern.",
        ),
    )
    for option in reversed(added):
        command = option(command)
    return command
