"""Which process a replay is made against, and what it is told."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from analyzer.errors import UsageError
from analyzer.replay.campaign import Campaign
from analyzer.replay.workload.recorded import Demand

BUNDLED_BOT = (sys.executable, "-m", "consolidated_bot", "run")
SAMPLE_FLEET = (sys.executable, "-m", "sample_logs.fleet", "run", "--logs", "{logs}")
LOGS_NAME, DATABASE_NAME = "bot-logs", "bot.db"
DRAIN_SECONDS = 2.0
"""How long a bot may go on when asked to end: what it still sends is not counted."""
LOGS_PLACE = "{logs}"
"""In a command line: the folder for logs, for bots that do not read LOG_FILE."""


@dataclass(frozen=True, slots=True)
class BotUnderTest:
    """A command line, and how reports call it. Only the bundled bot has a staff that we know."""

    words: tuple[str, ...]
    shown: str
    bundled: bool = False

    def campaign(self, folder: Path, working: Path, demand: Demand, speed: float) -> Campaign:
        """A replay of `demand` with files below `folder` and the bot's database in `working`."""
        return Campaign(
            demand=demand,
            words=self.command(folder),
            folder=folder,
            speed=speed,
            staffed=self.bundled,
            environment=self.environment(folder, working, speed),
        )

    def command(self, folder: Path) -> list[str]:
        """The words of the command, with the folder for logs below `folder` in its place."""
        logs = (folder / LOGS_NAME).resolve()
        return [word.replace(LOGS_PLACE, str(logs)) for word in self.words]

    def environment(self, folder: Path, working: Path, limit_scale: float) -> dict[str, str]:
        """What a bot is told besides BOT_API_URL and BOT_TOKEN; it may ignore it."""
        return {
            "DATABASE_URL": f"sqlite:///{working / DATABASE_NAME}",
            "DASHBOARD_LISTEN": "127.0.0.1:0",
            "LOG_FILE": str((folder / LOGS_NAME / "bot.jsonl").resolve()),
            "SEND_RATE_SCALE": f"{limit_scale:g}",
            "DRAIN_SECONDS": f"{DRAIN_SECONDS:g}",
        }


def bundled_bot() -> BotUnderTest:
    """The bot of this product."""
    return BotUnderTest(BUNDLED_BOT, "the bundled bot", bundled=True)


def bot_of(command: str | None, option: str = "--bot") -> BotUnderTest:
    """The bot that `command` starts; None is the bundled one.

    Raises:
        UsageError: the command is empty or its quotes do not match.
    """
    if command is None:
        return bundled_bot()
    return BotUnderTest(_words(command, option), command)


def legacy_of(command: str) -> BotUnderTest:
    """The legacy system that `command` starts; empty is the bundled sample fleet.

    Raises:
        UsageError: the fleet is not here (it comes with the sources), or the quotes do not match.
    """
    if command:
        return BotUnderTest(_words(command, "--legacy"), command)
    if find_spec("sample_logs") is None:
        raise UsageError(
            "--legacy: the sample fleet is not here. Run in the folder that holds sample_logs, or "
            "write the command that starts your own: --legacy 'CMD'."
        )
    return BotUnderTest(SAMPLE_FLEET, "the sample fleet")


def _words(command: str, option: str) -> tuple[str, ...]:
    try:
        words: Sequence[str] = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"{option}: {error} in {command!r}.") from error
    if not words:
        raise UsageError(f"{option} is empty: write the command that starts the bot.")
    return tuple(words)
