"""Support in a forum group, as a user and an agent live it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from analyzer.replay.botapi import (
    ChatEvent,
    Edit,
    Emulator,
    Group,
    Limits,
    Media,
    Press,
    Settings,
    Text,
)
from consolidated_bot.core.bot_api import BotApi
from tests.bot.conftest import AGENT, ANN, BORIS
from tests.bot.running import BotProcess, Onlooker

FORUM = Group(chat_id=-1_000_000_000_778, is_forum=True)


@pytest.fixture
async def telegram(tmp_path: Path) -> AsyncIterator[Emulator]:
    settings = Settings(journal=tmp_path / "telegram.jsonl", limits=Limits(enabled=False))
    async with Emulator(settings) as emulator:
        await emulator.door.add_group(FORUM, {AGENT.user_id: "administrator"})
        yield emulator


@pytest.fixture
async def bot(telegram: Emulator, tmp_path: Path) -> AsyncIterator[BotProcess]:
    async with BotProcess(
        tmp_path,
        BOT_TOKEN=telegram.settings.token,
        BOT_API_URL=telegram.url,
        OPS_CHAT_ID=FORUM.chat_id,
        OPS_MEMBERS=f"{AGENT.user_id}:owner",
        SEND_RATE_SCALE=100,
    ) as process:
        yield process


class Desk:
    """What the agent does and sees in the forum."""

    def __init__(self, telegram: Emulator, chats: Onlooker) -> None:
        self._door = telegram.door
        self._chats = chats
        self._telegram = telegram

    async def seen(self, contains: str, thread_id: int | None = None) -> ChatEvent:
        """The first message or edit in the group (in one topic) that says so."""
        return await self._chats.until(
            lambda e: (
                e.chat_id == FORUM.chat_id
                and contains in e.text
                and (thread_id is None or thread(e) == thread_id)
            )
        )

    async def press(self, event: ChatEvent, data: str) -> None:
        await self._door.press(
            Press(
                user=AGENT,
                message_id=event.message_id or 0,
                callback_data=data,
                chat_id=FORUM.chat_id,
            )
        )

    async def write(self, text: str, thread_id: int) -> int:
        acted = await self._door.write(
            Text(user=AGENT, text=text, chat_id=FORUM.chat_id, thread_id=thread_id)
        )
        assert acted.message_id is not None
        return acted.message_id

    async def take(self, number: int) -> int:
        """Take a ticket; the thread of the topic that opens."""
        card = await self.seen(f"#{number} open")
        await self.press(card, f"tk:take:{number}")
        opened = await self._chats.until(
            lambda e: f"#{number} taken" in e.text and thread(e) is not None
        )
        found = thread(opened)
        assert found is not None
        return found

    async def call(self, method: str, **params: Any) -> Any:
        """A call of the Bot API, as another administrator's click."""
        settings = self._telegram.settings
        async with BotApi(self._telegram.url, settings.token) as api:
            return await api.call(method, {"chat_id": FORUM.chat_id, **params})


def thread(event: ChatEvent) -> int | None:
    return (event.message or {}).get("message_thread_id")


def to_ann(words: str) -> Callable[[ChatEvent], bool]:
    return lambda event: event.chat_id == ANN.user_id and words in event.text


@pytest.fixture
def desk(telegram: Emulator, chats: Onlooker) -> Desk:
    return Desk(telegram, chats)


async def test_taken_ticket_has_a_topic_in_which_both_sides_talk(
    telegram: Emulator, bot: BotProcess, chats: Onlooker, desk: Desk
) -> None:
    await chats.ask("/ticket The app does not start", ANN, contains="#1")
    topic = await desk.take(1)
    await chats.ask("I have an old phone", ANN, contains="Added to ticket")
    await desk.seen("I have an old phone", topic)

    answer_id = await desk.write("Please updaet it", topic)
    told = await chats.until(to_ann("Please updaet it"))
    edit = Edit(user=AGENT, message_id=answer_id, text="Please update it", chat_id=FORUM.chat_id)
    await telegram.door.edit(edit)
    mended = await chats.until(to_ann("Please update it"))
    assert (mended.kind, mended.message_id) == ("edited", told.message_id)

    await desk.write("/note he is patient", topic)
    await desk.seen("Noted on #1", topic)
    await desk.write("/canned solved", topic)
    await chats.until(to_ann("This should be solved now"))
    assert not any("patient" in e.text for e in chats.events if e.chat_id == ANN.user_id)

    await desk.call("deleteForumTopic", message_thread_id=topic)
    await chats.ask("It works now", ANN, contains="Added to ticket")
    again = await desk.seen("It works now")
    assert thread(again) not in {None, topic}
    card = await desk.seen("The app does not start", thread(again))
    assert "taken" in card.text, "a new topic begins with the card"
    await desk.seen("I have an old phone", thread(again))

    await desk.write("/close", thread(again) or 0)
    closing = await chats.until(to_ann("How did we do"))
    await telegram.door.press(
        Press(user=ANN, message_id=closing.message_id or 0, callback_data="tk:rate:1:4")
    )
    await desk.seen("Rating: ★★★★")
    assert await bot.terminate() == 0


async def test_album_is_one_message_on_a_ticket_and_edits_of_the_author_are_followed(
    telegram: Emulator, bot: BotProcess, chats: Onlooker, desk: Desk
) -> None:
    for number, caption in enumerate(("/ticket Look at these", "", "")):
        await telegram.door.send(
            Media(
                user=ANN,
                kind="photo",
                content=b"picture %d" % number,
                caption=caption,
                media_group_id="album-1",
            )
        )
    await chats.until(to_ann("#1"))
    await three_pictures(chats, FORUM.chat_id)
    assert len([e for e in chats.events if e.chat_id == ANN.user_id]) == 1

    written = await telegram.door.write(Text(user=BORIS, text="/ticket Не работает вхот"))
    await desk.seen("вхот")
    await telegram.door.edit(
        Edit(user=BORIS, message_id=written.message_id or 0, text="/ticket Не работает вход")
    )
    changed = await desk.seen("Не работает вход")
    assert changed.kind == "edited"
    assert await bot.terminate() == 0


async def test_banned_author_is_told_once_and_heard_no_more(
    telegram: Emulator, bot: BotProcess, chats: Onlooker, desk: Desk
) -> None:
    await chats.ask("/ticket nonsense nonsense", ANN, contains="#1")
    topic = await desk.take(1)
    await desk.write("/ban spam", topic)
    await chats.until(to_ann("no longer takes messages"))
    await desk.seen(f"{ANN.user_id} may not write to us now")
    await telegram.door.write(Text(user=ANN, text="/ticket more nonsense"))
    await chats.ask("/ticket Вопрос", BORIS, contains="#2")
    await desk.write(f"/unban {ANN.user_id}", topic)
    await chats.until(to_ann("takes your messages again"))
    await chats.ask("/help", ANN, contains="/faq")
    assert not any("more nonsense" in e.text for e in chats.events)
    assert await bot.terminate() == 0


def is_photo(event: ChatEvent) -> bool:
    return "photo" in (event.message or {})


async def three_pictures(chats: Onlooker, chat_id: int) -> None:
    """Return once three pictures are in the chat."""
    await chats.until(
        lambda _: sum(e.chat_id == chat_id and is_photo(e) for e in chats.events) == 3
    )
