"""What a process uses, from the standard library alone."""

from __future__ import annotations

import resource
import time


class ResourceUse:
    """CPU since the last look and the peak of resident memory."""

    def __init__(self) -> None:
        self._cpu_s = time.process_time()
        self._wall_s = time.monotonic()

    def figures(self) -> dict[str, float]:
        """`cpu_percent` of one core since the last call; `memory_mb`, peak resident."""
        cpu_s, wall_s = time.process_time(), time.monotonic()
        share = (cpu_s - self._cpu_s) / max(wall_s - self._wall_s, 1e-9)
        self._cpu_s, self._wall_s = cpu_s, wall_s
        peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {"cpu_percent": round(100 * share, 2), "memory_mb": round(peak_kib / 1024, 1)}
