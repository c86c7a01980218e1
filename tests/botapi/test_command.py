"""`analyze botapi` as a process: says where it is, answers, stops without noise."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.conftest import ROOT

RUN = "from analyzer.cli.botapi import botapi_command; botapi_command()"


async def started(*options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        RUN,
        "--port",
        "0",
        *options,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
async def test_process_serves_until_it_is_stopped(tmp_path: Path, stop: signal.Signals) -> None:
    journal = tmp_path / "journal.jsonl"
    process = await started("--journal", str(journal))
    assert process.stdout is not None
    async with asyncio.timeout(30):
        lines = [(await process.stdout.readline()).decode().strip() for _ in range(2)]
    said = dict(line.split("=", 1) for line in lines)
    url, token = said["BOT_API_URL"], said["BOT_TOKEN"]
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/bot{token}/getMe") as response:
            assert (await response.json())["result"]["is_bot"] is True
        async with session.get(f"{url}/control/state") as response:
            assert (await response.json())["last_seq"] == 0
    process.send_signal(stop)
    out, err = await process.communicate()
    assert (process.returncode, out, err) == (0, b"", b"stopped\n")
    assert b"getMe" in journal.read_bytes()


@pytest.mark.parametrize(
    ("options", "words"),
    [(("--token", "nonsense"), "token"), (("--limit-scale", "0"), "limit")],
)
async def test_unusable_options_are_refused_with_a_sentence(
    options: tuple[str, ...], words: str
) -> None:
    process = await started(*options)
    _, err = await process.communicate()
    assert process.returncode != 0
    assert re.search(f"UsageError: .*{words}", err.decode())
