"""Waiting for what the bot says, without sleeping."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from analyzer.replay.botapi import ChatEvent, Door

PATIENCE_SECONDS = 10.0


async def eventually(happened: Callable[[], object]) -> None:
    """Return once `happened` is true of state that has no event to await."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not happened():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def seen(door: Door, after: int, wanted: Callable[[ChatEvent], bool]) -> ChatEvent:
    """The first event after number `after` that is `wanted`."""
    while True:
        events = await door.events(after, PATIENCE_SECONDS)
        assert events, "the bot said nothing in time"
        for event in events:
            if wanted(event):
                return event
        after = events[-1].seq
