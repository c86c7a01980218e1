"""Inbox, outbox, migrations: the same behaviour on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, MetaData, inspect, text

from consolidated_bot.accounts import storage as accounts
from consolidated_bot.components import COMPONENTS
from consolidated_bot.core import inbox, outbox, tables
from consolidated_bot.core.clock import SystemClock
from consolidated_bot.core.db import Database, open_database
from consolidated_bot.core.db import sqlite as sqlite_module
from consolidated_bot.core.db.migrations import missing, upgrade
from consolidated_bot.core.errors import DatabaseError
from consolidated_bot.core.inbox import Received
from consolidated_bot.core.messages import Send
from consolidated_bot.core.outbox import Finished
from consolidated_bot.notifications import storage as notifications
from consolidated_bot.operations import ledger
from consolidated_bot.operations import storage as operations
from consolidated_bot.operations.ledger import JOURNEY
from consolidated_bot.support import storage as support
from tests.bot.conftest import create_database
from tests.bot.core_parts import fresh_database, sqlite_url

BOT = 42
HOUR_MS = 3_600_000


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    if request.param == "postgresql":
        url = await create_database(request.getfixturevalue("postgresql_server"))
    else:
        url = sqlite_url(tmp_path)
    async with fresh_database(url) as opened:
        yield opened


def row(update_id: int, chat_id: int = 7, received_ms: int = 1) -> Received:
    return Received(update_id, BOT, chat_id, '{"update_id": 1}', received_ms)


async def test_stored_twice_is_new_once(database: Database) -> None:
    first = await database.write(lambda c: inbox.store(c, [row(1), row(2), row(2)]))
    again = await database.write(lambda c: inbox.store(c, [row(2), row(3)]))
    assert [each.update_id for each in first] == [1, 2]
    assert [each.update_id for each in again] == [3]


async def test_finished_once_and_body_is_gone(database: Database) -> None:
    await database.write(lambda c: inbox.store(c, [row(1)]))
    results = await asyncio.gather(
        *(database.write(lambda c: inbox.finish(c, row(1), 5)) for _ in range(5))
    )
    assert sorted(results) == [False, False, False, False, True]
    body = await database.read(lambda c: c.execute(text("SELECT body FROM inbox")).scalar())
    assert body == ""


async def test_unit_that_raises_leaves_nothing_and_harms_no_other(database: Database) -> None:
    def fails(connection: Connection) -> None:
        inbox.store(connection, [row(13)])
        raise LookupError("as planned")

    results = await asyncio.gather(
        database.write(lambda c: inbox.store(c, [row(1)])),
        database.write(fails),
        database.write(lambda c: inbox.store(c, [row(2)])),
        return_exceptions=True,
    )
    assert isinstance(results[1], LookupError)
    waiting = await database.read(lambda c: inbox.pending(c, BOT, limit=10))
    assert [each.update_id for each in waiting] == [1, 2]


async def test_purge_keeps_the_window_of_redelivery(database: Database) -> None:
    now = 100 * HOUR_MS
    old, fresh, waiting = row(1, received_ms=0), row(2, received_ms=now - 25 * HOUR_MS), row(3)
    await database.write(lambda c: inbox.store(c, [old, fresh, waiting]))
    for each in (old, fresh):
        await database.write(lambda c, each=each: inbox.finish(c, each, now))  # type: ignore[misc]
    assert await database.write(lambda c: inbox.purge(c, now)) == 1
    left = await database.read(
        lambda c: c.execute(text("SELECT update_id FROM inbox ORDER BY 1")).scalars().all()
    )
    assert left == [2, 3], "what is still pending is never purged"


async def test_dead_letter_outlives_a_weekend_and_no_restart_of_update_ids(
    database: Database,
) -> None:
    await database.write(lambda c: inbox.store(c, [row(1, received_ms=0)]))
    await database.write(lambda c: inbox.bury(c, row(1), "e1", 0))
    assert await database.write(lambda c: inbox.purge(c, 5 * 24 * HOUR_MS)) == 0
    assert await database.write(lambda c: inbox.purge(c, 7 * 24 * HOUR_MS - 1)) == 1


async def test_dead_letters_are_listed_and_revived(database: Database) -> None:
    await database.write(lambda c: inbox.store(c, [row(1)]))
    assert await database.write(lambda c: inbox.record_failure(c, row(1), "because")) == 1
    assert await database.write(lambda c: inbox.bury(c, row(1), "abc", 5))
    assert await database.read(lambda c: inbox.dead(c, BOT)) == [(1, 1, "abc", "because")]
    assert await database.write(lambda c: inbox.revive(c, BOT, None)) == 1
    waiting = await database.read(lambda c: inbox.pending(c, BOT, limit=10))
    assert [each.attempts for each in waiting] == [0]


async def test_newer_state_of_a_card_replaces_a_waiting_one(database: Database) -> None:
    def add(connection: Connection, words: str) -> None:
        outbox.add(connection, BOT, [Send(7, {"text": words}, slot="card")], None, 1)

    for words in ("first", "second", "third"):
        await database.write(lambda c, words=words: add(c, words))  # type: ignore[misc]
    waiting = await database.read(lambda c: outbox.queued(c, BOT, limit=10))
    assert [each.params["text"] for each in waiting] == ["third"]


async def test_sent_card_is_found_by_slot_and_by_message(database: Database) -> None:
    send = Send(7, {"text": "x"}, slot="card", about="ticket:5")
    [item] = await database.write(lambda c: outbox.add(c, BOT, [send], None, 1))
    ending = Finished(item, "sent", 2, message_ids=(99,))
    await database.write(lambda c: outbox.finish(c, BOT, [ending]))
    assert await database.read(lambda c: outbox.message_in_slot(c, BOT, "card")) == 99
    assert await database.read(lambda c: outbox.subject_of(c, BOT, 7, 99)) == "ticket:5"
    assert await database.read(lambda c: outbox.queued(c, BOT, limit=10)) == []


async def test_tables_in_code_are_those_of_the_migrations(database: Database) -> None:
    def columns(connection: Connection) -> dict[str, set[str]]:
        inspector = inspect(connection)
        return {
            name: {column["name"] for column in inspector.get_columns(name)}
            for name in inspector.get_table_names()
            if name not in {"schema_migration", "sqlite_sequence"}
        }

    known: dict[str, set[str]] = {}
    metadatas: list[MetaData] = [
        module.METADATA
        for module in (tables, support, accounts, notifications, operations, ledger)
    ]
    assert JOURNEY.metadata in metadatas
    for metadata in metadatas:
        for table in metadata.tables.values():
            known[table.name] = {column.name for column in table.columns}
    assert await database.read(columns) == known


async def test_upgrade_twice_applies_nothing_and_changed_files_are_refused(
    database: Database,
) -> None:
    assert await upgrade(database, COMPONENTS, SystemClock()) == []
    assert await database.read(lambda c: missing(c, COMPONENTS)) == []
    await database.write(lambda c: c.execute(text("UPDATE schema_migration SET checksum = 'x'")))
    with pytest.raises(DatabaseError, match="applied files must not change"):
        await upgrade(database, COMPONENTS, SystemClock())


async def test_schema_of_a_newer_version_is_refused(database: Database) -> None:
    newer = text("INSERT INTO schema_migration VALUES ('core', 9999, 'later', 'x', 0)")
    await database.write(lambda c: c.execute(newer))
    with pytest.raises(DatabaseError, match="upgraded by a newer version"):
        await upgrade(database, COMPONENTS, SystemClock())


async def test_lock_is_held_by_one_and_freed_by_release(database: Database) -> None:
    first, second = database.lock(BOT), database.lock(BOT)
    assert await first.try_acquire()
    assert not await second.try_acquire()
    await first.release()
    assert await second.try_acquire()
    await second.release()


async def test_writer_waits_for_another_process_without_holding_the_loop(tmp_path: Path) -> None:
    async with fresh_database(sqlite_url(tmp_path)) as database:
        other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.ensure_future(database.write(lambda c: inbox.store(c, [row(1)])))
        for _ in range(10):
            await asyncio.sleep(0.01)  # the loop turns although the file is locked
        assert not writing.done()
        other.execute("COMMIT")
        other.close()
        assert len(await writing) == 1


async def test_file_locked_for_too_long_fails_the_unit_and_not_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_module, "BUSY_SECONDS", 0.05)
    async with fresh_database(sqlite_url(tmp_path)) as database:
        other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError, match="cannot be written: database is locked"):
            await database.write(lambda c: inbox.store(c, [row(1)]))
        other.execute("COMMIT")
        other.close()
        assert len(await database.write(lambda c: inbox.store(c, [row(1)]))) == 1


async def test_unusable_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="cannot open"):
        await open_database(f"sqlite:///{tmp_path / 'no' / 'folder' / 'bot.db'}")
