"""Acknowledging comes before handling: under a burst, handling slows down, never the intake.

While many updates arrive, a probe measures how late the event loop runs its timers. If it is late,
handlers start further apart; once it is punctual again, closer. What waits is safe in the inbox.
The rule is that of TCP (additive and multiplicative steps around a target), and it looks at the
loop, not at the database, so that a distant database is not taken for a busy process.
"""

from __future__ import annotations

import asyncio

PROBE_SECONDS = 0.004
LATE_SECONDS = 0.001
BUSY_PER_PROBE = 2  # arrivals: 500 a second
SHORTEST_PAUSE = 0.001
LONGEST_PAUSE = 0.02
QUIET_PROBES = 50


class Governor:
    """`pause` is how long a handler waits before it starts: 0 unless the loop is late."""

    def __init__(self) -> None:
        """Start unhurried."""
        self.pause = 0.0
        self._arrived = 0
        self._quiet = 0
        self._expected = 0.0
        self._probing = False

    def arrived(self, updates: int) -> None:
        """Count arrivals; they start the probe."""
        self._arrived += updates
        if not self._probing:
            self._probing = True
            self._quiet = 0
            self._schedule()

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        self._expected = loop.time() + PROBE_SECONDS
        loop.call_at(self._expected, self._probe)

    def _probe(self) -> None:
        late = asyncio.get_running_loop().time() - self._expected
        busy = self._arrived >= BUSY_PER_PROBE
        self._quiet = 0 if busy else self._quiet + 1
        self._arrived = 0
        if busy and late > LATE_SECONDS:
            self.pause = min(LONGEST_PAUSE, max(SHORTEST_PAUSE, self.pause * 2.0))
        else:
            self.pause = self.pause * 0.8 if self.pause > SHORTEST_PAUSE else 0.0
        if self._quiet < QUIET_PROBES:
            self._schedule()
        else:
            self._probing = False
