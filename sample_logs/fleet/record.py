"""Records a campaign: emulator, fleet and crowd in real time, then the logs, packed."""

from __future__ import annotations

import asyncio
import gzip
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp

from analyzer.replay.botapi import Emulator, FaultRule, Latency, Settings
from analyzer.replay.drive import drive
from analyzer.replay.workload import Plan, campaign
from sample_logs.fleet.recording import Phase, Recording
from sample_logs.fleet.supervisor import Fleet, FleetPlan

TELEGRAM = (
    FaultRule(kind="delay", latency=Latency(median_seconds=0.06, sigma=0.3)),
    FaultRule(kind="error", share=0.001, status=502),
)
"""How far away Telegram is, and how often it stumbles; the same at all times."""
FULL_MINUTES = 45.0
READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to record and where to put it."""

    seed: int
    minutes: float
    out: Path
    merged: tuple[str, ...] = ()
    command: str = ""
    drain_s: float = 15.0


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
    demand = campaign(order.seed, scale=order.minutes / FULL_MINUTES)
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
            began_at = datetime.now(UTC)
            async with asyncio.TaskGroup() as group:
                driving = group.create_task(drive(demand, telegram.door))
                group.create_task(_outage(fleet, demand))
            await asyncio.sleep(order.drain_s)
    return Recording(
        command=order.command,
        seed=order.seed,
        merged=order.merged,
        machine=machine(),
        versions={"python": platform.python_version(), "aiohttp": version("aiohttp")},
        phases=tuple(phases(demand, began_at)),
        load=rounded(asdict(driving.result().summary)),
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


async def _outage(fleet: Fleet, demand: Plan) -> None:
    """The incident: subscriptions is killed, and back after a third of that phase."""
    [incident] = [phase for phase in demand.phases if phase.name == "incident"]
    await asyncio.sleep(demand.begins("incident"))
    fleet.kill("subscriptions")
    await asyncio.sleep(incident.seconds / 3)
    fleet.restart("subscriptions")


def phases(demand: Plan, began_at: datetime) -> Iterator[Phase]:
    """The phases of the plan on the wall clock."""
    start = began_at
    for phase in demand.phases:
        end = start + timedelta(seconds=phase.seconds)
        last = phase.rate if phase.end_rate is None else phase.end_rate
        note = f"{phase.rate:g} to {last:g} scenarios/s"
        if phase.name == "incident":
            note += "; subscriptions killed at the start, back after a third"
        yield Phase(phase.name, start.isoformat(), end.isoformat(), note)
        start = end


def rounded(value: Any) -> Any:
    """Floats to three digits, all the way down: the facts are for people."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    return [rounded(part) for part in value] if isinstance(value, list | tuple) else value


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
