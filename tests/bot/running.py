"""The bot as a process, as an operator starts it, against an emulator of the Bot API."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Self

import orjson

from analyzer.replay.botapi import ChatEvent, Emulator, Text, User
from consolidated_bot.cli import main

START_SECONDS = 60.0
ANSWER_SECONDS = 20.0


# aiogram's import takes seconds: a warm server forks every bot of a test run. Each is a process
# of its own, with its own event loop and files, and dies of SIGKILL like any other.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["consolidated_bot.bootstrap"])


def _run_bot(folder: Path, settings: dict[str, str]) -> None:
    """What a forked process does: `consolidated-bot run` in `folder`."""
    os.chdir(folder)
    errors = os.open(folder / "stderr.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(errors, 2)
    os.environ.update(settings)
    sys.argv = ["consolidated-bot", "run"]
    main()


class BotProcess:
    """`consolidated-bot run`; `start` returns once it serves."""

    def __init__(self, folder: Path, **settings: object) -> None:
        """Prepare; `settings` are environment variables."""
        self.folder = folder
        self.log_file = folder / "bot.jsonl"
        self.settings = {
            "DATABASE_URL": f"sqlite:///{folder / 'bot.db'}",
            "DASHBOARD_LISTEN": "127.0.0.1:0",
            "LOG_FILE": str(self.log_file),
            **{name: str(value) for name, value in settings.items()},
        }
        self._process: ForkServerProcess | None = None
        self._seen = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None:
            await self.kill()
            self._process.close()

    async def start(self) -> None:
        """Start and wait until it serves."""
        self.spawn()
        await self.logged("serving")

    def spawn(self) -> None:
        """Start only."""
        self._seen = len(self.lines())
        self._process = _FORKS.Process(target=_run_bot, args=(self.folder, self.settings))
        self._process.start()

    @property
    def process(self) -> ForkServerProcess:
        assert self._process is not None
        return self._process

    def lines(self) -> list[dict[str, object]]:
        """All log lines so far, whole ones only."""
        if not self.log_file.exists():
            return []
        raw = self.log_file.read_bytes()
        return [orjson.loads(line) for line in raw[: raw.rfind(b"\n") + 1].splitlines()]

    async def logged(self, body: str, seconds: float = START_SECONDS) -> dict[str, object]:
        """The first line since the last start that says `body`."""
        async with asyncio.timeout(seconds):
            while True:
                for line in self.lines()[self._seen :]:
                    if line["body"] == body:
                        return line
                if self.process.exitcode is not None:
                    raise AssertionError(f"it ended: {self.stderr()}")
                await asyncio.sleep(0.02)

    def stderr(self) -> str:
        """What it said to its operator."""
        return (self.folder / "stderr.txt").read_text()

    async def kill(self) -> None:
        """As the kernel does when memory runs out."""
        self.process.kill()
        await self.ended()

    async def terminate(self) -> int:
        """Ask it to stop; return its exit code."""
        self.process.terminate()
        return await self.ended()

    async def ended(self) -> int:
        """Wait for its end; return its exit code."""
        await asyncio.get_running_loop().run_in_executor(None, self.process.join)
        assert self.process.exitcode is not None
        return self.process.exitcode


class Onlooker:
    """Reads what becomes visible in the chats of an emulator."""

    def __init__(self, telegram: Emulator) -> None:
        """Begin with what happens from now on."""
        self._telegram = telegram
        self._after = 0
        self.events: list[ChatEvent] = []

    async def answered(
        self, chat_id: int, contains: str, seconds: float = ANSWER_SECONDS
    ) -> ChatEvent:
        """The first message in `chat_id` that contains `contains`."""
        return await self.until(
            lambda event: event.chat_id == chat_id and contains in event.text, seconds
        )

    async def until(
        self, wanted: Callable[[ChatEvent], bool], seconds: float = ANSWER_SECONDS
    ) -> ChatEvent:
        """The first event (old or new) that is `wanted`."""
        checked = 0
        async with asyncio.timeout(seconds):
            while True:
                while checked < len(self.events):
                    if wanted(self.events[checked]):
                        return self.events[checked]
                    checked += 1
                await self.read(1.0)

    async def read(self, seconds: float = 0.0) -> None:
        """Take in what is new."""
        new = await self._telegram.door.events(self._after, timeout_seconds=seconds)
        if new:
            self._after = max(event.seq for event in new)
            self.events += new

    async def ask(self, text: str, user: User, *, contains: str = "") -> ChatEvent:
        """Write `text`; return the bot's answer in that chat that contains `contains`."""
        await self.read()
        before = len(self.events)
        await self._telegram.door.write(Text(user=user, text=text))
        return await self.until(
            lambda event: (
                event in self.events[before:]
                and event.chat_id == user.user_id
                and contains in event.text
            )
        )
