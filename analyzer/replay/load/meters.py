"""What a process uses, read from /proc; nothing where there is none."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds used so far by a process and its children, and the memory they hold."""

    processor_seconds: float
    memory_mb: float


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
