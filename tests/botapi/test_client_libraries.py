"""Unmodified aiogram and python-telegram-bot run against the emulator, polling and webhook."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.replay.botapi import Emulator, Press, RemoteDoor, Text, User
from tests.botapi.bots import FLAVOURS, SECRET, aiogram_webhook
from tests.botapi.chatting import eventually, seen

ANN = User(user_id=1001, first_name="Ann")


@pytest.mark.parametrize("flavour", FLAVOURS)
async def test_echo_answers_every_text(telegram: Emulator, flavour: str) -> None:
    async with FLAVOURS[flavour](telegram):
        for text in ("hello", "wörld 😀", "<b>not bold</b>"):
            seq = await telegram.door.last_seq()
            await telegram.door.write(Text(user=ANN, text=text))
            answer = await seen(telegram.door, seq, lambda event: event.kind == "message")
            assert answer.text == text
            assert answer.chat_id == ANN.user_id


@pytest.mark.parametrize("flavour", FLAVOURS)
async def test_button_is_answered_and_edits_its_message(telegram: Emulator, flavour: str) -> None:
    door = telegram.door
    async with FLAVOURS[flavour](telegram):
        await door.write(Text(user=ANN, text="/menu"))
        menu = await seen(door, 0, lambda event: event.kind == "message")
        assert [button.text for button in menu.buttons] == ["Yes"]
        assert menu.message_id is not None
        data = menu.buttons[0].data
        assert data is not None
        press = await door.press(Press(user=ANN, message_id=menu.message_id, callback_data=data))
        answered = await seen(door, menu.seq, lambda event: event.kind == "callback_answered")
        assert answered.callback_query_id == press.callback_query_id
        edited = await seen(door, menu.seq, lambda event: event.kind == "edited")
        assert edited.text == "You said answer:yes"
        assert edited.message_id == menu.message_id
        assert edited.buttons == ()


async def test_remote_door_does_what_the_local_door_does(telegram: Emulator) -> None:
    async with FLAVOURS["aiogram-polling"](telegram), RemoteDoor(telegram.url) as door:
        await door.write(Text(user=ANN, text="/menu"))
        menu = await seen(door, 0, lambda event: event.kind == "message")
        assert menu.message_id is not None
        await door.press(Press(user=ANN, message_id=menu.message_id, callback_data="answer:yes"))
        edited = await seen(door, menu.seq, lambda event: event.kind == "edited")
        assert edited.text == "You said answer:yes"


async def test_bot_without_the_right_secret_gets_nothing(telegram: Emulator) -> None:
    async with FLAVOURS["aiogram-webhook"](telegram):
        target = telegram.gateway.webhook.target
        assert target is not None
        assert target.secret_token == SECRET
        await telegram.gateway.webhook.set(replace(target, secret_token="wrong"))
        await telegram.door.write(Text(user=ANN, text="hello"))
        await eventually(lambda: telegram.journal.of("webhook_attempted"))
        [attempt] = telegram.journal.of("webhook_attempted")
        assert attempt["status"] == 401
        assert await telegram.door.events(0) == []


async def test_aiograms_multipart_reply_inside_the_webhooks_answer(telegram: Emulator) -> None:
    async with aiogram_webhook(telegram, reply_in_answer=True):
        await telegram.door.write(Text(user=ANN, text="hello"))
        answer = await seen(telegram.door, 0, lambda event: event.kind == "message")
    assert answer.text == "said inside: hello"
