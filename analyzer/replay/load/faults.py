"""Faults of a load test: a slow database, a storm of 429; each for a stretch of the run."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path

from analyzer.errors import UsageError
from analyzer.replay.botapi import FaultRule

STORM_SHARE = 0.3
LOCKED_SECONDS, FREE_SECONDS = 0.4, 0.1
LOCK_WITHIN_SECONDS = 5.0


def telegram_faults(scenario: str, begin: float, end: float) -> tuple[FaultRule, ...]:
    """What Telegram does wrong from `begin` to `end`: seconds after the start of the plan."""
    if scenario != "telegram-429":
        return ()
    return (
        FaultRule(
            kind="error", share=STORM_SHARE, status=429, start_seconds=begin, end_seconds=end
        ),
    )


async def slow_database(path: Path, seconds: float) -> None:
    """Hold the write lock of an SQLite file most of the time, for `seconds`.

    Raises:
        UsageError: there is no such file; a bot that keeps its database elsewhere cannot be
            slowed down from here.
    """
    if not await asyncio.to_thread(path.exists):
        raise UsageError(
            f"the bot made no database at DATABASE_URL ({path.name}): it cannot be slowed down "
            "from outside; use the fault tools of your database"
        )
    until = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < until:
        await asyncio.to_thread(_hold_lock, path)
        await asyncio.sleep(FREE_SECONDS)


def _hold_lock(path: Path) -> None:
    connection = sqlite3.connect(path, timeout=LOCK_WITHIN_SECONDS, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(LOCKED_SECONDS)
        connection.execute("ROLLBACK")
    finally:
        connection.close()
