"""getUpdates: repetition, confirmation, long poll, conflicts, expiry."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from analyzer.replay.botapi import Emulator, ManualClock, Text, User
from tests.botapi.callers import CALLERS, Caller


async def wrote(telegram: Emulator, user: User, count: int) -> list[int]:
    acts = [await telegram.door.write(Text(user=user, text=f"text {n}")) for n in range(count)]
    return [act.update_id for act in acts if act.update_id is not None]


async def polled(caller: Caller, **parameters: object) -> list[int]:
    return [update.update_id for update in await caller.call("getUpdates", **parameters)]


async def test_updates_repeat_until_a_higher_offset_confirms_them(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    first, second, third = await wrote(telegram, ann, 3)
    assert await polled(caller) == [first, second, third]
    assert await polled(caller) == [first, second, third]
    assert await polled(caller, offset=second) == [second, third]
    assert await polled(caller) == [second, third]
    assert await polled(caller, offset=third + 1) == []
    assert await polled(caller) == []


async def test_negative_offset_keeps_the_last_and_forgets_the_others(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    ids = await wrote(telegram, ann, 5)
    assert await polled(caller, offset=-2) == ids[-2:]
    assert await polled(caller) == ids[-2:]


async def test_at_most_a_hundred_come_at_once(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    ids = await wrote(telegram, ann, 130)
    assert await polled(caller) == ids[:100]
    assert await polled(caller, limit=7) == ids[:7]
    assert await polled(caller, limit=100, offset=ids[100]) == ids[100:]


async def test_long_poll_is_held_for_its_timeout(caller: Caller) -> None:
    begun = time.monotonic()
    assert await polled(caller, timeout=1) == []
    assert 0.9 <= time.monotonic() - begun < 4


async def test_long_poll_is_woken_by_an_update(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    begun = time.monotonic()
    poll = asyncio.ensure_future(polled(caller, timeout=20))
    await telegram.bot_listens()
    assert await wrote(telegram, ann, 1) == await poll
    assert time.monotonic() - begun < 10


async def test_second_poller_ends_the_first_with_409(telegram: Emulator, ann: User) -> None:
    async with CALLERS["aiogram"](telegram) as first, CALLERS["ptb"](telegram) as second:
        waiting = asyncio.ensure_future(polled(first, timeout=20))
        await telegram.bot_listens()
        newer = asyncio.ensure_future(polled(second, timeout=20))
        with first.refused("conflict", "terminated by other getUpdates request"):
            await waiting
        ids = await wrote(telegram, ann, 1)
        assert await newer == ids


async def test_each_library_understands_its_409(telegram: Emulator, caller: Caller) -> None:
    waiting = asyncio.ensure_future(polled(caller, timeout=20))
    await telegram.bot_listens()
    async with CALLERS["aiogram"](telegram) as other:
        await polled(other)
    with caller.refused("conflict", "make sure that only one bot instance is running"):
        await waiting


async def test_active_webhook_excludes_polling(caller: Caller) -> None:
    await caller.call("setWebhook", url="http://127.0.0.1:9/hook")
    with caller.refused("conflict", "can't use getUpdates method while webhook is active"):
        await polled(caller)
    await caller.call("deleteWebhook")
    assert await polled(caller) == []


async def test_setting_a_webhook_ends_the_waiting_poll(telegram: Emulator, caller: Caller) -> None:
    waiting = asyncio.ensure_future(polled(caller, timeout=20))
    await telegram.bot_listens()
    async with CALLERS["ptb"](telegram) as other:
        await other.call("setWebhook", url="http://127.0.0.1:9/hook")
    with caller.refused("conflict", "terminated by setWebhook"):
        await waiting


async def test_allowed_updates_are_remembered_and_spare_what_is_queued(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    queued = await wrote(telegram, ann, 1)
    assert await polled(caller, allowed_updates=["callback_query"]) == queued
    assert await wrote(telegram, ann, 1) == []
    assert await polled(caller) == queued
    assert await polled(caller, allowed_updates=[]) == queued
    later = await wrote(telegram, ann, 1)
    assert await polled(caller) == queued + later


@pytest.mark.parametrize("age", [86_399, 86_401])
async def test_updates_are_kept_for_24_hours(
    telegram: Emulator, clock: ManualClock, caller: Caller, ann: User, age: int
) -> None:
    ids = await wrote(telegram, ann, 2)
    clock.advance(age)
    later = await wrote(telegram, ann, 1)
    assert await polled(caller) == ([*ids, *later] if age < 86_400 else later)


async def test_update_ids_rise_by_one_and_never_repeat(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    ids = await wrote(telegram, ann, 50)
    assert ids == list(range(ids[0], ids[0] + 50))
    await polled(caller, offset=ids[-1] + 1)
    [later] = await wrote(telegram, ann, 1)
    assert later == ids[-1] + 1


async def test_update_ids_restart_at_random_on_request(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    [before] = await wrote(telegram, ann, 1)
    async with aiohttp.ClientSession() as session:
        address = f"{telegram.url}/control/update-id-restarts"
        async with session.post(address, json={}) as response:
            assert response.status == 200
    [after] = await wrote(telegram, ann, 1)
    assert after not in {before, before + 1}
    assert set(await polled(caller)) == {before, after}


async def test_bad_token_is_401_and_malformed_token_or_method_404(
    telegram: Emulator, caller: Caller
) -> None:
    async with aiohttp.ClientSession() as session:
        number = telegram.settings.bot_id
        for path, status in (
            (f"bot{number}:wrong/getMe", 401),
            ("botnonsense/getMe", 404),
            (f"bot{telegram.settings.token}/getNothing", 404),
            (f"bot{telegram.settings.token}/GETME", 200),
        ):
            async with session.get(f"{telegram.url}/{path}") as response:
                body = await response.json()
                assert (response.status, body["ok"]) == (status, status == 200), path
                assert status == 200 or body["error_code"] == status
    me = await caller.call("getMe")
    assert (me.id, me.is_bot) == (telegram.settings.bot_id, True)
