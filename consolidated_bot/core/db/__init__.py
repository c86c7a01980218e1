"""One door to SQLite and PostgreSQL: a unit of work is a function of a connection.

Units are plain synchronous SQLAlchemy Core, so that every use case is written once. On SQLite they
run one after the other in the event loop's own thread (a statement costs 15-20 us; a hop to a
driver thread per statement, as aiosqlite does, costs more than the statement and makes two threads
fight for the interpreter lock), and only the commit, which waits for the disk, runs beside the
loop, where the disk is slow enough for that to pay. On PostgreSQL each runs in a transaction of
its own over asyncpg.
"""

from __future__ import annotations

from consolidated_bot.core.db.database import Database, Unit, Urgency, open_database, upsert
from consolidated_bot.core.db.prepared import Prepared, prepared_upsert

__all__ = [
    "Database",
    "Prepared",
    "Unit",
    "Urgency",
    "open_database",
    "prepared_upsert",
    "upsert",
]
