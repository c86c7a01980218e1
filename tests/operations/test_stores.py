"""Operations' tables on every database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analyzer.slo.alerts import Board, Incident, State, Transition, WindowCounts
from analyzer.slo.events import EventClass
from analyzer.slo.watch import LiveObjective
from consolidated_bot.core.db import Database
from consolidated_bot.operations import ledger
from consolidated_bot.operations.alert_storage import HEARTBEAT
from consolidated_bot.operations.domain import Campaign, Level
from consolidated_bot.operations.objectives import read_live_objectives
from consolidated_bot.operations.storage import SqlOperations
from tests.bot.conftest import create_database, postgresql_server
from tests.bot.core_parts import fresh_database, sqlite_url

__all__ = ["postgresql_server"]
BOT = 42
NOON_MS = 1_795_435_200_000


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "postgresql":
        url = await create_database(request.getfixturevalue("postgresql_server"))
    else:
        url = sqlite_url(tmp_path)
    async with fresh_database(url) as opened:
        yield opened


def journal(number: int, end_ms: int, took_ms: int, outcome: str = "ok") -> dict[str, Any]:
    return {
        "journey": "support/ticket-submit",
        "outcome": outcome,
        "trace_id": f"{number:032x}",
        "update_id": number,
        "received_ms": end_ms - took_ms,
        "started_ms": end_ms - took_ms,
        "committed_ms": end_ms - took_ms,
    }


async def test_tallies_are_the_classes_of_the_rows_by_bucket(database: Database) -> None:
    endings = [
        (journal(1, NOON_MS + 100, 100), NOON_MS + 100),
        (journal(2, NOON_MS + 5100, 5000), NOON_MS + 5100),  # equality is good
        (journal(3, NOON_MS + 5101, 5001), NOON_MS + 5101),
        (journal(4, NOON_MS + 9000, 100, "dead"), NOON_MS + 9000),
        (journal(5, NOON_MS + 9100, -100), NOON_MS + 9100),  # the clock was set back
        (journal(6, NOON_MS + 60_000, 10), NOON_MS + 60_000),
    ]
    await database.write(lambda c: ledger.add(c, endings))
    live = LiveObjective(read_live_objectives(None)[0])
    found = await database.read(lambda c: list(ledger.tallies(c, live, NOON_MS + 60_000)))
    counts: dict[EventClass, int] = {}
    for tally in found:
        counts[tally.event_class] = counts.get(tally.event_class, 0) + tally.count
    assert counts == {EventClass.GOOD: 2, EventClass.BAD: 2, EventClass.UNKNOWN: 1}
    assert [tally.start_us for tally in found] == sorted(tally.start_us for tally in found)
    assert await database.write(lambda c: ledger.purge(c, NOON_MS + 9000)) == 3
    rows = await database.read(lambda c: ledger.ended_between(c, 0, 2 * NOON_MS))
    assert [row.trace_id[-1] for row in rows] == ["4", "5", "6"]


async def test_board_and_audit_come_back_as_they_were(database: Database) -> None:
    incident = Incident(1, "slo", "support", State.FIRING, "page", 5.0)
    line = Transition(5.0, "clock", 1, "slo", "support", "pending", "firing", "it burns",
                      WindowCounts(4, 100, 4, 20))  # fmt: skip

    def write(connection: Any) -> None:
        store = SqlOperations(connection, BOT)
        assert store.board() == Board()
        store.save_board(Board(incidents=(incident,), next_id=2), 5000)
        store.save_board(Board(incidents=(replace(incident, level=1),), next_id=2), 6000)
        store.add_transitions((line,))
        store.set_live_notice(1, 7)
        store.set_live_notice(1, 9)

    await database.write(write)

    def read(connection: Any) -> tuple[Any, ...]:
        store = SqlOperations(connection, BOT)
        return (
            store.board_as_seen().incidents,
            store.transitions(0, 9000),
            store.live_notice(1),
            SqlOperations(connection, 43).board_as_seen(),
        )

    assert await database.read(read) == ((replace(incident, level=1),), [line], 9, Board())


async def test_plan_channel_campaign_and_level(database: Database) -> None:
    campaign = Campaign(1, "spring", 20_000, 240, NOON_MS, 17)

    def write(connection: Any) -> tuple[Any, ...]:
        store = SqlOperations(connection, BOT)
        ticks = [store.tick_step(1, "scope", (17, "Ann"), n) for n in range(3)]
        for beat in range(3):
            store.bring(0, HEARTBEAT, {"kind": "heartbeat", "at_s": beat}, beat)
        store.bring(1, 5, {"kind": "opened"}, 1)
        store.add_campaign(campaign)
        running = store.running_campaign()
        store.end_campaign(1, NOON_MS + 1, None)
        store.change_level(Level.NORMAL, Level.TICKETS_ONLY, "why", 1)
        store.change_level(Level.TICKETS_ONLY, Level.NOTICES_DEFERRED, "better", 2)
        store.add_rehearsal(3, "all hold", "abc", passed=True)
        return (
            ticks,
            [done.by_name for done in store.steps_done(1)],
            store.brought(1),
            running,
            store.running_campaign(),
            store.level_and_reason(),
            store.last_rehearsal(4),
            store.oldest_waiting_ms(None),
        )

    assert await database.write(write) == (
        [True, False, True],
        ["Ann"],
        {5},
        campaign,
        None,
        (Level.NOTICES_DEFERRED, "better"),
        (3, True, "all hold", "abc"),
        None,
    )
