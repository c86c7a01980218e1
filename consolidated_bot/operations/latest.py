"""Journeys on their way to the board, each in its latest state.

An update passes five states within milliseconds, and the board does the same work for each; its
charts and alerts move by seconds. So states wait a moment, a newer one takes the place of an older
one of the same journey, and they arrive a few at a time, more when more wait: no burst of them
holds the event loop, and who looks at the board has few to wait for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import islice

from analyzer.slo.events import JourneyAttempt

WAIT_SECONDS = 0.05
AGAIN_SECONDS = 0.003
AT_A_TIME = 8
SHARE_AT_A_TIME = 50


class LatestStates:
    """`put` them in; `take` gets them in the order in which their journeys came."""

    def __init__(self, take: Callable[[JourneyAttempt], None]) -> None:
        """Hand on to `take`."""
        self._take = take
        self._waiting: dict[tuple[str, str, str], JourneyAttempt] = {}
        self._due = False

    def put(self, attempt: JourneyAttempt) -> None:
        """Let `attempt` wait a moment; without a running event loop it does not."""
        self._waiting[attempt.context, attempt.journey, attempt.journey_id] = attempt
        if self._due:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.flush()
        else:
            self._due = True
            loop.call_later(WAIT_SECONDS, self._some)

    def flush(self) -> None:
        """Hand on all that waits."""
        while self._waiting:
            self._take(self._waiting.pop(next(iter(self._waiting))))

    def _some(self) -> None:
        most = AT_A_TIME + len(self._waiting) // SHARE_AT_A_TIME
        for key in list(islice(self._waiting, most)):
            self._take(self._waiting.pop(key))
        self._due = bool(self._waiting)
        if self._due:
            asyncio.get_running_loop().call_later(AGAIN_SECONDS, self._some)
