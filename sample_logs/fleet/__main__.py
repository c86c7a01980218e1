"""`python -m sample_logs.fleet`: run the fleet, record a campaign with it, check a recording."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import threading
from dataclasses import asdict
from pathlib import Path

import click

from sample_logs.fleet.supervisor import Fleet, FleetPlan

DEFAULT_LEGACY = Path(__file__).parents[1] / "legacy"


@click.group()
def main() -> None:
    """The legacy support fleet behind sample_logs/legacy."""


@main.command()
@click.option("--merge", default="", help="Services to mount in one process, a,b,c.")
@click.option("--logs", type=click.Path(path_type=Path), default=Path("fleet-logs"))
@click.option("--seed", default=7, show_default=True)
@click.option("--bot-api-url", envvar="BOT_API_URL", required=True)
@click.option("--bot-token", envvar="BOT_TOKEN", required=True)
def run(*, merge: str, logs: Path, seed: int, bot_api_url: str, bot_token: str) -> None:
    """Run the fleet until SIGTERM or Ctrl-C; BOT_API_URL and BOT_TOKEN name the bot."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with tempfile.TemporaryDirectory() as stores:
        plan = FleetPlan(
            logs=logs,
            stores=Path(stores),
            seed=seed,
            merged=names(merge),
            bot_api_url=bot_api_url,
            bot_token=bot_token,
        )
        with Fleet(plan) as fleet:
            while not stopped.wait(1.0):
                if ended := fleet.ended():
                    sys.exit(f"ended unasked: {', '.join(ended)}; see {logs}")


@main.command()
@click.option("--seed", default=7, show_default=True)
@click.option("--minutes", default=45.0, show_default=True)
@click.option("--merge", default="", help="Services to mount in one process, a,b,c.")
@click.option("--out", type=click.Path(path_type=Path), default=DEFAULT_LEGACY)
def record(*, seed: int, minutes: float, merge: str, out: Path) -> None:
    """Play a campaign in real time and put its logs below OUT, its facts beside OUT."""
    from sample_logs.fleet.record import Order
    from sample_logs.fleet.record import record as play

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the fleet is stopped on the way
    command = f"python -m sample_logs.fleet record --seed {seed} --minutes {minutes:g}"
    if merge:
        command += f" --merge {merge}"
    play(Order(seed=seed, minutes=minutes, out=out, merged=names(merge), command=command))
    show(out)


@main.command()
@click.argument("out", type=click.Path(path_type=Path), default=DEFAULT_LEGACY)
def story(out: Path) -> None:
    """What the recording below OUT tells, read from its logs."""
    show(out)


def show(out: Path) -> None:
    """Print the story's figures."""
    from sample_logs.fleet.recording import Recording
    from sample_logs.fleet.story import tell

    told = tell(out, Recording.read(out.parent))
    for name, value in asdict(told).items():
        click.echo(f"{name:26} {value}")
    click.echo(f"{'slowdown':26} {told.slowdown:.2f}")
    click.echo(f"{'faq_error_growth':26} {told.faq_error_growth:.1f}")
    click.echo(f"{'pool_share':26} {told.pool_share:.3f}")


def names(merge: str) -> tuple[str, ...]:
    return tuple(name for name in merge.split(",") if name)


@main.command(hidden=True)
@click.argument("plan")
def serve(plan: str) -> None:
    """One process of the fleet, as the supervisor starts it."""
    from sample_logs.fleet import process

    told = json.loads(plan)
    asyncio.run(
        process.run(
            process.ProcessPlan(
                services=tuple(told["services"]),
                listen=told["listen"],
                addresses=told["addresses"],
                logs=Path(told["logs"]),
                stores=Path(told["stores"]),
                seed=told["seed"],
                bot_api_url=told["bot_api_url"],
                bot_token=os.environ["BOT_TOKEN"],
            )
        )
    )


if __name__ == "__main__":
    main()
