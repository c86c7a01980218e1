"""`analyze sql DIR "select ..."`: any question to the store."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.cli.options import format_option


@click.command("sql")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("statement", metavar="SQL")
@format_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="Rows that a table shows; json, csv and md always hold all.",
)
def sql_command(folder: Path, statement: str, how: str, limit: int) -> None:
    """Print the result of a SQL query on the analysis in DIR (the store is opened read-only).

    Example: analyze sql analysis "select caller, callee, calls from inventory"
    """
    from analyzer.api import open_analysis
    from analyzer.render.tables import render_frame

    root = folder.parent if folder.suffix == ".duckdb" else folder
    found = open_analysis(root).sql(statement)
    shown = found.head(limit) if how == "table" else found
    click.echo(render_frame(shown, how), nl=False)
    if shown.height < found.height:
        rest = found.height - shown.height
        click.echo(f"{rest:,} more rows: --limit N shows more, --format csv all of them", err=True)
