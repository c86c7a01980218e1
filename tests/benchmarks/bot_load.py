"""How fast the bot is, beside bare aiogram in the same run, over HTTP on loopback.

    python -m tests.benchmarks.bot_load            # a minute and a half
    python -m tests.benchmarks.bot_load --runs 5   # the median of five

Prints JSON: handled updates with one reply each (closed loop, 16 connections, until the last reply
was accepted) for both and their ratio; the time to the reply at 60 % of our rate; durable
acknowledgements at 2,000 updates/s. Latencies are of an open loop, from the intended instant.
`/help` is the update: one reply, no other effect, in ours with the inbox, the outbox and the
transaction around it.

The load generator shares the machine with what it measures, and so does whatever else runs there.
So each run also measures the floor: a bare aiohttp server that stores nothing, under the same
load, and an fsync of the disk. What the acknowledgement takes beyond the floor is ours.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Literal, Self

import orjson

from tests.benchmarks.wire import AnsweringApi, HookClient, chat_of, request

TOKEN = "4242:BenchmarkTokenOfNoBotAtTelegram-01"
CONNECTIONS = 16
CHATS = 500
WARM_UP = 300
ACKNOWLEDGED_PER_SECOND = 2000.0
SHARE = 0.6
ROOT = Path(__file__).parents[2]

Kind = Literal["ours", "aiogram", "http"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Bench:
    """One server under load; a context manager over its process and the Bot API it talks to."""

    def __init__(self, kind: Kind) -> None:
        """`kind`: our bot, bare aiogram, or a bare HTTP server."""
        self.api = AnsweringApi()
        self.port = free_port()
        self._kind = kind
        self._folder = tempfile.TemporaryDirectory()
        self._next = 1

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self.api.serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        command = {
            "ours": ["-m", "consolidated_bot", "run"],
            "aiogram": ["-m", "tests.benchmarks.bare_aiogram", url, str(self.port), TOKEN],
            "http": ["-m", "tests.benchmarks.bare_server", str(self.port)],
        }[self._kind]
        settings = {
            "BOT_TOKEN": TOKEN,
            "BOT_API_URL": url,
            "BOT_MODE": "webhook",
            "WEBHOOK_URL": "http://127.0.0.1/hook",
            "WEBHOOK_SECRET": "bench",
            "WEBHOOK_LISTEN": f"127.0.0.1:{self.port}",
            "DASHBOARD_LISTEN": "127.0.0.1:0",
            "DATABASE_URL": f"sqlite:///{self._folder.name}/bot.db",
            "LOG_FILE": f"{self._folder.name}/bot.jsonl",
            "SEND_RATE_SCALE": "100000",
        }
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            cwd=ROOT,
            env=os.environ | settings,
        )
        await self._wait_for_port()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._process.terminate()
        await self._process.wait()
        self._server.close()
        self._folder.cleanup()

    async def _wait_for_port(self) -> None:
        async with asyncio.timeout(60):
            while True:
                try:
                    client = await HookClient.connect(self.port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    client.close()
                    return

    def cpu_seconds(self) -> float:
        """User and system time of the bot's process so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def handled(self, updates: int) -> dict[str, float]:
        """Closed loop until the last reply is accepted."""
        await self._closed_loop(WARM_UP)
        cpu = self.cpu_seconds()
        started = time.perf_counter()
        await self._closed_loop(updates)
        seconds = time.perf_counter() - started
        return {
            "updates_per_second": round(updates / seconds),
            "cpu_us_per_update": round((self.cpu_seconds() - cpu) / updates * 1e6),
        }

    async def _closed_loop(self, updates: int) -> None:
        self.api.complete.clear()
        self.api.expected = self.api.messages + updates
        raws = [request(self.port, self._take(), CHATS) for _ in range(updates)]
        waiting = iter(raws)

        async def client() -> None:
            connection = await HookClient.connect(self.port)
            for raw in waiting:
                await connection.post(raw)
            connection.close()

        await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
        await asyncio.wait_for(self.api.complete.wait(), 120)

    async def paced(self, rate: float, seconds: float) -> dict[str, float]:
        """Open loop: acknowledgements and replies, from the intended instant of the request."""
        count = int(rate * seconds)
        ids = [self._take() for _ in range(count)]
        raws = [request(self.port, number, CHATS) for number in ids]
        free: asyncio.Queue[HookClient] = asyncio.Queue()
        for _ in range(64):
            free.put_nowait(await HookClient.connect(self.port))
        latencies: list[float] = []
        self.api.replied_after.clear()
        cpu = self.cpu_seconds()
        own_cpu = time.process_time()
        begin = time.perf_counter() + 0.05

        async def one(index: int, client: HookClient) -> None:
            due = begin + index / rate
            self.api.expect(chat_of(ids[index], CHATS), due)
            await client.post(raws[index])
            latencies.append(time.perf_counter() - due)
            free.put_nowait(client)

        async with asyncio.TaskGroup() as group:
            for index in range(count):
                delay = begin + index / rate - time.perf_counter()
                if delay > 0.0005:
                    await asyncio.sleep(delay)
                group.create_task(one(index, await free.get()))
        while not free.empty():
            free.get_nowait().close()
        return {
            "offered_per_second": rate,
            "acknowledged": len(latencies),
            **_quantiles("acknowledged", latencies),
            "replied_meanwhile": len(self.api.replied_after),
            "cpu_us_per_update": round((self.cpu_seconds() - cpu) / count * 1e6),
            "generator_cpu_us_per_update": round((time.process_time() - own_cpu) / count * 1e6),
        }

    async def replied(self, rate: float, seconds: float) -> dict[str, float]:
        """Open loop until the last reply: what people wait for."""
        self.api.complete.clear()
        self.api.expected = self.api.messages + int(rate * seconds)
        paced = await self.paced(rate, seconds)
        await asyncio.wait_for(self.api.complete.wait(), 120)
        return paced | _quantiles("replied", self.api.replied_after)

    def _take(self) -> int:
        self._next += 1
        return self._next


