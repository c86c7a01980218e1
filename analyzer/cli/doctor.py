"""`analyze doctor`: what is installed, where there is room, and what can be read."""

from __future__ import annotations

import click

from analyzer.cli.options import format_option


@click.command("doctor")
@format_option
def doctor_command(how: str) -> None:
    """Check this machine: versions, memory, disk, and the formats that can be read.

    Exits with 2 if something that `analyze` needs is missing.
    """
    from analyzer.api.doctor import examine
    from analyzer.render.tables import render_frame

    report = examine()
    click.echo(render_frame(report.frame, how), nl=False)
    if not report.healthy:
        raise click.exceptions.Exit(2)
