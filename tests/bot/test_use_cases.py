"""Use cases of the contexts over a real database, with a clock of our own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from consolidated_bot.accounts.commands import (
    AskField,
    BanUser,
    ChangeProfile,
    EraseAccount,
    GrantRole,
    ViewAudit,
)
from consolidated_bot.accounts.domain import AccountsRefused
from consolidated_bot.config import load_settings
from consolidated_bot.contexts import make_bus
from consolidated_bot.core.db import Database
from consolidated_bot.core.errors import Refused
from consolidated_bot.core.messages import Answer, ChatUnreachable, Said, Send, Sender
from consolidated_bot.core.unit import UnitOfWork
from consolidated_bot.notifications.commands import (
    DraftBroadcast,
    FeedBroadcasts,
    ScheduleBroadcast,
    SteerBroadcast,
    Subscribe,
)
from consolidated_bot.support.commands import (
    AddToTicket,
    AnswerCanned,
    CloseSilent,
    CloseTicket,
    Greet,
    HandAlbumsOn,
    OpenTicket,
    ShowTicket,
    SpotInOperations,
    SubmitTicket,
    TakeTicket,
    WatchPromises,
)
from consolidated_bot.support.domain import SupportRefused
from consolidated_bot.support.handbook import read_policy
from tests.bot.core_parts import fresh_database, sqlite_url

OPS = -5
MINUTE_MS = 60_000
NOON_MS = 1_795_435_200_000  # 2026-11-23 12:00 UTC
ANN = Sender(chat_id=1, user_id=1, message_id=1, name="Ann")
BOB = Sender(chat_id=2, user_id=2, message_id=1, name="Bob")
AGENT = Sender(chat_id=OPS, user_id=10, message_id=1, name="Agnes", is_operations=True)
LEAD = replace(AGENT, user_id=11)
OWNER = replace(AGENT, user_id=12)
STRANGER = replace(AGENT, user_id=13)


class Desk:
    """The wired contexts; `now_ms` is the time."""

    def __init__(self, database: Database) -> None:
        settings = load_settings(
            bot_token="42:token", ops_chat_id=OPS, ops_members="10:agent,11:lead,12:owner"
        )
        self.database = database
        self.bus = make_bus(settings, read_policy(None))
        self.now_ms = NOON_MS

    async def do(self, command: Any, sender: Sender) -> tuple[Answer, list[Send]]:
        """Run one command as an update would."""

        def unit(connection: Connection) -> tuple[Answer, list[Send]]:
            work = UnitOfWork(connection, self.bus, self.now_ms)
            return work.run(command, sender), work.sends

        return await self.database.write(unit)

    async def fire(self, command: Any) -> list[Send]:
        """Run one timer."""

        def unit(connection: Connection) -> list[Send]:
            work = UnitOfWork(connection, self.bus, self.now_ms)
            work.fire(command)
            return work.sends

        return await self.database.write(unit)

    async def tell(self, event: Any) -> None:
        """Publish one event."""

        def unit(connection: Connection) -> None:
            work = UnitOfWork(connection, self.bus, self.now_ms)
            work.publish(event)
            work.settle()

        await self.database.write(unit)

    async def ask(self, query: str) -> list[Any]:
        return await self.database.read(lambda c: list(c.execute(text(query)).all()))


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with fresh_database(sqlite_url(tmp_path)) as database:
        yield Desk(database)


def submit(number: int, sender: Sender = ANN) -> SubmitTicket:
    return SubmitTicket(replace(sender, message_id=number), f"trouble number {number}", "payment")


async def test_promise_is_warned_of_once_and_its_breach_recorded_once(desk: Desk) -> None:
    await desk.do(submit(1), ANN)  # payment: high, first answer within 15 minutes
    desk.now_ms += 11 * MINUTE_MS
    assert await desk.fire(WatchPromises()) == []
    desk.now_ms += 1 * MINUTE_MS
    [warning] = await desk.fire(WatchPromises())
    assert "#1" in warning.params["text"]
    assert "Three quarters" in warning.params["text"]
    assert await desk.fire(WatchPromises()) == []
    desk.now_ms += 4 * MINUTE_MS
    [breach] = await desk.fire(WatchPromises())
    assert "overdue" in breach.params["text"]
    assert await desk.fire(WatchPromises()) == []
    assert await desk.ask("SELECT action, reason FROM audit") == [
        ("promise.breach", "first answer")
    ]


async def test_promise_of_a_solution_is_watched_after_the_first_answer_too(desk: Desk) -> None:
    await desk.do(submit(1), ANN)  # payment: high, solution within 240 minutes
    await desk.do(TakeTicket(AGENT, 1), AGENT)
    await desk.do(AnswerCanned(AGENT, "looking", SpotInOperations(), 1), AGENT)
    desk.now_ms += 181 * MINUTE_MS
    [warning] = await desk.fire(WatchPromises())
    assert "to the solution" in warning.params["text"]
    desk.now_ms += 60 * MINUTE_MS
    [breach] = await desk.fire(WatchPromises())
    assert "solution is overdue" in breach.params["text"]
    assert await desk.fire(WatchPromises()) == []
    _, [shown] = await desk.do(ViewAudit(LEAD, "ticket:1"), LEAD)
    for line in ("promise.breach ticket:1 (solution)", "10 ticket.take ticket:1: open → taken"):
        assert escape(line) in shown.params["text"]
    with pytest.raises(AccountsRefused):
        await desk.do(ViewAudit(AGENT, ""), AGENT)


async def test_flood_of_tickets_shares_one_queue_card(desk: Desk) -> None:
    slots = []
    for number in range(1, 13):
        _, sends = await desk.do(submit(number), ANN)
        slots += [send.slot for send in sends if send.chat_id == OPS]
    assert slots[:6] == [f"ops-card:{number}" for number in range(1, 7)]
    assert set(slots[6:]) == {"ops-queue"}
    _, sends = await desk.do(TakeTicket(AGENT, 12), AGENT)
    assert "ops-card:12" in [send.slot for send in sends]


async def test_same_message_is_one_ticket(desk: Desk) -> None:
    first, _ = await desk.do(submit(1), ANN)
    again, sends = await desk.do(submit(1), ANN)
    assert (first.ticket_id, again.ticket_id) == (1, 1)
    assert "#1" in sends[0].params["text"]
    assert await desk.ask("SELECT count(*) FROM ticket") == [(1,)]


async def test_tickets_of_others_are_unknown_and_staff_work_is_for_staff(desk: Desk) -> None:
    await desk.do(submit(1), ANN)
    for command, sender in (
        (ShowTicket(BOB, 1), BOB),
        (CloseTicket(BOB, 1), BOB),
        (TakeTicket(STRANGER, 1), STRANGER),
        (CloseTicket(STRANGER, 1), STRANGER),
        (TakeTicket(ANN, 1), ANN),
    ):
        with pytest.raises(SupportRefused):
            await desk.do(command, sender)
    assert await desk.ask("SELECT state FROM ticket") == [("open",)]


async def test_roles_are_granted_by_owners_and_the_last_one_stays(desk: Desk) -> None:
    with pytest.raises(AccountsRefused, match="not_allowed"):
        await desk.do(GrantRole(LEAD, 13, "agent"), LEAD)
    await desk.do(GrantRole(OWNER, 13, "agent"), OWNER)
    await desk.do(submit(1), ANN)
    await desk.do(TakeTicket(STRANGER, 1), STRANGER)
    with pytest.raises(AccountsRefused, match="last_owner"):
        await desk.do(GrantRole(OWNER, 12, "user"), OWNER)
    assert ("role.grant", "user:13") in await desk.ask("SELECT action, subject FROM audit")


async def test_broadcast_waits_for_quiet_hours_and_skips_gone_chats(desk: Desk) -> None:
    for reader in (ANN, BOB, replace(ANN, chat_id=3, user_id=3)):
        await desk.do(Subscribe(reader, "news"), reader)
    await desk.do(ChangeProfile(BOB, "quiet", "11-13"), BOB)
    await desk.tell(ChatUnreachable(3, "blocked"))
    for agent in (AGENT, ANN):
        with pytest.raises(Refused):
            await desk.do(DraftBroadcast(agent, "news", "hello"), agent)
    _, [card] = await desk.do(DraftBroadcast(LEAD, "news", "hello"), LEAD)
    assert "Recipients 2" in card.params["text"]
    await desk.do(SteerBroadcast(LEAD, 1, "start"), LEAD)
    assert [send.chat_id for send in await desk.fire(FeedBroadcasts())] == [ANN.chat_id]
    assert await desk.fire(FeedBroadcasts()) == []
    desk.now_ms += 61 * MINUTE_MS
    assert [send.chat_id for send in await desk.fire(FeedBroadcasts())] == [BOB.chat_id]


async def test_paused_or_cancelled_broadcast_sends_nothing(desk: Desk) -> None:
    await desk.do(Subscribe(ANN, "news"), ANN)
    await desk.do(DraftBroadcast(LEAD, "news", "hello"), LEAD)
    await desk.do(SteerBroadcast(LEAD, 1, "start"), LEAD)
    await desk.do(SteerBroadcast(LEAD, 1, "pause"), LEAD)
    assert await desk.fire(FeedBroadcasts()) == []
    await desk.do(SteerBroadcast(LEAD, 1, "cancel"), LEAD)
    assert await desk.fire(FeedBroadcasts()) == []
    with pytest.raises(Refused, match="bad_step"):
        await desk.do(SteerBroadcast(LEAD, 1, "resume"), LEAD)


async def test_change_of_plan_is_told_to_who_follows_the_service(desk: Desk) -> None:
    _, sends = await desk.do(ChangeProfile(ANN, "plan", "pro"), ANN)
    assert len(sends) == 1
    await desk.do(Subscribe(ANN, "service"), ANN)
    _, sends = await desk.do(ChangeProfile(ANN, "plan", "basic"), ANN)
    assert sends[1].params["text"] == "Your plan is now basic."
    assert sends[1].journey == "notifications/send"


async def test_ban_is_for_leads_spares_staff_and_outlives_an_erasure(desk: Desk) -> None:
    ban = BanUser(LEAD, ANN.user_id, banned=True, reason="spam")
    with pytest.raises(AccountsRefused, match="not_allowed"):
        await desk.do(replace(ban, sender=AGENT), AGENT)
    with pytest.raises(AccountsRefused, match="ban_staff"):
        await desk.do(replace(ban, user_id=AGENT.user_id), LEAD)
    _, [to_staff, to_ann] = await desk.do(ban, LEAD)
    assert "may not write to us now" in to_staff.params["text"]
    assert to_ann.chat_id == ANN.chat_id
    answer, sends = await desk.do(submit(1), ANN)
    assert (answer.journey, sends) == ("platform/banned", [])
    answer, _ = await desk.do(submit(1), ANN)
    assert answer.journey == "platform/banned"
    await desk.do(replace(ban, banned=False), LEAD)
    answer, _ = await desk.do(submit(1), ANN)
    assert answer.journey == "support/ticket-submit"


async def test_scheduled_broadcast_starts_by_itself_in_its_authors_time_zone(desk: Desk) -> None:
    await desk.do(Subscribe(ANN, "news"), ANN)
    await desk.do(ChangeProfile(LEAD, "zone", "Europe/Berlin"), LEAD)
    await desk.do(DraftBroadcast(LEAD, "news", "hello"), LEAD)
    _, [card] = await desk.do(ScheduleBroadcast(LEAD, 1, "2026-11-23 14:00"), LEAD)
    assert "Starts 2026-11-23 14:00 Europe/Berlin (13:00 UTC)" in card.params["text"]
    assert await desk.fire(FeedBroadcasts()) == []
    desk.now_ms += 60 * MINUTE_MS
    card, hello = await desk.fire(FeedBroadcasts())
    assert "running" in card.params["text"]
    assert hello.chat_id == ANN.chat_id
    assert await desk.fire(FeedBroadcasts()) == []


async def test_scheduled_broadcast_can_be_moved_and_cancelled(desk: Desk) -> None:
    await desk.do(Subscribe(ANN, "news"), ANN)
    await desk.do(DraftBroadcast(LEAD, "news", "hello"), LEAD)
    await desk.do(ScheduleBroadcast(LEAD, 1, "2026-11-23 13:00"), LEAD)
    await desk.do(ScheduleBroadcast(LEAD, 1, "2026-11-23 19:30 Asia/Almaty"), LEAD)
    desk.now_ms += 120 * MINUTE_MS
    assert await desk.fire(FeedBroadcasts()) == []
    await desk.do(SteerBroadcast(LEAD, 1, "cancel"), LEAD)
    desk.now_ms += 24 * 60 * MINUTE_MS
    assert await desk.fire(FeedBroadcasts()) == []


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        ("tomorrow", "bad_moment"),
        ("2026-13-01 09:00", "bad_moment"),
        ("2026-12-24 09:00 Mars/Base", "bad_moment"),
        ("2027-03-28 02:30 Europe/Berlin", "skipped_moment"),
        ("2026-11-23 11:59", "past_moment"),
    ],
)
async def test_moment_that_is_none_is_refused(desk: Desk, moment: str, reason: str) -> None:
    await desk.do(DraftBroadcast(LEAD, "news", "hello"), LEAD)
    with pytest.raises(Refused, match=reason):
        await desk.do(ScheduleBroadcast(LEAD, 1, moment), LEAD)


def say(text_: str, number: int, sender: Sender = ANN, **more: Any) -> Said:
    return Said(replace(sender, message_id=number), text_, **more)


async def test_free_words_belong_to_the_ticket_once_an_agent_is_on_it(desk: Desk) -> None:
    await desk.do(submit(1), ANN)
    _, [asked] = await desk.do(say("my parcel is late", 2), ANN)
    buttons = [b["callback_data"] for row in rows_of(asked) for b in row]
    assert "tk:add:1:2" in buttons
    answer, sends = await desk.do(AddToTicket(say("my parcel is late", 2), 1), ANN)
    assert answer.journey == "support/ticket-add"
    assert any("my parcel is late" in str(s.params.get("text")) for s in sends)
    await desk.do(TakeTicket(AGENT, 1), AGENT)
    answer, sends = await desk.do(say("and it rains", 3), ANN)
    assert answer.journey == "support/ticket-add"
    [relay] = [s for s in sends if s.chat_id == OPS]
    assert relay.topic is not None
    assert relay.topic.key == "ticket:1"
    assert "and it rains" in relay.params["text"]


def rows_of(send: Send) -> list[list[dict[str, str]]]:
    rows: list[list[dict[str, str]]] = send.params["reply_markup"]["inline_keyboard"]
    return rows


async def test_album_of_a_free_question_goes_whole_to_the_ticket_it_becomes(desk: Desk) -> None:
    for number in (5, 6, 7):
        part = say("", number, attachment="photo", album="a")
        _, sends = await desk.do(part, ANN)
        assert len(sends) == (number == 5), "one answer to the whole album"
    command = SubmitTicket(replace(ANN, message_id=5), "", attachment="photo")
    await desk.do(command, ANN)
    assert await desk.fire(HandAlbumsOn()) == []
    desk.now_ms += 2_000
    [album] = await desk.fire(HandAlbumsOn())
    assert (album.method, album.chat_id) == ("copyMessages", OPS)
    assert album.params["message_ids"] == [5, 6, 7]
    assert await desk.fire(HandAlbumsOn()) == []


async def test_registration_asks_for_one_thing_after_the_other_and_again_if_refused(
    desk: Desk,
) -> None:
    await desk.do(AskField(ANN, "name", ("email",)), ANN)
    _, [asked] = await desk.do(say("Ann of Green Gables", 1), ANN)
    assert "e-mail" in asked.params["text"]
    with pytest.raises(AccountsRefused, match="bad_email"):
        await desk.do(say("nonsense", 2), ANN)
    _, [profile] = await desk.do(say("ann@example.org", 3), ANN)
    for known in ("Ann of Green Gables", "ann@example.org"):
        assert known in profile.params["text"]


async def test_erasure_takes_back_what_staff_was_shown(desk: Desk) -> None:
    await desk.do(submit(1), ANN)
    await desk.do(TakeTicket(AGENT, 1), AGENT)
    _, sends = await desk.do(EraseAccount(ANN, confirmed=True), ANN)
    shown = {send.slot or send.method: send for send in sends if send.chat_id == OPS}
    assert "erased" in shown["ops-card:1"].params["text"]
    topic = shown["deleteForumTopic"].topic
    assert topic is not None
    assert topic.key == "ticket:1"
    assert await desk.ask("SELECT body, author_name FROM ticket") == [("", "")]


async def test_quiet_hours_and_due_times_are_in_a_persons_own_time_zone(desk: Desk) -> None:
    await desk.do(ChangeProfile(ANN, "zone", "asia/almaty"), ANN)  # noon UTC is 17:00 there
    await desk.do(ChangeProfile(ANN, "quiet", "16-18"), ANN)
    await desk.do(Subscribe(ANN, "service"), ANN)
    _, sends = await desk.do(ChangeProfile(ANN, "plan", "pro"), ANN)
    assert sends[1].not_before_ms == NOON_MS + 60 * MINUTE_MS
    _, [confirmed, *_] = await desk.do(submit(9), ANN)
    assert "17:15" in confirmed.params["text"]
    assert "Asia/Almaty" in confirmed.params["text"]


async def answered(desk: Desk, number: int, words: str, message_id: int) -> None:
    """An agent answers by the list of kept answers: no card is needed for it."""
    agent = replace(AGENT, message_id=message_id)
    await desk.do(AnswerCanned(agent, words, SpotInOperations(), number), agent)


async def test_ticket_that_waits_for_its_author_is_closed_and_a_reply_opens_it(desk: Desk) -> None:
    await desk.do(submit(1), ANN)
    await answered(desk, 1, "solved", 50)
    desk.now_ms += 71 * 60 * MINUTE_MS
    assert await desk.fire(CloseSilent()) == []
    desk.now_ms += 2 * 60 * MINUTE_MS
    sends = await desk.fire(CloseSilent())
    notice = next(s for s in sends if "have not heard from you" in str(s.params.get("text")))
    assert (notice.chat_id, notice.about) == (ANN.chat_id, "ticket:1")
    assert any(s.method == "closeForumTopic" for s in sends)
    assert await desk.fire(CloseSilent()) == []
    assert await desk.ask("SELECT state, waiting_since_ms FROM ticket") == [("closed", None)]
    answer, _ = await desk.do(AddToTicket(say("not yet", 3), 1), ANN)
    assert answer.journey == "support/ticket-add"
    assert await desk.ask("SELECT state FROM ticket") == [("taken",)]


async def test_ticket_is_not_closed_while_it_is_our_turn(desk: Desk) -> None:
    await desk.do(submit(1), ANN)
    await desk.do(submit(2, BOB), BOB)
    await answered(desk, 1, "solved", 50)
    await desk.do(say("it is not", 3), ANN)
    desk.now_ms += 100 * 60 * MINUTE_MS
    assert await desk.fire(CloseSilent()) == [], "one is unanswered, one has been answered to"


async def test_staff_writes_first_to_who_has_written_and_can_be_reached(desk: Desk) -> None:
    ann = replace(ANN, username="Ann_B")
    with pytest.raises(SupportRefused) as never:
        await desk.do(OpenTicket(AGENT, "1", "your parcel is back"), AGENT)
    assert never.value.reason == "open_unknown"
    await desk.do(Greet(ann), ann)
    for message_id, reference in ((21, "@ann_b"), (22, "1"), (22, "1")):
        agent = replace(AGENT, message_id=message_id)
        await desk.do(OpenTicket(agent, reference, "your <parcel> is back"), agent)
    assert await desk.ask("SELECT number, user_id, state, agent_id FROM ticket") == [
        (1, 1, "taken", 10),
        (2, 1, "taken", 10),
    ]
    assert await desk.ask("SELECT action, actor_id FROM audit") == [("ticket.open", 10)] * 2
    _, sends = await desk.do(say("thank you", 3), ann)
    assert any(s.topic is not None and s.topic.key == "ticket:2" for s in sends)
    await desk.tell(ChatUnreachable(1, "blocked"))
    with pytest.raises(SupportRefused) as blocked:
        await desk.do(OpenTicket(AGENT, "#1", "are you there?"), AGENT)
    assert blocked.value.reason == "open_blocked"
    await desk.do(Greet(ann), ann)
    await desk.do(OpenTicket(replace(AGENT, message_id=23), "#1", "there you are"), AGENT)
    with pytest.raises(SupportRefused) as not_staff:
        await desk.do(OpenTicket(ann, "2", "hello there"), ann)
    assert not_staff.value.reason == "staff_only"


async def test_erased_person_is_nobody_staff_could_write_to(desk: Desk) -> None:
    await desk.do(submit(1), ANN)
    await desk.do(EraseAccount(ANN, confirmed=True), ANN)
    with pytest.raises(SupportRefused):
        await desk.do(OpenTicket(AGENT, "1", "your parcel is back"), AGENT)
