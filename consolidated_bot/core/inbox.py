"""The inbox: an update is a row before Telegram hears that we have it.

The key is (bot_id, update_id). A row's life: pending -> done, or pending -> dead after too many
failures (it can be replayed). Rows stay 48 hours, dead ones six days so that a weekend loses none:
longer than Telegram's redelivery window (24 h) and shorter than the week after which update ids
restart (BOT rule 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from consolidated_bot.core.db import Prepared, upsert
from consolidated_bot.core.tables import INBOX, INBOX_REJECTED

KEEP_MS = 48 * 3_600_000
KEEP_DEAD_MS = 6 * 24 * 3_600_000
PURGE_BATCH = 2_000


@dataclass(frozen=True, slots=True, order=True)
class Received:
    """A stored update, not yet worked on; ordered by `update_id`."""

    update_id: int
    bot_id: int
    chat_id: int
    body: str
    received_ms: int
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Rejected:
    """A delivered body that is no update."""

    bot_id: int
    received_ms: int
    reason: str
    body: str


_FINISH = Prepared(
    update(INBOX)
    .where(
        INBOX.c.bot_id == bindparam("key_bot"),
        INBOX.c.update_id == bindparam("key_update"),
        INBOX.c.state == "pending",
    )
    .values(state="done", body="", finished_ms=bindparam("at_ms"))
)
_PENDING = select(
    INBOX.c.update_id,
    INBOX.c.bot_id,
    INBOX.c.chat_id,
    INBOX.c.body,
    INBOX.c.received_ms,
    INBOX.c.attempts,
).where(INBOX.c.bot_id == bindparam("key_bot"), INBOX.c.state == "pending")


# The acknowledgement waits for this statement alone, so it goes straight to SQLite's driver: a
# tenth of the time that the same rows take as one statement built for the occasion.
_STORE_IN_SQLITE = """
INSERT INTO inbox (bot_id, update_id, chat_id, body, received_ms, state, attempts)
VALUES (?, ?, ?, ?, ?, 'pending', 0) ON CONFLICT DO NOTHING
"""


def store(connection: Connection, rows: Sequence[Received]) -> list[Received]:
    """Insert `rows`; return those that were not there before, in the order given."""
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        keys = ((r.bot_id, r.update_id, r.chat_id, r.body, r.received_ms) for r in rows)
        return [
            row
            for row, key in zip(rows, keys, strict=True)
            if cursor.execute(_STORE_IN_SQLITE, key) and cursor.rowcount
        ]
    unique = list({row.update_id: row for row in rows}.values())
    statement = upsert(connection, INBOX).on_conflict_do_nothing().returning(INBOX.c.update_id)
    values = [
        {
            "bot_id": row.bot_id,
            "update_id": row.update_id,
            "chat_id": row.chat_id,
            "body": row.body,
            "received_ms": row.received_ms,
            "state": "pending",
            "attempts": 0,
        }
        for row in unique
    ]
    new = set(connection.execute(statement, values).scalars())
    return [row for row in unique if row.update_id in new]


def store_rejected(connection: Connection, rows: Sequence[Rejected]) -> None:
    """Keep what could not be read."""
    connection.execute(
        insert(INBOX_REJECTED),
        [
            {
                "bot_id": row.bot_id,
                "received_ms": row.received_ms,
                "reason": row.reason,
                "body": row.body,
            }
            for row in rows
        ],
    )


def finish_in_turn(connection: Connection, row: Received, now_ms: int) -> bool:
    """As `finish`, but False also while an earlier update of the same chat is pending."""
    earlier = INBOX.alias("earlier")
    waiting = select(earlier.c.update_id).where(
        earlier.c.bot_id == row.bot_id,
        earlier.c.chat_id == row.chat_id,
        earlier.c.update_id < row.update_id,
        earlier.c.state == "pending",
    )
    statement = (
        update(INBOX)
        .where(
            INBOX.c.bot_id == row.bot_id,
            INBOX.c.update_id == row.update_id,
            INBOX.c.state == "pending",
            ~waiting.exists(),
        )
        .values(state="done", body="", finished_ms=now_ms)
    )
    return connection.execute(statement).rowcount == 1


def finish(connection: Connection, row: Received, now_ms: int) -> bool:
    """Mark `row` done and empty its body; False if another process has finished it."""
    changed = _FINISH.change(
        connection, key_bot=row.bot_id, key_update=row.update_id, at_ms=now_ms
    )
    return changed == 1


def record_failure(connection: Connection, row: Received, error: str) -> int:
    """Count a failed attempt; return how many there are now (0: no longer pending)."""
    statement = (
        update(INBOX)
        .where(
            INBOX.c.bot_id == row.bot_id,
            INBOX.c.update_id == row.update_id,
            INBOX.c.state == "pending",
        )
        .values(attempts=INBOX.c.attempts + 1, error=error)
        .returning(INBOX.c.attempts)
    )
    return connection.execute(statement).scalar() or 0


def bury(connection: Connection, row: Received, error_id: str, now_ms: int) -> bool:
    """Give `row` up: state dead, body kept for a replay."""
    statement = (
        update(INBOX)
        .where(
            INBOX.c.bot_id == row.bot_id,
            INBOX.c.update_id == row.update_id,
            INBOX.c.state == "pending",
        )
        .values(state="dead", error_id=error_id, finished_ms=now_ms)
    )
    return connection.execute(statement).rowcount == 1


def pending(
    connection: Connection, bot_id: int, *, limit: int, received_before_ms: int | None = None
) -> list[Received]:
    """The oldest pending rows, by update id."""
    statement = _PENDING.order_by(INBOX.c.update_id).limit(limit)
    if received_before_ms is not None:
        statement = statement.where(INBOX.c.received_ms < received_before_ms)
    return _received(connection.execute(statement, {"key_bot": bot_id}))


def pending_of_chat(connection: Connection, bot_id: int, chat_id: int) -> list[Received]:
    """All pending rows of one chat, by update id."""
    statement = _PENDING.where(INBOX.c.chat_id == chat_id).order_by(INBOX.c.update_id)
    return _received(connection.execute(statement, {"key_bot": bot_id}))


def has_earlier(connection: Connection, row: Received) -> bool:
    """Whether an earlier update of the same chat is still pending (another process's)."""
    statement = _PENDING.where(
        INBOX.c.chat_id == row.chat_id, INBOX.c.update_id < row.update_id
    ).limit(1)
    return connection.execute(statement, {"key_bot": row.bot_id}).first() is not None


def count_received(connection: Connection, row: Received, since_ms: int) -> int:
    """How many updates of the row's chat came after `since_ms`, up to the row itself."""
    statement = select(func.count()).where(
        INBOX.c.bot_id == row.bot_id,
        INBOX.c.chat_id == row.chat_id,
        INBOX.c.received_ms > since_ms,
        INBOX.c.received_ms <= row.received_ms,
    )
    return int(connection.execute(statement).scalar_one())


def depth(connection: Connection, bot_id: int) -> tuple[int, int | None]:
    """How many rows are pending, and when the oldest was received."""
    statement = select(func.count(), func.min(INBOX.c.received_ms)).where(
        INBOX.c.bot_id == bot_id, INBOX.c.state == "pending"
    )
    count, oldest = connection.execute(statement).one()
    return count, oldest


def dead(connection: Connection, bot_id: int | None) -> list[tuple[int, int, str, str]]:
    """The dead letters (None: of all bots): update_id, attempts, error_id, error."""
    statement = (
        select(INBOX.c.update_id, INBOX.c.attempts, INBOX.c.error_id, INBOX.c.error)
        .where(INBOX.c.state == "dead")
        .order_by(INBOX.c.update_id)
    )
    if bot_id is not None:
        statement = statement.where(INBOX.c.bot_id == bot_id)
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(statement)]


