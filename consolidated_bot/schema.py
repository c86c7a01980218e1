"""`consolidated-bot db upgrade`."""

from __future__ import annotations

from consolidated_bot.components import COMPONENTS
from consolidated_bot.core.clock import SystemClock
from consolidated_bot.core.db import open_database
from consolidated_bot.core.db.migrations import upgrade


async def upgrade_schema(url: str) -> list[str]:
    """Apply what is missing; return the names of what was applied."""
    database = await open_database(url)
    try:
        applied = await upgrade(database, COMPONENTS, SystemClock())
    finally:
        await database.close()
    return [f"{each.component} {each.number:04d} {each.name}" for each in applied]
