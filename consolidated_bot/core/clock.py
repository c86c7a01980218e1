"""Wall and monotonic time behind one door, so that tests own both."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """`now_ms` labels rows (UTC epoch, milliseconds); `monotonic` measures (seconds)."""

    def now_ms(self) -> int: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's clocks."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()
