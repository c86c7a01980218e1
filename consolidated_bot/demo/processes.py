"""The demo's two processes: an emulated Telegram, and the bot as an operator starts it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Self

from consolidated_bot.core.errors import BotError

STOP_SECONDS = 15.0


class Emulator:
    """`analyze botapi` on a free port; `url` and `token` once it listens."""

    def __init__(self) -> None:
        """Nothing runs before the context is entered."""
        self.url = ""
        self.token = ""
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "analyzer",
            "botapi",
            "--port",
            "0",
            stdout=asyncio.subprocess.PIPE,
            process_group=0,  # Ctrl-C is for the demo, which stops its processes in order
        )
        announced: dict[str, str] = {}
        assert self._process.stdout is not None
        while {"BOT_API_URL", "BOT_TOKEN"} - set(announced):
            line = (await self._process.stdout.readline()).decode().strip()
            if not line:
                raise BotError("the emulated Telegram did not start; its words stand above")
            name, _, value = line.partition("=")
            announced[name] = value
        self.url, self.token = announced["BOT_API_URL"], announced["BOT_TOKEN"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await _stop(self._process)


class Bot:
    """`consolidated-bot run`; `kill` is kill -9, after which it is started again."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        """Keep database and log in `folder`."""
        self._folder = folder
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await _stop(self._process)

    async def kill(self) -> None:
        """Kill and start again."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await self._start()

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "consolidated_bot",
            "run",
            cwd=self._folder,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | self._settings,
            process_group=0,
        )


async def _stop(process: asyncio.subprocess.Process | None) -> None:
    if process is None or process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
