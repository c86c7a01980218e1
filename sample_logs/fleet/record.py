"""Records a campaign: emulator, fleet and crowd in real time, then the logs, packed."""

from __future__ import annotations

import asyncio
import gzip
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import aiohttp

from analyzer.replay.botapi import Emulator, FaultRule, Latency, Settings
from sample_logs.fleet.campaign import STRETCHES, planned_visits
from sample_logs.fleet.crowd import Crowd
from sample_logs.fleet.recording import Phase, Recording
from sample_logs.fleet.supervisor import Fleet, FleetPlan

TELEGRAM = (
    FaultRule(kind="delay", latency=Latency(median_seconds=0.06, sigma=0.3)),
    FaultRule(kind="error", share=0.001, status=502),
)
"""How far away Telegram is, and how often it stumbles; the same at all times."""
OUTAGE_S = 40.0
DRAIN_S = 15.0
READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to record and where to put it."""

    seed: int
    minutes: float
    out: Path
    merged: tuple[str, ...] = ()
    command: str = ""


def record(order: Order) -> Recording:
    """Play the campaign, pack its logs below `order.out`, write the facts beside them."""
    with tempfile.TemporaryDirectory() as working:
        logs = Path(working) / "logs"
        recording = asyncio.run(_play(order, logs, Path(working) / "stores"))
        order.out.mkdir(parents=True, exist_ok=True)
        pack(logs, order.out)
    recording.write(order.out.parent)
    return recording


async def _play(order: Order, logs: Path, stores: Path) -> Recording:
    async with Emulator(Settings(seed=order.seed, faults=TELEGRAM)) as telegram:
        plan = FleetPlan(
            logs=logs,
            stores=stores,
            seed=order.seed,
            merged=order.merged,
            bot_api_url=telegram.url,
            bot_token=telegram.settings.token,
        )
        with Fleet(plan) as fleet:
            await polling(fleet)
            crowd = Crowd(telegram.door)
            began, began_at = time.monotonic(), datetime.now(UTC)
            async with asyncio.TaskGroup() as group:
                group.create_task(crowd.play(planned_visits(order.seed, order.minutes), began))
                group.create_task(_outage(fleet, order, began))
            await asyncio.sleep(DRAIN_S)
            load = crowd.tally.as_json()
    return Recording(
        command=order.command,
        seed=order.seed,
        merged=order.merged,
        machine=machine(),
        versions={"python": platform.python_version(), "aiohttp": version("aiohttp")},
        phases=tuple(phases(order.minutes, began_at)),
        load=load,
    )


async def polling(fleet: Fleet) -> None:
    """Wait until the gateway asks Telegram for updates."""
    url = fleet.addresses["telegram-gateway"] + "/ready"
    async with asyncio.timeout(READY_WITHIN_S), aiohttp.ClientSession() as session:
        while True:
            async with session.get(url) as response:
                if (await response.json())["polling"]:
                    return
            await asyncio.sleep(0.1)


async def _outage(fleet: Fleet, order: Order, began: float) -> None:
    """The incident: subscriptions is killed, and back after OUTAGE_S (shorter in short trials)."""
    before = sum(stretch.share for stretch in STRETCHES[: incident_index()])
    length_s = min(OUTAGE_S, STRETCHES[incident_index()].share * order.minutes * 60 / 2)
    await asyncio.sleep(began + before * order.minutes * 60 - time.monotonic())
    fleet.kill("subscriptions")
    await asyncio.sleep(length_s)
    fleet.restart("subscriptions")


def incident_index() -> int:
    return [stretch.name for stretch in STRETCHES].index("incident")


def phases(minutes: float, began_at: datetime) -> Iterator[Phase]:
    """The stretches of the plan on the wall clock."""
    start = began_at
    for stretch in STRETCHES:
        end = start + timedelta(minutes=stretch.share * minutes)
        rates = f"{stretch.first_rate:g} to {stretch.last_rate:g} visits/s"
        yield Phase(stretch.name, start.isoformat(), end.isoformat(), f"{stretch.note}; {rates}")
        start = end


def pack(logs: Path, out: Path) -> None:
    """Gzip every log below `out`/<service>/, byte-stable: no name, no time in the header."""
    for folder in sorted(path for path in logs.iterdir() if path.is_dir()):
        target = out / folder.name
        if target.exists():
            shutil.rmtree(target)
        target.mkdir(parents=True)
        for path in sorted(folder.iterdir()):
            packed = gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)
            (target / f"{path.name}.gz").write_bytes(packed)


def machine() -> str:
    """The kind of machine, in words, without names."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    system = f"{platform.system()} on {platform.machine()}, {sys.implementation.name}"
    return f"{system}, {cores} of {os.cpu_count()} cores"
