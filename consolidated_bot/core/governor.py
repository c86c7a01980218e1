"""Acknowledging comes before handling: in a flood, handling slows down, never the intake.

While many updates arrive, a probe measures how late the event loop runs its timers. If it is late
and a backlog shows that handling cannot keep up anyway, handlers start further apart; once it is
punctual again, closer. What waits is safe in the inbox. The rule is that of TCP (multiplicative
steps around a target), and it looks at the loop, not at the database, so that a distant database
is not taken for a busy process. Without a backlog nothing is slowed: a bot that keeps up is
allowed to be busy.
"""

from __future__ import annotations

import asyncio

PROBE_SECONDS = 0.004
LATE_SECONDS = 0.001
FLOOD_PER_SECOND = 1_250.0  # more than aiogram's handlers manage on a core, with or without us
SMOOTHING = 8  # probes
BACKLOG = 100
SHORTEST_PAUSE = 0.001
LONGEST_PAUSE = 0.02
QUIET_PROBES = 50
LOOK_SECONDS = 0.05
MANY = round(FLOOD_PER_SECOND * LOOK_SECONDS / 2)


class Governor:
    """`pause` is how long a handler waits before it starts: 0 unless a flood makes us late."""

    def __init__(self) -> None:
        """Start unhurried."""
        self._pause = 0.0
        self._arrived = 0
        self._rate = 0.0
        self._quiet = 0
        self._expected = 0.0
        self._probing = False
        self._looked_at = 0.0

    def pause(self, backlog: int) -> float:
        """Seconds to wait before the next handler starts, with `backlog` updates waiting."""
        return self._pause if backlog > BACKLOG else 0.0

    def arrived(self, updates: int) -> None:
        """Count arrivals; many of them start the probe, which costs what a few updates cost."""
        self._arrived += updates
        if self._probing:
            return
        now = asyncio.get_running_loop().time()
        if now - self._looked_at > LOOK_SECONDS:
            self._looked_at, self._arrived = now, updates
        if self._arrived >= MANY:
            self._probing = True
            self._quiet = 0
            self._schedule()

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        self._expected = loop.time() + PROBE_SECONDS
        loop.call_at(self._expected, self._probe)

    def _probe(self) -> None:
        late = asyncio.get_running_loop().time() - self._expected
        self._rate += (self._arrived / (PROBE_SECONDS + late) - self._rate) / SMOOTHING
        self._quiet = 0 if self._arrived else self._quiet + 1
        self._arrived = 0
        if self._rate > FLOOD_PER_SECOND and late > LATE_SECONDS:
            self._pause = min(LONGEST_PAUSE, max(SHORTEST_PAUSE, self._pause * 2.0))
        else:
            self._pause = self._pause * 0.8 if self._pause > SHORTEST_PAUSE else 0.0
        if self._quiet < QUIET_PROBES:
            self._schedule()
        else:
            self._probing = False
            self._rate = 0.0
