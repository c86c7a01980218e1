"""`analyze watch LOGS...`: the live page of a fleet's growing logs."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analyzer.cli.options import journeys_option, reading_options

if TYPE_CHECKING:
    from analyzer.api.watching import Door, Watch


@click.command("watch")
@click.argument("logs", nargs=-1, required=True, metavar="LOGS...")
@click.option(
    "--slo",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Objectives (OpenSLO v1); without them the page shows rates, errors and latencies.",
)
@journeys_option
@click.option(
    "--listen",
    default="127.0.0.1:8090",
    show_default=True,
    metavar="HOST:PORT",
    help="Where the page is served; port 0 picks a free one.",
)
@click.option(
    "--token",
    envvar="DASHBOARD_TOKEN",
    show_envvar=True,
    help="Who looks must know it; needed to listen beyond this machine.",
)
@click.option(
    "--proxy-header",
    metavar="NAME",
    help="Believe a reverse proxy on this machine that names the user in this header.",
)
@click.option("--from-now", is_flag=True, help="Leave out what the logs hold already.")
@click.option("--once", is_flag=True, help="Read what is there, print the board as JSON, end.")
@reading_options
def watch_command(
    logs: tuple[str, ...],
    slo: Path | None,
    journeys: Path | None,
    listen: str,
    token: str | None,
    proxy_header: str | None,
    fields: Path | None,
    unit: tuple[str, ...],
    tz: str | None,
    format_file: Path | None,
    *,
    from_now: bool,
    once: bool,
) -> None:
    """Follow LOGS (folders, files or globs) as they grow, and show them on a live page.

    The holistic view of a fleet, before any of its code is changed: files may be rotated, cut
    and appear; nothing is written. Ends with Ctrl-C.
    """
    import orjson

    from analyzer.api.journey_names import read_journey_names
    from analyzer.api.options import RunOptions, read_fields
    from analyzer.api.watching import Door, Watch, WatchOptions
    from analyzer.dashboard import Access

    told = read_fields(fields, unit)
    run = RunOptions(fields=told.renames, unit=told.units, tz=tz, format_file=format_file)
    door = Door(listen, Access(token or None, proxy_header))
    door.address()
    options = WatchOptions(slo, read_journey_names(journeys), run.reading, from_now)
    watch = Watch(logs, options)
    if once:
        watch.read_history()
        watch.read_to_the_end()
        watch.close()
        click.echo(orjson.dumps(watch.document(), option=orjson.OPT_INDENT_2))
        return
    watch.read_history()
    click.echo(f"read {watch.lines:,} lines; following", err=True)
    asyncio.run(_serve(watch, door))
    click.echo("stopped", err=True)


async def _serve(watch: Watch, door: Door) -> None:
    """Serve until Ctrl-C, or a supervisor's SIGTERM."""
    from analyzer.api.watching import serve

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve(watch, door, lambda address: click.echo(f"Watching on {address}"), stop)
