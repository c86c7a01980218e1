from __future__ import annotations

from analyzer.replay.botapi import Emulator, Press, Text
from tests.bot.conftest import AGENT, ANN, BORIS, OPERATIONS
from tests.bot.running import BotProcess, Onlooker


async def test_ticket_goes_from_submission_over_an_answer_to_a_rating(
    telegram: Emulator, bot: BotProcess, chats: Onlooker
) -> None:
    received = await chats.ask("/ticket The app <b>does not</b> start & hangs", ANN)
    assert "#1" in received.text
    card = await chats.until(lambda e: e.chat_id == OPERATIONS.chat_id and "#1" in e.text)
    await telegram.door.write(
        Text(
            user=AGENT,
            text="Please update it",
            chat_id=OPERATIONS.chat_id,
            reply_to_message_id=card.message_id,
        )
    )
    answer = await chats.until(lambda e: e.chat_id == ANN.user_id and "Please update it" in e.text)
    assert "#1" in answer.text
    await telegram.door.press(
        Press(user=ANN, message_id=received.message_id or 0, callback_data="tk:close:1")
    )
    closing = await chats.until(lambda e: e.chat_id == ANN.user_id and "How did we do" in e.text)
    await telegram.door.press(
        Press(user=ANN, message_id=closing.message_id or 0, callback_data="tk:rate:1:5")
    )
    await chats.until(lambda e: e.chat_id == ANN.user_id and "★★★★★" in e.text)
    await chats.until(lambda e: e.chat_id == OPERATIONS.chat_id and "Rating: ★★★★★" in e.text)
    assert await bot.terminate() == 0


async def test_faq_answers_in_the_language_of_the_user(bot: BotProcess, chats: Onlooker) -> None:
    assert "five working days" in (await chats.ask("/faq refunds", ANN)).text
    assert "пяти рабочих дней" in (await chats.ask("/faq возврат денег", BORIS)).text
