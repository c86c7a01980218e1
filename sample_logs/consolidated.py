"""`python -m sample_logs.consolidated record`: the bundled bot under the demand of legacy/.

The demand is read from the recorded logs as `analyze validate` reads it, the bot runs as a process
against the same emulated Telegram, and its own log, packed, is the recording.
"""

from __future__ import annotations

import gzip
import json
import math
import platform
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from analyzer import __version__, analyze
from analyzer.api.bot_under_test import bundled_bot
from analyzer.api.demand import recorded_acts
from analyzer.api.journey_names import read_journey_names
from analyzer.replay.campaign import Replayed, replay
from analyzer.replay.workload.recorded import Demand, Pace, recorded_demand
from sample_logs.fleet.record import machine, rounded

SAMPLES = Path(__file__).parent
FACTS_FILE = "recording-consolidated.json"


@click.group()
def main() -> None:
    """The recording of the consolidated bot in sample_logs/consolidated."""


@main.command()
@click.option("--seed", default=7, show_default=True)
@click.option("--speed", default=1.0, show_default=True, help="So many times as fast as recorded.")
@click.option("--minutes", type=float, help="At most so much of the recording; else all of it.")
@click.option("--legacy", type=click.Path(path_type=Path), default=SAMPLES / "legacy")
@click.option("--out", type=click.Path(path_type=Path), default=SAMPLES / "consolidated")
def record(*, seed: int, speed: float, minutes: float | None, legacy: Path, out: Path) -> None:
    """Replay the demand of LEGACY in real time; the bot's log goes below OUT, facts beside OUT."""
    with tempfile.TemporaryDirectory(prefix="consolidated-record-") as working:
        folder = Path(working)
        pace = Pace(speed, math.inf if minutes is None else 60 * minutes / speed, seed)
        demand = _demand(legacy, folder / "legacy", pace)
        click.echo(f"{len(demand.arrivals):,} visits in {demand.plan.seconds:,.0f} s", err=True)
        replayed = replay(bundled_bot().campaign(folder / "run", folder, demand, speed))
        if replayed.exit_code is not None:
            sys.exit(f"the bot ended by itself with code {replayed.exit_code}")
        if problems := replayed.driven.summary.problems:
            sys.exit("; ".join(problems))
        _pack(folder / "run" / "bot-logs" / "bot.jsonl", out)
    command = f"python -m sample_logs.consolidated record --seed {seed} --speed {speed:g}"
    facts = json.dumps(_facts(command, demand, replayed, speed), indent=2) + "\n"
    (out.parent / FACTS_FILE).write_text(facts, encoding="utf-8")
    click.echo(facts)


def _demand(legacy: Path, folder: Path, pace: Pace) -> Demand:
    names = read_journey_names(SAMPLES / "journeys.yaml")
    return recorded_demand(recorded_acts(analyze(legacy, folder), names), pace)


def _pack(log: Path, out: Path) -> None:
    """Gzip the log, byte-stable: no name, no time in the header."""
    out.mkdir(parents=True, exist_ok=True)
    packed = gzip.compress(log.read_bytes(), compresslevel=9, mtime=0)
    (out / f"{log.name}.gz").write_bytes(packed)


def _facts(command: str, demand: Demand, replayed: Replayed, speed: float) -> dict[str, Any]:
    found: dict[str, Any] = rounded(
        {
            "command": command,
            "machine": machine(),
            "versions": {"python": platform.python_version(), "analyzer": __version__},
            "speed": speed,
            "limits": f"Telegram's send limits times {speed:g}, its delays as they are",
            "begun_us": replayed.begun_us,
            "replay_seconds": demand.plan.seconds,
            "notifications_recorded": len(demand.notified),
            "notifications_sent": len(replayed.notifications),
            "broadcasts_refused": replayed.refused,
            "demand_notes": list(demand.notes),
            "load": asdict(replayed.driven.summary),
        }
    )
    return found


if __name__ == "__main__":
    main()
