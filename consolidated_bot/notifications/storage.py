"""Notifications' tables over SQLAlchemy Core."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from consolidated_bot.core.db import Prepared, upsert
from consolidated_bot.core.messages import Sender
from consolidated_bot.notifications.commands import Target
from consolidated_bot.notifications.domain import Broadcast, Progress

METADATA = MetaData()

SUBSCRIPTION = Table(
    "subscription",
    METADATA,
    Column("user_id", BigInteger, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
)
GONE_CHAT = Table(
    "gone_chat",
    METADATA,
    Column("chat_id", BigInteger, primary_key=True),
    Column("since_ms", BigInteger, nullable=False),
)
BROADCAST = Table(
    "broadcast",
    METADATA,
    Column("number", BigInteger, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("author_id", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("started_ms", BigInteger),
    Column("finished_ms", BigInteger),
    Column("scheduled_ms", BigInteger),
    Column("zone", Text, nullable=False),
)
TARGET = Table(
    "broadcast_target",
    METADATA,
    Column("broadcast_number", BigInteger, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("not_before_ms", BigInteger, nullable=False),
)

_BROADCAST_COLUMNS = [BROADCAST.c[name] for name in Broadcast.__dataclass_fields__]
_TOPICS = Prepared(
    select(SUBSCRIPTION.c.topic)
    .where(SUBSCRIPTION.c.user_id == bindparam("key"))
    .order_by(SUBSCRIPTION.c.topic)
)


class SqlNotifications:
    """The `Notifications` of the application, in one open transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on `connection`."""
        self._connection = connection

    def subscribe(self, sender: Sender, topic: str, now_ms: int) -> bool:
        statement = upsert(self._connection, SUBSCRIPTION).on_conflict_do_nothing()
        values = {
            "user_id": sender.user_id,
            "topic": topic,
            "chat_id": sender.chat_id,
            "since_ms": now_ms,
        }
        return self._connection.execute(statement, values).rowcount == 1

    def unsubscribe(self, user_id: int, topic: str) -> bool:
        statement = delete(SUBSCRIPTION).where(
            SUBSCRIPTION.c.user_id == user_id, SUBSCRIPTION.c.topic == topic
        )
        return self._connection.execute(statement).rowcount == 1

    def topics_of(self, user_id: int) -> list[str]:
        return [topic for (topic,) in _TOPICS.rows(self._connection, key=user_id)]

    def count_subscribers(self, topic: str) -> int:
        recipients = _recipients(topic, 0).subquery()
        return int(
            self._connection.execute(select(func.count()).select_from(recipients)).scalar_one()
        )

    def mark_gone(self, chat_id: int, now_ms: int) -> None:
        statement = upsert(self._connection, GONE_CHAT).on_conflict_do_nothing()
        self._connection.execute(statement, {"chat_id": chat_id, "since_ms": now_ms})

    def mark_back(self, chat_id: int) -> None:
        self._connection.execute(delete(GONE_CHAT).where(GONE_CHAT.c.chat_id == chat_id))

    def add_broadcast(self, broadcast: Broadcast) -> None:
        self._connection.execute(insert(BROADCAST), asdict(broadcast))

    def get_broadcast(self, number: int) -> Broadcast | None:
        statement = select(*_BROADCAST_COLUMNS).where(BROADCAST.c.number == number)
        row = self._connection.execute(statement).first()
        return Broadcast(*row) if row else None

    def save_broadcast(self, broadcast: Broadcast) -> None:
        values = asdict(broadcast)
        number = values.pop("number")
        self._connection.execute(
            update(BROADCAST).where(BROADCAST.c.number == number).values(**values)
        )

    def running(self) -> list[Broadcast]:
        statement = select(*_BROADCAST_COLUMNS).where(BROADCAST.c.state == "running")
        rows = self._connection.execute(statement.order_by(BROADCAST.c.number))
        return [Broadcast(*row) for row in rows]

    def due(self, now_ms: int) -> list[Broadcast]:
        statement = select(*_BROADCAST_COLUMNS).where(
            BROADCAST.c.state == "scheduled", BROADCAST.c.scheduled_ms <= now_ms
        )
        rows = self._connection.execute(statement.order_by(BROADCAST.c.number))
        return [Broadcast(*row) for row in rows]

    def make_targets(self, broadcast: Broadcast) -> int:
        """Fix who gets it, in one statement."""
        columns = ["broadcast_number", "user_id", "chat_id", "state", "not_before_ms"]
        chosen = _recipients(broadcast.topic, broadcast.number)
        return self._connection.execute(insert(TARGET).from_select(columns, chosen)).rowcount

    def progress(self, number: int) -> Progress:
        statement = (
            select(TARGET.c.state, func.count())
            .where(TARGET.c.broadcast_number == number)
            .group_by(TARGET.c.state)
        )
        return Progress(**{state: count for state, count in self._connection.execute(statement)})  # noqa: C416

    def count_queued(self, number: int) -> int:
        statement = select(func.count()).where(
            TARGET.c.broadcast_number == number, TARGET.c.state == "queued"
        )
        return int(self._connection.execute(statement).scalar_one())

    def has_open(self, number: int) -> bool:
        statement = (
            select(TARGET.c.user_id)
            .where(
                TARGET.c.broadcast_number == number,
                TARGET.c.state.in_(["waiting", "queued"]),
            )
            .limit(1)
        )
        return self._connection.execute(statement).first() is not None

    def next_targets(self, number: int, now_ms: int, most: int) -> list[Target]:
        statement = (
            select(TARGET.c.broadcast_number, TARGET.c.user_id, TARGET.c.chat_id)
            .where(
                TARGET.c.broadcast_number == number,
                TARGET.c.state == "waiting",
                TARGET.c.not_before_ms <= now_ms,
            )
            .order_by(TARGET.c.user_id)
            .limit(most)
        )
        return [Target(*row) for row in self._connection.execute(statement)]

    def set_target(self, target: Target, state: str, not_before_ms: int = 0) -> None:
        self._connection.execute(
            update(TARGET)
            .where(
                TARGET.c.broadcast_number == target.broadcast_number,
                TARGET.c.user_id == target.user_id,
            )
            .values(state=state, not_before_ms=not_before_ms)
        )

    def end_target(self, number: int, chat_id: int, state: str) -> bool:
        statement = (
            update(TARGET)
            .where(
                TARGET.c.broadcast_number == number,
                TARGET.c.chat_id == chat_id,
                TARGET.c.state == "queued",
            )
            .values(state=state)
        )
        return self._connection.execute(statement).rowcount > 0

    def erase(self, user_id: int) -> None:
        self._connection.execute(delete(SUBSCRIPTION).where(SUBSCRIPTION.c.user_id == user_id))
        self._connection.execute(
            delete(TARGET).where(TARGET.c.user_id == user_id, TARGET.c.state == "waiting")
        )


def _recipients(topic: str, number: int) -> Select[tuple[int, int, int, str, int]]:
    """Subscribers of `topic` whose chat is not known to be gone, as rows of `broadcast_target`."""
    gone = select(GONE_CHAT.c.chat_id)
    return select(
        literal(number, BigInteger),
        SUBSCRIPTION.c.user_id,
        SUBSCRIPTION.c.chat_id,
        literal("waiting", Text),
        literal(0, BigInteger),
    ).where(SUBSCRIPTION.c.topic == topic, SUBSCRIPTION.c.chat_id.not_in(gone))
