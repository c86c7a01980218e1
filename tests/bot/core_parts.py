"""The core's parts put together in one process, over a real database, with a canned Bot API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from consolidated_bot.components import COMPONENTS
from consolidated_bot.core.clock import SystemClock
from consolidated_bot.core.db import Database, open_database
from consolidated_bot.core.db.migrations import upgrade


@asynccontextmanager
async def fresh_database(url: str) -> AsyncIterator[Database]:
    """A database with the whole schema."""
    database = await open_database(url)
    try:
        await upgrade(database, COMPONENTS, SystemClock())
        yield database
    finally:
        await database.close()


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder / 'bot.db'}"


async def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Return once `condition` holds; what it looks at has no event to wait for."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
