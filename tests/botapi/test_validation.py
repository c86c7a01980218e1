"""Refusals: 400 with Telegram's sentence, 403 for who blocked the bot."""

from __future__ import annotations

from typing import Any

import pytest

from analyzer.replay.botapi import Emulator, Group, ManualClock, Press, Text, User
from tests.botapi.callers import Caller

FORUM = Group(chat_id=-1002, title="Forum", is_forum=True)


def keyboard(**button: object) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "Press", **button}]]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "text is empty"),
        ("  \n ", "text is empty"),
        ("x" * 4097, "message is too long"),
        ("<b>" + "x" * 4097 + "</b>", "message is too long"),
        ("<b></b>", "text is empty"),
        ("<b>open", 'find end tag corresponding to start tag "b"'),
        ("5 < 6", "can't parse entities"),
        ("<blink>x</blink>", 'Unsupported start tag "blink" at byte offset 0'),
        ("ü<blink>x</blink>", "at byte offset 2"),
        ("<b><i>x</b></i>", "Unmatched end tag"),
        ("x</b>", "Unexpected end tag"),
    ],
)
async def test_bad_text_is_refused(caller: Caller, ann: User, text: str, reason: str) -> None:
    with caller.refused("bad_request", reason):
        await caller.call("sendMessage", chat_id=ann.user_id, text=text, parse_mode="HTML")


async def test_length_counts_characters_not_utf16_units(caller: Caller, ann: User) -> None:
    sent = await caller.call("sendMessage", chat_id=ann.user_id, text="😀" * 4096)
    assert len(sent.text) == 4096
    with caller.refused("bad_request", "message is too long"):
        await caller.call("sendMessage", chat_id=ann.user_id, text="😀" * 4097)


async def test_only_a_hundred_entities_are_kept(caller: Caller, ann: User) -> None:
    text = "<b>x</b> " * 150
    sent = await caller.call("sendMessage", chat_id=ann.user_id, text=text, parse_mode="HTML")
    assert len(sent.entities) == 100


@pytest.mark.parametrize("text", ["x", "x" * 4096, "<b>" + "x" * 4096 + "</b>"])
async def test_length_counts_after_entities(caller: Caller, ann: User, text: str) -> None:
    sent = await caller.call("sendMessage", chat_id=ann.user_id, text=text, parse_mode="HTML")
    assert len(sent.text) == text.count("x")


async def test_unknown_parse_mode_is_refused(caller: Caller, ann: User) -> None:
    with caller.refused("bad_request", "unsupported parse_mode"):
        await caller.call("sendMessage", chat_id=ann.user_id, text="x", parse_mode="BBCode")


async def test_caption_over_1024_is_refused(caller: Caller, ann: User) -> None:
    photo = await sent_photo_id(caller, ann)
    with caller.refused("bad_request", "caption is too long"):
        await caller.call("sendPhoto", chat_id=ann.user_id, photo=photo, caption="x" * 1025)
    sent = await caller.call("sendPhoto", chat_id=ann.user_id, photo=photo, caption="x" * 1024)
    assert len(sent.caption) == 1024


async def sent_photo_id(caller: Caller, ann: User) -> str:
    from aiogram.types import BufferedInputFile

    content = b"\x89PNG not looked into"
    upload: Any = content
    if type(caller).__name__ == "AiogramCaller":
        upload = BufferedInputFile(content, "photo.png")
    sent = await caller.call("sendPhoto", chat_id=ann.user_id, photo=upload)
    return str(sent.photo[-1].file_id)


@pytest.mark.parametrize("callback_data", ["x" * 65, "ü" * 33])
async def test_callback_data_over_64_bytes_is_refused(
    caller: Caller, ann: User, callback_data: str
) -> None:
    with caller.refused("bad_request", "BUTTON_DATA_INVALID"):
        await caller.call(
            "sendMessage",
            chat_id=ann.user_id,
            text="menu",
            reply_markup=keyboard(callback_data=callback_data),
        )


async def test_callback_data_of_64_bytes_is_taken(caller: Caller, ann: User) -> None:
    markup = keyboard(callback_data="ü" * 32)
    sent = await caller.call("sendMessage", chat_id=ann.user_id, text="menu", reply_markup=markup)
    assert sent.reply_markup.inline_keyboard[0][0].callback_data == "ü" * 32


async def test_button_without_an_action_is_refused(caller: Caller, ann: User) -> None:
    with caller.refused("bad_request", "text buttons are unallowed in the inline keyboard"):
        await caller.call("sendMessage", chat_id=ann.user_id, text="menu", reply_markup=keyboard())


async def test_unchanged_message_is_refused(caller: Caller, ann: User) -> None:
    markup = keyboard(callback_data="a")
    sent = await caller.call(
        "sendMessage", chat_id=ann.user_id, text="<b>card</b>", parse_mode="HTML",
        reply_markup=markup,
    )  # fmt: skip
    where = {"chat_id": ann.user_id, "message_id": sent.message_id, "parse_mode": "HTML"}
    with caller.refused("bad_request", "message is not modified"):
        await caller.call(
            "editMessageText", text="<strong>card</strong>", reply_markup=markup, **where
        )
    edited = await caller.call("editMessageText", text="card", reply_markup=markup, **where)
    assert edited.text == "card"
    with caller.refused("bad_request", "message is not modified"):
        await caller.call(
            "editMessageReplyMarkup",
            chat_id=ann.user_id,
            message_id=sent.message_id,
            reply_markup=markup,
        )


