"""`consolidated-bot dead-letters`: updates that failed too often, by hand."""

from __future__ import annotations

from collections.abc import Sequence

from consolidated_bot.components import COMPONENTS
from consolidated_bot.config import Settings
from consolidated_bot.core import inbox
from consolidated_bot.core.clock import SystemClock
from consolidated_bot.core.db import open_database
from consolidated_bot.core.db.migrations import upgrade
from consolidated_bot.core.redaction import redact


async def list_dead(settings: Settings) -> list[str]:
    """One line each: update id, error id, attempts, the last error."""
    database = await open_database(settings.database_url)
    try:
        await upgrade(database, COMPONENTS, SystemClock())
        rows = await database.read(lambda c: inbox.dead(c, settings.bot_id))
    finally:
        await database.close()
    return [f"{number}\t{mark}\t{tries}\t{redact(why)}" for number, tries, mark, why in rows]


async def replay(settings: Settings, update_ids: Sequence[int] | None) -> int:
    """Make dead letters (None: all) pending again; a running bot takes them up in seconds."""
    database = await open_database(settings.database_url)
    try:
        await upgrade(database, COMPONENTS, SystemClock())
        return await database.write(lambda c: inbox.revive(c, settings.bot_id, update_ids))
    finally:
        await database.close()
