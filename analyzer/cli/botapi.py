"""`analyze botapi`: the Bot API emulator as a process."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("botapi")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8081,
    show_default=True,
    help="Port; 0 picks a free one.",
)
@click.option("--token", help="Token of the emulated bot; made up if not given.")
@click.option("--seed", default=0, show_default=True, help="Seed of ids and faults.")
@click.option("--journal", type=click.Path(path_type=Path), help="JSON lines of all that happens.")
@click.option(
    "--faults",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="YAML list of fault rules.",
)
@click.option("--limit-scale", default=1.0, show_default=True, help="Multiplies every send limit.")
@click.option("--no-limits", is_flag=True, help="Answer no 429.")
def botapi_command(
    host: str,
    port: int,
    token: str | None,
    seed: int,
    journal: Path | None,
    faults: Path | None,
    limit_scale: float,
    *,
    no_limits: bool,
) -> None:
    """Emulate Telegram's Bot API for one bot until interrupted.

    Point a bot at the printed URL (BOT_API_URL) with the printed token. Drivers act as users
    under URL/control/, and read there what the bot said:

    \b
    curl -d '{"user": {"user_id": 1}, "text": "/start"}' http://127.0.0.1:8081/control/texts
    curl 'http://127.0.0.1:8081/control/events?after=0&timeout=5'
    """  # noqa: D301 - click's mark for lines that stay as they are
    import asyncio
    import signal

    from analyzer.replay.botapi import DEFAULT_TOKEN, Emulator, Limits, Settings, serve
    from analyzer.replay.botapi.fault_file import load_faults

    settings = Settings(
        host=host,
        port=port,
        token=token or DEFAULT_TOKEN,
        seed=seed,
        journal=journal,
        faults=load_faults(faults) if faults else (),
        limits=Limits(enabled=not no_limits, scale=limit_scale),
    )

    def announce(emulator: Emulator) -> None:
        click.echo(f"BOT_API_URL={emulator.url}")
        click.echo(f"BOT_TOKEN={settings.token}")

    # A supervisor's SIGTERM stops it as Ctrl-C does: the journal is closed, the ports are free.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asyncio.run(serve(settings, on_start=announce))
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
