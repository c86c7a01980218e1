# ruff: noqa: T201 - what a measurement prints is its result
"""What the dashboard costs, and how fast it is.

    python -m tests.benchmarks.dashboard            # about two minutes

A server in a process of its own takes 200 journeys a second, each by a request that is answered
once the board has it, as a live bot would. Prints JSON: the p99 of those requests with 20 clients
on the event stream beside the p99 without (pairs in alternating order, the median of their
ratios), the delay until an event stands in a client's stream, and the first paint in Chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Self

import aiohttp
import orjson
from aiohttp import web

from analyzer.api.objectives import read_objective_files
from analyzer.dashboard import Access, Board, mount
from analyzer.slo.events import JourneyAttempt

ROOT = Path(__file__).parents[2]
RATE = 200
CLIENTS = 20
SECONDS = 6.0
HISTORY = 20_000
WATCHED = "o.support-ticket-submit-5s.n"
JOURNEYS = (
    ("support", "ticket-submit"),
    ("support", "faq-read"),
    ("accounts", "profile-change"),
    ("notifications", "send"),
)


async def serve() -> None:
    """The child: a board with a history, and `POST /journey` that feeds it."""
    board = Board(read_objective_files(ROOT / "sample_logs" / "slo.yaml").objectives)
    now = time.time_ns() // 1000
    for number in range(HISTORY):
        _observe(board, number, now - (HISTORY - number) * 100_000)
    counter = iter(range(HISTORY, 10**9))
    seen = {"tickets": HISTORY // len(JOURNEYS)}

    async def journey(_: web.Request) -> web.Response:
        number = next(counter)
        _observe(board, number, time.time_ns() // 1000)
        seen["tickets"] += number % len(JOURNEYS) == 0
        return web.json_response(seen)

    application = web.Application()
    application.router.add_post("/journey", journey)
    mount(application, board, Access())
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


def _observe(board: Board, number: int, now_us: int) -> None:
    context, journey = JOURNEYS[number % len(JOURNEYS)]
    took_us = 50_000 + number * 7919 % 900_000
    outcome = "failed" if number % 97 == 0 else "success"
    board.observe(
        JourneyAttempt(f"j{number}", context, journey, now_us - took_us, now_us, outcome), now_us
    )


async def look(url: str, clients: int) -> None:
    """Another child: so many readers of the stream, half of the whole, half of a context."""

    async def read(client: aiohttp.ClientSession, path: str) -> None:
        async with client.get(url + path) as answer:
            async for _ in answer.content.iter_any():
                pass

    timeout = aiohttp.ClientTimeout(total=None)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as client:
        paths = ("/events", "/events?context=support")
        tasks = [asyncio.ensure_future(read(client, paths[n % 2])) for n in range(clients)]
        print("looking", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Child:
    """A child of this module; it ends when its standard input is closed."""

    def __init__(self, *words: str) -> None:
        """Run this module with `words`."""
        self._words = words

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.benchmarks.dashboard", *self._words,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.said = (await self._process.stdout.readline()).decode().strip()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


async def load(url: str, seconds: float) -> list[float]:
    """Latencies in ms from the intended instants, open loop."""
    loop = asyncio.get_running_loop()
    found: list[float] = []

    async def one(client: aiohttp.ClientSession, at: float) -> None:
        await asyncio.sleep(max(0.0, at - loop.time()))
        async with client.post(f"{url}/journey") as answer:
            await answer.read()
        found.append((loop.time() - at) * 1000)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as client:
        start = loop.time() + 0.2
        await asyncio.gather(*(one(client, start + n / RATE) for n in range(int(seconds * RATE))))
    return found


async def delays(url: str, count: int) -> list[float]:
    """Seconds from an event's acceptance until a client's stream shows it, under the load."""
    found: list[float] = []
    waiting: list[tuple[int, float]] = []
    loading = asyncio.ensure_future(load(url, count * 0.35 + 2))

    async def ask(client: aiohttp.ClientSession) -> None:
        for _ in range(count):
            at = time.monotonic()
            async with client.post(f"{url}/journey") as answer:
                waiting.append(((await answer.json())["tickets"], at))
            await asyncio.sleep(0.31)

    async with aiohttp.ClientSession() as client, client.get(f"{url}/events") as answer:
        asking = asyncio.ensure_future(ask(client))
        async for line in answer.content:
            if not line.startswith(b"data: "):
                continue
            text = orjson.loads(line[6:]).get("texts", {}).get(WATCHED)
            shown = 0 if text is None else int(text.rpartition(" ")[2].replace(",", ""))
            now = time.monotonic()
            found += [now - at for number, at in waiting if number <= shown]
            waiting = [(number, at) for number, at in waiting if number > shown]
            if len(found) >= count:
                break
        await asking
    await loading
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
    return statistics.quantiles(values, n=100, method="inclusive")[98]


async def measure(pairs: int) -> dict[str, Any]:
    """All figures, on a machine that has nothing else to do."""
    async with Child("--serve") as server:
        url = f"http://127.0.0.1:{server.said}"
        await load(url, 2)
        rows = []
        for number in range(pairs):
            row: dict[str, float] = {}
            for kind in ("alone", "watched") if number % 2 else ("watched", "alone"):
                if kind == "alone":
                    row[kind] = p99(await load(url, SECONDS))
                    continue
                async with Child("--look", url):
                    row[kind] = p99(await load(url, SECONDS))
            rows.append({**row, "ratio": row["watched"] / row["alone"]})
        shown = await delays(url, 30)
        painted = await paints(url, 5)
    return {
        "p99_ms": rows,
        "median_ratio": statistics.median(row["ratio"] for row in rows),
        "event_to_stream_s": {"median": statistics.median(shown), "worst": max(shown)},
        "first_paint_ms": {
            "median": statistics.median(painted) if painted else None,
            "worst": max(painted, default=None),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--look", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve())
    elif options.look:
        asyncio.run(look(options.look, CLIENTS))
    else:
        found = asyncio.run(measure(options.pairs))
        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())


if __name__ == "__main__":
    main()
