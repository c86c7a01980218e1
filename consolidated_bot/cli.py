"""`consolidated-bot`: parses, calls, prints. Heavy imports stand inside the commands."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """The consolidated support bot.

    Settings come from the environment (BOT_TOKEN, DATABASE_URL, ...) or from the TOML file named
    in BOT_CONFIG.
    """


@cli.command()
def run() -> None:
    """Run the bot until SIGTERM or Ctrl-C."""
    from consolidated_bot.config import load_settings
    from consolidated_bot.core.identity import refuse_bad_token

    settings = load_settings()
    # Before the imports below, which take seconds: what is surely wrong is said at once.
    _await(refuse_bad_token(settings.bot_api_url, settings.bot_token.get_secret_value()))
    from consolidated_bot import bootstrap

    _await(bootstrap.run(settings))


@cli.command()
def doctor() -> None:
    """Check token, webhook, database, clock and the operations chat."""
    from consolidated_bot.config import load_settings
    from consolidated_bot.doctor import examine

    findings = _await(examine(load_settings()))
    for finding in findings:
        click.echo(finding.line)
    if any(finding.bad for finding in findings):
        sys.exit(1)


@cli.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8090,
    show_default=True,
    help="Port of the page; 0 picks one.",
)
def demo(port: int) -> None:
    """Try everything without a token: an emulated Telegram, the bot, a page in the browser."""
    from consolidated_bot.demo.run import run_demo

    _await(run_demo(port, click.echo))


@cli.group()
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema up to date."""
    from consolidated_bot.config import load_store_settings
    from consolidated_bot.schema import upgrade_schema

    applied = _await(upgrade_schema(load_store_settings().database_url))
    for name in applied:
        click.echo(f"applied {name}")
    click.echo("The schema is up to date.")


@cli.group()
def campaign() -> None:
    """Prepare a campaign, and learn from it. `/campaign` in the operations chat starts it."""


@campaign.command("preflight")
@click.argument("validation", type=click.Path(path_type=Path, dir_okay=False))
def campaign_preflight(validation: Path) -> None:
    """Hold the load test in VALIDATION (`validation.json`) against the runbook's criteria."""
    from consolidated_bot.config import load_settings
    from consolidated_bot.core.clock import SystemClock
    from consolidated_bot.operations.aftermath import hold_load_test, read_load_test

    raw = read_load_test(validation)
    checked = _await(hold_load_test(load_settings(), raw, SystemClock()))
    for each in checked:
        click.echo(each.line)
    if not all(each.passed for each in checked):
        sys.exit(1)


@campaign.command("report")
@click.option("--campaign", "number", type=int, help="Its number; the last one by default.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("campaign-report"),
    show_default=True,
    help="Folder for campaign.md and campaign.json.",
)
@click.option("--force", is_flag=True, help="Replace an earlier report.")
def campaign_report(number: int | None, output: Path, *, force: bool) -> None:
    """Write what a campaign came to: objectives, incidents, hotspots, what to improve."""
    from consolidated_bot.config import load_settings
    from consolidated_bot.core.clock import SystemClock
    from consolidated_bot.operations.aftermath import make_report, write_report

    report = _await(make_report(load_settings(), number, SystemClock()))
    for path in write_report(output, report, force=force):
        click.echo(f"Wrote {path}", err=True)


@cli.command("dead-letters")
@click.option("--replay", "replayed", multiple=True, type=int, help="Update id; may be repeated.")
@click.option("--replay-all", is_flag=True, help="Replay every dead letter.")
def dead_letters(replayed: tuple[int, ...], *, replay_all: bool) -> None:
    """List updates that were given up, or hand them to the bot again."""
    from consolidated_bot.config import load_store_settings
    from consolidated_bot.dead_letters import list_dead, replay

    settings = load_store_settings()
    if replayed or replay_all:
        count = _await(replay(settings, None if replay_all else replayed))
        waits = "letter waits" if count == 1 else "letters wait"
        click.echo(f"{count} dead {waits} for the bot again.")
        return
    lines = _await(list_dead(settings))
    for line in lines:
        click.echo(line)
    if not lines:
        click.echo("There are no dead letters.", err=True)


def _await(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def main() -> NoReturn:
    """Entry point; every error meant for the operator is one sentence and an exit code."""
    from consolidated_bot.core.errors import BotError
    from consolidated_bot.core.redaction import redact

    try:
        cli.main(prog_name="consolidated-bot", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BotError as error:
        click.echo(f"consolidated-bot: {redact(str(error))}", err=True)
        sys.exit(error.exit_code)
    sys.exit(0)


if __name__ == "__main__":
    main()
