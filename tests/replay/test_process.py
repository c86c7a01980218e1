"""Any command that reads BOT_API_URL can be driven; one that cannot be is refused in words."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.errors import UsageError
from analyzer.replay.botapi import Emulator, Limits, Settings
from analyzer.replay.drive import BotCommand, drive, running_bot
from analyzer.replay.workload import Phase, Plan
from tests.conftest import ROOT

pytestmark = pytest.mark.alone

BOT = (
    "import asyncio, os; from tests.replay.small_bot import SmallBot; "
    "asyncio.run(SmallBot(os.environ['BOT_API_URL'] + '/bot' + os.environ['BOT_TOKEN']).run())"
)


def command(code: str, tmp_path: Path, ready: float = 30) -> BotCommand:
    return BotCommand(
        words=(sys.executable, "-c", code),
        output=tmp_path / "bot.log",
        folder=ROOT,
        ready_within_seconds=ready,
    )


async def test_bot_process_is_started_driven_and_ended(tmp_path: Path) -> None:
    phases = (Phase(name="all", seconds=0.5, rate=20),)
    plan = Plan(name="trial", phases=phases, mix={"read_faq": 1}, pace=50)
    telegram = Emulator(Settings(limits=Limits(enabled=False)))
    async with telegram, running_bot(command(BOT, tmp_path), telegram) as process:
        driven = await drive(plan, telegram.door)
    assert {row.outcome for row in driven.rows} == {"ok"}
    assert process.returncode == -15


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("print('no token'); raise SystemExit(3)", "ended with code 3.*\n.*no token"),
        ("import time; print('deaf', flush=True); time.sleep(60)", "did not ask for updates"),
    ],
)
async def test_bot_that_does_not_listen_is_refused(tmp_path: Path, code: str, words: str) -> None:
    async with Emulator() as telegram:
        with pytest.raises(UsageError, match=words):
            async with running_bot(command(code, tmp_path, ready=2), telegram):
                pytest.fail("it never listened")


async def test_command_that_is_not_there_is_refused(tmp_path: Path) -> None:
    missing = BotCommand(words=("no-such-bot",), output=tmp_path / "bot.log")
    async with Emulator() as telegram:
        with pytest.raises(UsageError, match="cannot start the bot: no-such-bot"):
            async with running_bot(missing, telegram):
                pytest.fail("it cannot run")


SHELL = "trap 'exit 0' TERM; {python} -c \"{bot}\" & echo $! > {note}; wait"


async def test_what_a_shell_leaves_behind_is_ended_too(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    shell = SHELL.format(python=sys.executable, bot=BOT, note=note)
    started = BotCommand(words=("sh", "-c", shell), output=tmp_path / "bot.log", folder=ROOT)
    async with Emulator() as telegram, running_bot(started, telegram):
        left = int(note.read_text())
        os.kill(left, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(left, 0)


async def test_bot_that_does_not_listen_to_sigterm_is_killed_in_time(tmp_path: Path) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + BOT
    stubborn = replace(command(deaf, tmp_path), stop_within_seconds=0.3)
    async with Emulator() as telegram, running_bot(stubborn, telegram) as process:
        pass
    assert process.returncode == -signal.SIGKILL
