"""The outbox: what is to be sent is stored with the effects that decided on it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from consolidated_bot.core.db import Prepared, prepared_upsert
from consolidated_bot.core.messages import Send, Topic
from consolidated_bot.core.tables import OUTBOX, SENT_MESSAGE

KEEP_MS = 48 * 3_600_000
KEEP_SENT_MESSAGE_MS = 90 * 24 * 3_600_000
OUTCOMES = {"failed": "failed", "dropped": "user_error"}  # who blocks us is no failure


@dataclass(frozen=True, slots=True)
class Queued:
    """A stored send. `journal` carries the journey whose confirmation this send is."""

    id: int
    chat_id: int
    priority: int
    method: str
    params: dict[str, Any]
    slot: str | None
    about: str | None
    journal: dict[str, Any] | None
    attempts: int
    not_before_ms: int
    topic: Topic | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """How a send ended: sent, superseded, dropped (the chat is gone) or failed."""

    item: Queued
    state: str
    at_ms: int
    message_ids: tuple[int, ...] = ()
    error: str | None = None

    @property
    def answerable(self) -> bool:
        """Whether somebody may soon refer to the message: one edited in place, or in a group."""
        return self.item.slot is not None or self.item.chat_id < 0

    @property
    def journal(self) -> dict[str, Any] | None:
        """The journal of the journey that this send confirmed, with its outcome."""
        journal = self.item.journal
        if journal is None:
            return None
        return journal | {"outcome": OUTCOMES.get(self.state, journal["outcome"])}


_COLUMNS = (
    OUTBOX.c.id,
    OUTBOX.c.chat_id,
    OUTBOX.c.priority,
    OUTBOX.c.method,
    OUTBOX.c.params,
    OUTBOX.c.slot,
    OUTBOX.c.about,
    OUTBOX.c.journal,
    OUTBOX.c.attempts,
    OUTBOX.c.not_before_ms,
    OUTBOX.c.topic,
)
_QUEUED = select(*_COLUMNS).where(
    OUTBOX.c.bot_id == bindparam("key_bot"), OUTBOX.c.state == "queued"
)
_ADD = Prepared(
    insert(OUTBOX).returning(OUTBOX.c.id),
    (
        "bot_id",
        "chat_id",
        "priority",
        "method",
        "params",
        "slot",
        "about",
        "journal",
        "state",
        "attempts",
        "not_before_ms",
        "created_ms",
        "topic",
    ),
)
_FINISH = Prepared(
    update(OUTBOX)
    .where(OUTBOX.c.id == bindparam("key"), OUTBOX.c.state == "queued")
    .values(
        state=bindparam("new_state"),
        finished_ms=bindparam("at_ms"),
        error=bindparam("why"),
        params="",
    )
)
_SUPERSEDE = Prepared(
    update(OUTBOX)
    .where(
        OUTBOX.c.bot_id == bindparam("key_bot"),
        OUTBOX.c.slot == bindparam("key_slot"),
        OUTBOX.c.state == "queued",
        OUTBOX.c.journal.is_(None),
    )
    .values(state="superseded", finished_ms=bindparam("at_ms"), params="")
)
_LEAVE_SLOT = Prepared(
    update(SENT_MESSAGE)
    .where(
        SENT_MESSAGE.c.bot_id == bindparam("key_bot"),
        SENT_MESSAGE.c.slot == bindparam("key_slot"),
    )
    .values(slot=None)
)
_REMEMBER = prepared_upsert(
    SENT_MESSAGE,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["bot_id", "chat_id", "message_id"],
        set_={name: insert.excluded[name] for name in ("slot", "about", "sent_ms")},
    ),
)
_IN_SLOT = Prepared(
    select(SENT_MESSAGE.c.message_id).where(
        SENT_MESSAGE.c.bot_id == bindparam("key_bot"),
        SENT_MESSAGE.c.slot == bindparam("key_slot"),
    )
)


def add(
    connection: Connection,
    bot_id: int,
    sends: Sequence[Send],
    journal: dict[str, Any] | None,
    now_ms: int,
) -> list[Queued]:
    """Store `sends`; the first one confirms the journey in `journal`."""
    queued = []
    for position, send in enumerate(sends):
        if send.slot is not None:
            _supersede(connection, bot_id, send.slot, now_ms)
        carried = _own_journal(send, now_ms) if send.journey else None
        if position == 0 and journal is not None:
            carried = journal
        values = {
            "bot_id": bot_id,
            "chat_id": send.chat_id,
            "priority": int(send.priority),
            "method": send.method,
            "params": orjson.dumps(dict(send.params)).decode(),
            "slot": send.slot,
            "about": send.about,
            "journal": None if carried is None else orjson.dumps(carried).decode(),
            "state": "queued",
            "attempts": 0,
            "not_before_ms": send.not_before_ms,
            "created_ms": now_ms,
            "topic": None if send.topic is None else orjson.dumps(send.topic).decode(),
        }
        number = _ADD.scalar(connection, **values)
        queued.append(
            Queued(
                number,
                send.chat_id,
                int(send.priority),
                send.method,
                dict(send.params),
                send.slot,
                send.about,
                carried,
                0,
                send.not_before_ms,
                send.topic,
            )
        )
    return queued


def _own_journal(send: Send, now_ms: int) -> dict[str, Any]:
    """The journey of a send that no update asked for; it begins when it is stored."""
    begin = max(now_ms, send.not_before_ms)
    return {
        "journey": send.journey,
        "outcome": "ok",
        "trace_id": secrets.token_hex(16),
        "received_ms": begin,
        "started_ms": begin,
        "committed_ms": begin,
    }


def _supersede(connection: Connection, bot_id: int, slot: str, now_ms: int) -> None:
    """A newer state of a card makes an older one that still waits pointless.

    One that confirms a journey is kept: its sender waits for it.
    """
    _SUPERSEDE.change(connection, key_bot=bot_id, key_slot=slot, at_ms=now_ms)


def queued(connection: Connection, bot_id: int, *, limit: int) -> list[Queued]:
    """Waiting rows, the most urgent and then the oldest first."""
    statement = _QUEUED.order_by(OUTBOX.c.priority, OUTBOX.c.id).limit(limit)
    return [_item(row._asdict()) for row in connection.execute(statement, {"key_bot": bot_id})]


def finish(connection: Connection, bot_id: int, endings: Sequence[Finished]) -> None:
    """Record how sends ended, and where messages with a slot or a subject now stand."""
    _FINISH.change_each(
        connection,
        [
            {"key": e.item.id, "new_state": e.state, "at_ms": e.at_ms, "why": e.error}
            for e in endings
        ],
    )
    for ending in endings:
        item = ending.item
        if item.slot or item.about:
            for message_id in ending.message_ids:
                _remember(connection, bot_id, ending, message_id)


def _remember(connection: Connection, bot_id: int, ending: Finished, message_id: int) -> None:
    item = ending.item
    if item.slot is not None:
        _LEAVE_SLOT.change(connection, key_bot=bot_id, key_slot=item.slot)
    _REMEMBER.change(
        connection,
        bot_id=bot_id,
        chat_id=item.chat_id,
        message_id=message_id,
        slot=item.slot,
        about=item.about,
        sent_ms=ending.at_ms,
    )


def message_in_slot(connection: Connection, bot_id: int, slot: str) -> int | None:
    """The message that stands in `slot`, if one was sent."""
    found: int | None = _IN_SLOT.scalar(connection, key_bot=bot_id, key_slot=slot)
    return found


def subject_of(connection: Connection, bot_id: int, chat_id: int, message_id: int) -> str | None:
    """What a sent message is about, for a reply to it."""
    statement = select(SENT_MESSAGE.c.about).where(
        SENT_MESSAGE.c.bot_id == bot_id,
        SENT_MESSAGE.c.chat_id == chat_id,
        SENT_MESSAGE.c.message_id == message_id,
    )
    return connection.execute(statement).scalar()


def depth(connection: Connection, bot_id: int) -> tuple[int, int | None]:
    """How many sends wait, and since when the oldest."""
    statement = select(func.count(), func.min(OUTBOX.c.created_ms)).where(
        OUTBOX.c.bot_id == bot_id, OUTBOX.c.state == "queued"
    )
    count, oldest = connection.execute(statement).one()
    return count, oldest


def purge(connection: Connection, now_ms: int) -> None:
    """Delete what was sent long ago."""
    connection.execute(delete(OUTBOX).where(OUTBOX.c.finished_ms < now_ms - KEEP_MS))
    connection.execute(
        delete(SENT_MESSAGE).where(SENT_MESSAGE.c.sent_ms < now_ms - KEEP_SENT_MESSAGE_MS)
    )


def _item(values: dict[str, Any]) -> Queued:
    values["params"] = orjson.loads(values["params"])
    values["journal"] = orjson.loads(values["journal"]) if values["journal"] else None
    return Queued(**values)
