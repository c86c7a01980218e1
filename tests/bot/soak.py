"""Hours of steady work: does memory stay flat?

    python -m tests.bot.soak --minutes 60 --rate 100

Runs the bot as an operator does against the emulator, with tickets, questions, settings and an
agent who answers, and prints JSON: resident memory over time, its slope after the warm-up, what
was asked and answered. Exit 1 if memory grew by more than `MOST_GROWTH` or an answer is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from analyzer.replay.botapi import Emulator, Group, Limits, Settings, Text, User
from tests.bot.running import BotProcess

WORDS = ("/help", "/faq refund", "/tickets", "/notifications", "/profile", "/privacy")
PEOPLE = 2_000
OPERATIONS = Group(chat_id=-1_000_000_000_779)
AGENT = User(user_id=2_001, first_name="Agnes")
WARM_UP_SHARE = 0.3
MOST_GROWTH = 1.10
DRAIN_SECONDS = 60.0
SAMPLES = 60


@dataclass(frozen=True, slots=True)
class Soaked:
    """What a soak found; memory in MiB, `growth` as the last third over what was warm."""

    asked: int
    answered: int
    seconds: float
    rss_warm_mib: float
    rss_end_mib: float
    rss_most_mib: float
    growth: float

    @property
    def flat(self) -> bool:
        """Whether memory stayed where it was once it was warm."""
        return self.growth <= MOST_GROWTH


def resident_mib(pid: int) -> float:
    """The process's resident memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} is gone")


async def soak(seconds: float, rate: float, folder: Path) -> Soaked:
    """Let `rate` updates a second come for `seconds`."""
    settings = Settings(limits=Limits(enabled=False), journal=None)
    async with Emulator(settings) as telegram:
        await telegram.door.add_group(OPERATIONS, {AGENT.user_id: "member"})
        async with BotProcess(
            folder,
            BOT_TOKEN=telegram.settings.token,
            BOT_API_URL=telegram.url,
            OPS_CHAT_ID=OPERATIONS.chat_id,
            SEND_RATE_SCALE=1000,
        ) as bot:
            answers = Answers(telegram)
            watching = asyncio.ensure_future(answers.watch())
            pid = bot.process.pid
            assert pid is not None
            began = time.monotonic()
            asked, memory = await _ask(telegram, pid, seconds, rate)
            await answers.reach(asked)
            watching.cancel()
            assert await bot.terminate() == 0
            return _soaked(asked, answers.count, time.monotonic() - began, memory)


class Answers:
    """Counts what people are told, each question once."""

    def __init__(self, telegram: Emulator) -> None:
        """Begin with nothing."""
        self.count = 0
        self._telegram = telegram
        self._wanted: int | None = None
        self._enough = asyncio.Event()

    async def watch(self) -> None:
        """Read for ever."""
        seen = await self._telegram.door.last_seq()
        while True:
            events = await self._telegram.door.events(seen, timeout_seconds=1.0)
            for event in events:
                seen = event.seq
                self.count += event.kind == "message" and event.chat_id > 0
            if self._wanted is not None and self.count >= self._wanted:
                self._enough.set()

    async def reach(self, wanted: int) -> None:
        """Return once `wanted` answers were seen, or it has taken too long."""
        self._wanted = wanted
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._enough.wait()
        except TimeoutError:
            return


async def _ask(
    telegram: Emulator, pid: int, seconds: float, rate: float
) -> tuple[int, list[float]]:
    chosen = random.Random(3)
    memory = [resident_mib(pid)]
    begin = time.monotonic()
    for number in itertools.count(1):
        due = begin + number / rate
        if due - begin > seconds:
            return number - 1, memory
        if (delay := due - time.monotonic()) > 0:
            await asyncio.sleep(delay)
        user = User(user_id=10_000 + chosen.randrange(PEOPLE))
        words = WORDS[number % len(WORDS)] if number % 10 else f"/ticket trouble {number}"
        await telegram.door.write(Text(user=user, text=words))
        if time.monotonic() - begin > len(memory) * seconds / SAMPLES:
            memory.append(resident_mib(pid))
    raise AssertionError("the count never ends")


def _soaked(asked: int, answered: int, seconds: float, memory: list[float]) -> Soaked:
    warm = memory[int(len(memory) * WARM_UP_SHARE) :]
    third = max(1, len(warm) // 3)
    begin, end = statistics.median(warm[:third]), statistics.median(warm[-third:])
    return Soaked(
        asked,
        answered,
        round(seconds, 1),
        round(begin, 1),
        round(end, 1),
        round(max(memory), 1),
        round(end / begin, 3),
    )


def main() -> None:
    """Soak and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=100.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(soak(options.minutes * 60, options.rate, Path(folder)))
    sys.stdout.write(orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2).decode() + "\n")
    sys.exit(0 if found.flat and found.answered >= found.asked else 1)


if __name__ == "__main__":
    main()
