"""`analyze sql DIR "select ..."`: any question to the store."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.cli.options import format_option


@click.command("sql")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("statement", metavar="SQL")
@format_option
def sql_command(folder: Path, statement: str, how: str) -> None:
    """Print the result of a SQL query on the analysis in DIR (the store is opened read-only).

    Example: analyze sql analysis "select caller, callee, calls from inventory"
    """
    from analyzer.api import open_analysis
    from analyzer.render.tables import render_frame

    root = folder.parent if folder.suffix == ".duckdb" else folder
    click.echo(render_frame(open_analysis(root).sql(statement), how), nl=False)
