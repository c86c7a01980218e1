"""One update from its stored body to its committed effects (BOT rules 6-8)."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog
from aiogram import Bot, Dispatcher
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.types import CallbackQuery, Message, Update
from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from consolidated_bot.core import inbox, outbox
from consolidated_bot.core.bus import Bus
from consolidated_bot.core.clock import Clock
from consolidated_bot.core.db import Database
from consolidated_bot.core.errors import DatabaseError, Refused
from consolidated_bot.core.flood import Flood
from consolidated_bot.core.gate import Gate
from consolidated_bot.core.inbox import Received
from consolidated_bot.core.messages import Answer, Priority, Send, Sender
from consolidated_bot.core.outbox import Queued
from consolidated_bot.core.place import Place
from consolidated_bot.core.reading import read_update
from consolidated_bot.core.telemetry import Telemetry
from consolidated_bot.core.texts import apology
from consolidated_bot.core.unit import UnitOfWork

TRANSIENT = (DatabaseError, OperationalError, InterfaceError, OSError)
FIRST_RETRY_SECONDS = 0.2
LONGEST_RETRY_SECONDS = 30.0


class EarlierPendingError(Exception):
    """An earlier update of the chat, stored by another process, is still to be worked on."""


@dataclass(frozen=True, slots=True)
class Again:
    """Work on the update again after `seconds`; `reload` the chat from the inbox first."""

    seconds: float
    reload: bool = False


@dataclass(frozen=True, slots=True)
class _Work:
    """What an update asks for; `refusal` once the domain has turned it down."""

    update: Update | None
    command: Any
    refusal: Refused | None = None


@dataclass(frozen=True, slots=True)
class _Committed:
    journal: dict[str, Any]
    queued: list[Queued]


class Processor:
    """Turns stored updates into effects; hands what is to be sent to `deliver`."""

    def __init__(
        self, parts: ProcessorParts, *, max_attempts: int, ops_chat_id: int | None
    ) -> None:
        """Wire up."""
        self._parts = parts
        self._max_attempts = max_attempts
        self._ops_chat_id = ops_chat_id
        self._log = structlog.get_logger()

    async def process(self, row: Received) -> Again | None:
        """Work on `row` once; None when it is finished (done, dead, or another process's)."""
        parts = self._parts
        started = parts.clock.now_ms()
        try:
            update = read_update(row.body, parts.bot)
            command = await self._route(update)
            committed = await self._effects(row, started, _Work(update, command))
        except EarlierPendingError:
            return Again(0.05, reload=True)
        except TRANSIENT as error:
            self._log.warning(
                "the database did not take an update; trying again", error=str(error)
            )
            return Again(1.0)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is its failure
            return await self._failed(row, started, error)
        self._deliver(committed)
        return None

    async def _effects(self, row: Received, started: int, work: _Work) -> _Committed | None:
        """Commit the update's effects, or, if the domain turns it down, only the answer."""
        database = self._parts.database
        try:
            return await database.write(lambda c: self._commit(c, row, started, work))
        except Refused as refusal:
            refused = replace(work, refusal=refusal)
            return await database.write(lambda c: self._commit(c, row, started, refused))

    async def _route(self, update: Update | None) -> Any:
        if update is None:
            return None
        command = await self._parts.dispatcher.feed_update(self._parts.bot, update)
        return None if command is UNHANDLED else command

    def _commit(
        self, connection: Connection, row: Received, started: int, work: _Work
    ) -> _Committed | None:
        parts = self._parts
        now = parts.clock.now_ms()
        shared = not parts.database.one_process and row.chat_id
        if not (_take_turn if shared else inbox.finish)(connection, row, now):
            return None
        unit = UnitOfWork(connection, parts.bus, now, parts.gate)
        if work.update is None or work.command is None:
            answer = Answer("platform/ignored")
        elif refusal := parts.flood.refusal(connection, row, work.command):
            answer = refusal
            unit.sends.extend(refusal.sends)
        elif work.refusal is not None:
            answer = unit.answer(work.refusal, _sender(work.update, parts.place))
        else:
            answer = unit.run(work.command, _sender(work.update, parts.place))
        journal = self._journal(row, started, answer)
        return self._store(connection, unit.sends, journal, row.bot_id)

    def _store(
        self, connection: Connection, sends: Sequence[Send], journal: dict[str, Any], bot_id: int
    ) -> _Committed:
        now = self._parts.clock.now_ms()
        journal["committed_ms"] = now
        queued = outbox.add(connection, bot_id, sends, journal, now)
        if not queued:
            self._parts.telemetry.watch.keep(connection, [(journal, now)])
        return _Committed(journal, queued)

    def _deliver(self, committed: _Committed | None) -> None:
        if committed is None:
            return
        now = self._parts.clock.now_ms()
        committed.journal["committed_ms"] = now
        if committed.queued:
            self._parts.deliver(committed.queued)
        else:
            self._parts.telemetry.journey_finished(committed.journal, now)

    def _journal(self, row: Received, started: int, answer: Answer) -> dict[str, Any]:
        return {
            "journey": answer.journey,
            "outcome": answer.outcome,
            "ticket_id": answer.ticket_id,
            "update_id": row.update_id,
            "chat_hash": self._parts.telemetry.chat_hash(row.chat_id),
            "trace_id": trace_id(row),
            "attempts": row.attempts + 1,
            "received_ms": row.received_ms,
            "started_ms": started,
        }

    async def _failed(self, row: Received, started: int, error: Exception) -> Again | None:
        """Count the failure; after too many the update is buried and its author told so."""
        reason = f"{type(error).__name__}: {error}"[:500]
        database = self._parts.database
        last = isinstance(error, ValidationError | json.JSONDecodeError)
        try:
            attempts = await database.write(lambda c: inbox.record_failure(c, row, reason))
            if attempts == 0:
                return None
            self._log.warning(
                "an update failed",
                update_id=row.update_id,
                trace_id=trace_id(row),
                attempts=attempts,
                exc_info=error,
            )
            if attempts < self._max_attempts and not last:
                return Again(min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** (attempts - 1)))
            buried = await database.write(lambda c: self._bury(c, row, started, attempts))
        except TRANSIENT as trouble:
            self._log.warning("a failure could not be recorded", error=str(trouble))
            return Again(1.0)
        self._deliver(buried)
        return None

    def _bury(
        self, connection: Connection, row: Received, started: int, attempts: int
    ) -> _Committed | None:
        error_id = secrets.token_hex(4)
        if not inbox.bury(connection, row, error_id, self._parts.clock.now_ms()):
            return None
        self._parts.telemetry.metrics.dead.inc()
        intended = self._parts.telemetry.watch.intended(row)
        answer = Answer(intended or "platform/dead-letter", outcome="dead")
        journal = self._journal(row, started, answer) | {
            "error_id": error_id,
            "attempts": attempts,
        }
        sends = [Send(row.chat_id, apology(row.body, error_id))] if row.chat_id > 0 else []
        if self._ops_chat_id is not None:
            text = f"Dead letter {error_id}: update {row.update_id} failed {attempts} times"
            sends.append(Send(self._ops_chat_id, {"text": text}, priority=Priority.ALERT))
        return self._store(connection, sends, journal, row.bot_id)


@dataclass(frozen=True, slots=True)
class ProcessorParts:
    """What a processor works with."""

    database: Database
    bus: Bus
    dispatcher: Dispatcher
    bot: Bot
    place: Place
    telemetry: Telemetry
    clock: Clock
    deliver: Callable[[Sequence[Queued]], None]
    flood: Flood
    gate: Gate | None = None


def trace_id(row: Received) -> str:
    """One update, one trace, however often it is tried or delivered."""
    return hashlib.blake2b(f"{row.bot_id}:{row.update_id}".encode(), digest_size=16).hexdigest()


def _take_turn(connection: Connection, row: Received, now_ms: int) -> bool:
    """Among several processes: hold the chat, let its earlier updates go first, then finish."""
    connection.exec_driver_sql(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", (f"{row.bot_id}/{row.chat_id}",)
    )
    if inbox.finish_in_turn(connection, row, now_ms):
        return True
    if inbox.has_earlier(connection, row):
        raise EarlierPendingError
    return False


def _sender(update: Update, place: Place) -> Sender:
    event = update.event
    if isinstance(event, CallbackQuery):
        assert event.message is not None
        return place.sender(event.from_user, event.message)
    assert isinstance(event, Message)
    return place.sender(event.from_user, event)
