"""What a process uses, from the standard library alone."""

from __future__ import annotations

import resource
import time
from pathlib import Path

RESIDENT = Path("/proc/self/statm")


class ResourceUse:
    """CPU since the last look and resident memory."""

    def __init__(self) -> None:
        self._cpu_s = time.process_time()
        self._wall_s = time.monotonic()

    def figures(self) -> dict[str, float]:
        """`cpu_percent` of one core since the last call; `memory_mb`, resident."""
        cpu_s, wall_s = time.process_time(), time.monotonic()
        share = (cpu_s - self._cpu_s) / max(wall_s - self._wall_s, 1e-9)
        self._cpu_s, self._wall_s = cpu_s, wall_s
        return {"cpu_percent": round(100 * share, 2), "memory_mb": round(resident_mb(), 1)}


def resident_mb() -> float:
    """MiB in memory now; where there is no /proc the peak, which a child inherits at its fork."""
    if RESIDENT.exists():
        return int(RESIDENT.read_text().split()[1]) * resource.getpagesize() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
