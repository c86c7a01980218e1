"""The transaction of one update: effects, events, sends, `done` (BOT rule 7)."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, insert, select

from consolidated_bot.core.bus import Bus
from consolidated_bot.core.db import Prepared, upsert
from consolidated_bot.core.gate import Gate, OpenGate
from consolidated_bot.core.messages import (
    Answer,
    AuditLine,
    Conversation,
    Said,
    Send,
    Sender,
    Standing,
    StandingOf,
    Turn,
)
from consolidated_bot.core.tables import AUDIT, CONVERSATION, COUNTER

DIALOGUE_MS = 2 * 3_600_000
"""After so long nobody remembers what was asked: what they write is no answer to it."""

_CONVERSATION = Prepared(
    select(CONVERSATION.c.topic, CONVERSATION.c.step, CONVERSATION.c.draft).where(
        CONVERSATION.c.chat_id == bindparam("key_chat"),
        CONVERSATION.c.user_id == bindparam("key_user"),
        CONVERSATION.c.updated_ms > bindparam("since"),
    )
)
_END_CONVERSATION = Prepared(
    delete(CONVERSATION).where(
        CONVERSATION.c.chat_id == bindparam("key_chat"),
        CONVERSATION.c.user_id == bindparam("key_user"),
    )
)


class UnitOfWork:
    """A `Scope` over one open transaction; collects what is to be sent once it is committed."""

    def __init__(
        self, connection: Connection, bus: Bus, now_ms: int, gate: Gate | None = None
    ) -> None:
        """Work on `connection`; `gate` may turn commands away and has a word in answers."""
        self._gate: Gate = gate or OpenGate()
        self.connection = connection
        self.sends: list[Send] = []
        self._bus = bus
        self._now_ms = now_ms
        self._events: deque[Any] = deque()
        self._standing: Standing | None = None

    @property
    def now_ms(self) -> int:
        return self._now_ms

    def run(self, command: Any, sender: Sender) -> Answer:
        """Execute `command` and all that follows from it; return the answer to `sender`."""
        if sender.private and self._standing_of(sender).banned:
            return Answer("platform/banned", outcome="user_error")
        if refusal := self._gate.refuses(command, sender, self):
            return self.answer(refusal, sender)
        if isinstance(command, Said):
            turn = Turn(command, self.conversation(command.sender))
            result = self._bus.take_turn(self.connection, self, turn)
        else:
            result = self._bus.execute(self.connection, self, command)
        return self.answer(result, sender)

    def fire(self, command: Any) -> None:
        """Execute a timer's command; what it has to say goes out."""
        result = self._bus.execute(self.connection, self, command)
        self.sends.extend(self._bus.notice(result).sends)
        self.settle()

    def answer(self, result: Any, sender: Sender) -> Answer:
        """Present `result` (or a refusal) to `sender`, and settle the events."""
        standing = self._standing_of(sender)
        sender = replace(sender, language=standing.language, zone=standing.zone)
        answer = self._gate.remark(self._bus.present(result, sender), sender)
        self.sends.extend(answer.sends)
        self.settle()
        return answer

    def _standing_of(self, sender: Sender) -> Standing:
        if self._standing is None:
            known = self._bus.handles(StandingOf)
            asked = StandingOf(sender.user_id, sender.language)
            self._standing = self.ask(asked) if known else Standing(sender.language)
        return self._standing

    def settle(self) -> None:
        """Bring published events to their subscribers, and those' events, until none is left."""
        while self._events:
            event = self._events.popleft()
            for said in self._bus.notify(self.connection, self, event):
                self.sends.extend(self._bus.notice(said).sends)

    def ask(self, question: Any) -> Any:
        return self._bus.execute(self.connection, self, question)

    def publish(self, event: Any) -> None:
        self._events.append(event)

    def next_number(self, name: str) -> int:
        statement = upsert(self.connection, COUNTER).values(name=name, value=1)
        counted = statement.on_conflict_do_update(
            index_elements=["name"], set_={"value": COUNTER.c.value + 1}
        ).returning(COUNTER.c.value)
        return int(self.connection.execute(counted).scalar_one())

    def audit(self, action: str, subject: str, **details: object) -> None:
        self.connection.execute(
            insert(AUDIT), {"at_ms": self._now_ms, "action": action, "subject": subject, **details}
        )

    def audited(self, subject: str | None, most: int) -> list[AuditLine]:
        columns = [AUDIT.c[name] for name in AuditLine.__dataclass_fields__]
        statement = select(*columns).order_by(AUDIT.c.id.desc()).limit(most)
        if subject is not None:
            statement = statement.where(AUDIT.c.subject == subject)
        return [AuditLine(*row) for row in self.connection.execute(statement)]

    def conversation(self, sender: Sender) -> Conversation | None:
        """The sender's guided dialogue in progress."""
        since = self._now_ms - DIALOGUE_MS
        keys = {"key_chat": sender.chat_id, "key_user": sender.user_id, "since": since}
        row = _CONVERSATION.first(self.connection, **keys)
        return Conversation(row[0], row[1], orjson.loads(row[2])) if row else None

    def converse(self, sender: Sender, conversation: Conversation | None) -> None:
        keys = {"key_chat": sender.chat_id, "key_user": sender.user_id}
        if conversation is None:
            _END_CONVERSATION.change(self.connection, **keys)
            return
        values = {
            "topic": conversation.topic,
            "step": conversation.step,
            "draft": orjson.dumps(dict(conversation.draft)).decode(),
            "updated_ms": self._now_ms,
        }
        statement = upsert(self.connection, CONVERSATION).values(
            chat_id=sender.chat_id, user_id=sender.user_id, **values
        )
        self.connection.execute(
            statement.on_conflict_do_update(index_elements=["chat_id", "user_id"], set_=values)
        )
