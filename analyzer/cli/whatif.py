"""`analyze whatif DIR --merge a,b,c`: what a merge is predicted to bring."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.cli.options import analysis_argument, format_option

_FRAMES = {"journeys": "frame", "failures": "failures", "contexts": "contexts", "plan": "curve"}
"""What can be shown, and the frame of the prediction that holds it."""


@click.command("whatif")
@analysis_argument
@click.option(
    "--merge",
    multiple=True,
    metavar="A,B,...",
    help="Services to merge into one. May be repeated; without it the proposed contexts.",
)
@click.option(
    "--contexts",
    "wishes",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Predict for an edited contexts.yaml instead of the proposal.",
)
@click.option(
    "--show",
    type=click.Choice(list(_FRAMES)),
    default="journeys",
    show_default=True,
    help="Latency and availability of journeys; how often they fail; what each context takes in "
    "and then carries; or the order of migration, step by step with its gate and way back.",
)
@click.option("--seed", default=7, show_default=True, help="Seed of the intervals.")
@format_option
def whatif_command(
    folder: Path,
    merge: tuple[str, ...],
    wishes: Path | None,
    show: str,
    seed: int,
    how: str,
) -> None:
    """Predict latency and failures of each journey after a merge, by rewriting its traces.

    Example: analyze whatif analysis --merge tickets,audit
    """
    from analyzer.api import open_analysis
    from analyzer.api.wishes import read_wishes
    from analyzer.errors import UsageError
    from analyzer.render.tables import render_frame

    if merge and wishes is not None:
        raise UsageError("--merge and --contexts both name a grouping: give one of them")
    sets = [names.split(",") for names in merge]
    found = open_analysis(folder).whatif(sets, seed=seed, constraints=read_wishes(wishes))
    if how == "table":
        from analyzer.cli.what_if_screen import screen

        click.echo(screen(found, show), nl=False)
        return
    click.echo(render_frame(getattr(found, _FRAMES[show]), how), nl=False)
