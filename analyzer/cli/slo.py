"""`analyze slo check|export|init`: objectives over logs, for other tools, and to start with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from analyzer.cli.options import analysis_argument, format_option, journeys_option

_NOTHING_TO_CHECK = (
    "no SLO in it that logs could answer; write one whose metric sources are of type analyzer "
    "with spec {context, journey, event} (`analyze slo init` makes a start)"
)


@click.group("slo")
def slo_group() -> None:
    """Evaluate objectives (OpenSLO v1), export them as alert rules, or start a file of them."""


def slo_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--slo`: the objectives file."""
    return click.option(
        "--slo",
        "slo",
        type=click.Path(path_type=Path),
        required=True,
        metavar="FILE",
        help="Objectives: an OpenSLO v1 file, or a folder of them.",
    )(command)


@slo_group.command("check")
@analysis_argument
@slo_option
@journeys_option
@format_option
def check_command(folder: Path, slo: Path, journeys: Path | None, how: str) -> None:
    """Check the objectives over the analysis in DIR (default: analysis).

    Two answers each: what the period's budget says, and what the events demonstrate about the
    service. Exits with 1 if a budget is overspent or an objective has no data.
    """
    from analyzer.api import open_analysis
    from analyzer.cli.slo_screen import slo_text
    from analyzer.errors import ConfigurationError

    analysis = open_analysis(folder)
    report = analysis.slo(slo, journeys)
    if not report.evaluations:
        raise ConfigurationError([*report.notes, f"{slo}: {_NOTHING_TO_CHECK}"])
    kpis = analysis.kpis(None, journeys)
    click.echo(slo_text(report, kpis, analysis.saturation, how), nl=False)
    for note in report.notes:
        click.echo(note, err=True)
    if report.missed:
        click.echo(f"missed: {', '.join(report.missed)}", err=True)
        raise click.exceptions.Exit(1)


@slo_group.command("export")
@slo_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default="slo-export",
    show_default=True,
    help="Folder for the files.",
)
@click.option("--force", is_flag=True, help="Replace files of the same names.")
def export_command(slo: Path, output: Path, force: bool) -> None:
    """Write Prometheus rules with promtool tests, Grafana dashboards, an Alertmanager route."""
    from analyzer.api.slo_export import export_objectives

    for path in export_objectives(slo, output, force=force):
        click.echo(f"Wrote {path}")


@slo_group.command("init")
@analysis_argument
@journeys_option
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default="slo.yaml",
    show_default=True,
    help="The file to write; - prints it.",
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
def init_command(folder: Path, journeys: Path | None, output: Path, force: bool) -> None:
    """Write a commented objectives file from what the analysis in DIR shows."""
    from analyzer.api import open_analysis
    from analyzer.api.journey_names import read_journey_names
    from analyzer.api.results import write_text
    from analyzer.api.starter import starter
    from analyzer.errors import OutputError

    text = starter(open_analysis(folder), read_journey_names(journeys), journeys)
    if str(output) == "-":
        click.echo(text, nl=False)
        return
    if output.exists() and not force:
        raise OutputError(
            f"{output}: is there already and stays as it is. Choose another file with -o, "
            "print with -o -, or --force to replace it."
        )
    click.echo(f"Wrote {write_text(output, text)}")