def revive(connection: Connection, bot_id: int | None, update_ids: Iterable[int] | None) -> int:
    """Make dead letters (all, or those named) pending again; return how many."""
    statement = (
        update(INBOX)
        .where(INBOX.c.state == "dead")
        .values(state="pending", attempts=0, finished_ms=None, error_id=None)
    )
    if bot_id is not None:
        statement = statement.where(INBOX.c.bot_id == bot_id)
    if update_ids is not None:
        statement = statement.where(INBOX.c.update_id.in_(list(update_ids)))
    return connection.execute(statement).rowcount


def purge(connection: Connection, now_ms: int) -> int:
    """Delete a batch of rows past their keeping time; return how many (0: nothing left)."""
    limit = now_ms - KEEP_MS
    buried = INBOX.c.received_ms < now_ms - KEEP_DEAD_MS
    old = (
        select(INBOX.c.bot_id, INBOX.c.update_id)
        .where(
            INBOX.c.received_ms < limit,
            (INBOX.c.state == "done") | (INBOX.c.state == "dead") & buried,
        )
        .limit(PURGE_BATCH)
    )
    keys = connection.execute(old).all()
    if keys:
        connection.execute(
            delete(INBOX).where(
                INBOX.c.bot_id == bindparam("key_bot"),
                INBOX.c.update_id == bindparam("key_update"),
            ),
            [{"key_bot": bot, "key_update": number} for bot, number in keys],
        )
    connection.execute(delete(INBOX_REJECTED).where(INBOX_REJECTED.c.received_ms < limit))
    return len(keys)


def _received(rows: Iterable[Any]) -> list[Received]:
    return [Received(*row) for row in rows]
