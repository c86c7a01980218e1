"""The bot as a process: drains, refuses, recovers, reports."""

from __future__ import annotations

import contextlib
import socket
from collections import Counter
from pathlib import Path

import aiohttp
import orjson
import pytest
from sqlalchemy import text

from analyzer.replay.botapi import Emulator, FaultRule, Latency, Limits, Settings, Text, User
from consolidated_bot.core.bot_api import BotApi, BotApiError
from consolidated_bot.core.db import open_database
from tests.bot.conftest import ANN, OPERATIONS
from tests.bot.running import BotProcess, Onlooker


def bot_for(telegram: Emulator, folder: Path, **settings: object) -> BotProcess:
    return BotProcess(
        folder, BOT_TOKEN=telegram.settings.token, BOT_API_URL=telegram.url, **settings
    )


async def test_sigterm_answers_what_was_stored_and_exits_0(tmp_path: Path) -> None:
    slow = FaultRule(kind="delay", latency=Latency(median_seconds=0.3), methods=("send*",))
    settings = Settings(limits=Limits(enabled=False), faults=(slow,))
    async with (
        Emulator(settings) as telegram,
        bot_for(telegram, tmp_path, SEND_RATE_SCALE=1000) as bot,
    ):
        for number in range(30):
            user = User(user_id=5000 + number)
            await telegram.door.write(Text(user=user, text="/ticket it is broken"))
        chats = Onlooker(telegram)
        await chats.until(lambda event: event.kind == "message" and "#" in event.text)
        assert await bot.terminate() == 0
        await chats.read()
        answered = {e.chat_id for e in chats.events if e.kind == "message" and "#" in e.text}
        database = await open_database(bot.settings["DATABASE_URL"])
        query = text("SELECT count(*) FROM inbox WHERE state = 'done'")
        done = await database.read(lambda c: c.execute(query).scalar_one())
        await database.close()
        assert len(answered) == done > 0, "what was decided before the stop was also sent"
        await bot.start()
        for number in range(30):
            await chats.answered(5000 + number, "#")


async def test_late_start_finds_what_was_written_while_it_was_down(
    telegram: Emulator, tmp_path: Path, chats: Onlooker
) -> None:
    async with bot_for(telegram, tmp_path) as bot:
        await chats.ask("/help", ANN)
        await bot.terminate()
        await telegram.door.write(Text(user=ANN, text="/ticket while you were away"))
        await bot.start()
        await chats.until(lambda e: e.chat_id == ANN.user_id and "#1" in e.text)


async def test_restarted_update_ids_are_not_taken_for_old_ones(
    telegram: Emulator, bot: BotProcess, chats: Onlooker
) -> None:
    await chats.ask("/ticket the first of them", ANN, contains="#1")
    telegram.restart_update_ids()
    await chats.ask("/ticket the second of them", ANN, contains="#2")


async def test_same_message_delivered_twice_makes_one_ticket(tmp_path: Path) -> None:
    settings = Settings(limits=Limits(enabled=False), faults=(FaultRule(kind="duplicate"),))
    async with (
        Emulator(settings) as telegram,
        bot_for(telegram, tmp_path, SEND_RATE_SCALE=1000) as bot,
    ):
        chats = Onlooker(telegram)
        for number in range(5):
            await chats.ask(f"/ticket problem number {number}", ANN, contains=f"#{number + 1}")
        await bot.terminate()
        await chats.read()
        assert len([e for e in chats.events if e.kind == "message"]) == 5


async def test_order_within_a_chat_is_kept_under_load(tmp_path: Path) -> None:
    async with (
        Emulator(Settings(limits=Limits(enabled=False))) as telegram,
        bot_for(telegram, tmp_path, SEND_RATE_SCALE=1000),
    ):
        people = [User(user_id=6000 + number) for number in range(8)]
        for number in range(15):
            for user in people:
                await telegram.door.write(
                    Text(user=user, text=f"/faq question {number:02} wording")
                )
        chats = Onlooker(telegram)
        for user in people:
            await chats.answered(user.user_id, "question 14")
        for user in people:
            asked = [e.text for e in chats.events if e.chat_id == user.user_id]
            assert asked == sorted(asked)
            assert len(asked) == 15


async def test_limits_of_telegram_are_never_met(telegram: Emulator, bot: BotProcess) -> None:
    for number in range(40):
        user = User(user_id=7000 + number % 10)
        await telegram.door.write(Text(user=user, text=f"/ticket trouble number {number}"))
    chats = Onlooker(telegram)
    await chats.until(lambda e: "#40" in e.text and e.chat_id > 0, seconds=40)
    await chats.until(lambda e: e.chat_id == OPERATIONS.chat_id, seconds=40)
    assert outcomes(telegram)["429"] == 0


def outcomes(telegram: Emulator) -> Counter[str]:
    """How often each outcome stands in the emulator's journal of calls."""
    assert telegram.settings.journal is not None
    lines = telegram.settings.journal.read_bytes().splitlines()
    return Counter(str(orjson.loads(line).get("status")) for line in lines)


