"""Waiting for what the bot says, without sleeping."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.replay.botapi import ChatEvent, Door

PATIENCE_SECONDS = 10.0


async def seen(door: Door, after: int, wanted: Callable[[ChatEvent], bool]) -> ChatEvent:
    """The first event after number `after` that is `wanted`."""
    while True:
        events = await door.events(after, PATIENCE_SECONDS)
        assert events, "the bot said nothing in time"
        for event in events:
            if wanted(event):
                return event
        after = events[-1].seq
