"""Everything sent and received is recorded; the token never is; the door works over HTTP."""

from __future__ import annotations

import base64
from pathlib import Path

import aiohttp
import orjson
import pytest

from analyzer.errors import OutputError, UsageError
from analyzer.replay.botapi import (
    Emulator,
    Group,
    ImpossibleActError,
    Limits,
    Media,
    Press,
    RemoteDoor,
    Settings,
    Text,
    User,
)
from tests.botapi.bots import FLAVOURS
from tests.botapi.callers import CALLERS
from tests.botapi.chatting import seen
from tests.botapi.conftest import ANN


async def test_journal_tells_the_whole_story_in_order(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    settings = Settings(limits=Limits(enabled=False), journal=file)
    async with Emulator(settings) as telegram, FLAVOURS["aiogram-polling"](telegram):
        await telegram.door.write(Text(user=ANN, text="hello"))
        await seen(telegram.door, 0, lambda event: event.kind == "message")
    lines = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    assert all({"time", "monotonic_ns", "event"} <= line.keys() for line in lines)
    times = [line["monotonic_ns"] for line in lines]
    assert times == sorted(times)
    assert telegram.settings.token not in file.read_text()
    update_id = next(line["update_id"] for line in lines if line["event"] == "user_acted")
    told = [line["event"] for line in lines if line.get("update_id") == update_id]
    assert told[:3] == ["update_queued", "user_acted", "update_delivered"]
    [answer] = [line for line in lines if line.get("method") == "sendMessage"]
    assert answer["status"] == 200
    assert answer["result"]["text"] == "hello"


async def test_secret_of_the_webhook_is_not_recorded(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    async with Emulator(Settings(journal=file)) as telegram, CALLERS["ptb"](telegram) as caller:
        await caller.call("setWebhook", url="http://127.0.0.1:9/", secret_token="whisper")
    assert "setWebhook" in file.read_text()
    assert "whisper" not in file.read_text()


async def test_refusals_are_recorded_with_their_reason(telegram: Emulator) -> None:
    async with CALLERS["ptb"](telegram) as caller:
        with caller.refused("bad_request"):
            await caller.call("sendMessage", chat_id=1, text="x")
    line = telegram.journal.of("request_answered")[-1]
    assert (line["status"], line["description"]) == (400, "Bad Request: chat not found")


async def test_remote_door_says_the_same_as_the_local_one(telegram: Emulator) -> None:
    async with RemoteDoor(telegram.url) as door, CALLERS["ptb"](telegram) as caller:
        await door.add_group(Group(chat_id=-7, is_forum=True), {ANN.user_id: "administrator"})
        await door.write(Text(user=ANN, text="in the group", chat_id=-7))
        photo = Media(user=ANN, kind="photo", content=b"\x00\xff", caption="see")
        await door.send(photo)
        with pytest.raises(ImpossibleActError, match="has no message"):
            await door.press(Press(user=ANN, message_id=99, callback_data="a"))
        await door.block(ANN)
        updates = await caller.call("getUpdates")
        assert updates[0].message.chat.id == -7
        assert updates[1].message.caption == "see"
        assert updates[2].my_chat_member.new_chat_member.status == "kicked"
        await caller.call("sendMessage", chat_id=-7, text="seen by all")
        [event] = await door.events(0)
        assert (event.chat_id, event.text, event.seq) == (-7, "seen by all", await door.last_seq())


async def test_control_door_names_what_is_wrong_with_a_body(telegram: Emulator) -> None:
    async with aiohttp.ClientSession() as session:
        for path, body in (
            ("texts", {"user": {"user_id": 1}}),
            ("texts", "no object"),
            ("media", {"content": base64.b64encode(b"x").decode(), "kind": "photo"}),
            ("groups", {}),
        ):
            async with session.post(f"{telegram.url}/control/{path}", json=body) as response:
                assert response.status == 400, path
                assert (await response.json())["error"]


async def test_journal_survives_without_being_closed(tmp_path: Path) -> None:
    """A killed emulator loses no finished line: each is written at once."""
    file = tmp_path / "journal.jsonl"
    async with Emulator(Settings(journal=file)) as telegram:
        await telegram.door.write(Text(user=User(user_id=1), text="x"))
        assert [orjson.loads(line)["event"] for line in file.read_bytes().splitlines()] == [
            "update_queued",
            "user_acted",
        ]


async def test_unwritable_journal_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write the journal"):
        await Emulator(Settings(journal=tmp_path / "absent" / "journal.jsonl")).start()


async def test_taken_port_is_refused_with_a_sentence(telegram: Emulator) -> None:
    port = int(telegram.url.rpartition(":")[2])
    with pytest.raises(UsageError, match="choose another port"):
        await Emulator(Settings(port=port)).start()
