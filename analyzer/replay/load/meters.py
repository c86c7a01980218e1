"""What processes use, read from /proc; nothing where there is none."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
MEGABYTE = 1_000_000
IDLE_COLUMNS = (3, 4)
"""Of the processor line in /proc/stat: idle, and waiting for a disk."""
GUEST_COLUMN = 8
"""From here on guests, who are counted as users before."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds used so far by a process and its children, and the memory they hold."""

    processor_seconds: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Processor seconds used up to `at_seconds` of the run: by bot, generator, whole machine.

    The generator is this process: users and emulated Telegram. None where nobody tells.
    """

    at_seconds: float
    bot: Usage | None
    generator_seconds: float
    machine_seconds: float | None


def reading(at_seconds: float, bot: Usage | None) -> Reading:
    """What is used at this moment."""
    return Reading(at_seconds, bot, time.process_time(), _machine())


def usage(pid: int) -> Usage | None:
    """What `pid` and its descendants use; None where the system does not tell."""
    if not PROC.is_dir():
        return None
    ticks = os.sysconf("SC_CLK_TCK")
    page = os.sysconf("SC_PAGE_SIZE")
    found = [stat for one in _family(pid) if (stat := _stat(one))]
    if not found:
        return None
    return Usage(
        sum(int(stat[11]) + int(stat[12]) for stat in found) / ticks,
        sum(int(stat[21]) for stat in found) * page / MEGABYTE,
    )


def _machine() -> float | None:
    """Processor seconds that all processes together have used since the machine started."""
    try:
        first = (PROC / "stat").read_text().partition("\n")[0]
    except OSError:
        return None
    columns = [int(word) for word in first.split()[1:]][:GUEST_COLUMN]
    busy = sum(value for number, value in enumerate(columns) if number not in IDLE_COLUMNS)
    return busy / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    found, open_ends = [pid], [pid]
    while open_ends:
        parent = open_ends.pop()
        for tasks in PROC.glob(f"{parent}/task/*/children"):
            try:
                children = [int(word) for word in tasks.read_text().split()]
            except OSError:  # it ended between the listing and the reading
                continue
            found += children
            open_ends += children
    return found


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the name, from the state on."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    return text.rpartition(")")[2].split()
