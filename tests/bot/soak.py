"""Hours of steady work: does memory stay flat?

    python -m tests.bot.soak --minutes 60 --rate 100

Runs the bot as an operator does against the emulator, with tickets, questions and settings, and
prints JSON: resident memory, what was asked and answered, how much of a core the bot took and how
late this program itself was. Memory is judged on the second half alone, when all that remembers
the last minutes is full. Exit 1 if the last quarter holds more than `MOST_GROWTH` of the third, or
an answer is missing.

A machine too busy to let us ask in time is not the bot's fault: who is late by more than a second
does not make up for it with a burst, and the report says how much time was lost (`behind_s`).
"""

from __future__ import annotations

import argparse
import asyncio
import os
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
MOST_GROWTH = 1.05
STANDSTILL_SECONDS = 30.0
MOST_BEHIND_SECONDS = 1.0
SAMPLES = 240


@dataclass(frozen=True, slots=True)
class Soaked:
    """What a soak found; memory in MiB, `growth` as the last quarter over the third."""

    asked: int
    answered: int
    seconds: float
    behind_s: float
    bot_cpu_share: float
    bot_cpu_us_per_update: int
    rss_by_tenths_mib: tuple[float, ...]
    growth: float

    @property
    def flat(self) -> bool:
        """Whether memory stayed where it was in the second half."""
        return self.growth <= MOST_GROWTH


def resident_mib(pid: int) -> float:
    """The process's resident memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} is gone")


def cpu_seconds(pid: int) -> float:
    """User and system time of the process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
            began, cpu = time.monotonic(), cpu_seconds(pid)
            asking = Asking(telegram, pid, seconds, rate)
            await asking.run()
            await answers.reach(asking.asked)
            watching.cancel()
            cpu = cpu_seconds(pid) - cpu
            assert await bot.terminate() == 0
            return _soaked(asking, answers.count, time.monotonic() - began, cpu)


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
        """Return once `wanted` answers were seen, or none has come for a while."""
        self._wanted = wanted
        before = -1
        while self.count > before and self.count < wanted:
            before = self.count
            self._enough.clear()
            try:
                async with asyncio.timeout(STANDSTILL_SECONDS):
                    await self._enough.wait()
            except TimeoutError:
                continue


class Asking:
    """Asks for `seconds`, `rate` times a second, and looks at the bot's memory meanwhile."""

    def __init__(self, telegram: Emulator, pid: int, seconds: float, rate: float) -> None:
        """Prepare."""
        self.asked = 0
        self.behind_s = 0.0
        self.memory: list[float] = []
        self._telegram = telegram
        self._pid = pid
        self._seconds = seconds
        self._rate = rate
        self._chosen = random.Random(3)

    async def run(self) -> None:
        """Ask until the time is over."""
        begin = time.monotonic()
        due = begin
        while (due := due + 1 / self._rate) - begin <= self._seconds:
            late = time.monotonic() - due
            if late < 0:
                await asyncio.sleep(-late)
            elif late > MOST_BEHIND_SECONDS:
                due += late
                self.behind_s += late
            await self._ask()
            if time.monotonic() - begin > len(self.memory) * self._seconds / SAMPLES:
                self.memory.append(resident_mib(self._pid))

    async def _ask(self) -> None:
        self.asked += 1
        user = User(user_id=10_000 + self._chosen.randrange(PEOPLE))
        number = self.asked
        words = WORDS[number % len(WORDS)] if number % 10 else f"/ticket trouble {number}"
        await self._telegram.door.write(Text(user=user, text=words))


def _soaked(asking: Asking, answered: int, seconds: float, cpu: float) -> Soaked:
    memory = asking.memory
    quarter, tenth = max(1, len(memory) // 4), max(1, len(memory) // 10)
    before = statistics.median(memory[-2 * quarter : -quarter] or memory)
    tenths = [statistics.median(memory[i : i + tenth]) for i in range(0, len(memory), tenth)]
    return Soaked(
        asking.asked,
        answered,
        seconds=round(seconds, 1),
        behind_s=round(asking.behind_s, 1),
        bot_cpu_share=round(cpu / seconds, 3),
        bot_cpu_us_per_update=round(cpu / max(1, asking.asked) * 1e6),
        rss_by_tenths_mib=tuple(round(each, 1) for each in tenths),
        growth=round(statistics.median(memory[-quarter:]) / before, 3),
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
