"""Send limits: 30 a second overall, one a second per chat with a burst, 20 a minute per group."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.replay.botapi import Emulator, Group, Limits, ManualClock, Settings, Text, User
from analyzer.replay.botapi.limits import SendLimiter, Sent
from tests.botapi.callers import Caller

GROUP = Group(chat_id=-1001, title="Operations")


@pytest.fixture
def settings() -> Settings:
    return Settings()


async def users(telegram: Emulator, count: int) -> list[int]:
    for number in range(count):
        await telegram.door.write(Text(user=User(user_id=2000 + number), text="/start"))
    return [2000 + number for number in range(count)]


async def test_one_a_second_per_chat_after_a_small_burst(
    telegram: Emulator, clock: ManualClock, caller: Caller, ann: User
) -> None:
    for number in range(3):
        await caller.call("sendMessage", chat_id=ann.user_id, text=f"{number}")
    with caller.refused("too_many", "1"):
        await caller.call("sendMessage", chat_id=ann.user_id, text="too soon")
    clock.advance(1.0)
    await caller.call("sendMessage", chat_id=ann.user_id, text="in time")


async def test_early_repeats_stay_429_and_do_not_move_the_promised_moment(
    telegram: Emulator, clock: ManualClock, caller: Caller, ann: User
) -> None:
    for number in range(3):
        await caller.call("sendMessage", chat_id=ann.user_id, text=f"{number}")
    for _ in range(4):
        with caller.refused("too_many"):
            await caller.call("sendMessage", chat_id=ann.user_id, text="too soon")
        clock.advance(0.24)
    clock.advance(0.05)
    await caller.call("sendMessage", chat_id=ann.user_id, text="as promised")


async def test_thirty_a_second_over_all_chats(
    telegram: Emulator, clock: ManualClock, caller: Caller
) -> None:
    people = await users(telegram, 31)
    for user_id in people[:30]:
        await caller.call("sendMessage", chat_id=user_id, text="offer")
    with caller.refused("too_many"):
        await caller.call("sendMessage", chat_id=people[30], text="offer")
    clock.advance(1.0)
    await caller.call("sendMessage", chat_id=people[30], text="offer")


async def test_twenty_a_minute_per_group(
    telegram: Emulator, clock: ManualClock, caller: Caller
) -> None:
    await telegram.door.add_group(GROUP)
    for number in range(20):
        clock.advance(1.0)
        await caller.call("sendMessage", chat_id=GROUP.chat_id, text=f"{number}")
    clock.advance(1.0)
    with caller.refused("too_many", "40"):
        await caller.call("sendMessage", chat_id=GROUP.chat_id, text="one too many")
    clock.advance(40.0)
    await caller.call("sendMessage", chat_id=GROUP.chat_id, text="a minute later")


async def test_edits_count_in_a_groups_minute_and_not_in_a_chats_second(
    telegram: Emulator, clock: ManualClock, caller: Caller, ann: User
) -> None:
    await telegram.door.add_group(GROUP)
    card = await caller.call("sendMessage", chat_id=GROUP.chat_id, text="card")
    where = {"chat_id": GROUP.chat_id, "message_id": card.message_id}
    for number in range(19):
        await caller.call("editMessageText", text=f"card {number}", **where)
    with caller.refused("too_many"):
        await caller.call("editMessageText", text="card again", **where)
    clock.advance(60.0)
    card = await caller.call("sendMessage", chat_id=ann.user_id, text="card")
    where = {"chat_id": ann.user_id, "message_id": card.message_id}
    for number in range(10):
        await caller.call("editMessageText", text=f"card {number}", **where)


async def test_refused_messages_and_actions_do_not_count(
    telegram: Emulator, clock: ManualClock, caller: Caller, ann: User
) -> None:
    for _ in range(5):
        with caller.refused("bad_request"):
            await caller.call(
                "sendMessage", chat_id=ann.user_id, text="<b>open", parse_mode="HTML"
            )
        await caller.call("sendChatAction", chat_id=ann.user_id, action="typing")
    for number in range(3):
        await caller.call("sendMessage", chat_id=ann.user_id, text=f"{number}")


async def test_body_of_a_429_tells_how_long_to_wait(
    telegram: Emulator, clock: ManualClock, ann: User
) -> None:
    import aiohttp

    address = f"{telegram.url}/bot{telegram.settings.token}/sendMessage"
    async with aiohttp.ClientSession() as session:
        for number in range(4):
            body = {"chat_id": ann.user_id, "text": f"{number}"}
            async with session.post(address, json=body) as response:
                status, answer = response.status, await response.json()
    assert status == 429
    assert answer == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    }


@given(
    st.lists(st.integers(0, 400), min_size=1, max_size=200),
    st.sampled_from([1.0, 10.0]),
)
def test_no_second_and_no_group_minute_ever_holds_more_than_allowed(
    pauses_ms: list[int], scale: float
) -> None:
    clock = ManualClock()
    limiter = SendLimiter(Limits(scale=scale), clock)
    admitted: list[tuple[int, int]] = []
    for number, pause in enumerate(pauses_ms):
        clock.advance(pause / 1000)
        message = Sent(-(number % 2) - 1, group=True)
        if limiter.wait_seconds(message) == 0:
            limiter.count(message)
            admitted.append((clock.monotonic, message.chat_id))
    for moment, chat_id in admitted:
        second = [t for t, _ in admitted if moment <= t < moment + 1_000_000_000]
        assert len(second) <= 30 * scale
        minute = [
            t
            for t, chat in admitted
            if chat == chat_id and moment <= t < moment + 60_000_000_000 / scale
        ]
        assert len(minute) <= 20


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=60))
def test_waiting_as_told_is_always_enough(pauses_ms: list[int]) -> None:
    clock = ManualClock()
    limiter = SendLimiter(Limits(), clock)
    for pause in pauses_ms:
        clock.advance(pause / 1000)
        message = Sent(-1, group=True)
        wait = limiter.wait_seconds(message)
        if wait:
            clock.advance(wait)
            assert limiter.wait_seconds(message) == 0
        limiter.count(message)