async def test_429_delays_an_answer_and_loses_none(tmp_path: Path) -> None:
    async with (
        Emulator(Settings(limits=Limits(chat_burst=1))) as telegram,
        bot_for(telegram, tmp_path, SEND_RATE_SCALE=1000) as bot,
    ):
        for number in range(4):
            await telegram.door.write(Text(user=ANN, text=f"/ticket trouble number {number}"))
        chats = Onlooker(telegram)
        await chats.until(lambda e: "#4" in e.text)
        texts = [e.text for e in chats.events if e.kind == "message" and "#" in e.text]
        assert [f"#{n}" in t for n, t in enumerate(texts, 1)] == [True] * 4
        await bot.terminate()


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "error", "cut_body"])
async def test_broken_connections_delay_an_answer_and_lose_none(tmp_path: Path, kind: str) -> None:
    fault = FaultRule(kind=kind, share=0.4, methods=("send*",))  # type: ignore[arg-type]
    settings = Settings(limits=Limits(enabled=False), faults=(fault,))
    async with (
        Emulator(settings) as telegram,
        bot_for(telegram, tmp_path, SEND_RATE_SCALE=1000),
    ):
        for number in range(6):
            user = User(user_id=8000 + number)
            await telegram.door.write(Text(user=user, text="/ticket it is broken"))
        chats = Onlooker(telegram)
        for number in range(6):
            await chats.answered(8000 + number, "#")


async def test_journey_line_has_what_the_analysis_needs(bot: BotProcess, chats: Onlooker) -> None:
    await chats.ask("/ticket the app does not start", ANN)
    line = await bot.logged("update finished")
    assert line["context"] == "support"
    assert line["journey"] == "ticket-submit"
    assert line["outcome"] == "ok"
    assert line["ticket_id"] == 1
    assert {"trace_id", "span_id", "start_time", "end_time", "update_id"} <= set(line)
    parts = [line[name] for name in ("queue_ms", "handle_ms", "send_ms")]
    assert sum(int(str(part)) for part in parts) == line["duration_ms"]


async def test_token_and_texts_never_reach_the_log(bot: BotProcess, chats: Onlooker) -> None:
    await chats.ask("/ticket my secret is mellon", ANN)
    await bot.terminate()
    log = bot.log_file.read_text() + bot.stderr()
    assert bot.settings["BOT_TOKEN"] not in log
    assert "mellon" not in log
    assert str(ANN.user_id) not in log


async def test_second_process_stands_by_and_takes_over_after_a_kill(
    telegram: Emulator, bot: BotProcess, chats: Onlooker, tmp_path: Path
) -> None:
    other_log = tmp_path / "other.jsonl"
    second = BotProcess(tmp_path, **bot.settings | {"LOG_FILE": str(other_log)})
    second.log_file = other_log
    second.spawn()
    await second.logged("another process leads this bot: standing by")
    await chats.ask("/ticket one of two answers", ANN, contains="#1")
    await bot.kill()
    await second.logged("serving")
    await chats.ask("/ticket the other answers", ANN, contains="#2")
    assert await second.terminate() == 0


async def test_health_ready_and_metrics_are_served(bot: BotProcess, chats: Onlooker) -> None:
    await chats.ask("/help", ANN)
    listening = await bot.logged("listening")
    async with aiohttp.ClientSession(f"http://{listening['address']}") as session:
        for path in ("/healthz", "/readyz"):
            async with session.get(path) as response:
                assert response.status == 200
        async with session.get("/metrics") as response:
            metrics = await response.text()
    assert 'tg_updates_total{context="support",outcome="ok",use_case="help"} 1.0' in metrics


