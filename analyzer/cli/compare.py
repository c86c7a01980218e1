"""`analyze compare BEFORE AFTER`: whether it got better, by how much, how sure."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.cli.options import format_option, journeys_option


@click.command("compare")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option(
    "--slo",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Compare the journeys of these objectives, by their deadlines and targets.",
)
@journeys_option
@click.option(
    "--margin",
    default=0.10,
    show_default=True,
    help="Share by which p95 and p99 may be slower and still count as unchanged.",
)
@click.option("--check", is_flag=True, help="Exit with 1 if a journey regressed.")
@click.option("--seed", default=7, show_default=True, help="Seed of every random step.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write an HTML report with the distributions laid over each other.",
)
@format_option
def compare_command(
    before: Path,
    after: Path,
    slo: Path | None,
    journeys: Path | None,
    margin: float,
    check: bool,
    seed: int,
    output: Path | None,
    how: str,
) -> None:
    """Compare two analyses journey by journey, before and after.

    BEFORE and AFTER are folders that `analyze run -o` wrote, or folders of logs. Each measure is
    improved, regressed, unchanged (within the margin) or not enough data.
    """
    from analyzer.api.comparison import compare
    from analyzer.cli.slo_screen import comparison_text

    found = compare(before, after, slo, journeys, margin=margin, seed=seed)
    click.echo(comparison_text(found, how), nl=False)
    for note in found.notes:
        click.echo(note, err=True)
    if output:
        click.echo(f"Wrote {found.write_report(output)}", err=True)
    if check and found.regressed:
        raise click.exceptions.Exit(1)
