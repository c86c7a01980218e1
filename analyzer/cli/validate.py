"""`analyze validate LOGS`: the recorded demand against a bot, measured with the same SLIs."""

from __future__ import annotations

from pathlib import Path

import click

from analyzer.cli.options import format_option, journeys_option


class Seconds(click.ParamType[float]):
    """A length of time such as 90s, 4m, 1h, or a number of seconds."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return seconds, or refuse."""
        text = str(value).strip()
        factor = {"s": 1, "m": 60, "h": 3600}.get(text[-1:])
        try:
            seconds = float(text[:-1] if factor else text) * (factor or 1)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            self.fail(f"{text!r} is no length of time: write 90s, 4m or 1h.", param, ctx)
        return seconds


@click.command("validate")
@click.argument("logs", type=click.Path(path_type=Path))
@click.option(
    "--slo",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Objectives to hold the bot to; their journeys are compared. Without it the slo.yaml "
    "beside the logs.",
)
@journeys_option
@click.option(
    "--bot",
    metavar="CMD",
    help="Command that starts the bot; it reads BOT_API_URL and BOT_TOKEN, and logs to LOG_FILE "
    "or its output. Without it the bundled bot.",
)
@click.option(
    "--legacy",
    is_flag=False,
    flag_value="",
    metavar="[CMD]",
    help="Replay against the legacy system, too, on this machine, in turn with the bot. CMD "
    "starts it ({logs} in it is the folder for its logs); without CMD the sample fleet.",
)
@click.option(
    "--pairs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How often both are replayed, with --legacy, in ABBA order; from 6 on the pair is the "
    "unit of the verdicts, 10 and more are better.",
)
@click.option(
    "--speed", default=1.0, show_default=True, help="Replay so many times as fast as recorded."
)
@click.option(
    "--limit",
    type=Seconds(),
    default="150s",
    show_default=True,
    help="Longest replay; of a longer recording a quiet stretch and the busiest are taken.",
)
@click.option("--seed", default=7, show_default=True, help="Seed of every random step.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default="validation",
    show_default=True,
    help="Folder for the report, the bot's logs and the raw samples.",
)
@format_option
def validate_command(
    logs: Path,
    slo: Path | None,
    journeys: Path | None,
    bot: str | None,
    legacy: str | None,
    pairs: int,
    speed: float,
    limit: float,
    seed: int,
    output: Path,
    how: str,
) -> None:
    """Replay the demand of LOGS against a bot and compare before, predicted and measured.

    LOGS are logs, or a folder that `analyze run -o` wrote. Starts the Bot API emulator with
    Telegram's limits and the bot as a process, sends what the users of the recording sent (texts
    made up), reads the bot's logs, evaluates the same objectives. Exits with 1 when an objective
    is missed, a journey regresses, or a ticket is lost or doubled; with 3 when the run is invalid.
    """
    from analyzer.api.validation import validate
    from analyzer.api.validation_result import Options
    from analyzer.cli.judged import end
    from analyzer.cli.progress import Talk
    from analyzer.cli.validation_screen import validation_text

    options = Options(
        slo=slo,
        journeys=journeys,
        bot=bot,
        legacy=legacy,
        pairs=pairs,
        speed=speed,
        limit_seconds=limit,
        seed=seed,
    )
    with Talk() as talk:
        found = validate(logs, output, options=options, listener=talk.listener)
    written = [output / f"validation.{kind}" for kind in ("html", "json")]
    end(found, validation_text(found, how), how, written)
