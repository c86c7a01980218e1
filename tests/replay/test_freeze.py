"""A server that stands still must show in the driver's numbers (SLO.md section 7, the referee)."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from aiohttp import ClientConnectorError, ClientSession, TCPConnector

from analyzer.replay.botapi import Emulator, Limits, Settings, SystemClock
from analyzer.replay.drive import Fired, drive, open_loop
from analyzer.replay.workload import Phase, Plan
from tests.conftest import ROOT

pytestmark = pytest.mark.alone

GRACE_S = 0.3  # until a thawed process has worked off what waited, on a shared machine


@asynccontextmanager
async def bot_process(telegram: Emulator) -> AsyncIterator[asyncio.subprocess.Process]:
    address = f"{telegram.url}/bot{telegram.settings.token}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.replay.small_bot", address, cwd=ROOT
    )
    try:
        async with asyncio.timeout(30):
            await telegram.bot_listens()
        yield process
    finally:
        process.kill()
        await process.wait()


async def frozen(process: asyncio.subprocess.Process, after_s: float, for_s: float) -> float:
    """Stop the process for a while; when it went on (monotonic seconds)."""
    await asyncio.sleep(after_s)
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(for_s)
    process.send_signal(signal.SIGCONT)
    return time.monotonic()


@pytest.mark.parametrize(
    ("rate", "seconds", "freeze_s"),
    [(50, 6, 1.0), pytest.param(100, 20, 2.0, marks=pytest.mark.long)],
)
async def test_frozen_bot_shows_in_the_latencies(
    rate: float, seconds: float, freeze_s: float
) -> None:
    phases = (Phase(name="steady", seconds=seconds, rate=rate),)
    mix = {"ticket_in_one_message": 1.0}
    plan = Plan(name="freeze", phases=phases, mix=mix)
    async with (
        Emulator(Settings(limits=Limits(enabled=False))) as telegram,
        bot_process(telegram) as process,
    ):
        freezing = asyncio.ensure_future(frozen(process, 0.4 * seconds, freeze_s))
        driven = await drive(plan, telegram.door)
        thaw = await freezing
    intended = np.array([row.intended_ns for row in driven.rows]) / 1e9
    measured = np.array([row.waited_ms for row in driven.rows]) / 1e3
    hit = (intended >= thaw - freeze_s) & (intended < thaw)
    truth = np.where(hit, thaw - intended, 0.0)
    assert hit.sum() > 0.5 * rate * freeze_s
    assert {row.outcome for row in driven.rows} == {"ok"}
    for share in (0.95, 0.99):
        late = np.quantile(measured, share) - np.quantile(truth, share)
        assert -0.02 <= late <= GRACE_S, share
    within = np.mean(measured <= freeze_s / 4)
    # What arrives while the thawed bot works off its backlog waits, too.
    assert abs(within - np.mean(truth <= freeze_s / 4)) <= max(0.03, GRACE_S / seconds)


@pytest.mark.long
async def test_referee_accepts_the_open_loop(peer_data: Path, unused_tcp_port: int) -> None:
    script = peer_data / "slo" / "loadgen" / "freeze_test.py"
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), "serve", str(unused_tcp_port)
    )
    address = f"http://127.0.0.1:{unused_tcp_port}/"
    latencies: list[float] = []
    clock = SystemClock()
    try:
        async with ClientSession(connector=TCPConnector(limit=0)) as session:
            await answering(session, address)

            async def request(fired: Fired) -> None:
                async with session.get(address) as response:
                    await response.read()
                latencies.append((clock.monotonic_ns() - fired.intended_ns) / 1e9)

            await open_loop([0.2 + number / 100 for number in range(2000)], request, clock)
    finally:
        process.kill()
        await process.wait()
    assert len(latencies) == 2000
    assert 1.0 <= np.quantile(latencies, 0.95) <= 1.2
    assert 1.75 <= np.quantile(latencies, 0.99) <= 2.0
    assert 0.895 <= np.mean(np.array(latencies) <= 0.5) <= 0.926


async def answering(session: ClientSession, address: str) -> None:
    while True:
        try:
            async with session.get(address) as response:
                await response.read()
                return
        except ClientConnectorError:
            await asyncio.sleep(0.05)
