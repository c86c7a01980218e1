"""A bot under test as a process of its own: any command line that reads BOT_API_URL, BOT_TOKEN."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.errors import UsageError
from analyzer.replay.botapi import Emulator

LAST_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BotCommand:
    """How to start a bot; its output goes to `output`, its environment is ours and `environment`.

    A child that polls, a shell or a supervisor will do: it is asked to end by SIGTERM.
    """

    words: Sequence[str]
    output: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    ready_within_seconds: float = 60.0
    stop_within_seconds: float = 30.0


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


async def _ended(command: BotCommand, process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(command.stop_within_seconds):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _last_lines(output: Path) -> str:
    lines = output.read_text(errors="replace").splitlines()[-LAST_LINES:]
    return "".join(f"\n  {line}" for line in lines)
