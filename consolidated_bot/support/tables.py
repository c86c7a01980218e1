"""Support's tables as SQLAlchemy Core sees them; `migrations/` creates them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

from consolidated_bot.support.domain import Ticket

METADATA = MetaData()

TICKET = Table(
    "ticket",
    METADATA,
    Column("number", BigInteger, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("priority", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("agent_id", BigInteger),
    Column("agent_name", Text),
    Column("created_ms", BigInteger, nullable=False),
    Column("first_response_due_ms", BigInteger, nullable=False),
    Column("resolution_due_ms", BigInteger, nullable=False),
    Column("first_response_ms", BigInteger),
    Column("closed_ms", BigInteger),
    Column("announced_ms", BigInteger),
    Column("warned_ms", BigInteger),
    Column("breached_ms", BigInteger),
    Column("rating", Integer),
    Column("attachment", Text),
    Column("zone", Text, nullable=False),
    Column("resolution_warned_ms", BigInteger),
    Column("resolution_breached_ms", BigInteger),
    Column("waiting_since_ms", BigInteger),
)

CONTACT = Table(
    "contact",
    METADATA,
    Column("user_id", BigInteger, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("username", Text),
    Column("language", Text, nullable=False),
    Column("unreachable_ms", BigInteger),
)

TICKET_ENTRY = Table(
    "ticket_entry",
    METADATA,
    Column("id", BigInteger, primary_key=True),
    Column("ticket_number", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("author_id", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("chat_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("attachment", Text),
)

COLLEAGUE = Table(
    "colleague",
    METADATA,
    Column("user_id", BigInteger, primary_key=True),
    Column("name", Text, nullable=False),
    Column("username", Text),
)

ALBUM_PART = Table(
    "album_part",
    METADATA,
    Column("chat_id", BigInteger, primary_key=True),
    Column("message_id", BigInteger, primary_key=True),
    Column("album", Text, nullable=False),
    Column("ticket_number", BigInteger),
    Column("author", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("relayed_ms", BigInteger),
)

TICKET_COLUMNS = [TICKET.c[name] for name in Ticket.__dataclass_fields__]
