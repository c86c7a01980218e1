"""A bounded pool: it queues, it runs dry, it recovers, and the log says so."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from sample_logs.fleet.pool import (
    ConnectionPool,
    Cost,
    PoolSettings,
    PoolTimeoutError,
    StatementTimeoutError,
)
from sample_logs.fleet.story import faq_requests, lines_of
from tests.fleet.running import Running

SCHEMA = "CREATE TABLE IF NOT EXISTS seen (id INTEGER PRIMARY KEY, name TEXT);"
HELD = Cost(60, 0.0)


def pool_of(folder: Path, *, size: int = 2, timeout_s: float = 5.0) -> ConnectionPool:
    settings = PoolSettings(size, timeout_s, statement_timeout_s=0.5)
    return ConnectionPool(folder / "a.sqlite", SCHEMA, settings, "seed")


async def test_work_beyond_the_pool_waits_its_turn_first_come_first_served(tmp_path: Path) -> None:
    pool, order = pool_of(tmp_path, size=1), list[int]()

    async def one(number: int) -> None:
        await pool.run("SELECT 1", cost=Cost(5, 0.0))
        order.append(number)

    await asyncio.gather(*(one(number) for number in range(6)))
    assert order == sorted(order)
    assert (pool.in_use, pool.waiting, pool.timeouts) == (0, 0, 0)
    pool.close()


async def test_whoever_waits_too_long_is_told_that_the_pool_is_exhausted(tmp_path: Path) -> None:
    pool = pool_of(tmp_path, size=2, timeout_s=0.1)
    work = [pool.run("SELECT 1", cost=HELD) for _ in range(10)]
    results = await asyncio.gather(*work, return_exceptions=True)
    late = [result for result in results if isinstance(result, PoolTimeoutError)]
    assert len(late) == pool.timeouts
    assert 4 <= len(late) <= 8
    assert str(late[0]).startswith("connection pool exhausted: 2 of 2 in use")
    assert await pool.run("SELECT 1 AS n", cost=HELD)
    pool.close()


async def test_a_failed_statement_gives_its_connection_back(tmp_path: Path) -> None:
    pool = pool_of(tmp_path, size=1)
    with pytest.raises(StatementTimeoutError, match="statement timeout"):
        await pool.run("SELECT 1", cost=Cost(10_000, 0.0))
    with pytest.raises(Exception, match="no such table"):
        await pool.run("SELECT * FROM nowhere", cost=HELD)
    await pool.run("INSERT INTO seen (name) VALUES (?)", ("x",), cost=HELD)
    assert pool.in_use == 0
    pool.close()


async def test_times_of_statements_are_the_same_for_the_same_seed() -> None:
    import random

    draws = [
        [Cost(20).draw_seconds(source) for _ in range(50)]
        for source in (random.Random("a"), random.Random("a"), random.Random("b"))
    ]
    assert draws[0] == draws[1] != draws[2]
    assert 0.015 < sorted(draws[0])[25] < 0.027


async def test_faq_is_sound_one_by_one_and_runs_dry_in_a_crowd(fleet: Running) -> None:
    for _ in range(3):
        assert (await fleet.ask("faq", "GET", "/articles")).status == 200
    searches = [fleet.ask("faq", "GET", "/search?q=voucher") for _ in range(30)]
    answers = Counter(reply.status for reply in await asyncio.gather(*searches))
    assert answers[503] >= 8
    assert answers[200] >= 3
    failed = [request for request in faq_requests(fleet.logs) if request.error]
    assert Counter(request.error for request in failed)["PoolTimeoutError"] == answers[503]
    causes = [line for line in lines_of(fleet.logs, "faq") if "connection pool exhausted" in line]
    assert len(causes) >= answers[503]


async def test_a_ticket_is_slow_but_sound_while_the_faq_runs_dry(fleet: Running) -> None:
    await fleet.ask("accounts", "POST", "/accounts", {"chat_id": 501})
    body = {"chat_id": 501, "text": "my voucher code"}
    calm_s = await timed(fleet, body)
    crowd = asyncio.gather(*(fleet.ask("faq", "GET", "/search?q=voucher") for _ in range(30)))
    busy_s = await timed(fleet, body)
    await crowd
    assert busy_s > 2 * calm_s


async def timed(fleet: Running, body: dict[str, object]) -> float:
    began = asyncio.get_running_loop().time()
    assert (await fleet.ask("tickets", "POST", "/tickets", body)).status == 201
    return asyncio.get_running_loop().time() - began
