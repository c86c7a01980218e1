# ruff: noqa: T201 - what a measurement prints is its result
"""What the dashboard costs the bot, and how fast it is.

    python -m tests.benchmarks.dashboard            # about two minutes

`consolidated-bot run` as a process takes 100 updates a second, which are 200 events (each update's
handling is one, the journey it asks for another), from the emulator of the Bot API in this one; a
third process holds the event streams. Prints JSON: the p99 from an update's intended instant to
the acceptance of its answer with 20 clients on the streams and without, in slices taken in turns,
and the median ratio of the runs; the delay from an accepted ticket until it stands in a client's
stream; the first paint in Chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import shutil
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import orjson

from analyzer.replay.botapi import Emulator, Limits, Settings, Text, User
from tests.bot.running import BotProcess

ROOT = Path(__file__).parents[2]
RATE = 100
CLIENTS = 20
SLICES, SLICE_SECONDS = 4, 1.5
WARM_UP_SECONDS = 6.0
USERS = 2000
READ_BYTES = 1 << 16
MEMORY = Path("/dev/shm")
PLACE = MEMORY if MEMORY.is_dir() else None  # a disk that others use has a p99 of its own
TICKETS = "o.support-ticket-submit-5s.n"
WORDS = ("/ticket my order did not arrive", "/faq refund", "/profile", "/faq delivery", "/tickets")


class Load:
    """Users of an emulated bot, and what becomes of what they write."""

    def __init__(self, telegram: Emulator) -> None:
        """Write by the door of `telegram`."""
        self._telegram = telegram
        self._numbers = itertools.count()
        self._due: dict[int, tuple[float, str]] = {}
        self._latencies: list[float] = []
        self._answered = asyncio.Event()
        self.tickets: list[float] = []

    async def run(self, seconds: float) -> list[float]:
        """Latencies in ms from the intended instants, open loop, until the last answer."""
        loop = asyncio.get_running_loop()
        self._latencies = []
        start = loop.time() + 0.1
        for number in range(int(seconds * RATE)):
            due = start + number / RATE
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            serial = next(self._numbers)
            user, words = 10_000 + serial % USERS, WORDS[serial % len(WORDS)]
            self._due[user] = due, words
            await self._telegram.door.write(Text(user=User(user_id=user), text=words))
        async with asyncio.timeout(60):
            while self._due:
                self._answered.clear()
                await self._answered.wait()
        return self._latencies

    async def follow(self) -> None:
        """Take the time of every answer, for ever."""
        seq = await self._telegram.door.last_seq()
        while True:
            for event in await self._telegram.door.events(seq, timeout_seconds=5):
                seq = event.seq
                found = self._due.pop(event.chat_id, None)
                if found is None or event.kind != "message":
                    continue
                at = event.monotonic_ns / 1e9
                self._latencies.append((at - found[0]) * 1000)
                if found[1] == WORDS[0]:
                    self.tickets.append(at)
                self._answered.set()


@asynccontextmanager
async def bot_under_load() -> AsyncIterator[tuple[Load, str]]:
    """A running bot, warmed up; the address of its page."""
    settings = Settings(limits=replace(Limits(), enabled=False))
    with tempfile.TemporaryDirectory(dir=PLACE) as folder:
        async with Emulator(settings) as telegram:
            process = BotProcess(
                Path(folder),
                BOT_TOKEN=settings.token,
                BOT_API_URL=telegram.url,
                SEND_RATE_SCALE=100_000,
            )
            async with process as bot:
                load = Load(telegram)
                following = asyncio.ensure_future(load.follow())
                line = await bot.logged("listening")
                await load.run(WARM_UP_SECONDS)
                gc.collect()
                gc.freeze()
                yield load, f"http://{line['address']}"
                following.cancel()


async def stream(url: str, path: str) -> AsyncIterator[bytes]:
    """What one client of the event stream is sent, as cheaply as it can be read."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    try:
        while part := await reader.read(READ_BYTES):
            yield part
    finally:
        writer.close()


