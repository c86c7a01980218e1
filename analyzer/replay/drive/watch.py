"""Who looks on while users come, and says when it is over."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from analyzer.replay.drive.journeys import Journey


class Watch:
    """Looks on while a run goes; this one does nothing, and users stay as long as they like."""

    def heard(self, row: Journey) -> None:
        """Take note of a journey that ended."""

    async def over(self) -> None:
        """Return when nobody shall come or begin anything any more."""
        await asyncio.Event().wait()

    async def silent(self) -> None:
        """Return when nobody is left who could answer."""
        await asyncio.Event().wait()


class Closing(Watch):
    """Ends a run `seconds` after its beginning, or when told to, and keeps the rows until then.

    Whoever waits for an answer waits on, so nothing that was asked for is lost to the figures.
    """

    def __init__(self, seconds: float) -> None:
        """Begin with nothing heard."""
        self.rows: list[Journey] = []
        self._seconds = seconds
        self._told = asyncio.Event()
        self._silent = asyncio.Event()

    def heard(self, row: Journey) -> None:
        """Keep the row."""
        self.rows.append(row)

    def close(self) -> None:
        """End the run now."""
        self._told.set()

    def silence(self) -> None:
        """End the run now, and all waiting for answers with it."""
        self._silent.set()
        self.close()

    async def over(self) -> None:
        """Return at the end, however it came about."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds if self._seconds < float("inf") else None):
                await self._told.wait()

    async def silent(self) -> None:
        """Return when told that no answer can come."""
        await self._silent.wait()
