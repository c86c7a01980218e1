"""Support's store: tickets, what was said on them, whom we know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select, update

from consolidated_bot.core import outbox, topics
from consolidated_bot.core.db import Prepared, prepared_upsert, upsert
from consolidated_bot.support.commands import AlbumPart, Entered
from consolidated_bot.support.desk_storage import SqlDesk
from consolidated_bot.support.domain import Contact, Promised, Ticket
from consolidated_bot.support.tables import (
    ALBUM_PART,
    CONTACT,
    METADATA,
    TICKET,
    TICKET_COLUMNS,
    TICKET_ENTRY,
)

__all__ = ["METADATA", "SqlTickets"]


class _Watched(NamedTuple):
    """The columns of one promise."""

    due: Any
    warned: Any
    breached: Any
    unkept: tuple[Any, ...]


_WATCHED = {
    Promised.FIRST_RESPONSE: _Watched(
        TICKET.c.first_response_due_ms,
        TICKET.c.warned_ms,
        TICKET.c.breached_ms,
        (TICKET.c.first_response_ms.is_(None),),
    ),
    Promised.RESOLUTION: _Watched(
        TICKET.c.resolution_due_ms,
        TICKET.c.resolution_warned_ms,
        TICKET.c.resolution_breached_ms,
        (),
    ),
}
_ENTRY_COLUMNS = [TICKET_ENTRY.c[name] for name in Entered.__dataclass_fields__]
_BY_NUMBER = Prepared(select(*TICKET_COLUMNS).where(TICKET.c.number == bindparam("key")))
_BY_MESSAGE = Prepared(
    select(*TICKET_COLUMNS).where(
        TICKET.c.chat_id == bindparam("key_chat"), TICKET.c.message_id == bindparam("key_message")
    )
)
_OF_USER = Prepared(
    select(*TICKET_COLUMNS)
    .where(TICKET.c.user_id == bindparam("key"))
    .order_by(TICKET.c.number.desc())
    .limit(bindparam("most"))
)
_INSERT = prepared_upsert(
    TICKET,
    lambda insert: insert.on_conflict_do_nothing().returning(TICKET.c.number),
    [name for name in Ticket.__dataclass_fields__ if name != "number"],
)
_CONTACT_COLUMNS = [CONTACT.c[name] for name in Contact.__dataclass_fields__]
_PART_COLUMNS = [ALBUM_PART.c[name] for name in AlbumPart.__dataclass_fields__]
_ANNOUNCED = Prepared(select(func.count()).where(TICKET.c.announced_ms > bindparam("since")))
_WAITING = TICKET.c.state == "open"  # no agent has it
_UNANNOUNCED = TICKET.c.announced_ms.is_(None)  # nor has it a card of its own
_COUNT_WAITING = Prepared(select(func.count()).where(_WAITING))
_COUNT_UNANNOUNCED = Prepared(select(func.count()).where(_WAITING, _UNANNOUNCED))
_FIRST_WAITING, _FIRST_UNANNOUNCED = (
    Prepared(
        select(*TICKET_COLUMNS)
        .where(*conditions)
        .order_by(TICKET.c.number)
        .limit(bindparam("most"))
    )
    for conditions in ((_WAITING,), (_WAITING, _UNANNOUNCED))
)
_MEET = prepared_upsert(
    CONTACT,
    lambda insert: insert.on_conflict_do_update(
        index_elements=["user_id"],
        set_={
            name: insert.excluded[name]
            for name in Contact.__dataclass_fields__
            if name != "user_id"
        },
    ),
    list(Contact.__dataclass_fields__),
)
SUBJECT = "ticket:"
KEEP_ALBUM_MS = 24 * 3_600_000


class SqlTickets(SqlDesk):
    """The `Tickets` of the application, in one open transaction."""

    def __init__(self, connection: Connection, bot_id: int) -> None:
        """Work on `connection`."""
        super().__init__(connection)
        self._bot_id = bot_id

    def insert(self, ticket: Ticket) -> int | None:
        values = asdict(ticket)
        del values["number"]
        number: int | None = _INSERT.scalar(self._connection, **values)
        return number

    def submitted_by(self, chat_id: int, message_id: int) -> Ticket | None:
        keys = {"key_chat": chat_id, "key_message": message_id}
        row = _BY_MESSAGE.first(self._connection, **keys)
        return Ticket(*row) if row else None

    def get(self, number: int) -> Ticket | None:
        row = _BY_NUMBER.first(self._connection, key=number)
        return Ticket(*row) if row else None

    def save(self, ticket: Ticket) -> None:
        values = asdict(ticket)
        statement = update(TICKET).where(TICKET.c.number == values.pop("number")).values(**values)
        self._connection.execute(statement)

    def of_user(self, user_id: int, most: int) -> list[Ticket]:
        return [Ticket(*row) for row in _OF_USER.rows(self._connection, key=user_id, most=most)]

    def unfinished_of(self, user_id: int) -> Ticket | None:
        statement = (
            select(*TICKET_COLUMNS)
            .where(TICKET.c.user_id == user_id, TICKET.c.state != "closed")
            .order_by(TICKET.c.state.desc(), TICKET.c.number.desc())  # "taken" before "open"
            .limit(1)
        )
        found = self._tickets(statement)
        return found[0] if found else None

    def waiting(self, most: int, *, unannounced: bool = False) -> list[Ticket]:
        statement = _FIRST_UNANNOUNCED if unannounced else _FIRST_WAITING
        return [Ticket(*row) for row in statement.rows(self._connection, most=most)]

    def count_waiting(self, *, unannounced: bool = False) -> int:
        statement = _COUNT_UNANNOUNCED if unannounced else _COUNT_WAITING
        return int(statement.scalar(self._connection))

    def announced_since(self, at_ms: int) -> int:
        return int(_ANNOUNCED.scalar(self._connection, since=at_ms))

    def due_for_warning(self, what: Promised, now_ms: int, most: int) -> list[Ticket]:
        """Three quarters of the time for `what` are over, and nobody was told."""
        watch = _WATCHED[what]
        warn_at = (TICKET.c.created_ms + 3 * watch.due) / 4
        return self._unkept(watch, watch.warned.is_(None), warn_at <= now_ms, most)

    def overdue(self, what: Promised, now_ms: int, most: int) -> list[Ticket]:
        """`what` is overdue, and this is not recorded yet."""
        watch = _WATCHED[what]
        return self._unkept(watch, watch.breached.is_(None), watch.due < now_ms, most)

    def _unkept(self, watch: _Watched, fresh: Any, late: Any, most: int) -> list[Ticket]:
        statement = select(*TICKET_COLUMNS).where(
            TICKET.c.state != "closed", *watch.unkept, fresh, late
        )
        return self._tickets(statement.order_by(watch.due).limit(most))

    def silent(self, since_before_ms: int, most: int) -> list[Ticket]:
        """Taken tickets whose authors have had the word since before then."""
        waiting = TICKET.c.waiting_since_ms
        statement = select(*TICKET_COLUMNS).where(
            waiting < since_before_ms, TICKET.c.state == "taken"
        )
        return self._tickets(statement.order_by(waiting).limit(most))

    def meet(self, contact: Contact) -> None:
        _MEET.change(self._connection, **asdict(contact))

    def contact(
        self, *, user_id: int | None = None, username: str | None = None
    ) -> Contact | None:
        mine = CONTACT.c.user_id == user_id if username is None else CONTACT.c.username == username
        row = self._connection.execute(select(*_CONTACT_COLUMNS).where(mine).limit(1)).first()
        return Contact(*row) if row else None

    def lose_contact(self, chat_id: int, at_ms: int) -> Contact | None:
        statement = (
            update(CONTACT)
            .where(CONTACT.c.chat_id == chat_id, CONTACT.c.unreachable_ms.is_(None))
            .values(unreachable_ms=at_ms)
            .returning(*_CONTACT_COLUMNS)
        )
        row = self._connection.execute(statement).first()
        return Contact(*row) if row else None

    def add_entry(self, entry: Entered) -> bool:
        statement = upsert(self._connection, TICKET_ENTRY).on_conflict_do_nothing()
        return self._connection.execute(statement, asdict(entry)).rowcount == 1

    def entries(self, number: int, most: int) -> list[Entered]:
        statement = (
            select(*_ENTRY_COLUMNS)
            .where(TICKET_ENTRY.c.ticket_number == number)
            .order_by(TICKET_ENTRY.c.id.desc())
            .limit(most)
        )
        rows = self._connection.execute(statement).all()
        return [Entered(*row) for row in reversed(rows)]

    def revise_entry(self, chat_id: int, message_id: int, body: str) -> Entered | None:
        statement = (
            update(TICKET_ENTRY)
            .where(
                TICKET_ENTRY.c.chat_id == chat_id,
                TICKET_ENTRY.c.message_id == message_id,
                TICKET_ENTRY.c.body != body,
            )
            .values(body=body)
            .returning(*_ENTRY_COLUMNS)
        )
        row = self._connection.execute(statement).first()
        return Entered(*row) if row else None

    def subject_of(self, chat_id: int, message_id: int) -> int | None:
        about = outbox.subject_of(self._connection, self._bot_id, chat_id, message_id)
        return _number(about)

    def subject_of_thread(self, chat_id: int, thread_id: int) -> int | None:
        return _number(topics.key_of(self._connection, self._bot_id, chat_id, thread_id))

    def about(self, subject: str) -> Ticket | None:
        number = _number(subject)
        return self.get(number) if number is not None else None

    def album(self, chat_id: int, album: str) -> AlbumPart | None:
        mine = select(*_PART_COLUMNS).filter_by(chat_id=chat_id, album=album)
        row = self._connection.execute(mine.order_by(ALBUM_PART.c.message_id).limit(1)).first()
        return AlbumPart(*row) if row else None

    def add_part(self, part: AlbumPart, now_ms: int) -> None:
        statement = upsert(self._connection, ALBUM_PART).on_conflict_do_nothing()
        self._connection.execute(statement, {**asdict(part), "at_ms": now_ms, "relayed_ms": None})

    def give_album(self, chat_id: int, message_id: int, number: int) -> bool:
        mine = select(ALBUM_PART.c.album).filter_by(chat_id=chat_id, message_id=message_id)
        album = self._connection.execute(mine).scalar()
        if album is None:
            return False
        self._connection.execute(
            update(ALBUM_PART)
            .where(ALBUM_PART.c.chat_id == chat_id, ALBUM_PART.c.album == album)
            .values(ticket_number=number)
        )
        return True

    def complete_albums(self, before_ms: int, now_ms: int) -> list[Sequence[AlbumPart]]:
        waiting = (ALBUM_PART.c.relayed_ms.is_(None), ALBUM_PART.c.ticket_number.is_not(None))
        statement = (
            select(ALBUM_PART.c.chat_id, ALBUM_PART.c.album)
            .where(*waiting)
            .group_by(ALBUM_PART.c.chat_id, ALBUM_PART.c.album)
            .having(func.max(ALBUM_PART.c.at_ms) < before_ms)
        )
        albums: list[Sequence[AlbumPart]] = []
        for chat_id, album in self._connection.execute(statement).all():
            mine = (*waiting, ALBUM_PART.c.chat_id == chat_id, ALBUM_PART.c.album == album)
            parts = select(*_PART_COLUMNS).where(*mine).order_by(ALBUM_PART.c.message_id)
            albums.append([AlbumPart(*row) for row in self._connection.execute(parts)])
            self._connection.execute(update(ALBUM_PART).where(*mine).values(relayed_ms=now_ms))
        if albums:
            old = ALBUM_PART.c.at_ms < now_ms - KEEP_ALBUM_MS
            self._connection.execute(delete(ALBUM_PART).where(old))
        return albums

    def erase(self, user_id: int) -> list[int]:
        """Forget who wrote what; numbers, states and times stay for the statistics."""
        mine = select(TICKET.c.number).where(TICKET.c.user_id == user_id)
        numbers = list(self._connection.execute(mine.order_by(TICKET.c.number)).scalars())
        for table in (TICKET_ENTRY, ALBUM_PART):
            self._connection.execute(delete(table).where(table.c.ticket_number.in_(numbers)))
        self._connection.execute(delete(CONTACT).where(CONTACT.c.user_id == user_id))
        self._connection.execute(
            update(TICKET)
            .where(TICKET.c.user_id == user_id)
            .values(
                body="",
                author_name="",
                user_id=0,
                state="closed",
                zone="UTC",
                waiting_since_ms=None,
            )
        )
        return numbers


def _number(about: str | None) -> int | None:
    return int(about.removeprefix(SUBJECT)) if about and about.startswith(SUBJECT) else None
