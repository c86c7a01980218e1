"""A bot under test as a process of its own: any command line that reads BOT_API_URL, BOT_TOKEN."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.errors import UsageError
from analyzer.replay.botapi import Emulator

LAST_LINES = 5
GONE_WITHIN_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class BotCommand:
    """How to start a bot; its output goes to `output`, its environment is ours and `environment`.

    A child that polls, a shell or a supervisor will do: it is asked to end by SIGTERM, and what
    it leaves behind is ended, too.
    """

    words: Sequence[str]
    output: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    ready_within_seconds: float = 60.0
    stop_within_seconds: float = 10.0


@asynccontextmanager
async def running_bot(
    command: BotCommand, telegram: Emulator
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start the bot on `telegram`, wait until it listens for updates, end it afterwards.

    Raises:
        UsageError: it cannot be started, ended by itself, or never asked for updates; the
            message shows its last lines.
    """
    process = await _started(command, telegram)
    try:
        await _listening(command, process, telegram)
        yield process
    finally:
        await _ended(command, process)


async def _started(command: BotCommand, telegram: Emulator) -> asyncio.subprocess.Process:
    told = {"BOT_API_URL": telegram.url, "BOT_TOKEN": telegram.settings.token}
    environment = {**os.environ, **command.environment, **told}
    with command.output.open("ab") as output:
        try:
            return await asyncio.create_subprocess_exec(
                *command.words,
                cwd=command.folder,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except OSError as error:
            raise UsageError(
                f"cannot start the bot: {' '.join(command.words)}: {error.strerror}"
            ) from error


async def _listening(
    command: BotCommand, process: asyncio.subprocess.Process, telegram: Emulator
) -> None:
    listens = asyncio.ensure_future(telegram.bot_listens())
    ends = asyncio.ensure_future(process.wait())
    try:
        await asyncio.wait(
            {listens, ends},
            timeout=command.ready_within_seconds,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if ends.done():
            raise UsageError(
                f"the bot ended with code {ends.result()} before it asked for updates: "
                f"{' '.join(command.words)}{_last_lines(command.output)}"
            )
        if not listens.done():
            raise UsageError(
                f"the bot did not ask for updates within {command.ready_within_seconds:g} s: "
                f"does {' '.join(command.words)} read BOT_API_URL?{_last_lines(command.output)}"
            )
    finally:
        listens.cancel()
        ends.cancel()
        await asyncio.gather(listens, ends, return_exceptions=True)


def kill_at_once(process: asyncio.subprocess.Process) -> None:
    """End a bot and all it has started, as a crash of its machine would."""
    _signalled(process, signal.SIGKILL)


async def _ended(command: BotCommand, process: asyncio.subprocess.Process) -> None:
    """Ask the bot to end, then those it left behind, as a service manager does."""
    try:
        async with asyncio.timeout(command.stop_within_seconds):
            if process.returncode is None:
                process.terminate()
                await process.wait()
            while _signalled(process, signal.SIGTERM):  # noqa: ASYNC110 - no child of ours to await
                await asyncio.sleep(GONE_WITHIN_SECONDS)
    except TimeoutError:
        kill_at_once(process)
        await process.wait()


def _signalled(process: asyncio.subprocess.Process, number: signal.Signals) -> bool:
    """Whether anybody was there to be told: the bot leads a group of its own."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return False
    return True


def _last_lines(output: Path) -> str:
    lines = output.read_text(errors="replace").splitlines()[-LAST_LINES:]
    return "".join(f"\n  {line}" for line in lines)
