"""Faults by plan and seed: what the bot sees of them, and that nothing else changes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from analyzer.errors import ConfigurationError
from analyzer.replay.botapi import (
    Emulator,
    FaultRule,
    Latency,
    Limits,
    ManualClock,
    Settings,
    Text,
    User,
)
from analyzer.replay.botapi.fault_file import load_faults
from analyzer.replay.botapi.faults import FaultPlan
from tests.botapi.callers import CALLERS
from tests.botapi.conftest import ANN


def faulty(*rules: FaultRule, seed: int = 0) -> Emulator:
    return Emulator(Settings(limits=Limits(enabled=False), faults=rules, seed=seed))


def sent_texts(telegram: Emulator) -> list[str]:
    stored = telegram.world.chats[ANN.user_id].messages.values()
    return [message["text"] for message in stored if message["from"]["is_bot"]]


async def send(telegram: Emulator, text: str = "hello") -> int:
    await telegram.door.write(Text(user=ANN, text="/start"))
    address = f"{telegram.url}/bot{telegram.settings.token}/sendMessage"
    body = {"chat_id": ANN.user_id, "text": text}
    async with aiohttp.ClientSession() as session, session.post(address, json=body) as response:
        await response.read()
        return response.status


async def test_reset_before_the_effect_sends_nothing() -> None:
    async with faulty(FaultRule(kind="reset_before")) as telegram:
        with pytest.raises(aiohttp.ClientError):
            await send(telegram)
        assert sent_texts(telegram) == []


async def test_reset_after_the_effect_is_an_ambiguous_send() -> None:
    async with faulty(FaultRule(kind="reset_after")) as telegram:
        with pytest.raises(aiohttp.ClientError):
            await send(telegram)
        assert sent_texts(telegram) == ["hello"]
        [line] = telegram.journal.of("request_answered")
        assert (line["fault"], line["status"]) == ("reset_after", 200)


async def test_cut_body_has_its_effect_and_breaks_the_answer() -> None:
    async with faulty(FaultRule(kind="cut_body")) as telegram:
        with pytest.raises(aiohttp.ClientPayloadError):
            await send(telegram)
        assert sent_texts(telegram) == ["hello"]


@pytest.mark.parametrize("status", [500, 502])
@pytest.mark.parametrize("library", CALLERS)
async def test_server_errors_have_no_effect(library: str, status: int) -> None:
    async with faulty(FaultRule(kind="error", status=status)) as telegram:
        await telegram.door.write(Text(user=ANN, text="/start"))
        async with CALLERS[library](telegram) as caller:
            with caller.refused("server"):
                await caller.call("sendMessage", chat_id=ANN.user_id, text="hello")
        assert sent_texts(telegram) == []


async def test_delay_takes_its_time() -> None:
    rule = FaultRule(kind="delay", latency=Latency(median_seconds=0.2))
    async with faulty(rule) as telegram:
        assert await send(telegram) == 200
        [line] = telegram.journal.of("request_answered")
        assert 200 <= line["duration_ms"] < 2000


async def test_burst_ends_with_its_window() -> None:
    clock = ManualClock()
    plan = FaultPlan((FaultRule(kind="error", start_seconds=10, end_seconds=20),), 0, clock)
    fates = []
    for _ in range(30):
        fates.append(plan.call("sendMessage").fault)
        clock.advance(1)
    assert fates == [None] * 10 + ["error"] * 10 + [None] * 10


async def test_equal_seeds_give_equal_fates() -> None:
    rules = (
        FaultRule(kind="error", share=0.3),
        FaultRule(kind="delay", share=0.5, latency=Latency(median_seconds=0.1, sigma=1)),
    )

    def fates(seed: int) -> list[object]:
        plan = FaultPlan(rules, seed, ManualClock())
        return [plan.call("sendMessage") for _ in range(100)]

    assert fates(1) == fates(1) != fates(2)


async def test_polling_is_spared_unless_named() -> None:
    plan = FaultPlan((FaultRule(kind="error"),), 0, ManualClock())
    assert plan.call("getUpdates").fault is None
    named = FaultPlan((FaultRule(kind="error", methods=("getUpdates",)),), 0, ManualClock())
    assert named.call("getupdates").fault == "error"


async def polled(telegram: Emulator, offset: int = 0) -> list[tuple[int, str]]:
    async with CALLERS["aiogram"](telegram) as caller:
        updates = await caller.call("getUpdates", offset=offset)
        return [(update.update_id, update.message.text) for update in updates]


async def test_confirmed_update_comes_twice() -> None:
    async with faulty(FaultRule(kind="duplicate")) as telegram:
        await telegram.door.write(Text(user=ANN, text="once"))
        [(update_id, _)] = await polled(telegram)
        assert await polled(telegram, update_id + 1) == [(update_id, "once")]
        assert await polled(telegram, update_id + 1) == []


async def test_reordered_update_comes_after_the_next_one() -> None:
    async with faulty(FaultRule(kind="reorder", share=0.5), seed=3) as telegram:
        for number in range(20):
            await telegram.door.write(Text(user=ANN, text=f"{number}"))
        await asyncio.sleep(1.2)  # the longest an update is held back
        updates = await polled(telegram)
    texts = [int(text) for _, text in updates]
    assert sorted(texts) == list(range(20)) != texts
    assert [update_id for update_id, _ in updates] == sorted(i for i, _ in updates)


async def test_late_update_arrives_late() -> None:
    late = FaultRule(kind="late", latency=Latency(median_seconds=0.3))
    async with faulty(late) as telegram:
        acted = await telegram.door.write(Text(user=ANN, text="late"))
        assert acted.update_id is None
        assert await polled(telegram) == []
        async with CALLERS["ptb"](telegram) as caller:
            [update] = await caller.call("getUpdates", timeout=5)
    assert update.message.text == "late"


def test_fault_plan_is_read_from_yaml_and_names_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text(
        "- {kind: delay, latency: {median_seconds: 0.06, sigma: 0.3}}\n"
        "- {kind: error, share: 0.01, start_seconds: 60, end_seconds: 90, status: 500}\n"
    )
    delay, error = load_faults(file)
    assert delay.latency == Latency(median_seconds=0.06, sigma=0.3)
    assert (error.kind, error.end_seconds) == ("error", 90)
    file.write_text("- {kind: explode}\n- {kind: error, share: often}\n")
    with pytest.raises(ConfigurationError) as caught:
        load_faults(file)
    assert len(caught.value.problems) >= 2


def user(number: int) -> User:
    return User(user_id=number)
