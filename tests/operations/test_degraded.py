"""The degraded mode: rises at once, falls slowly, never sheds a ticket."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from consolidated_bot.operations.degraded import Load, level_for
from consolidated_bot.operations.domain import Level
from consolidated_bot.operations.runbook_file import read_runbook
from tests.bot.conftest import AGENT, ANN, BORIS, OPERATIONS
from tests.operations.rig import LEAD, Rig

RULES = read_runbook(None).degraded
ages = st.floats(0, 1e6)
lefts = st.none() | st.fractions(-5, 1)


@given(ages, ages, lefts)
def test_more_load_never_asks_for_less(age: float, more: float, left: Fraction | None) -> None:
    low, _ = level_for(Load(age, left), RULES)
    high, _ = level_for(Load(age + more, left), RULES)
    calm, _ = level_for(Load(age, None), RULES)
    assert calm <= low <= high


async def wait_in_inbox(rig: Rig, seconds: float, chat_id: int = 77) -> None:
    """Somebody's update has waited for so long, and nobody works on it."""
    bot = rig.telegram.settings.bot_id
    since = round(rig.now_ms - seconds * 1000)
    await rig.database.write(
        lambda c: c.exec_driver_sql(
            "INSERT OR REPLACE INTO inbox "
            "VALUES (?, 1, ?, '{}', ?, 'pending', 0, NULL, NULL, NULL)",
            (bot, chat_id, since),
        )
    )


def degraded(rig: Rig) -> bool:
    """What the page shows."""
    return rig.feed.board.level.degraded


async def none_waits(rig: Rig) -> None:
    await rig.database.write(lambda c: c.exec_driver_sql("DELETE FROM inbox WHERE update_id = 1"))


async def test_level_rises_at_once_and_falls_a_step_at_a_time(rig: Rig) -> None:
    await wait_in_inbox(rig, 61)
    await rig.tick()
    assert await rig.stored("SELECT before, level FROM degraded_change") == [(0, 3)]
    announced = await rig.messages("Service level")
    assert len(announced) == 1
    assert "only tickets are taken" in announced[0]
    await none_waits(rig)
    await rig.advance(90, step=10)
    assert degraded(rig)
    await rig.advance(600, step=10)
    steps = await rig.stored("SELECT before, level, at_ms FROM degraded_change ORDER BY id")
    assert [(row[0], row[1]) for row in steps] == [(0, 3), (3, 2), (2, 1), (1, 0)]
    apart = [after[2] - before[2] for before, after in pairwise(steps)]
    assert min(apart) >= 120_000, "each step waits for its own hold"
    assert not degraded(rig)
    assert len(await rig.messages("Service level")) == 3
    metrics = rig.watch._parts.metrics
    assert metrics.changes.labels("3")._value.get() == 1
    assert metrics.level._value.get() == 0


async def test_backlog_in_the_operations_chat_never_counts(rig: Rig) -> None:
    await wait_in_inbox(rig, 600, chat_id=-1_000_000_000_777)
    await rig.tick()
    assert await rig.stored("SELECT 1 FROM degraded_change") == []


async def test_at_the_last_level_tickets_are_taken_and_the_rest_is_told(rig: Rig) -> None:
    await wait_in_inbox(rig, 61)
    await rig.tick()
    await rig.watch.pulse()
    await none_waits(rig)
    await rig.write(BORIS, "/profile", chat_id=None)
    await rig.write(ANN, "/faq refund", chat_id=None)
    await rig.write(ANN, "/ticket my order did not arrive", chat_id=None)
    await rig.write(ANN, "/ticket", chat_id=None)
    await rig.write(AGENT, "/incident")
    await rig.read()
    told = [e.text for e in rig.events if e.chat_id == ANN.user_id]
    assert "We are very busy" in told[0]
    assert "#1" in told[1]
    assert "the answer may be late" in told[1]
    assert "What is it about" in told[2]
    assert "Сейчас очень много обращений" in next(
        e.text for e in rig.events if e.chat_id == BORIS.user_id
    )
    assert "There is no open incident" in (await said(rig))
    assert rig.watch._parts.metrics.shed.labels("3")._value.get() == 2
    outcomes = await rig.stored("SELECT outcome, count(*) FROM journey GROUP BY 1 ORDER BY 1")
    assert outcomes == [("ok", 3), ("shed", 2)]


