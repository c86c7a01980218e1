"""The table of ended journeys: written with the transaction that ends them, read after a restart.

Sums are made by the database, classes by `analyzer.slo.events.classify` alone: rows that fall in
the same bucket of time, with the same outcome and on the same side of the deadline are one class,
so one of them is classified for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    Table,
    Text,
    case,
    delete,
    func,
    insert,
    literal,
    select,
)

from analyzer.slo.events import EventClass, JourneyAttempt, classify
from analyzer.slo.spec import Objective
from analyzer.slo.watch import LiveObjective
from consolidated_bot.core.db import Prepared
from consolidated_bot.core.journeys import Ending
from consolidated_bot.operations.journeys import HANDLING, EndedJourney, attempts, ended_journey
from consolidated_bot.operations.tables import METADATA

JOURNEY = Table(
    "journey",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("trace_id", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("journey", Text, nullable=False),
    Column("received_ms", BigInteger, nullable=False),
    Column("begun_ms", BigInteger, nullable=False),
    Column("committed_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("of_update", Integer, nullable=False),
)
_COLUMNS = tuple(JOURNEY.c[name] for name in EndedJourney._fields)
_ADD = Prepared(insert(JOURNEY), EndedJourney._fields)
PURGE_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Tally:
    """So many ended journeys of one class that began in the bucket at `start_us`."""

    start_us: int
    event_class: EventClass
    count: int


def add(connection: Connection, endings: Sequence[Ending]) -> None:
    """Keep journeys that end in this transaction."""
    rows = [ended_journey(journal, end_ms)._asdict() for journal, end_ms in endings]
    _ADD.change_each(connection, rows)


def ended_between(connection: Connection, from_ms: int, until_ms: int) -> list[EndedJourney]:
    """The rows that ended in [from_ms, until_ms), in the order of their ends."""
    statement = (
        select(*_COLUMNS)
        .where(JOURNEY.c.ended_ms >= from_ms, JOURNEY.c.ended_ms < until_ms)
        .order_by(JOURNEY.c.ended_ms, JOURNEY.c.id)
    )
    return [EndedJourney(*row) for row in connection.execute(statement)]


def tallies(connection: Connection, live: LiveObjective, ended_before_ms: int) -> Iterator[Tally]:
    """What ended before `ended_before_ms`, as far back as `live` counts, by bucket of start."""
    objective, begins_ms = live.objective, live.begins_us // 1000
    handling = (objective.context, objective.journey) == HANDLING
    end = JOURNEY.c.committed_ms if handling else JOURNEY.c.ended_ms
    width_ms = max(1, live.events.windows.bucket_us // 1000)
    bucket = (JOURNEY.c.received_ms // width_ms).label("bucket")
    elapsed = end - JOURNEY.c.received_ms
    deadline_ms = objective.deadline_ms
    late = literal(0) if deadline_ms is None else case((elapsed > deadline_ms, 1), else_=0)
    side = case((elapsed < 0, -1), else_=late).label("side")
    statement = (
        select(bucket, JOURNEY.c.outcome, side, func.count())
        .where(JOURNEY.c.ended_ms < ended_before_ms, JOURNEY.c.received_ms >= begins_ms)
        .group_by("bucket", JOURNEY.c.outcome, "side")
        .order_by("bucket")
    )
    if handling:
        statement = statement.where(JOURNEY.c.of_update == 1)
    else:
        statement = statement.where(
            JOURNEY.c.context == objective.context, JOURNEY.c.journey == objective.journey
        )
    for index, outcome, where, count in connection.execute(statement):
        start_us = max(int(index) * width_ms, begins_ms) * 1000
        attempt = _representative(objective, start_us, outcome, where)
        yield Tally(start_us, classify(attempt, objective.criterion, attempt.t_end_us or 0), count)


def _representative(
    objective: Objective, start_us: int, outcome: str, side: int
) -> JourneyAttempt:
    """One attempt with the same class as all rows of a group."""
    start_ms = start_us // 1000
    end_ms = start_ms + {-1: -1, 0: 0, 1: (objective.deadline_ms or 0) + 1}[side]
    row = EndedJourney(
        "", objective.context or "", objective.journey or "", start_ms, start_ms, end_ms, end_ms,
        outcome, of_update=True,
    )  # fmt: skip
    own, handling = attempts(row)
    return handling if (own.context, own.journey) == HANDLING else own


def purge(connection: Connection, ended_before_ms: int) -> int:
    """Delete a batch of rows that ended before; return how many (0: nothing left)."""
    old = select(JOURNEY.c.id).where(JOURNEY.c.ended_ms < ended_before_ms).limit(PURGE_BATCH)
    return connection.execute(delete(JOURNEY).where(JOURNEY.c.id.in_(old))).rowcount
