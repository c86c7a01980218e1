"""Messages, albums, topics, files, members: what was done is what is seen afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from aiogram.types import BufferedInputFile

from analyzer.replay.botapi import (
    Edit,
    Emulator,
    Group,
    ImpossibleActError,
    ManualClock,
    Media,
    Press,
    Text,
    User,
)
from tests.botapi.callers import AiogramCaller, Caller

FORUM = Group(chat_id=-1002, title="Forum", is_forum=True)
AGENT = User(user_id=7001, first_name="Agent")


@pytest.fixture
async def forum(telegram: Emulator) -> int:
    await telegram.door.add_group(FORUM, {AGENT.user_id: "administrator", 7002: "member"})
    return FORUM.chat_id


def upload(caller: Caller, content: bytes, name: str) -> Any:
    from telegram import InputFile

    if isinstance(caller, AiogramCaller):
        return BufferedInputFile(content, name)
    return InputFile(content, filename=name, attach=True)


async def test_message_ids_count_per_chat(telegram: Emulator, caller: Caller, ann: User) -> None:
    bea = User(user_id=1002)
    await telegram.door.write(Text(user=bea, text="/start"))
    first = await caller.call("sendMessage", chat_id=ann.user_id, text="to ann")
    second = await caller.call("sendMessage", chat_id=bea.user_id, text="to bea")
    third = await caller.call("sendMessage", chat_id=ann.user_id, text="to ann again")
    assert first.message_id == second.message_id == 2
    assert third.message_id == 3


async def test_edits_and_deletes_change_what_is_stored(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    sent = await caller.call("sendMessage", chat_id=ann.user_id, text="first")
    where = {"chat_id": ann.user_id, "message_id": sent.message_id}
    edited = await caller.call("editMessageText", text="second", **where)
    assert (edited.text, edited.message_id) == ("second", sent.message_id)
    assert edited.edit_date is not None
    copy = await caller.call(
        "copyMessage", chat_id=ann.user_id, from_chat_id=ann.user_id, message_id=sent.message_id
    )
    assert telegram.world.chats[ann.user_id].messages[copy.message_id]["text"] == "second"
    assert await caller.call("deleteMessage", **where) is True
    with caller.refused("bad_request", "not found"):
        await caller.call("editMessageText", text="third", **where)


async def test_messages_older_than_48_hours_cannot_be_deleted(
    telegram: Emulator, clock: ManualClock, caller: Caller, ann: User
) -> None:
    sent = await caller.call("sendMessage", chat_id=ann.user_id, text="old")
    clock.advance(172_801)
    with caller.refused("bad_request", "message can't be deleted"):
        await caller.call("deleteMessage", chat_id=ann.user_id, message_id=sent.message_id)


async def test_forward_names_its_origin_and_copy_does_not(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    acted = await telegram.door.write(Text(user=ann, text="a word"))
    source = {
        "chat_id": ann.user_id,
        "from_chat_id": ann.user_id,
        "message_id": acted.message_id,
    }
    forwarded = await caller.call("forwardMessage", **source)
    assert forwarded.forward_origin.sender_user.id == ann.user_id
    copied = await caller.call("copyMessage", **source)
    stored = telegram.world.chats[ann.user_id].messages[copied.message_id]
    assert "forward_origin" not in stored
    assert stored["from"]["is_bot"] is True


async def test_reply_is_linked(telegram: Emulator, caller: Caller, ann: User) -> None:
    sent = await caller.call("sendMessage", chat_id=ann.user_id, text="question?")
    await telegram.door.write(Text(user=ann, text="answer", reply_to_message_id=sent.message_id))
    [update] = await caller.call("getUpdates")
    assert update.message.reply_to_message.message_id == sent.message_id


async def test_album_comes_as_separate_updates_with_one_group_id(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    for number in range(3):
        await telegram.door.send(
            Media(
                user=ann,
                kind="photo",
                content=bytes([number]),
                file_name="p.jpg",
                mime_type="image/jpeg",
                caption="three" if number == 0 else "",
                media_group_id="album-1",
            )
        )
    updates = await caller.call("getUpdates")
    assert len(updates) == 3
    assert {update.message.media_group_id for update in updates} == {"album-1"}
    assert updates[0].message.caption == "three"
    assert len({update.message.photo[-1].file_id for update in updates}) == 3


async def test_document_of_a_user_can_be_fetched(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    content = b"log line\n" * 1000
    await telegram.door.send(
        Media(user=ann, kind="document", content=content, file_name="app.log")
    )
    [update] = await caller.call("getUpdates")
    assert update.message.document.file_name == "app.log"
    file = await caller.call("getFile", file_id=update.message.document.file_id)
    assert file.file_size == len(content)
    path = file.file_path.rpartition(f"{telegram.settings.token}/")[2]
    assert await caller.download(path) == content


async def test_uploads_of_the_bot_are_kept_and_can_be_sent_again(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    sent = await caller.call(
        "sendDocument",
        chat_id=ann.user_id,
        document=upload(caller, b"report", "report.csv"),
        caption="<i>yours</i>",
        parse_mode="HTML",
    )
    assert sent.document.file_name == "report.csv"
    assert (sent.caption, sent.caption_entities[0].type) == ("yours", "italic")
    again = await caller.call("sendDocument", chat_id=ann.user_id, document=sent.document.file_id)
    assert again.document.file_unique_id == sent.document.file_unique_id


@pytest.mark.parametrize("kind", ["voice", "audio", "video", "animation", "sticker"])
async def test_other_files_come_and_go(
    telegram: Emulator, caller: Caller, ann: User, kind: str
) -> None:
    await telegram.door.send(Media(user=ann, kind=kind, content=b"bytes", file_name="f.bin"))
    [update] = await caller.call("getUpdates")
    file_id = getattr(update.message, kind).file_id
    back = await caller.call(f"send{kind.title()}", **{"chat_id": ann.user_id, kind: file_id})
    assert getattr(back, kind).file_unique_id == getattr(update.message, kind).file_unique_id
    copied = await caller.call(
        "copyMessage",
        chat_id=ann.user_id,
        from_chat_id=ann.user_id,
        message_id=update.message.message_id,
    )
    assert kind in telegram.world.chats[ann.user_id].messages[copied.message_id]


async def test_album_of_the_bot_is_as_many_messages(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    first, second = album(caller)
    sent = await caller.call("sendMediaGroup", chat_id=ann.user_id, media=[first, second])
    assert len(sent) == 2
    assert len({message.media_group_id for message in sent}) == 1
    assert [message.caption for message in sent] == ["both", None]
    with caller.refused("bad_request", "2-10 items"):
        await caller.call("sendMediaGroup", chat_id=ann.user_id, media=[first])


def album(caller: Caller) -> tuple[Any, Any]:
    import aiogram.types
    import telegram

    library: Any = aiogram.types if isinstance(caller, AiogramCaller) else telegram
    return (
        library.InputMediaPhoto(media=upload(caller, b"one", "1.jpg"), caption="both"),
        library.InputMediaPhoto(media=upload(caller, b"two", "2.jpg")),
    )


async def test_several_messages_at_once(telegram: Emulator, caller: Caller, ann: User) -> None:
    ids = [(await telegram.door.write(Text(user=ann, text=text))).message_id for text in "abc"]
    here = {"chat_id": ann.user_id, "message_ids": [*ids, 999]}
    copies = await caller.call("copyMessages", from_chat_id=ann.user_id, **here)
    stored = telegram.world.chats[ann.user_id].messages
    assert [stored[copy.message_id]["text"] for copy in copies] == ["a", "b", "c"]
    forwards = await caller.call("forwardMessages", from_chat_id=ann.user_id, **here)
    assert len(forwards) == 3
    assert await caller.call("pinChatMessage", chat_id=ann.user_id, message_id=ids[0])
    assert await caller.call("deleteMessages", **here) is True
    assert not set(ids) & set(stored)


async def test_topics_are_created_closed_reopened_edited_deleted(
    telegram: Emulator, caller: Caller, forum: int
) -> None:
    topic = await caller.call("createForumTopic", chat_id=forum, name="Ticket #1")
    thread = {"chat_id": forum, "message_thread_id": topic.message_thread_id}
    sent = await caller.call("sendMessage", text="in the topic", **thread)
    assert (sent.message_thread_id, sent.is_topic_message) == (topic.message_thread_id, True)
    assert await caller.call("closeForumTopic", **thread) is True
    with caller.refused("bad_request", "TOPIC_NOT_MODIFIED"):
        await caller.call("closeForumTopic", **thread)
    with pytest.raises(ImpossibleActError, match="closed"):
        await telegram.door.write(
            Text(
                user=User(user_id=7002),
                text="may I?",
                chat_id=forum,
                thread_id=topic.message_thread_id,
            )
        )
    assert await caller.call("reopenForumTopic", **thread) is True
    assert await caller.call("editForumTopic", name="Ticket #1, solved", **thread) is True
    assert await caller.call("deleteForumTopic", **thread) is True
    with caller.refused("bad_request", "message thread not found"):
        await caller.call("sendMessage", text="into nothing", **thread)
    with caller.refused("bad_request", "TOPIC_ID_INVALID"):
        await caller.call("deleteForumTopic", **thread)


async def test_topic_in_a_plain_group_is_refused(telegram: Emulator, caller: Caller) -> None:
    await telegram.door.add_group(Group(chat_id=-1003))
    with caller.refused("bad_request", "the chat is not a forum"):
        await caller.call("createForumTopic", chat_id=-1003, name="x")


async def test_agent_writes_in_a_topic(telegram: Emulator, caller: Caller, forum: int) -> None:
    topic = await caller.call("createForumTopic", chat_id=forum, name="Ticket #2")
    await telegram.door.write(
        Text(user=AGENT, text="solved", chat_id=forum, thread_id=topic.message_thread_id)
    )
    [update] = await caller.call("getUpdates")
    assert update.message.message_thread_id == topic.message_thread_id
    assert update.message.chat.is_forum is True


async def test_message_in_a_topic_replies_to_the_topics_beginning(
    telegram: Emulator, caller: Caller, forum: int
) -> None:
    topic = await caller.call("createForumTopic", chat_id=forum, name="Ticket #3")
    thread_id = topic.message_thread_id
    plain = Text(user=AGENT, text="hello", chat_id=forum, thread_id=thread_id)
    first = await telegram.door.write(plain)
    answer = Text(user=AGENT, text="yes", chat_id=forum, reply_to_message_id=first.message_id)
    await telegram.door.write(answer)
    said, replied = [update.message for update in await caller.call("getUpdates")]
    assert said.reply_to_message.message_id == thread_id
    assert said.reply_to_message.forum_topic_created.name == "Ticket #3"
    assert replied.message_thread_id == thread_id
    assert replied.reply_to_message.message_id == first.message_id
    back = await caller.call("copyMessage", chat_id=forum, from_chat_id=forum,
        message_id=said.message_id, message_thread_id=thread_id)  # fmt: skip
    assert telegram.world.chats[forum].messages[back.message_id]["is_topic_message"] is True


async def test_thread_of_replies_in_a_group_cannot_be_sent_to(
    telegram: Emulator, caller: Caller
) -> None:
    await telegram.door.add_group(Group(chat_id=-1003), {AGENT.user_id: "administrator"})
    card = await caller.call("sendMessage", chat_id=-1003, text="ticket 1")
    await telegram.door.write(
        Text(user=AGENT, text="solved", chat_id=-1003, reply_to_message_id=card.message_id)
    )
    [update] = await caller.call("getUpdates")
    assert update.message.message_thread_id == card.message_id
    assert not update.message.is_topic_message
    with caller.refused("bad_request", "message thread not found"):
        await caller.call(
            "sendMessage", chat_id=-1003, text="thanks", message_thread_id=card.message_id
        )


async def test_members_have_their_roles(
    telegram: Emulator, caller: Caller, forum: int, ann: User
) -> None:
    statuses = [
        (await caller.call("getChatMember", chat_id=forum, user_id=user_id)).status
        for user_id in (AGENT.user_id, 7002, ann.user_id, telegram.settings.bot_id)
    ]
    assert statuses == ["administrator", "member", "left", "administrator"]
    with caller.refused("bad_request", "user not found"):
        await caller.call("getChatMember", chat_id=forum, user_id=31337)
    staff = await caller.call("getChatAdministrators", chat_id=forum)
    assert {member.user.id for member in staff} == {AGENT.user_id, telegram.settings.bot_id}


async def test_chats_are_described(caller: Caller, forum: int, ann: User) -> None:
    private = await caller.call("getChat", chat_id=ann.user_id)
    assert (private.type, private.username) == ("private", ann.username)
    group = await caller.call("getChat", chat_id=forum)
    assert (group.type, group.title, group.is_forum) == ("supergroup", "Forum", True)


async def test_users_edit_reaches_the_bot(telegram: Emulator, caller: Caller, ann: User) -> None:
    acted = await telegram.door.write(Text(user=ann, text="helo"))
    assert acted.message_id is not None
    await telegram.door.edit(Edit(user=ann, message_id=acted.message_id, text="hello"))
    _, update = await caller.call("getUpdates")
    assert update.edited_message.text == "hello"
    assert update.edited_message.message_id == acted.message_id


async def test_only_a_button_that_is_there_can_be_pressed(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    markup = {"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]}
    sent = await caller.call("sendMessage", chat_id=ann.user_id, text="menu", reply_markup=markup)
    with pytest.raises(ImpossibleActError, match="no button 'b'"):
        await telegram.door.press(Press(user=ann, message_id=sent.message_id, callback_data="b"))
    await caller.call("editMessageText", chat_id=ann.user_id, message_id=sent.message_id, text="-")
    with pytest.raises(ImpossibleActError, match="no button 'a'"):
        await telegram.door.press(Press(user=ann, message_id=sent.message_id, callback_data="a"))


async def test_callback_query_carries_its_message(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    markup = {"inline_keyboard": [[{"text": "A", "callback_data": "a"}]]}
    sent = await caller.call("sendMessage", chat_id=ann.user_id, text="menu", reply_markup=markup)
    await telegram.door.press(Press(user=ann, message_id=sent.message_id, callback_data="a"))
    [update] = await caller.call("getUpdates")
    query = update.callback_query
    assert (query.data, query.message.message_id) == ("a", sent.message_id)
    assert query.chat_instance