async def test_at_the_last_level_words_on_a_taken_ticket_reach_its_agent(rig: Rig) -> None:
    await rig.write(ANN, "/ticket my order did not arrive", chat_id=None)
    await rig.read()
    card = next(e for e in rig.events if "#1" in e.text and e.chat_id < 0)
    await rig.press_on(card.message_id or 0, AGENT, "tk:take:1")
    await wait_in_inbox(rig, 61)
    await rig.tick()
    await rig.watch.pulse()
    await none_waits(rig)
    await rig.write(ANN, "it is still not here", chat_id=None)
    await rig.write(BORIS, "where is my order", chat_id=None)
    await rig.read()
    told = [e.text for e in rig.events if e.chat_id == ANN.user_id]
    assert "Added to ticket" in told[-1]
    assert rig.watch._parts.metrics.shed.labels("3")._value.get() == 1


async def said(rig: Rig) -> str:
    return next(e.text for e in reversed(rig.events) if "no open incident" in e.text)


async def test_broadcasts_pause_while_degraded_and_go_on_afterwards(rig: Rig) -> None:
    await rig.write(ANN, "/subscribe news", chat_id=None)
    await rig.write(LEAD, "/broadcast news spring has come")
    await wait_in_inbox(rig, 6)
    await rig.tick()
    message = next(e for e in reversed((await rig.read(), rig.events)[1]) if e.buttons)
    assert message.message_id is not None
    data = next(b.data for b in message.buttons if b.text == "Start")
    await rig.press_on(message.message_id, LEAD, str(data))
    timers = rig.service._parts.timers
    feed = next(t.command for t in timers._timers if type(t.command).__name__ == "FeedBroadcasts")
    await timers.fire(feed)
    await rig.settle()
    await rig.read()
    assert not [e for e in rig.events if e.chat_id == ANN.user_id and "spring" in e.text]
    await none_waits(rig)
    await rig.advance(150, step=10)
    await timers.fire(feed)
    await rig.settle()
    await rig.read()
    assert [e for e in rig.events if e.chat_id == ANN.user_id and "spring" in e.text]


async def test_budget_counts_only_while_it_burns(rig: Rig) -> None:
    for _ in range(12):
        await rig.journeys_end(good=16, bad=4)
        await rig.advance(5)
    assert (await rig.stored("SELECT max(level) FROM degraded_change"))[0][0] == Level(2)
    for _ in range(60):
        await rig.journeys_end(good=60)
        await rig.advance(15, step=15)
    last = await rig.stored("SELECT level FROM degraded_change ORDER BY id DESC LIMIT 1")
    assert last[0][0] == 0, "the budget is still gone, but nothing burns"


def shed_level(rig: Rig) -> int:
    return int(rig.watch._parts.gate.level)


async def test_level_held_by_hand_stands_against_the_load_until_it_runs_out(rig: Rig) -> None:
    await rig.write(LEAD, "/level 1 10m the mailing comes too early")
    (told,) = await rig.messages("Service level")
    assert "L1 (was L0): broadcasts are paused" in told
    assert "Held by Ann until" in told
    await wait_in_inbox(rig, 61)
    await rig.advance(60, step=10)
    assert shed_level(rig) == 1
    assert rig.feed.board.level.name == "L1: broadcasts paused"
    assert "held by Ann" in rig.feed.board.level.reason
    await rig.advance(550, step=10)
    await rig.watch.pulse()
    assert shed_level(rig) == 3, "the load decides again"
    audited = await rig.stored("SELECT action, before, after, reason FROM audit ORDER BY id")
    assert ("level.hold", "L0", "L1 for 10 min", "the mailing comes too early") in audited


async def test_level_is_set_by_leads_in_the_operations_chat_and_with_a_reason(rig: Rig) -> None:
    for user, words, chat_id, answer in (
        (AGENT, "/level 3 why not", OPERATIONS.chat_id, "This is for leads"),
        (LEAD, "/level 3 why not", None, "operations chat only"),
        (LEAD, "/level 3", OPERATIONS.chat_id, "Say why"),
        (LEAD, "/level 4 30m more", OPERATIONS.chat_id, "Like this: /level"),
        (LEAD, "/level 2 48h more", OPERATIONS.chat_id, "Like this: /level"),
        (LEAD, "/level please", OPERATIONS.chat_id, "Like this: /level"),
        (AGENT, "/level", OPERATIONS.chat_id, "The load decides"),
        (LEAD, "/level 2 an experiment", OPERATIONS.chat_id, "Held by Ann until"),
        (AGENT, "/level", OPERATIONS.chat_id, "Held by Ann until"),
        (LEAD, "/level auto it is over", OPERATIONS.chat_id, "The load decides"),
    ):
        await rig.write(user, words, chat_id=chat_id)
        newest = [e.text for e in await rig.read() if e.kind == "message" and e.text != words]
        assert answer in newest[-1], words
    assert await rig.stored("SELECT count(*) FROM degraded_change") == [(1,)]
    await rig.advance(150, step=10)
    last = await rig.stored("SELECT level FROM degraded_change ORDER BY id DESC LIMIT 1")
    assert last[0][0] == 1, "a step back, as always"
