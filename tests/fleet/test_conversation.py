"""What a user of the fleet gets for each command, and the journey that the gateway logs for it."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from analyzer.replay.botapi import ChatEvent, Press, Text, User
from sample_logs.fleet.services.gateway import Gateway
from sample_logs.fleet.story import lines_of
from tests.fleet.running import Running, message

ANN = User(user_id=501, first_name="Ann")


@dataclass
class Talk:
    """Ann's side of a conversation."""

    running: Running

    async def say(self, text: str, expected: str) -> ChatEvent:
        seen = await self.running.telegram.door.last_seq()
        await self.running.telegram.door.write(Text(user=ANN, text=text))
        return await message(self.running, seen, expected)

    async def press(self, under: ChatEvent, label: str, expected: str) -> ChatEvent:
        seen = await self.running.telegram.door.last_seq()
        data = next(b.data for b in under.buttons if b.text == label)
        assert data is not None
        assert under.message_id is not None
        press = Press(user=ANN, message_id=under.message_id, callback_data=data)
        await self.running.telegram.door.press(press)
        return await message(self.running, seen, expected)


@pytest.fixture
def talk(fleet: Running) -> Talk:
    return Talk(fleet)


async def roots(running: Running) -> list[str]:
    """Operations of the updates handled, in order of their ends."""
    gateway = running.services["telegram-gateway"]
    assert isinstance(gateway, Gateway)
    await gateway.idle()
    lines = (line for line in lines_of(running.logs, "telegram-gateway") if line.startswith("{"))
    records = [json.loads(line) for line in lines]
    return [record["event.action"] for record in records if "update_id" in record]


async def test_a_ticket_with_text_is_submitted_at_once_without_start(talk: Talk) -> None:
    answer = await talk.say("/ticket my parcel is late", "received")
    assert "Ticket #1 " in answer.text
    assert answer.buttons


async def test_a_guided_ticket_takes_the_next_message_as_its_text(talk: Talk) -> None:
    await talk.say("/ticket", "describe")
    assert "Ticket #1 " in (await talk.say("the app crashes", "received")).text
    assert "#1 open" in (await talk.say("/tickets", "#1")).text
    assert await roots(talk.running) == ["ticket.begin", "ticket.submit", "ticket.list"]


async def test_the_user_hears_later_that_somebody_took_the_ticket(talk: Talk) -> None:
    seen = await talk.running.telegram.door.last_seq()
    await talk.say("/ticket where is my refund", "received")
    assert (await message(talk.running, seen, "colleague")).chat_id == ANN.user_id
    listed = await talk.say("/notifications", "What we sent you")
    await talk.press(listed, listed.buttons[0].text, "colleague")


async def test_faq_is_listed_searched_and_read(talk: Talk) -> None:
    listed = await talk.say("/faq", "Answers")
    await talk.press(listed, "More", "Answers")
    found = await talk.say("/faq voucher", "may help")
    await talk.press(found, "My voucher code does not work", "Codes are valid")
    await talk.say("/faq qqqq", "Nothing found")
    assert await roots(talk.running) == [
        "faq.list",
        "faq.list",
        "faq.search",
        "faq.read",
        "faq.search",
    ]


async def test_troubleshooting_asks_by_buttons_until_it_has_advice(talk: Talk) -> None:
    asked = await talk.say("/troubleshoot", "trouble")
    asked = await talk.press(asked, "App", "start?")
    assert not (await talk.press(asked, "No", "crashes")).buttons


async def test_a_profile_is_changed_in_one_message_or_by_a_button(talk: Talk) -> None:
    await talk.say("/profile language de", "changed")
    shown = await talk.say("/profile", "Language: de")
    await talk.press(shown, "Change name", "new name")
    await talk.say("Anna", "changed")
    assert "Name: Anna" in (await talk.say("/profile", "Name")).text


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("/start", "Welcome Ann"),
        ("/help", "/troubleshoot"),
        ("/status", "up"),
        ("/subscribe", "subscribed"),
        ("/unsubscribe", "no longer"),
        ("/notifications", "nothing yet"),
        ("/tickets", "no tickets"),
        ("/nonsense", "/ticket"),
    ],
)
async def test_every_command_is_answered(talk: Talk, command: str, expected: str) -> None:
    await talk.say(command, expected)


async def test_a_subscriber_is_welcomed_by_the_notifications_service(talk: Talk) -> None:
    seen = await talk.running.telegram.door.last_seq()
    await talk.say("/subscribe", "subscribed")
    await message(talk.running, seen, "campaign offers.")


async def test_when_a_service_is_down_the_user_is_told_and_the_log_says_why(talk: Talk) -> None:
    talk.running.services["telegram-gateway"].peers.transports.pop("faq")
    await talk.say("/faq", "Sorry")
    await roots(talk.running)
    [line] = [s for s in lines_of(talk.running.logs, "telegram-gateway") if '"update_id"' in s]
    record = json.loads(line)
    assert record["event.outcome"] == "failure"
    assert record["error.type"] == "KeyError"
