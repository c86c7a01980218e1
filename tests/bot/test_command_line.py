from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Connection

from analyzer.replay.botapi import Emulator
from consolidated_bot.config import load_settings
from consolidated_bot.core import inbox
from consolidated_bot.core.db import open_database
from consolidated_bot.core.errors import ConfigurationError
from consolidated_bot.core.inbox import Received
from consolidated_bot.core.redaction import redact
from consolidated_bot.doctor import examine
from tests.bot.conftest import ANN, OPERATIONS
from tests.bot.running import BotProcess, Onlooker
from tests.conftest import ROOT


def call(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "consolidated_bot", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from consolidated_bot.cli import cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'aiogram', 'aiohttp', 'sqlalchemy', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    started = time.process_time()
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    for command in ("run", "doctor", "db"):
        assert command in run.stdout
    assert time.process_time() - started < 1


def test_upgrade_makes_the_schema_and_is_silent_on_stderr(tmp_path: Path) -> None:
    settings = {"DATABASE_URL": f"sqlite:///{tmp_path / 'x.db'}"}  # no token is needed
    first = call("db", "upgrade", folder=tmp_path, **settings)
    assert (first.returncode, first.stderr) == (0, "")
    assert "applied core 0001 inbox_outbox" in first.stdout
    again = call("db", "upgrade", folder=tmp_path, **settings)
    assert again.stdout == "The schema is up to date.\n"


async def test_dead_letters_are_listed_and_replayed_by_a_running_bot(
    telegram: Emulator, bot: BotProcess, chats: Onlooker
) -> None:
    await chats.ask("/help", ANN)
    database = await open_database(bot.settings["DATABASE_URL"])
    update = orjson.dumps(
        {
            "update_id": 5,
            "message": {
                "message_id": 99,
                "date": 1,
                "chat": {"id": ANN.user_id, "type": "private", "first_name": "A"},
                "from": ANN.as_json(),
                "text": "/ticket given up once",
            },
        }
    ).decode()
    now_ms = round(time.time() * 1000)
    row = Received(5, telegram.settings.bot_id, ANN.user_id, update, now_ms)

    def bury(connection: Connection) -> None:  # at once, or the running bot would take it up
        inbox.store(connection, [row])
        inbox.record_failure(connection, row, "because")
        inbox.bury(connection, row, "abc", now_ms)

    await database.write(bury)
    await database.close()
    settings = {"DATABASE_URL": bot.settings["DATABASE_URL"]}
    listed = await asyncio.to_thread(call, "dead-letters", folder=bot.folder, **settings)
    assert listed.stdout.split() == ["5", "abc", "1", "because"]
    unknown = ("dead-letters", "--replay", "5", "--replay", "99")
    refused = await asyncio.to_thread(call, *unknown, folder=bot.folder, **settings)
    assert refused.returncode == 2
    assert "no dead letter 99" in refused.stderr
    replay = ("dead-letters", "--replay", "5")
    replayed = await asyncio.to_thread(call, *replay, folder=bot.folder, **settings)
    assert (replayed.returncode, replayed.stderr) == (0, "")
    await chats.answered(ANN.user_id, "#1")


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///no/such/folder/bot.db",
        "postgresql://ann@localhost:port/bot",
        "postgresql://ann:secret@127.0.0.1:1/bot",
        "mysql://localhost/bot",
    ],
)
def test_wrong_database_url_is_one_sentence_and_exit_2(tmp_path: Path, url: str) -> None:
    run = call("db", "upgrade", folder=tmp_path, DATABASE_URL=url)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("consolidated-bot: DATABASE_URL: ")
    assert "secret" not in run.stderr
    assert len(run.stderr.splitlines()) == 1


async def test_bad_token_is_said_before_the_bot_is_even_loaded(
    telegram: Emulator, tmp_path: Path
) -> None:
    program = (
        "import sys; from consolidated_bot.cli import cli\n"
        "try: cli.main(['run'], standalone_mode=False)\n"
        "except Exception as error: print(type(error).__name__, error)\n"
        "sys.exit('aiogram was loaded' if 'aiogram' in sys.modules else 0)"
    )
    run = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "BOT_TOKEN": "7:bad", "BOT_API_URL": telegram.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.startswith("ConfigurationError BOT_TOKEN: the Bot API refuses it")
    assert (run.returncode, run.stderr) == (0, "")


def test_every_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOT_TOKEN", raising=False)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(
            bot_api_url="ftp://x",
            database_url="sqlite://",
            ops_members="ann",
            webhook_listen="8080",
        )
    named = {problem.split(":")[0] for problem in caught.value.problems}
    assert named == {
        "BOT_TOKEN",
        "BOT_API_URL",
        "DATABASE_URL",
        "OPS_MEMBERS",
        "WEBHOOK_LISTEN",
    }


def test_members_with_and_without_roles() -> None:
    settings = load_settings(bot_token="42:x", ops_members="1, 2:lead;3:owner")
    assert settings.ops_members == {1: "agent", 2: "lead", 3: "owner"}


def test_settings_come_from_a_file_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "bot.toml"
    file.write_text('bot_token = "42:from-file"\nops_chat_id = -5\nworkers = 3\n')
    monkeypatch.setenv("BOT_CONFIG", str(file))
    monkeypatch.setenv("WORKERS", "7")
    settings = load_settings()
    assert (settings.ops_chat_id, settings.workers, settings.bot_id) == (-5, 7, 42)
    assert "from-file" not in repr(settings)


async def test_doctor_says_what_is_well_and_what_is_not(
    telegram: Emulator, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    well = await examine(
        load_settings(
            bot_token=telegram.settings.token,
            bot_api_url=telegram.url,
            database_url=url,
            ops_chat_id=OPERATIONS.chat_id,
        )
    )
    assert not [finding for finding in well if finding.bad]
    ill = await examine(
        load_settings(
            bot_token=telegram.settings.token,
            bot_api_url=telegram.url,
            database_url=f"sqlite:///{tmp_path / 'nowhere' / 'bot.db'}",
            ops_chat_id=-12345,
        )
    )
    assert {finding.subject for finding in ill if finding.bad} == {"database", "operations chat"}


def test_secrets_are_redacted_wherever_they_stand() -> None:
    token = "123456789:AAF-abcdefghijklmnopqrstuvwxyz_12345"
    text = redact(f"GET /bot{token}/getMe failed; postgresql://ann:secret@host/x")
    assert "abcdefgh" not in text
    assert "secret" not in text
