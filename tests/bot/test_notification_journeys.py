from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from analyzer.replay.botapi import Emulator, Limits, Press, Settings, Text, User
from tests.bot.conftest import AGENT, ANN, OPERATIONS
from tests.bot.running import BotProcess, Onlooker

READERS = [User(user_id=30_000 + number) for number in range(120)]


async def test_subscriptions_are_listed_and_changed_by_button(
    telegram: Emulator, bot: BotProcess, chats: Onlooker
) -> None:
    shown = await chats.ask("/notifications", ANN, contains="subscribed to nothing")
    await telegram.door.press(
        Press(user=ANN, message_id=shown.message_id or 0, callback_data="nt:on:campaign")
    )
    await chats.answered(ANN.user_id, "Campaigns and discounts")
    await chats.ask("/unsubscribe campaign", ANN, contains="subscribed to nothing")
    await chats.ask("/subscribe weather", ANN, contains="Topics are")
    await chats.ask("/broadcast news hello", ANN, contains="for leads")
    assert await bot.terminate() == 0


async def test_broadcast_reaches_everybody_once_through_kills_and_blocks(tmp_path: Path) -> None:
    async with Emulator(Settings(limits=Limits(scale=10))) as telegram:
        await telegram.door.add_group(OPERATIONS, {AGENT.user_id: "member"})
        async with BotProcess(
            tmp_path,
            BOT_TOKEN=telegram.settings.token,
            BOT_API_URL=telegram.url,
            OPS_CHAT_ID=OPERATIONS.chat_id,
            SEND_RATE_SCALE=4,
        ) as bot:
            await _broadcast(telegram, bot)


async def _broadcast(telegram: Emulator, bot: BotProcess) -> None:
    chats = Onlooker(telegram)
    for reader in READERS:
        await telegram.door.write(Text(user=reader, text="/subscribe news"))
    for reader in READERS:
        await chats.answered(reader.user_id, "Subscribed")
    blocked = READERS[:3]
    for reader in blocked:
        await telegram.door.block(reader)
    await telegram.door.write(
        Text(user=AGENT, text="/broadcast news The <sale> begins", chat_id=OPERATIONS.chat_id)
    )
    card = await chats.answered(OPERATIONS.chat_id, "Recipients 120")
    assert "Takes about" in card.text
    for _ in range(2):  # a double tap starts it once
        await telegram.door.press(
            Press(
                user=AGENT,
                message_id=card.message_id or 0,
                callback_data="bc:start:1",
                chat_id=OPERATIONS.chat_id,
            )
        )
    # A machine too busy to keep up pauses broadcasts for a while (degraded mode).
    await chats.until(lambda event: event.text == "The <sale> begins", seconds=150)
    await asyncio.sleep(0.3)
    await bot.kill()
    await bot.start()
    done = await chats.answered(OPERATIONS.chat_id, "done", seconds=40)
    assert "blocked 3" in done.text
    await chats.read()
    received = Counter(e.chat_id for e in chats.events if e.text == "The <sale> begins")
    assert set(received) == {reader.user_id for reader in READERS} - {b.user_id for b in blocked}
    # A send that Telegram accepted in the instant of the kill is sent again: at least once.
    assert sum(received.values()) - len(received) <= 32
    assert await bot.terminate() == 0
    journeys = Counter((line.get("context"), line.get("journey")) for line in bot.lines())
    assert journeys["notifications", "send"] >= len(READERS) - len(blocked)
