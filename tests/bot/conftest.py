from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from analyzer.replay.botapi import Emulator, Group, Settings, User
from tests.bot.running import BotProcess, Onlooker

OPERATIONS = Group(chat_id=-1_000_000_000_777)
ANN = User(user_id=1001, first_name="Ann")
BORIS = User(user_id=1002, first_name="Борис", language_code="ru")
AGENT = User(user_id=2001, first_name="Agnes")
AGENT_2 = User(user_id=2002, first_name="Otto")


@pytest.fixture
async def telegram(tmp_path: Path) -> AsyncIterator[Emulator]:
    async with Emulator(Settings(journal=tmp_path / "telegram.jsonl")) as emulator:
        await emulator.door.add_group(
            OPERATIONS, {AGENT.user_id: "member", AGENT_2.user_id: "member"}
        )
        yield emulator


@pytest.fixture
async def bot(telegram: Emulator, tmp_path: Path) -> AsyncIterator[BotProcess]:
    async with BotProcess(
        tmp_path,
        BOT_TOKEN=telegram.settings.token,
        BOT_API_URL=telegram.url,
        OPS_CHAT_ID=OPERATIONS.chat_id,
    ) as process:
        yield process


@pytest.fixture
def chats(telegram: Emulator) -> Onlooker:
    return Onlooker(telegram)


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an embedded PostgreSQL's maintenance database."""
    pgserver = pytest.importorskip("pgserver", reason="pgserver is not installed")
    server = pgserver.get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


async def create_database(server: str) -> str:
    """The URL of a fresh database on `server`."""
    base, _, rest = server.partition("/postgres?")
    name = f"bot_{secrets.token_hex(4)}"
    connection = await asyncpg.connect(server)
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    return f"{base}/{name}?{rest}"


@pytest.fixture
async def postgresql(postgresql_server: str) -> str:
    """The URL of a fresh database."""
    return await create_database(postgresql_server)
