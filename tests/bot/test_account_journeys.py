from __future__ import annotations

from analyzer.replay.botapi import Emulator, Press, Text
from tests.bot.conftest import AGENT, ANN, BORIS, OPERATIONS
from tests.bot.running import BotProcess, Onlooker


async def test_profile_language_export_and_erasure(
    telegram: Emulator, bot: BotProcess, chats: Onlooker
) -> None:
    assert "Ann" in (await chats.ask("/profile", ANN)).text
    assert "Saved" in (await chats.ask("/profile email ann@example.org", ANN)).text
    assert "no e-mail address" in (await chats.ask("/profile email nonsense", ANN)).text
    assert "22-7" in (await chats.ask("/profile quiet 22-7", ANN)).text
    await chats.ask("/language ru", ANN, contains="по-русски")
    await chats.ask("/profile", ANN, contains="Тариф")
    await chats.ask("/subscribe news", ANN, contains="оформлена")
    await chats.ask("/ticket не открывается", ANN, contains="#1")
    exported = await chats.ask("/export", ANN)
    for held in ("ann@example.org", "не открывается", "news"):
        assert held in exported.text
    asked = await chats.ask("/delete", ANN)
    await telegram.door.press(
        Press(user=ANN, message_id=asked.message_id or 0, callback_data="ac:erase:sure")
    )
    await chats.answered(ANN.user_id, "Удалено")
    empty = (await chats.ask("/export", ANN)).text
    for erased in ("ann@example.org", "не открывается", "news"):
        assert erased not in empty
    assert await bot.terminate() == 0


async def test_customer_is_linked_by_a_code_that_staff_hands_out(
    telegram: Emulator, bot: BotProcess, chats: Onlooker
) -> None:
    refused = await chats.ask("/profile verify C-100 000000", ANN)
    assert "does not fit" in refused.text
    assert "role agent" in (await chats.ask("/linkcode C-100", ANN)).text
    await telegram.door.write(Text(user=AGENT, text="/linkcode C-100", chat_id=OPERATIONS.chat_id))
    issued = await chats.answered(OPERATIONS.chat_id, "Code for customer C-100")
    code = issued.text.split(": ")[1][:6]
    await chats.ask(f"/profile verify C-100 {code}", ANN, contains="Linked to customer C-100")
    await chats.ask(f"/profile verify C-100 {code}", BORIS, contains="не подходит")
    assert await bot.terminate() == 0


async def test_guided_ticket_survives_a_kill_between_its_steps(
    telegram: Emulator, bot: BotProcess, chats: Onlooker
) -> None:
    asked = await chats.ask("/ticket", ANN, contains="What is it about")
    await telegram.door.press(
        Press(user=ANN, message_id=asked.message_id or 0, callback_data="tk:cat:payment")
    )
    await chats.answered(ANN.user_id, "describe the problem")
    await bot.kill()
    await bot.start()
    received = await chats.ask("I was charged twice", ANN, contains="#1")
    assert "Payment" in received.text
    assert await bot.terminate() == 0
