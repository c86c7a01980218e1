"""`analyze whatif DIR --merge a,b,c`: what a merge is predicted to bring."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.cli.options import analysis_argument, format_option


@click.command("whatif")
@analysis_argument
@click.option(
    "--merge",
    multiple=True,
    metavar="A,B,...",
    help="Services to merge into one. May be repeated; without it the proposed contexts.",
)
@click.option("--plan", is_flag=True, help="Show the order of migration instead, step by step.")
@click.option("--seed", default=7, show_default=True, help="Seed of the intervals.")
@format_option
def whatif_command(folder: Path, merge: tuple[str, ...], plan: bool, seed: int, how: str) -> None:
    """Predict latency and failures of each journey after a merge, by rewriting its traces.

    Example: analyze whatif analysis --merge tickets,audit
    """
    from analyzer.api import open_analysis
    from analyzer.render.tables import render_frame

    found = open_analysis(folder).whatif([names.split(",") for names in merge], seed=seed)
    if how == "table":
        from analyzer.cli.what_if_screen import screen

        click.echo(screen(found, plan=plan), nl=False)
    else:
        click.echo(render_frame(found.curve if plan else found.frame, how), nl=False)