def _quantiles(name: str, seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        f"{name}_p{share}_ms": round(ordered[int(len(ordered) * share / 100)] * 1000, 2)
        for share in (50, 99)
    }


def disk(commits: int = 500) -> dict[str, float]:
    """What the disk itself takes to make a page durable: the floor of every commit."""
    taken = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(commits):
            began = time.perf_counter()
            file.write(bytes(4096))
            file.flush()
            os.fdatasync(file.fileno())
            taken.append(time.perf_counter() - began)
    return _quantiles("fdatasync", taken)


async def measure(updates: int, seconds: float) -> dict[str, Any]:
    """One run: the floors, the peer and ours, after each other."""
    async with Bench("http") as bench:
        await bench.paced(ACKNOWLEDGED_PER_SECOND, 1.0)
        floor = await bench.paced(ACKNOWLEDGED_PER_SECOND, seconds)
    async with Bench("aiogram") as bench:
        peer = await bench.handled(updates)
    async with Bench("ours") as bench:
        ours = await bench.handled(updates)
        replied = await bench.replied(round(SHARE * ours["updates_per_second"]), seconds)
    async with Bench("ours") as bench:
        await bench.handled(WARM_UP)
        acknowledged = await bench.paced(ACKNOWLEDGED_PER_SECOND, seconds)
    return {
        "bare_aiogram": peer,
        "ours": ours,
        "ratio": round(ours["updates_per_second"] / peer["updates_per_second"], 3),
        "at_60_percent_of_ours": replied,
        "durable_acknowledgement": acknowledged,
        "floor": {"bare_http_server": floor, "disk": disk()},
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--updates", type=int, default=4000)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    runs = [asyncio.run(measure(options.updates, options.seconds)) for _ in range(options.runs)]
    summary = {
        "runs": runs,
        "median_ratio": statistics.median(run["ratio"] for run in runs),
        "load_average": os.getloadavg(),
    }
    sys.stdout.write(orjson.dumps(summary, option=orjson.OPT_INDENT_2).decode() + "\n")


if __name__ == "__main__":
    main()
