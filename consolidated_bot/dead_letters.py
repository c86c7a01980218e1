"""`consolidated-bot dead-letters`: updates that failed too often, by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import Connection

from consolidated_bot.components import COMPONENTS
from consolidated_bot.config import StoreSettings
from consolidated_bot.core import inbox
from consolidated_bot.core.clock import SystemClock
from consolidated_bot.core.db import Database, open_database
from consolidated_bot.core.db.migrations import upgrade
from consolidated_bot.core.errors import BotError
from consolidated_bot.core.redaction import redact


async def list_dead(settings: StoreSettings) -> list[str]:
    """One line each: update id, error id, attempts, the last error."""
    async with _database(settings) as database:
        rows = await database.read(lambda c: inbox.dead(c, settings.own_bot_id))
    return [f"{number}\t{mark}\t{tries}\t{redact(why)}" for number, tries, mark, why in rows]


async def replay(settings: StoreSettings, update_ids: Sequence[int] | None) -> int:
    """Make dead letters (None: all) pending again; a running bot takes them up in seconds.

    Raises `BotError`, and revives none, if one of `update_ids` is no dead letter.
    """

    def revive(connection: Connection) -> int:
        bot_id = settings.own_bot_id
        dead = {row[0] for row in inbox.dead(connection, bot_id)}
        if unknown := [str(number) for number in update_ids or () if number not in dead]:
            raise BotError(
                f"no dead letter {', '.join(unknown)}: `consolidated-bot dead-letters` lists "
                f"the {len(dead)} there are; nothing was replayed"
            )
        return inbox.revive(connection, bot_id, update_ids)

    async with _database(settings) as database:
        return await database.write(revive)


@asynccontextmanager
async def _database(settings: StoreSettings) -> AsyncIterator[Database]:
    database = await open_database(settings.database_url)
    try:
        await upgrade(database, COMPONENTS, SystemClock())
        yield database
    finally:
        await database.close()
