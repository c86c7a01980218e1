"""How fast the bot is, beside bare aiogram in the same run, over HTTP on loopback.

    python -m tests.benchmarks.bot_load            # a minute
    python -m tests.benchmarks.bot_load --runs 5   # the median of five

Prints JSON: durable acknowledgements at 2,000 updates/s (open loop, latency from the intended
instant), handled updates with one reply each (closed loop, 16 connections, until the last reply
was accepted) for both, and their ratio. `/help` is the update: one reply, no other effect, in ours
with the inbox, the outbox and the transaction around it.
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
from typing import Any, Self

import orjson

from tests.benchmarks.wire import AnsweringApi, HookClient, request

TOKEN = "4242:BenchmarkTokenOfNoBotAtTelegram-01"
CONNECTIONS = 16
CHATS = 500
WARM_UP = 300
ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Bench:
    """One bot under load; a context manager over its process and the Bot API it talks to."""

    def __init__(self, *, bare: bool) -> None:
        """`bare` measures aiogram, else ours."""
        self.api = AnsweringApi()
        self.port = free_port()
        self._bare = bare
        self._folder = tempfile.TemporaryDirectory()
        self._next = 1

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self.api.serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        if self._bare:
            command = ["-m", "tests.benchmarks.bare_aiogram", url, str(self.port), TOKEN]
        else:
            command = ["-m", "consolidated_bot", "run"]
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
        """Open loop: latency of the acknowledgement from the intended instant of the request."""
        count = int(rate * seconds)
        raws = [request(self.port, self._take(), CHATS) for _ in range(count)]
        free: asyncio.Queue[HookClient] = asyncio.Queue()
        for _ in range(64):
            free.put_nowait(await HookClient.connect(self.port))
        latencies: list[float] = []
        first_answer = len(self.api.answered_at)
        begin = time.perf_counter() + 0.05

        async def one(index: int, client: HookClient) -> None:
            await client.post(raws[index])
            latencies.append(time.perf_counter() - (begin + index / rate))
            free.put_nowait(client)

        async with asyncio.TaskGroup() as group:
            for index in range(count):
                delay = begin + index / rate - time.perf_counter()
                if delay > 0.0005:
                    await asyncio.sleep(delay)
                group.create_task(one(index, await free.get()))
        while not free.empty():
            free.get_nowait().close()
        latencies.sort()
        return {
            "offered_per_second": rate,
            "acknowledged": len(latencies),
            "p50_ms": round(latencies[len(latencies) // 2] * 1000, 2),
            "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000, 2),
            "answered_meanwhile": len(self.api.answered_at) - first_answer,
        }

    def _take(self) -> int:
        self._next += 1
        return self._next


async def measure(updates: int, seconds: float) -> dict[str, Any]:
    """One run: ours and the peer after each other."""
    async with Bench(bare=True) as bench:
        peer = await bench.handled(updates)
    async with Bench(bare=False) as bench:
        ours = await bench.handled(updates)
    async with Bench(bare=False) as bench:
        await bench.handled(WARM_UP)
        acknowledged = await bench.paced(2000, seconds)
    return {
        "bare_aiogram": peer,
        "ours": ours,
        "ratio": round(ours["updates_per_second"] / peer["updates_per_second"], 3),
        "durable_acknowledgement": acknowledged,
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