async def test_webhook_acknowledges_only_with_the_secret_and_after_storing(
    telegram: Emulator, tmp_path: Path
) -> None:
    async with BotProcess(
        tmp_path,
        BOT_TOKEN=telegram.settings.token,
        BOT_API_URL=telegram.url,
        BOT_MODE="webhook",
        WEBHOOK_URL="http://127.0.0.1:1/hook",
        WEBHOOK_SECRET="a-secret",
        WEBHOOK_LISTEN="127.0.0.1:0",
    ) as bot:
        address = next(
            line["address"] for line in bot.lines() if line.get("listener") == "webhook"
        )
        update = {
            "update_id": 77,
            "message": {
                "message_id": 5,
                "date": 1,
                "chat": {"id": ANN.user_id, "type": "private", "first_name": "A"},
                "from": ANN.as_json(),
                "text": "/ticket it is broken",
            },
        }
        secret = {"X-Telegram-Bot-Api-Secret-Token": "a-secret"}
        async with aiohttp.ClientSession() as session:
            url = f"http://{address}/hook"
            async with session.post(url, json=update) as refused:
                assert refused.status == 401
            odd = b'{"update_id": 78, "message": {"text": "\\ud83d", "chat": {"id": 5}}}'
            for body in (b"no json", b"[]", b'{"update_id": "x"}', b'{"update_id": 1e99}', odd):
                async with session.post(url, data=body, headers=secret) as kept:
                    assert kept.status == 200
            for _ in range(3):
                async with session.post(url, json=update, headers=secret) as stored:
                    assert stored.status == 200
            await bot.kill()
        database = await open_database(bot.settings["DATABASE_URL"])
        inbox = await database.read(lambda c: c.execute(text("SELECT update_id FROM inbox")).all())
        rejected = await database.read(
            lambda c: c.execute(text("SELECT count(*) FROM inbox_rejected")).scalar_one()
        )
        await database.close()
        assert sorted(row[0] for row in inbox) == [77, 78]
        assert rejected == 4


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_webhook_mode_serves_and_survives_kills(tmp_path: Path) -> None:
    async with Emulator(Settings(limits=Limits(enabled=False))) as telegram:
        port = free_port()
        async with BotProcess(
            tmp_path,
            BOT_TOKEN=telegram.settings.token,
            BOT_API_URL=telegram.url,
            BOT_MODE="webhook",
            WEBHOOK_URL=f"http://127.0.0.1:{port}/hook",
            WEBHOOK_SECRET="a-secret",
            WEBHOOK_LISTEN=f"127.0.0.1:{port}",
            SEND_RATE_SCALE=1000,
        ) as bot:
            chats = Onlooker(telegram)
            await chats.ask("/ticket the first of them", ANN, contains="#1")
            await bot.kill()
            await telegram.door.write(Text(user=ANN, text="/ticket the second of them"))
            await bot.start()
            await chats.until(lambda e: "#2" in e.text, seconds=40)


REFUSED = [
    ({"BOT_TOKEN": "nonsense"}, "BOT_TOKEN: is not a bot token"),
    ({"BOT_MODE": "webhook"}, "needs WEBHOOK_URL and WEBHOOK_SECRET"),
    ({"BOT_MODE": "fax", "SEND_RATE_SCALE": "-1"}, "SEND_RATE_SCALE"),
    ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL: must be sqlite"),
    ({"SUPPORT_FILE": "/nowhere.toml"}, "SUPPORT_FILE /nowhere.toml"),
]


@pytest.mark.parametrize(("wrong", "sentence"), REFUSED)
async def test_wrong_settings_are_named_and_end_with_2(
    telegram: Emulator, tmp_path: Path, wrong: dict[str, str], sentence: str
) -> None:
    bot = bot_for(telegram, tmp_path)
    bot.settings |= wrong
    bot.spawn()
    assert await bot.ended() == 2
    assert sentence in bot.stderr()
    assert "Traceback" not in bot.stderr()


async def test_refused_token_ends_with_2(telegram: Emulator, tmp_path: Path) -> None:
    bot = bot_for(telegram, tmp_path)
    bot.settings["BOT_TOKEN"] = "1:AnotherTokenThatNobodyKnowsAtAll12345"
    bot.spawn()
    assert await bot.ended() == 2
    assert "the Bot API refuses it" in bot.stderr()
    assert "AnotherToken" not in bot.stderr()


async def test_unreachable_database_ends_with_2(telegram: Emulator, tmp_path: Path) -> None:
    bot = bot_for(telegram, tmp_path)
    bot.settings["DATABASE_URL"] = "postgresql://u:hidden@127.0.0.1:1/x"
    bot.spawn()
    assert await bot.ended() == 2
    assert "DATABASE_URL: cannot reach" in bot.stderr()
    assert "hidden" not in bot.stderr()


async def test_unusable_operations_chat_is_reported_and_stops_nothing(
    telegram: Emulator, tmp_path: Path, chats: Onlooker
) -> None:
    async with bot_for(telegram, tmp_path, OPS_CHAT_ID=-999) as bot:
        await bot.logged("OPS_CHAT_ID cannot be used; is the bot a member of that chat?")
        await chats.ask("/ticket nobody reads this", ANN, contains="#1")


async def test_second_poller_is_reported_once_and_survived(
    telegram: Emulator, bot: BotProcess, chats: Onlooker
) -> None:
    await chats.ask("/help", ANN)
    async with BotApi(telegram.url, telegram.settings.token) as rival:
        told = None
        for _ in range(6):
            with contextlib.suppress(BotApiError):  # the two throw each other out by turns
                await rival.call("getUpdates", {"timeout": 0, "offset": -1}, seconds=5)
            with contextlib.suppress(TimeoutError):  # a rival between two polls throws out nobody
                told = told or await chats.answered(OPERATIONS.chat_id, "409 Conflict", 1.0)
    assert told is not None
    await chats.ask("/faq", ANN)
    notices = [e for e in chats.events if "409 Conflict" in e.text]
    assert len(notices) == 1
    lines = [line for line in bot.lines() if "polls with this token" in str(line["body"])]
    assert len(lines) == 1
    assert await bot.terminate() == 0
