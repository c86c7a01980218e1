"""`analyze run LOGS...`: the main job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.cli.options import format_option, journeys_option, reading_options

if TYPE_CHECKING:
    from analyzer.trace.options import PathRule


@click.command("run")
@click.argument("logs", nargs=-1, required=True, metavar="LOGS...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default="analysis",
    show_default=True,
    help="Folder for the results.",
)
@click.option(
    "--force", is_flag=True, help="Replace another analysis, or write beside other files."
)
@click.option(
    "--campaign",
    multiple=True,
    metavar="START/END",
    help="A peak to compare with the rest (ISO times, UTC without offset). May be repeated.",
)
@click.option(
    "--incident", metavar="TIME", help="Rank suspects for an incident that began at TIME (ISO)."
)
@click.option(
    "--path-rule",
    type=click.Choice(["sections", "crisp"]),
    default="sections",
    show_default=True,
    help="Rule of the critical path: sections tile a journey, crisp is CRISP's.",
)
@reading_options
@click.option("--keep-ids", is_flag=True, help="Keep user and chat ids instead of hashing them.")
@click.option(
    "--user-key-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Key that users are hashed with, to share between analyses.",
)
@click.option(
    "--contexts",
    "wishes",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="An edited contexts.yaml that the proposal must respect.",
)
@click.option(
    "--slo",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Objectives (OpenSLO v1) to evaluate into the table `sli`.",
)
@journeys_option
@click.option("--seed", default=7, show_default=True, help="Seed of every random step.")
@format_option
def run_command(
    logs: tuple[str, ...],
    output: Path,
    force: bool,
    campaign: tuple[str, ...],
    incident: str | None,
    path_rule: PathRule,
    fields: Path | None,
    unit: tuple[str, ...],
    tz: str | None,
    format_file: Path | None,
    keep_ids: bool,
    user_key_file: Path | None,
    wishes: Path | None,
    slo: Path | None,
    journeys: Path | None,
    seed: int,
    how: str,
) -> None:
    """Read LOGS (folders, files or globs), analyse them, and write a report.

    Running it again on the same logs reads only what is new.
    """
    from analyzer.api import analyze
    from analyzer.api.journey_names import read_journey_names
    from analyzer.api.options import RunOptions, parse_campaign, parse_moment, read_fields
    from analyzer.api.wishes import read_wishes
    from analyzer.cli.progress import Talk
    from analyzer.cli.screen import summary

    told = read_fields(fields, unit)
    options = RunOptions(
        force=force,
        keep_ids=keep_ids,
        user_key_file=user_key_file,
        fields=told.renames,
        unit=told.units,
        tz=tz,
        format_file=format_file,
        campaign=tuple(parse_campaign(text) for text in campaign),
        incident=None if incident is None else parse_moment(incident),
        path_rule=path_rule,
        constraints=read_wishes(wishes),
        slo=slo,
        journeys=read_journey_names(journeys),
        seed=seed,
    )
    with Talk() as talk:
        found = analyze(logs, output, listener=talk.listener, options=options)
    click.echo(summary(found, how, incident=incident is not None), nl=False)
    click.echo(f"Wrote {output}/report.html and {output}/analysis.duckdb", err=True)
