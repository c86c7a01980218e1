"""What people and other servers do that no one designed for, through the real dispatcher."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from consolidated_bot.core import moves
from consolidated_bot.core.bot_api import BotApiError, Failure
from consolidated_bot.core.lengths import pieces, units
from consolidated_bot.core.messages import ChatMoved
from consolidated_bot.core.moves import ChatMoves, ForwardingApi
from tests.bot.front import (
    AGNES,
    ANN,
    ANN_ID,
    BORIS,
    BOT,
    ELSEWHERE,
    OPS,
    OPS_ID,
    OTTO,
    Front,
    buttons,
    open_front,
    texts,
)

NEW_ID = -1_002_000_000_555


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(tmp_path) as opened:
        yield opened


async def test_group_that_is_not_ours_is_shown_the_way_into_private(front: Front) -> None:
    for command in ("/export", "/ticket my address is", "/stats", "/close 1"):
        [sent] = await front.write(command, chat=ELSEWHERE)
        assert "private" in sent.params["text"]
        assert sent.params["reply_markup"]["inline_keyboard"][0][0]["url"].endswith("/desk_bot")
    assert await front.write("hello everybody", chat=ELSEWHERE) == []
    assert "личные" in (await front.press("ac:export", BORIS, chat=ELSEWHERE))[0].params["text"]


async def test_button_of_a_message_too_old_to_be_shown_still_works(front: Front) -> None:
    chat = {"id": ANN_ID, "type": "private"}
    query = {"id": "1", "from": ANN, "chat_instance": "1"}
    old = {"message_id": 4, "date": 0, "chat": chat}
    [sent] = await front.receive(callback_query={**query, "data": "faq:home", "message": old})
    assert "faq:c:payment" in buttons(sent)
    [sent] = await front.receive(callback_query={**query, "data": "tk:new:9", "message": old})
    assert "tk:cat:payment" in buttons(sent)
    assert await front.receive(callback_query={**query, "data": "faq:home"}) == []


async def test_button_as_another_emulator_sends_it_works(front: Front) -> None:
    message = {"from": {"id": 1001, "first_name": "Ann"}, "chat": {"id": 1001, "type": "private"}}
    query = {"id": "1", "from": message["from"], "data": "faq:home", "message": message}
    assert "faq:c:payment" in buttons((await front.receive(callback_query=query))[0])


async def test_button_of_an_earlier_bot_says_so(front: Front) -> None:
    assert "/help" in texts(await front.press("legacy_shop_menu"))[0]
    assert await front.press("legacy_shop_menu", chat=ELSEWHERE) == []


async def test_command_that_there_is_not_is_no_question_and_no_answer(front: Front) -> None:
    [said] = texts(await front.write("/tikcet it hangs"))
    assert "/tikcet" in said
    assert "/ticket" in said
    assert "not sure" in texts(await front.write("/etc/hosts xyzzy"))[0]


@pytest.mark.parametrize(
    "service",
    [
        {"pinned_message": {"message_id": 1, "date": 0, "chat": {"id": 1001, "type": "private"}}},
        {"message_auto_delete_timer_changed": {"message_auto_delete_time": 60}},
        {"write_access_allowed": {}},
    ],
)
async def test_service_message_is_nothing_said(front: Front, service: dict[str, Any]) -> None:
    assert await front.write(None, **service) == []


@pytest.mark.parametrize(
    ("carried", "kind"),
    [
        ({"contact": {"phone_number": "1", "first_name": "x"}}, "contact"),
        ({"location": {"latitude": 1.0, "longitude": 2.0}}, "location"),
        ({"dice": {"emoji": "🎲", "value": 3}}, "dice"),
        ({"invented_tomorrow": {"x": 1}}, "message"),
    ],
)
async def test_whatever_is_sent_on_a_ticket_reaches_its_agent(
    front: Front, carried: dict[str, Any], kind: str
) -> None:
    await front.write("/ticket it hangs")
    await front.press("tk:take:1", AGNES, chat=OPS)
    sends = await front.write(None, **carried)
    assert texts(sends) == ["Added to ticket <b>#1</b>."]
    assert any(f"[{kind}]" in said for said in texts(sends, OPS_ID))
    assert any(send.method == "copyMessage" for send in sends)


async def test_nobody_is_nameless(front: Front) -> None:
    ghost = {"id": 1003, "is_bot": False, "first_name": ""}
    sends = await front.write("/ticket my account is gone", ghost)
    assert "1003: my account" in texts(sends, OPS_ID)[0]


@pytest.mark.parametrize("letter", ["y", "<", "😀"])
async def test_longest_message_goes_whole_both_ways(front: Front, letter: str) -> None:
    long = letter * (4096 // units(letter))
    await front.write("/ticket it hangs", {**ANN, "first_name": "A" * 64, "last_name": "B" * 64})
    await front.press("tk:take:1", AGNES, chat=OPS)
    for sends, chat in (
        (await front.write(long), OPS_ID),
        (await front.write(long, AGNES, **reply_to_card(front)), ANN_ID),
    ):
        relayed = [said for said in texts(sends, chat) if "Ticket" not in said]
        assert sum(said.count(escaped(letter)) for said in relayed) >= len(long)
        assert all(units(said.replace("&lt;", "<")) <= 4096 for said in relayed)


def reply_to_card(front: Front) -> dict[str, Any]:
    """As staff answers: to the first message about ticket 1 in the operations chat."""
    assert front.sent is not None
    ours = {"id": BOT, "is_bot": True, "first_name": "Desk", "username": "desk_bot"}
    card = {"message_id": 100_002, "date": 1, "chat": OPS, "from": ours, "text": "#1"}
    return {"chat": OPS, "reply_to_message": card}


def escaped(letter: str) -> str:
    return "&lt;" if letter == "<" else letter


async def test_long_ticket_is_read_whole_by_staff_and_its_author_is_not_sent_away(
    front: Front,
) -> None:
    long = f"/ticket {'it hangs ' * 453}at the end"
    assert units(long) <= 4096
    for sends in (
        await front.write(long),
        await front.press("tk:take:1", AGNES, chat=OPS),
    ):
        assert any("at the end" in said for said in texts(sends, OPS_ID))
    written = await front.write(f"/open #1 {'again ' * 680}", AGNES, chat=OPS)
    assert sum(said.count("again") for said in texts(written)) == 680


def test_pieces_are_short_enough_and_lose_no_word() -> None:
    text = " ".join(f"word{number}😀" for number in range(2_000))
    parts = pieces(text, 100)
    assert max(map(units, parts)) <= 100
    assert " ".join(parts) == text


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        ("ticket", "tk:cat:payment"),
        ("ticket_nonsense", "tk:cat:payment"),
        ("faq_refund", "faq:c:payment"),
        ("faq", "faq:c:payment"),
        ("fix_pay", "fix:pay-twice"),
    ],
)
async def test_link_leads_where_it_says(front: Front, payload: str, shown: str) -> None:
    assert shown in buttons((await front.write(f"/start {payload}"))[0])


async def test_link_to_a_category_asks_for_the_words_at_once(front: Front) -> None:
    assert "Payment" in texts(await front.write("/start ticket_payment"))[0]
    assert "Payment" in texts(await front.write("I was charged twice"))[0]


async def test_question_asked_hours_ago_is_forgotten(front: Front) -> None:
    await front.press("ac:edit:name")
    front.clock.ms += 3 * 3_600_000
    assert "not sure" in texts(await front.write("xyzzy"))[0]
    assert "nothing to stop" in texts(await front.write("/cancel"))[0]


async def test_no_answer_of_the_handbook_is_a_dead_end(front: Front) -> None:
    for sends in (
        await front.write("/faq xyzzy"),
        await front.press("faq:e:refund"),
        await front.press("fix:pay-twice"),
    ):
        assert any(data.startswith("tk:ask") for data in buttons(sends[0]))
    assert "tk:cat:other" in buttons((await front.press("tk:ask"))[0])


async def test_agent_is_told_what_had_been_tried_and_its_author_sees_no_note(
    front: Front,
) -> None:
    await front.press("tk:ask:fix:pay-twice")
    await front.press("tk:cat:payment")
    await front.write("It is a week now")
    handed = texts(await front.press("tk:take:1", AGNES, chat=OPS), OPS_ID)
    assert any("Has tried: One of the two is a reservation" in said for said in handed)
    assert "Has tried" not in texts(await front.press("tk:show:1"))[0]
    await front.press("tk:ask:fix:forged")
    assert "#2" in texts(await front.write("It hangs"))[0]


async def test_number_that_no_database_holds_is_no_ticket(front: Front) -> None:
    huge = "9" * 40
    for command in (f"/close {huge}", f"/ban {huge}", f"/role {huge} agent", f"/find {huge}"):
        owner = {"id": 2003, "is_bot": False, "first_name": "Olga"}
        assert len(await front.write(command, owner, chat=OPS)) == 1


async def test_ticket_passes_from_one_agent_to_another_and_back_to_the_queue(
    front: Front,
) -> None:
    await front.write("/ticket it hangs")
    await front.press("tk:take:1", AGNES, chat=OPS)
    assert "is with Agnes" in texts(await front.press("tk:take:1", OTTO, chat=OPS), OPS_ID)[0]
    taken = texts(await front.write("/take 1", OTTO, chat=OPS), OPS_ID)
    assert any("tg://user?id=2002" in said and "with Agnes" in said for said in taken)
    given = texts(await front.write("/assign #1 @AGNES", OTTO, chat=OPS), OPS_ID)
    assert any("tg://user?id=2001" in said for said in given)
    assert "no agent" in texts(await front.write("/assign #1 @ann", OTTO, chat=OPS), OPS_ID)[0]
    released = await front.write("/release", AGNES, **reply_to_card(front))
    assert any("tk:take:1" in buttons(send) for send in released)
    assert "Added" in texts(await front.write("are you there?"))[0]
    answered = await front.write("I am", OTTO, **reply_to_card(front))
    assert any("taken, Otto" in said for said in texts(answered, OPS_ID))
    assert "staff" in texts(await front.write("/assign #1 me"))[0]


async def test_ticket_is_found_by_number_words_names_and_agent(front: Front) -> None:
    await front.write("/ticket Оплата не прошла", BORIS)
    await front.write("/ticket the screen stays 100%_black")
    await front.press("tk:take:2", AGNES, chat=OPS)
    await front.write("it is a Pixel")

    async def found(words: str) -> str:
        return "\n".join(texts(await front.write(f"/find {words}", AGNES, chat=OPS), OPS_ID))

    assert "#1" in await found("оплата")
    assert "#1" in await found("борис")
    assert "#2" in await found("pixel BLACK")
    assert "No ticket" in await found("pixel оплата")
    assert "No ticket" in await found("100%white")
    assert "#2" in await found("mine")
    assert "it is a Pixel" in await found("#2")
    assert "no ticket #7" in await found("7")
    assert "staff" in texts(await front.write("/find оплата"))[0]


async def test_statistics_count_what_happened(front: Front) -> None:
    for _ in range(2):
        await front.write("/ticket it hangs")
    front.clock.ms += 30 * 60_000
    await front.press("tk:take:1", AGNES, chat=OPS)
    await front.write("hello", AGNES, **reply_to_card(front))
    await front.write("/close 1", AGNES, chat=OPS)
    await front.press("tk:rate:1:4")
    front.clock.ms += 60 * 60_000
    [said] = texts(await front.write("/stats", OTTO, chat=OPS), OPS_ID)
    assert "2 received, 1 closed" in said
    assert "Waiting now: 1" in said
    assert "30 min at the median, in time 1 of 2 (50 %)" in said
    assert "Rating: 4.0 ★ (1 given)" in said
    assert "Agnes: 1 tickets, 1 closed, 4.0 ★" in said


async def test_group_that_becomes_a_supergroup_goes_on_as_the_same(front: Front) -> None:
    await front.write("/ticket it hangs")
    [told] = await front.write(None, AGNES, chat=OPS, migrate_to_chat_id=NEW_ID)
    assert (told.chat_id, str(NEW_ID) in told.params["text"]) == (OPS_ID, True)
    there = {**OPS, "id": NEW_ID}
    assert await front.write(None, AGNES, chat=there, migrate_from_chat_id=OPS_ID) == []
    assert front.place.moves.outside(told.chat_id) == NEW_ID
    sends = await front.press("tk:take:1", AGNES, chat=there)
    assert any("taken, Agnes" in said for said in texts(sends, OPS_ID))
    await front.database.write(lambda c: moves.adopt(c, BOT, NEW_ID))
    assert await front.database.read(lambda c: moves.stored(c, BOT)) == {}


async def test_call_to_a_group_that_has_moved_follows_it() -> None:
    asked: list[tuple[str, Any]] = []

    class Moved:
        async def call(self, method: str, params: Any = None) -> Any:
            asked.append((method, params))
            if params["chat_id"] == -5:
                raise BotApiError(Failure.REFUSED, "group chat was upgraded", moved_to=NEW_ID)
            return {"message_id": 1}

    async def announce(move: ChatMoved) -> None:
        known.learn({move.chat_id: move.moved_to})

    known = ChatMoves()
    api = ForwardingApi(Moved(), known, announce)
    assert await api.call("copyMessage", {"chat_id": -5, "from_chat_id": 7}) == {"message_id": 1}
    await api.call("copyMessage", {"chat_id": 7, "from_chat_id": -5})
    assert [params["chat_id"] for _, params in asked] == [-5, NEW_ID, 7]
    assert asked[-1][1]["from_chat_id"] == NEW_ID
