"""`analyze report DIR`: the report again, from a finished analysis."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.cli.options import analysis_argument


@click.command("report")
@analysis_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where to write it; without it DIR/report.html.",
)
def report_command(folder: Path, output: Path | None) -> None:
    """Write the report of the analysis in DIR (default: analysis) as one HTML file."""
    from analyzer.api import open_analysis

    path = open_analysis(folder).write_report(output or folder / "report.html")
    click.echo(f"Wrote {path}")
