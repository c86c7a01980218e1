"""Incidents and all that is told of them over SQLAlchemy Core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import BigInteger, Column, Integer, Table, Text, delete, insert, select

from analyzer.slo.alerts import Board, Transition, WindowCounts, from_json, to_json
from consolidated_bot.core.db import upsert
from consolidated_bot.operations.commands import StepDone
from consolidated_bot.operations.tables import METADATA, BotTables

BOARD = Table(
    "alert_board",
    METADATA,
    Column("bot_id", BigInteger, primary_key=True),
    Column("board", Text, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
)
TRANSITION = Table(
    "alert_transition",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("incident", BigInteger, nullable=False),
    Column("slo", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("bad_long", BigInteger, nullable=False),
    Column("valid_long", BigInteger, nullable=False),
    Column("bad_short", BigInteger, nullable=False),
    Column("valid_short", BigInteger, nullable=False),
)
LIVE_MESSAGE = Table(
    "live_message",
    METADATA,
    Column("incident", BigInteger, primary_key=True),
    Column("notice", BigInteger, nullable=False),
)
STEP_DONE = Table(
    "plan_step_done",
    METADATA,
    Column("incident", BigInteger, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("by_user_id", BigInteger, nullable=False),
    Column("by_name", Text, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
)
SECOND_CHANNEL = Table(
    "second_channel",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("incident", BigInteger, nullable=False),
    Column("notice", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("delivered_ms", BigInteger),
)
HEARTBEAT = 0
"""The notice number of a heartbeat."""


class SqlAlerts(BotTables):
    """The board of alerts, its audit, plans ticked off, and what the second channel brings."""

    def board(self) -> Board:
        """The board, held until the transaction ends so that no other process changes it."""
        statement = select(BOARD.c.board).where(BOARD.c.bot_id == self._bot_id)
        text = self._connection.execute(statement.with_for_update()).scalar()
        return from_json(text) if text else Board()

    def board_as_seen(self) -> Board:
        """The board as it stands, held for nobody."""
        statement = select(BOARD.c.board).where(BOARD.c.bot_id == self._bot_id)
        text = self._connection.execute(statement).scalar()
        return from_json(text) if text else Board()

    def save_board(self, board: Board, now_ms: int) -> None:
        values = {"board": to_json(board), "changed_ms": now_ms}
        statement = upsert(self._connection, BOARD).values(bot_id=self._bot_id, **values)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["bot_id"], set_=values)
        )

    def add_transitions(self, transitions: Iterable[Transition]) -> None:
        rows = [
            {
                "at_ms": round(t.at_s * 1000),
                "who": t.who,
                "incident": t.incident,
                "slo": t.slo,
                "context": t.context,
                "before": t.before,
                "after": t.after,
                "reason": t.reason,
                "bad_long": t.counts.bad_long,
                "valid_long": t.counts.valid_long,
                "bad_short": t.counts.bad_short,
                "valid_short": t.counts.valid_short,
            }
            for t in transitions
        ]
        if rows:
            self._connection.execute(insert(TRANSITION), rows)

    def transitions(self, from_ms: int, until_ms: int) -> list[Transition]:
        """The audit log of incidents between two moments, in order."""
        statement = (
            select(TRANSITION)
            .where(TRANSITION.c.at_ms >= from_ms, TRANSITION.c.at_ms <= until_ms)
            .order_by(TRANSITION.c.id)
        )
        return [
            Transition(
                row.at_ms / 1000,
                row.who,
                row.incident,
                row.slo,
                row.context,
                row.before,
                row.after,
                row.reason,
                WindowCounts(row.bad_long, row.valid_long, row.bad_short, row.valid_short),
            )
            for row in self._connection.execute(statement)
        ]

    def live_notice(self, incident: int) -> int | None:
        """The notice whose message is edited."""
        statement = select(LIVE_MESSAGE.c.notice).where(LIVE_MESSAGE.c.incident == incident)
        return self._connection.execute(statement).scalar()

    def set_live_notice(self, incident: int, notice: int) -> None:
        statement = upsert(self._connection, LIVE_MESSAGE).values(incident=incident, notice=notice)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["incident"], set_={"notice": notice})
        )

    # The incident plan

    def steps_done(self, incident: int) -> tuple[StepDone, ...]:
        statement = (
            select(STEP_DONE.c.step, STEP_DONE.c.by_name, STEP_DONE.c.at_ms)
            .where(STEP_DONE.c.incident == incident)
            .order_by(STEP_DONE.c.at_ms)
        )
        return tuple(StepDone(*row) for row in self._connection.execute(statement))

    def tick_step(self, incident: int, step: str, by: tuple[int, str], at_ms: int) -> bool:
        """Mark a step done, or undone if it was; return whether it is done now."""
        statement = delete(STEP_DONE).where(
            STEP_DONE.c.incident == incident, STEP_DONE.c.step == step
        )
        if self._connection.execute(statement).rowcount:
            return False
        values = {"by_user_id": by[0], "by_name": by[1], "at_ms": at_ms}
        self._connection.execute(insert(STEP_DONE).values(incident=incident, step=step, **values))
        return True

    # The second channel

    def bring(self, incident: int, notice: int, body: Mapping[str, Any], now_ms: int) -> None:
        """Let the second channel bring something; of heartbeats only the newest counts."""
        if notice == HEARTBEAT:
            self._connection.execute(
                delete(SECOND_CHANNEL).where(SECOND_CHANNEL.c.notice == HEARTBEAT)
            )
        self._connection.execute(
            insert(SECOND_CHANNEL),
            {
                "incident": incident,
                "notice": notice,
                "body": orjson.dumps(dict(body)).decode(),
                "created_ms": now_ms,
            },
        )

    def brought(self, incident: int) -> set[int]:
        """The notices of an incident that went by the second channel."""
        statement = select(SECOND_CHANNEL.c.notice).where(SECOND_CHANNEL.c.incident == incident)
        return set(self._connection.execute(statement).scalars())
