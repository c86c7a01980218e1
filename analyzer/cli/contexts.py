"""`analyze contexts DIR`: the proposal, with the architect's edits taken back."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.cli.options import analysis_argument, format_option


@click.command("contexts")
@analysis_argument
@click.option(
    "--contexts",
    "wishes",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="An edited contexts.yaml: its moves, names and rules are kept.",
)
@click.option("--explain", metavar="SERVICE", help="Why this service is where it is.")
@click.option("--export", type=click.Choice(["yaml", "mermaid", "cml"]), help="Print as a file.")
@click.option("--seed", type=int, help="Another seed than the run's.")
@format_option
def contexts_command(
    folder: Path,
    wishes: Path | None,
    explain: str | None,
    export: str | None,
    seed: int | None,
    how: str,
) -> None:
    """Propose bounded contexts for the analysis in DIR, and say what changed.

    With --contexts the proposal respects the file, names wishes that contradict each other, and
    shows the smallest set of moves against the last proposal.
    """
    from analyzer.api import open_analysis
    from analyzer.api.wishes import read_wishes
    from analyzer.model.printable import printable
    from analyzer.render.tables import render_frame

    analysis = open_analysis(folder)
    found = analysis.contexts(seed, read_wishes(wishes))
    if explain:
        click.echo(printable(str(found.explain(explain))))
    elif export:
        click.echo(found.export(export), nl=False)
    elif how == "table":
        from analyzer.cli.contexts_screen import screen

        before = dict(analysis.context_frame.select("service_name", "context").rows())
        click.echo(screen(found, before), nl=False)
    else:
        click.echo(render_frame(found.frame, how), nl=False)
