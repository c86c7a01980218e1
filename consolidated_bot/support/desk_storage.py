"""What the desk looks up over all tickets, and who works there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from consolidated_bot.core.db import upsert
from consolidated_bot.support.domain import Colleague, Ticket
from consolidated_bot.support.statistics import Course
from consolidated_bot.support.tables import COLLEAGUE, TICKET, TICKET_COLUMNS, TICKET_ENTRY

SEARCHED = 10_000
"""So many of the newest tickets are looked through: a search must not hold up the others."""
COUNTED = 20_000

_COURSE_COLUMNS = [TICKET.c[name] for name in Course._fields]
_COLLEAGUE_COLUMNS = [COLLEAGUE.c[name] for name in Colleague.__dataclass_fields__]


class SqlDesk:
    """The desk's part of the `Tickets` of the application, in one open transaction."""

    def __init__(self, connection: Connection) -> None:
        """Work on `connection`."""
        self._connection = connection

    def of_agent(self, agent_id: int, most: int) -> list[Ticket]:
        statement = select(*TICKET_COLUMNS).where(
            TICKET.c.agent_id == agent_id, TICKET.c.state == "taken"
        )
        return self._tickets(statement.order_by(TICKET.c.number.desc()).limit(most))

    def search(self, words: Sequence[str], most: int) -> list[Ticket]:
        newest = select(func.max(TICKET.c.number)).scalar_subquery()
        statement = select(*TICKET_COLUMNS).where(
            TICKET.c.number > newest - SEARCHED, *(_said(word) for word in words)
        )
        return self._tickets(statement.order_by(TICKET.c.number.desc()).limit(most))

    def touched_since(self, at_ms: int) -> list[Course]:
        statement = select(*_COURSE_COLUMNS).where(
            or_(TICKET.c.created_ms >= at_ms, TICKET.c.closed_ms >= at_ms)
        )
        newest = statement.order_by(TICKET.c.number.desc()).limit(COUNTED)
        return [Course(*row) for row in self._connection.execute(newest)][::-1]

    def remember(self, colleague: Colleague) -> None:
        values = asdict(colleague)
        statement = upsert(self._connection, COLLEAGUE).values(values)
        del values["user_id"]
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["user_id"], set_=values)
        )

    def colleague(
        self, *, user_id: int | None = None, username: str | None = None
    ) -> Colleague | None:
        theirs = COLLEAGUE.c.username == username
        if username is None:
            theirs = COLLEAGUE.c.user_id == user_id
        row = self._connection.execute(select(*_COLLEAGUE_COLUMNS).where(theirs).limit(1)).first()
        return Colleague(*row) if row else None

    def _tickets(self, statement: Any) -> list[Ticket]:
        return [Ticket(*row) for row in self._connection.execute(statement)]


def _said(word: str) -> ColumnElement[bool]:
    """Whether `word` stands in the ticket, in its author's name or in what was said on it.

    SQLite knows no upper case beyond ASCII, so the usual spellings are looked for.
    """
    spellings = {word, word.lower(), word.upper(), word.capitalize()}
    entered = select(TICKET_ENTRY.c.id).where(
        TICKET_ENTRY.c.ticket_number == TICKET.c.number,
        or_(*(TICKET_ENTRY.c.body.contains(each, autoescape=True) for each in spellings)),
    )
    columns = (TICKET.c.body, TICKET.c.author_name)
    own = [column.contains(each, autoescape=True) for column in columns for each in spellings]
    return or_(*own, entered.exists())
