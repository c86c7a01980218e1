"""The level of the degraded mode over SQLAlchemy Core."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text, func, insert, select

from consolidated_bot.core.tables import INBOX
from consolidated_bot.operations.domain import Level, LevelHold
from consolidated_bot.operations.tables import METADATA, BotTables

DEGRADED_CHANGE = Table(
    "degraded_change",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("level", Integer, nullable=False),
    Column("before", Integer, nullable=False),
    Column("reason", Text, nullable=False),
)
LEVEL_HOLD = Table(
    "level_hold",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("level", Integer),
    Column("until_ms", BigInteger, nullable=False),
    Column("by_name", Text, nullable=False),
    Column("reason", Text, nullable=False),
)


class SqlLevels(BotTables):
    """What the level was and is, who holds it, and what the load asks of it."""

    def level(self) -> Level:
        return self.level_and_reason()[0]

    def level_and_reason(self) -> tuple[Level, str]:
        """The level, and why it is so."""
        c = DEGRADED_CHANGE.c
        statement = select(c.level, c.reason).order_by(c.id.desc()).limit(1)
        row = self._connection.execute(statement).first()
        return (Level(row[0]), row[1]) if row else (Level.NORMAL, "")

    def oldest_waiting_ms(self, except_chat: int | None) -> int | None:
        """When the oldest pending update was received, those of one chat left out."""
        statement = select(func.min(INBOX.c.received_ms)).where(
            INBOX.c.bot_id == self._bot_id, INBOX.c.state == "pending"
        )
        if except_chat is not None:
            statement = statement.where(INBOX.c.chat_id != except_chat)
        return self._connection.execute(statement).scalar()

    def change_level(self, before: Level, level: Level, reason: str, at_ms: int) -> None:
        self._connection.execute(
            insert(DEGRADED_CHANGE),
            {"at_ms": at_ms, "level": int(level), "before": int(before), "reason": reason},
        )

    def level_changes(self, from_ms: int, until_ms: int) -> list[tuple[int, Level, Level, str]]:
        """(when, before, level, reason) of every change between two moments."""
        c = DEGRADED_CHANGE.c
        statement = (
            select(c.at_ms, c.before, c.level, c.reason)
            .where(c.at_ms >= from_ms, c.at_ms <= until_ms)
            .order_by(c.id)
        )
        return [
            (row[0], Level(row[1]), Level(row[2]), row[3])
            for row in self._connection.execute(statement)
        ]

    def held(self, now_ms: int) -> LevelHold | None:
        """The level that somebody holds now; the last word counts, and it runs out by itself."""
        c = LEVEL_HOLD.c
        statement = select(c.level, c.until_ms, c.by_name, c.reason).order_by(c.id.desc()).limit(1)
        row = self._connection.execute(statement).first()
        if row is None or row[0] is None or row[1] <= now_ms:
            return None
        return LevelHold(Level(row[0]), *row[1:])

    def hold(self, hold: LevelHold, at_ms: int) -> None:
        """Somebody sets the level by hand."""
        self._add_hold(int(hold.level), hold, at_ms)

    def release(self, hold: LevelHold, at_ms: int) -> None:
        """From now on the load decides again; `hold` says who wants that and why."""
        self._add_hold(None, hold, at_ms)

    def _add_hold(self, level: int | None, hold: LevelHold, at_ms: int) -> None:
        values = {"until_ms": hold.until_ms, "by_name": hold.by_name, "reason": hold.reason}
        self._connection.execute(insert(LEVEL_HOLD), {"at_ms": at_ms, "level": level, **values})