async def look(url: str) -> None:
    """A child: at each line on its input, readers of the stream come (`+`) or go (`-`)."""
    paths = ("/events", "/events?context=support")

    async def read(path: str, first: asyncio.Event) -> None:
        async for _ in stream(url, path):
            first.set()

    tasks: list[asyncio.Future[None]] = []
    while line := await asyncio.to_thread(sys.stdin.readline):
        if line.startswith("+"):
            firsts = [asyncio.Event() for _ in range(CLIENTS)]
            tasks = [
                asyncio.ensure_future(read(paths[n % 2], first)) for n, first in enumerate(firsts)
            ]
            for first in firsts:
                await first.wait()
        else:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        print("done", flush=True)


class Onlookers:
    """The child with the clients; it ends when its standard input is closed."""

    def __init__(self, url: str) -> None:
        """Look at the page at `url`."""
        self._url = url

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.benchmarks.dashboard", "--look", self._url,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def come(self) -> None:
        """All clients connect and have their first message."""
        await self._order(b"+\n")

    async def go(self) -> None:
        """All clients leave."""
        await self._order(b"-\n")

    async def _order(self, line: bytes) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line)
        await self._process.stdout.readline()


async def compared(load: Load, onlookers: Onlookers) -> dict[str, float]:
    """One run: both p99 over slices in turns, so that what the machine does meets both."""
    taken: dict[str, list[float]] = {"alone": [], "watched": []}
    for number in range(SLICES):
        for kind in ("alone", "watched") if number % 2 else ("watched", "alone"):
            if kind == "watched":
                await onlookers.come()
            taken[kind] += await load.run(SLICE_SECONDS)
            if kind == "watched":
                await onlookers.go()
    found = {f"{kind}_p99_ms": p99(values) for kind, values in taken.items()}
    found |= {f"{kind}_p50_ms": statistics.median(values) for kind, values in taken.items()}
    return found | {"ratio": found["watched_p99_ms"] / found["alone_p99_ms"]}


async def delays(load: Load, url: str, seconds: float) -> list[float]:
    """Seconds from the acceptance of a ticket's answer until a client's stream shows it."""
    found: list[float] = []
    shown = 0

    async def read() -> None:
        nonlocal shown
        kept = b""
        async for part in stream(url, "/events"):
            *lines, kept = (kept + part).split(b"\n")
            now = asyncio.get_running_loop().time()
            for line in lines:
                if not line.startswith(b"data: "):
                    continue
                text = orjson.loads(line[6:]).get("texts", {}).get(TICKETS)
                if text is None:
                    continue
                count = int(text.rpartition(" ")[2].replace(",", ""))
                if shown:  # what the first message shows was there before
                    found.extend(now - at for at in load.tickets[shown:count])
                shown = count

    reading = asyncio.ensure_future(read())
    await load.run(seconds)
    await asyncio.sleep(1.5)
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    return found


async def paints(url: str, count: int) -> list[float]:
    """First contentful paints of the page in ms; empty without a Chromium."""
    path = shutil.which("chromium")
    if path is None:
        return []
    from playwright.async_api import async_playwright

    found = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for _ in range(count):
            page = await browser.new_page()
            await page.goto(f"{url}/contexts/support")
            await page.locator('body[data-link="live"]').wait_for()
            found.append(
                float(
                    await page.evaluate(
                        "performance.getEntriesByName('first-contentful-paint')[0].startTime"
                    )
                )
            )
            await page.close()
        await browser.close()
    return found


def p99(values: list[float]) -> float:
    """Nearest-rank would be the second or third worst of a short piece: interpolated instead."""
    return statistics.quantiles(values, n=100, method="inclusive")[98]


async def measure(runs: int) -> dict[str, Any]:
    """All figures, on a machine that has nothing else to do."""
    async with bot_under_load() as (load, url):
        async with Onlookers(url) as onlookers:
            rows = [await compared(load, onlookers) for _ in range(runs)]
        shown = await delays(load, url, 8)
        painted = await paints(url, 5)
    return {
        "runs": rows,
        "median_ratio": statistics.median(row["ratio"] for row in rows),
        "event_to_stream_s": {"median": statistics.median(shown), "worst": max(shown)},
        "first_paint_ms": {
            "median": statistics.median(painted) if painted else None,
            "worst": max(painted, default=None),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--look", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.look:
        asyncio.run(look(options.look))
    else:
        found = asyncio.run(measure(options.runs))
        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())


if __name__ == "__main__":
    main()
