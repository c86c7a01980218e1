"""The core's tables as SQLAlchemy Core sees them; `migrations/` creates them, a test compares."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

METADATA = MetaData()

INBOX = Table(
    "inbox",
    METADATA,
    Column("bot_id", BigInteger, primary_key=True),
    Column("update_id", BigInteger, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("finished_ms", BigInteger),
    Column("error_id", Text),
    Column("error", Text),
)

INBOX_REJECTED = Table(
    "inbox_rejected",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("bot_id", BigInteger, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", Text, nullable=False),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("bot_id", BigInteger, nullable=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("method", Text, nullable=False),
    Column("params", Text, nullable=False),
    Column("slot", Text),
    Column("about", Text),
    Column("journal", Text),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("not_before_ms", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("finished_ms", BigInteger),
    Column("error", Text),
    Column("topic", Text),
)

SENT_MESSAGE = Table(
    "sent_message",
    METADATA,
    Column("bot_id", BigInteger, primary_key=True),
    Column("chat_id", BigInteger, primary_key=True),
    Column("message_id", BigInteger, primary_key=True),
    Column("slot", Text),
    Column("about", Text),
    Column("sent_ms", BigInteger, nullable=False),
)

FORUM_TOPIC = Table(
    "forum_topic",
    METADATA,
    Column("bot_id", BigInteger, primary_key=True),
    Column("chat_id", BigInteger, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("thread_id", BigInteger, nullable=False),
)

MOVED_CHAT = Table(
    "moved_chat",
    METADATA,
    Column("bot_id", BigInteger, primary_key=True),
    Column("chat_id", BigInteger, primary_key=True),
    Column("moved_to", BigInteger, nullable=False),
)

LEADER = Table(
    "leader",
    METADATA,
    Column("bot_id", BigInteger, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
)

COUNTER = Table(
    "counter",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

CONVERSATION = Table(
    "conversation",
    METADATA,
    Column("chat_id", BigInteger, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    Column("topic", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("draft", Text, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor_id", BigInteger),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("reason", Text),
)
