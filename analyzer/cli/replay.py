"""`analyze replay`: the load test before a campaign."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.cli.options import format_option, journeys_option
from analyzer.cli.validate import Seconds

SCENARIOS = ("step", "ramp", "soak", "spike", "database-slow", "telegram-429", "kill-9")


@click.command("replay")
@click.argument("logs", type=click.Path(path_type=Path), required=False)
@click.option(
    "--scenario",
    type=click.Choice(SCENARIOS),
    default="step",
    show_default=True,
    help="step and ramp raise the load until an objective breaks; soak holds it; spike is five "
    "times the rate for a quarter of the time; the others are faults in the middle.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0, min_open=True),
    default=4.0,
    show_default=True,
    help="Updates a second to begin with, or to hold.",
)
@click.option(
    "--limit",
    type=Seconds(),
    default="3m",
    show_default=True,
    help="How long users come, at most. Starting and ending the bot, the last answers and the "
    "report add about 20 s.",
)
@click.option(
    "--step", type=Seconds(), default="20s", show_default=True, help="Length of a level."
)
@click.option(
    "--limit-scale",
    type=click.FloatRange(0),
    default=1.0,
    show_default=True,
    help="Multiplies Telegram's send limits; 0 takes them away.",
)
@click.option(
    "--holds",
    type=click.FloatRange(0, min_open=True),
    help="Updates a second that must be held; exits with 1 if they are not.",
)
@click.option(
    "--slo",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Objectives that must hold; without them 99 % of each journey in time.",
)
@journeys_option
@click.option(
    "--runbook",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Runbook whose load_test criteria decide; for the bundled bot its own.",
)
@click.option(
    "--bot",
    metavar="CMD",
    help="Command that starts the bot, as for `analyze validate`. Without it the bundled bot.",
)
@click.option("--seed", default=7, show_default=True, help="Seed of every random step.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default="replay",
    show_default=True,
    help="Folder for the report, the bot's logs and the raw samples.",
)
@format_option
def replay_command(
    logs: Path | None,
    scenario: str,
    rate: float,
    limit: float,
    step: float,
    limit_scale: float,
    holds: float | None,
    slo: Path | None,
    journeys: Path | None,
    runbook: Path | None,
    bot: str | None,
    seed: int,
    output: Path,
    how: str,
) -> None:
    """Put a bot under load before the campaign does: what it holds, and what breaks first.

    Starts the Bot API emulator with Telegram's limits and the bot as a process, and brings in
    users; LOGS give what they come for (without them the mix of the sample campaign). Exits with
    1 when the bot loses or doubles a ticket, dies, misses what was asked or a criterion of the
    runbook; with 3 when the run is invalid.
    """
    from analyzer.api.load_result import LoadOptions
    from analyzer.api.load_test import load_test
    from analyzer.cli.judged import end
    from analyzer.cli.progress import Talk
    from analyzer.cli.replay_screen import replay_text

    options = LoadOptions(
        scenario=scenario,
        rate=rate,
        limit_seconds=limit,
        step_seconds=step,
        limit_scale=limit_scale,
        holds=holds,
        slo=slo,
        journeys=journeys,
        runbook=runbook,
        bot=bot,
        seed=seed,
    )
    with Talk() as talk:
        found = load_test(logs, output, options=options, listener=talk.listener)
    written = [output / f"replay.{kind}" for kind in ("html", "json")]
    end(found, replay_text(found, how), how, written)
