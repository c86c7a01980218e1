"""`python -m sample_logs.fleet`: run the fleet, record a campaign with it, check a recording."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import threading
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
    merged = tuple(name for name in merge.split(",") if name)
    with tempfile.TemporaryDirectory() as stores:
        plan = FleetPlan(
            logs=logs,
            stores=Path(stores),
            seed=seed,
            merged=merged,
            bot_api_url=bot_api_url,
            bot_token=bot_token,
        )
        with Fleet(plan) as fleet:
            while not stopped.wait(1.0):
                if ended := fleet.ended():
                    sys.exit(f"ended unasked: {', '.join(ended)}; see {logs}")


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
