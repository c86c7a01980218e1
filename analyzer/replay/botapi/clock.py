"""Where the emulator takes the time from; tests put a clock of their own in its place."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

NS_PER_SECOND = 1_000_000_000


class Clock(Protocol):
    """Two clocks in nanoseconds: one that only goes forward, one that people read."""

    def monotonic_ns(self) -> int:
        """Nanoseconds that never go back; on Linux the same clock in every process."""
        ...

    def wall_ns(self) -> int:
        """Nanoseconds since 1970-01-01T00:00Z."""
        ...


class SystemClock:
    """The machine's clocks."""

    def monotonic_ns(self) -> int:
        """Nanoseconds of CLOCK_MONOTONIC."""
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        """Nanoseconds of CLOCK_REALTIME."""
        return time.time_ns()


@dataclass(slots=True)
class ManualClock:
    """Clocks that stand still until `advance` is called."""

    monotonic: int = 0
    wall: int = 1_800_000_000 * NS_PER_SECOND

    def monotonic_ns(self) -> int:
        """The monotonic time set so far."""
        return self.monotonic

    def wall_ns(self) -> int:
        """The wall time set so far."""
        return self.wall

    def advance(self, seconds: float) -> None:
        """Move both clocks on by `seconds`."""
        step = round(seconds * NS_PER_SECOND)
        self.monotonic += step
        self.wall += step
