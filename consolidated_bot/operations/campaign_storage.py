"""Campaigns and their load tests over SQLAlchemy Core."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, Table, Text, insert, select, update

from consolidated_bot.operations.domain import Campaign
from consolidated_bot.operations.tables import METADATA, BotTables

CAMPAIGN = Table(
    "campaign",
    METADATA,
    Column("number", BigInteger, primary_key=True),
    Column("name", Text, nullable=False),
    Column("planned_events", BigInteger, nullable=False),
    Column("length_minutes", BigInteger, nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("started_by", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
    Column("ended_by", BigInteger),
)
REHEARSAL = Table(
    "rehearsal",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("passed", Integer, nullable=False),
    Column("summary", Text, nullable=False),
    Column("sha256", Text, nullable=False),
)


class SqlCampaigns(BotTables):
    """Campaigns past and present, and the verdicts over load tests."""

    def running_campaign(self) -> Campaign | None:
        return self._campaign(select(CAMPAIGN).where(CAMPAIGN.c.ended_ms.is_(None)))

    def campaign(self, number: int | None) -> Campaign | None:
        """The campaign of that number, or the last one."""
        statement = select(CAMPAIGN).order_by(CAMPAIGN.c.number.desc()).limit(1)
        if number is not None:
            statement = statement.where(CAMPAIGN.c.number == number)
        return self._campaign(statement)

    def _campaign(self, statement: Any) -> Campaign | None:
        row = self._connection.execute(statement).first()
        return Campaign(*row) if row else None

    def add_campaign(self, campaign: Campaign) -> None:
        values = {name: getattr(campaign, name) for name in Campaign.__dataclass_fields__}
        self._connection.execute(insert(CAMPAIGN), values)

    def end_campaign(self, number: int, at_ms: int, by: int | None) -> None:
        self._connection.execute(
            update(CAMPAIGN).where(CAMPAIGN.c.number == number).values(ended_ms=at_ms, ended_by=by)
        )

    def add_rehearsal(self, at_ms: int, summary: str, sha256: str, *, passed: bool) -> None:
        """Keep the verdict over a load test."""
        self._connection.execute(
            insert(REHEARSAL),
            {"at_ms": at_ms, "passed": int(passed), "summary": summary, "sha256": sha256},
        )

    def last_rehearsal(self, before_ms: int) -> tuple[int, bool, str, str] | None:
        """(when, passed, summary, hash of the file) of the last load test before then."""
        statement = (
            select(REHEARSAL.c.at_ms, REHEARSAL.c.passed, REHEARSAL.c.summary, REHEARSAL.c.sha256)
            .where(REHEARSAL.c.at_ms <= before_ms)
            .order_by(REHEARSAL.c.id.desc())
            .limit(1)
        )
        row = self._connection.execute(statement).first()
        return (row[0], bool(row[1]), row[2], row[3]) if row else None