async def test_unknown_message_is_refused(caller: Caller, ann: User) -> None:
    where = {"chat_id": ann.user_id, "message_id": 999}
    with caller.refused("bad_request", "message to edit not found"):
        await caller.call("editMessageText", text="x", **where)
    with caller.refused("bad_request", "message to delete not found"):
        await caller.call("deleteMessage", **where)
    with caller.refused("bad_request", "message to copy not found"):
        await caller.call("copyMessage", from_chat_id=ann.user_id, **where)
    with caller.refused("bad_request", "message to forward not found"):
        await caller.call("forwardMessage", from_chat_id=ann.user_id, **where)


async def test_message_of_somebody_else_cannot_be_edited(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    acted = await telegram.door.write(Text(user=ann, text="mine"))
    with caller.refused("bad_request", "message can't be edited"):
        await caller.call(
            "editMessageText", chat_id=ann.user_id, message_id=acted.message_id, text="x"
        )


async def test_unknown_reply_target_is_refused_unless_allowed(caller: Caller, ann: User) -> None:
    target: dict[str, Any] = {"message_id": 999}
    with caller.refused("bad_request", "message to be replied not found"):
        await caller.call(
            "sendMessage",
            chat_id=ann.user_id,
            text="x",
            reply_parameters=reply(caller, target),
        )
    lenient = reply(caller, {**target, "allow_sending_without_reply": True})
    sent = await caller.call(
        "sendMessage", chat_id=ann.user_id, text="x", reply_parameters=lenient
    )
    assert sent.reply_to_message is None


def reply(caller: Caller, target: dict[str, Any]) -> Any:
    if type(caller).__name__ == "AiogramCaller":
        return target
    from telegram import ReplyParameters

    return ReplyParameters(**target)


async def test_unknown_thread_is_refused(telegram: Emulator, caller: Caller) -> None:
    await telegram.door.add_group(FORUM)
    with caller.refused("bad_request", "message thread not found"):
        await caller.call("sendMessage", chat_id=FORUM.chat_id, text="x", message_thread_id=999)


async def test_chat_that_never_wrote_is_not_found(caller: Caller) -> None:
    with caller.refused("bad_request", "chat not found"):
        await caller.call("sendMessage", chat_id=4242, text="hello stranger")
    with caller.refused("bad_request", "chat not found"):
        await caller.call("getChat", chat_id=-100_999)


async def test_blocked_bot_gets_403_until_unblocked(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    await telegram.door.block(ann)
    with caller.refused("forbidden", "bot was blocked by the user"):
        await caller.call("sendMessage", chat_id=ann.user_id, text="hello")
    with caller.refused("forbidden", "bot was blocked by the user"):
        await caller.call("sendChatAction", chat_id=ann.user_id, action="typing")
    await telegram.door.block(ann, blocked=False)
    await caller.call("sendMessage", chat_id=ann.user_id, text="hello again")
    changes = [u.my_chat_member for u in await caller.call("getUpdates")]
    assert [change.new_chat_member.status for change in changes] == ["kicked", "member"]


async def pressed(telegram: Emulator, caller: Caller, ann: User) -> str:
    markup = keyboard(callback_data="a")
    sent = await caller.call("sendMessage", chat_id=ann.user_id, text="menu", reply_markup=markup)
    press = Press(user=ann, message_id=sent.message_id, callback_data="a")
    query_id = (await telegram.door.press(press)).callback_query_id
    assert query_id is not None
    return query_id


async def test_callback_query_is_answered_once(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    query_id = await pressed(telegram, caller, ann)
    assert await caller.call("answerCallbackQuery", callback_query_id=query_id) is True
    for unknown in (query_id, "123"):
        with caller.refused("bad_request", "query is too old and response timeout expired"):
            await caller.call("answerCallbackQuery", callback_query_id=unknown)


@pytest.mark.parametrize("age", [19.9, 20.1])
async def test_callback_query_is_too_old_after_20_seconds(
    telegram: Emulator, clock: ManualClock, caller: Caller, ann: User, age: float
) -> None:
    query_id = await pressed(telegram, caller, ann)
    clock.advance(age)
    if age < 20:
        assert await caller.call("answerCallbackQuery", callback_query_id=query_id) is True
    else:
        with caller.refused("bad_request", "query is too old"):
            await caller.call("answerCallbackQuery", callback_query_id=query_id)


async def test_callback_answer_over_200_characters_is_refused(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    query_id = await pressed(telegram, caller, ann)
    with caller.refused("bad_request", "MESSAGE_TOO_LONG"):
        await caller.call("answerCallbackQuery", callback_query_id=query_id, text="x" * 201)


async def test_unknown_file_is_refused(caller: Caller, ann: User) -> None:
    with caller.refused("bad_request", "wrong file"):
        await caller.call("getFile", file_id="nothing")
    with caller.refused("bad_request", "wrong file identifier"):
        await caller.call("sendDocument", chat_id=ann.user_id, document="nothing")


async def test_bad_commands_are_refused(caller: Caller) -> None:
    with caller.refused("bad_request", "BOT_COMMAND_INVALID"):
        await caller.call("setMyCommands", commands=commands(caller, "With Space"))
    assert await caller.call("setMyCommands", commands=commands(caller, "start"))
    [known] = await caller.call("getMyCommands")
    assert known.command == "start"


def commands(caller: Caller, name: str) -> list[Any]:
    from aiogram.types import BotCommand

    if type(caller).__name__ == "AiogramCaller":
        return [BotCommand(command=name, description="does it")]
    return [(name, "does it")]
