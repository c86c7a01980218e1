"""The ten points of SLO.md section 6 in the running bot, with a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp import web

from analyzer.replay.botapi import Emulator, FaultRule, Limits, Settings, User
from analyzer.replay.botapi.clock import ManualClock
from analyzer.slo.alerts import State
from tests.bot.conftest import AGENT, OPERATIONS
from tests.operations.rig import LEAD, OWNER, STRANGER, Rig, emulated, one_objective, running

MINUTE = 60.0


@pytest.fixture
async def rig(tmp_path: Path, telegram: Emulator, clock: ManualClock) -> AsyncIterator[Rig]:
    async with running(tmp_path, telegram, clock, slo_file=one_objective(tmp_path)) as bot:
        yield bot


async def burst(rig: Rig, minutes: float = 1.0) -> None:
    """A fifth of the submissions fails, at 4 a second."""
    for _ in range(round(minutes * 12)):
        await rig.journeys_end(good=16, bad=4)
        await rig.advance(5)


async def calm(rig: Rig, minutes: float, *, step: float = 30.0) -> None:
    """Everything succeeds again."""
    for _ in range(round(minutes * 60 / step)):
        await rig.journeys_end(good=20)
        await rig.advance(step, step=step)


async def until_resolved(rig: Rig) -> list[str]:
    """Good traffic until nothing is open; returns what was said meanwhile."""
    said: list[str] = []
    for _ in range(60):
        await calm(rig, 1)
        said += await rig.messages()
        if all(i.state is State.RESOLVED for i in (await rig.board()).incidents):
            return said
    raise AssertionError("it never resolved")


# 1


async def test_one_incident_and_one_message_and_no_ticket_beside_the_page(rig: Rig) -> None:
    await burst(rig, 2)
    told = await rig.messages()
    assert [words.partition(".")[0] for words in told] == ["New incident", "More is firing"]
    assert "Incident 1: page, firing" in told[0]
    assert "support-ticket-submit-5s (support)" in told[0]
    assert "page-quick: 20 % of the budget went in 5 min (4 of 20)" in told[0]
    assert "page-slow" in told[1], "another pair of the same severity joins, once"
    fired = {alert.fingerprint.pair for alert in (await rig.board()).alerts}
    assert fired == {"page-quick", "page-slow", "ticket"}
    assert not any("ticket: " in words for words in told), "the page hides the ticket"
    assert len((await rig.board()).incidents) == 1


async def test_no_data_hides_the_burn_and_is_told_in_the_same_incident(rig: Rig) -> None:
    await burst(rig)
    await rig.messages()
    rig.watch.updates_arrive = lambda: False
    await rig.advance(120)
    told = [words for words in await rig.messages() if "support-ticket-submit-5s" in words]
    assert len(told) == 1
    assert "More is firing" in told[0]
    assert "no events arrive" in told[0]
    assert "of the budget" not in told[0].partition("no events arrive")[2]
    assert "Incident 1:" in told[0]


# 2


async def test_fire_again_within_the_flap_window_reopens_the_same_incident(rig: Rig) -> None:
    await burst(rig)
    await until_resolved(rig)
    await burst(rig, 2)
    again = await rig.messages()
    assert len(again) == 1
    assert "It is back" in again[0]
    assert "Incident 1:" in again[0]


# 3


async def test_live_message_is_edited_and_nothing_is_sent_before_the_repeat(rig: Rig) -> None:
    await burst(rig, 3)
    new = await rig.read()
    here = [e for e in new if e.chat_id == OPERATIONS.chat_id and "Incident" in e.text]
    sent = [e for e in here if e.kind == "message"]
    assert len(sent) == 2, "the page, and the second pair that joined it"
    edits = [e for e in here if e.kind == "edited"]
    assert 3 <= len(edits) <= 18, "at most every ten seconds"
    assert len({e.text for e in edits}) == len(edits), "identical text is not sent again"
    assert {e.message_id for e in edits} <= {e.message_id for e in sent}
    assert edits[-1].message_id == sent[-1].message_id


# 4


async def test_resolved_is_told_exactly_once(rig: Rig) -> None:
    await burst(rig)
    await rig.press(AGENT, "Acknowledge")
    await rig.messages()
    said = await until_resolved(rig)
    assert len([words for words in said if "resolved" in words]) == 1
    await calm(rig, 30)
    assert await rig.messages() == []
    assert "resolved" in rig.live().text, "the live message has no buttons to press any more"


# 5


async def test_acknowledgement_shows_who_and_the_second_presser_learns_it(rig: Rig) -> None:
    await burst(rig)
    await rig.press(AGENT, "Acknowledge")
    await rig.read()
    assert "Taken by Ann (2001)" in rig.live().text
    live = rig.live()
    assert live.message_id is not None
    await rig.press_on(live.message_id, LEAD, "op:confirm:1")
    await rig.write(OWNER, "/ack")
    said = await rig.messages()
    assert len(said) == 1
    assert "already acknowledged by Ann (2001) since" in said[0]


async def test_stranger_cannot_acknowledge(rig: Rig) -> None:
    await burst(rig)
    await rig.press(STRANGER, "Acknowledge")
    assert "not listed as a responder" in (await rig.messages())[-1]
    assert (await rig.board()).incidents[0].state is State.FIRING
    assert "Taken by" not in rig.live().text


async def test_acknowledgement_stops_escalation_and_expires(rig: Rig) -> None:
    await burst(rig)
    await rig.press(AGENT, "Acknowledge")
    await rig.messages()
    assert await keep_burning(rig, 13.5) == []
    await rig.press(AGENT, "Still on it")
    assert await keep_burning(rig, 13.5) == []
    said = await keep_burning(rig, 3)
    assert len(said) == 1
    assert "Nobody is on it any more. Calling" in said[0]
    assert "L2" in said[0], "it goes on at the level after the acker's"


async def test_late_press_gets_an_answer_and_changes_nothing(rig: Rig) -> None:
    await burst(rig)
    await rig.read()
    live = rig.live()
    assert live.message_id is not None
    data = next(b.data for b in live.buttons if b.text == "Acknowledge")
    await rig.write(AGENT, "/ack 99")
    assert "There is no such incident" in (await rig.messages("incident"))[-1]
    await until_resolved(rig)
    before = await rig.board()
    assert data is not None
    await rig.write(AGENT, "/ack 1")
    assert "already resolved" in (await rig.messages())[-1]
    assert (await rig.board()) == before


# 6


STEP = 1.5
"""Minutes; more than two of them without a heartbeat would be an incident of its own."""


async def keep_burning(rig: Rig, minutes: float) -> list[str]:
    said: list[str] = []
    for _ in range(round(minutes / STEP)):
        await rig.journeys_end(good=20, bad=5)
        await rig.advance(STEP * 60, step=STEP * 60)
        said += await rig.messages()
    return said


async def test_levels_climb_from_delivery_and_after_five_rounds_it_stands_unanswered(
    rig: Rig,
) -> None:
    await burst(rig)
    assert "Calling L1" in (await rig.messages("New incident"))[0]
    called: list[str] = []
    for _ in range(140):
        called += [words for words in await keep_burning(rig, STEP) if "Escalated" in words]
        if (await rig.board()).incidents[0].unanswered:
            break
    levels = [words.partition("Calling ")[2][:2] for words in called]
    assert levels == ["L2", "L3", *["L1", "L2", "L3"] * 4], "five rounds of three levels"
    moved = await rig.stored(
        "SELECT at_ms FROM alert_transition WHERE reason LIKE '%: L_ to L_' ORDER BY id"
    )
    apart = [(after[0] - before[0]) / 60_000 for before, after in pairwise(moved)]
    assert apart[:3] == [10.5, 15, 6], "the times of L2, L3, L1, on the next tick"
    assert not [words for words in await keep_burning(rig, 40) if "Escalated" in words]
    await rig.read()
    assert "unanswered" in rig.live().text


async def test_escalation_by_hand(rig: Rig) -> None:
    await burst(rig)
    await rig.messages()
    await rig.press(AGENT, "Escalate")
    said = await rig.messages()
    assert len(said) == 1
    assert "Escalated. Calling L2" in said[0]


# 7


@asynccontextmanager
async def webhook() -> AsyncIterator[tuple[str, list[dict[str, object]]]]:
    """A second channel that listens."""
    heard: list[dict[str, object]] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append(await request.json())
        return web.Response()

    application = web.Application()
    application.router.add_post("/alerts", hear)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/alerts", heard
    finally:
        await runner.cleanup()


async def test_page_that_telegram_does_not_take_goes_by_the_second_channel(
    tmp_path: Path, clock: ManualClock
) -> None:
    broken = FaultRule(kind="error", start_seconds=1, end_seconds=400, methods=("sendMessage",))
    async with (
        emulated(clock, Settings(faults=(broken,))) as telegram,
        webhook() as (url, heard),
        running(
            tmp_path, telegram, clock, slo_file=one_objective(tmp_path), alert_webhook_url=url
        ) as rig,
    ):
        await burst(rig)
        await rig.watch._parts.second_channel.bring_waiting()
        pages = [body for body in heard if body["kind"] == "opened"]
        assert len(pages) == 1
        assert pages[0]["severity"] == "page"
        assert "support-ticket-submit-5s" in str(pages[0]["text"])
        incident = (await rig.board()).incidents[0]
        assert incident.level_delivered_at_s is None, "its level's clock does not run yet"
        await calm(rig, 8)
        told = await rig.messages("New incident")
        assert len(told) == 1, "the page itself arrives once Telegram is back"
        await rig.watch._parts.second_channel.bring_waiting()
        assert len([body for body in heard if body["kind"] == "opened"]) == 1
        assert (await rig.board()).incidents[0].level_delivered_at_s is not None


READERS = range(5001, 5081)


async def test_page_overtakes_replies_and_broadcasts_under_telegrams_limits(
    tmp_path: Path, clock: ManualClock
) -> None:
    async with Emulator(Settings(limits=Limits()), clock) as telegram:
        await telegram.door.add_group(
            OPERATIONS, {AGENT.user_id: "member", LEAD.user_id: "member"}
        )
        async with running(
            tmp_path, telegram, clock, slo_file=one_objective(tmp_path), send_rate_scale=1
        ) as rig:
            await broadcast_runs(rig, READERS)
            for number in range(25):  # the group's own budget is used up by chatter
                await rig.write(AGENT, f"/incident {number + 50}")
            for _ in range(6):
                await rig.journeys_end(good=8, bad=8)
                await rig.advance(1, step=1)
            fired = list(await rig.stored("SELECT at_ms FROM alert_transition"))
            told = [e for e in await rig.read() if "Incident 1: page" in e.text]
            assert fired
            assert told
            wait_ms = told[0].monotonic_ns / 1e6 - (fired[0][0] - rig.now_ms + _mono_ms(clock))
            assert wait_ms <= 2000
            assert telegram.settings.limits.enabled
            reached = {e.chat_id for e in rig.events if "spring has come" in e.text}
            assert 0 < len(reached & set(READERS)) < len(READERS), "the broadcast was under way"


async def broadcast_runs(rig: Rig, readers: range) -> None:
    """A broadcast to `readers` has begun, and goes on with the clock."""
    for number in readers:
        await rig.write(User(user_id=number), "/subscribe news", chat_id=None)
        rig.clock.advance(0.05)
    await rig.write(LEAD, "/broadcast news spring has come")
    await rig.press(LEAD, "Start")
    timers = rig.service._parts.timers
    commands = [timer.command for timer in timers._timers]
    await timers.fire(next(c for c in commands if type(c).__name__ == "FeedBroadcasts"))
    await rig.settle()


def _mono_ms(clock: ManualClock) -> float:
    return clock.monotonic_ns() / 1e6


async def test_429_in_the_middle_of_an_incident_delays_and_doubles_nothing(
    tmp_path: Path, clock: ManualClock
) -> None:
    async with Emulator(Settings(limits=Limits(group_per_minute=1)), clock) as telegram:
        await telegram.door.add_group(OPERATIONS, {AGENT.user_id: "member"})
        async with running(tmp_path, telegram, clock, slo_file=one_objective(tmp_path)) as rig:
            await rig.write(AGENT, "/incident 77")
            await burst(rig, 3)
            told = await rig.messages("New incident")
            assert len(told) == 1
            assert rig.service._parts.metrics.throttled._value.get() > 0
            await until_resolved(rig)
            await calm(rig, 10)
            said = [e.text for e in rig.events if e.kind == "message"]
            assert len([words for words in said if "resolved" in words]) == 1


# 8


async def test_restart_in_the_middle_of_an_incident_neither_pages_again_nor_loses_a_step(
    tmp_path: Path, telegram: Emulator, clock: ManualClock
) -> None:
    async with running(tmp_path, telegram, clock, slo_file=one_objective(tmp_path)) as rig:
        await burst(rig)
        assert len(await rig.messages("New incident")) == 1
        counts = rig.feed.snapshots()[0].budget.counts
        before = await rig.board()
    async with running(tmp_path, telegram, clock, slo_file=one_objective(tmp_path)) as rig:
        assert rig.feed.snapshots()[0].budget.counts == counts, "the period is rebuilt"
        await rig.advance(5)
        assert await rig.messages() == []
        assert (await rig.board()).incidents[0].id == before.incidents[0].id
    clock.advance(8 * MINUTE)
    async with running(tmp_path, telegram, clock, slo_file=one_objective(tmp_path)) as rig:
        for _ in range(3):
            await rig.journeys_end(good=10, bad=5)
            await rig.advance(5)
        said = await rig.messages()
        assert len([words for words in said if "Calling L2" in words]) == 1
        assert len([words for words in said if "Calling L1" in words]) == 1
        assert "the bot was down for 8 min" in " ".join(said)


# 9


async def test_heartbeat_goes_to_the_second_channel_every_minute(
    tmp_path: Path, telegram: Emulator, clock: ManualClock
) -> None:
    async with (
        webhook() as (url, heard),
        running(
            tmp_path, telegram, clock, slo_file=one_objective(tmp_path), alert_webhook_url=url
        ) as rig,
    ):
        for _ in range(36):
            await rig.advance(5)
            await rig.watch._parts.second_channel.bring_waiting()
        beats = [float(str(body["at_s"])) for body in heard if body["kind"] == "heartbeat"]
        assert len(beats) == 3
        assert [round(after - before) for before, after in pairwise(beats)] == [60, 60]


async def test_silence_of_the_source_pages_and_its_return_resolves(rig: Rig) -> None:
    await rig.advance(60)
    rig.watch.updates_arrive = lambda: False
    await rig.advance(70)
    told = await rig.messages()
    assert told
    assert all("no events arrive" in words for words in told)
    rig.watch.updates_arrive = lambda: True
    await rig.advance(10)
    resolved = await rig.messages()
    assert len(resolved) == len(told)
    assert all("resolved" in words for words in resolved)


# 10


async def test_every_transition_is_kept_with_who_and_the_counts(rig: Rig) -> None:
    await burst(rig)
    await rig.press(AGENT, "Acknowledge")
    await until_resolved(rig)
    rows = await rig.stored(
        "SELECT before, after, who, bad_long, valid_long FROM alert_transition ORDER BY id"
    )
    steps = [(row[0], row[1]) for row in rows if row[0] != row[1]]
    assert steps[:3] == [("inactive", "pending"), ("pending", "firing"), ("firing", "acked")]
    assert steps[-1][1] == "resolved"
    acked = next(row for row in rows if row[1] == "acked")
    assert acked[2] == "Ann (2001)"
    assert acked[3] > 0
    assert acked[4] > acked[3]


# Silence, the plan


async def test_silence_needs_a_lead_and_a_reason_and_ends(rig: Rig) -> None:
    await burst(rig)
    await rig.messages()
    await rig.press(AGENT, "Silence")
    assert "for leads" in (await rig.messages("leads"))[-1]
    await rig.write(LEAD, "/silence 30m")
    assert "Say why" in (await rig.messages("Say why"))[-1]
    await rig.write(LEAD, "/silence 30m we change the database")
    await rig.read()
    assert "Silenced until" in rig.live().text
    assert await keep_burning(rig, 28) == []
    assert await keep_burning(rig, 12), "after its end it is told again"
    audit = await rig.stored("SELECT actor_id, reason FROM audit WHERE action LIKE '%silence'")
    assert audit == [(LEAD.user_id, "we change the database")]


async def test_steps_of_the_plan_are_ticked_off_on_the_alert(rig: Rig) -> None:
    await burst(rig)
    await rig.press(AGENT, "☐ 1")
    await rig.read()
    assert "☑ 1. Look at the dashboard" in rig.live().text
    assert "Ann" in rig.live().text
    assert [b.text for b in rig.live().buttons if b.text.endswith(" 1")] == ["☑ 1"]
    await rig.press(LEAD, "☑ 1")
    await rig.read()
    assert "☐ 1. Look at the dashboard" in rig.live().text
    await rig.press(LEAD, "Runbook")
    assert "Tickets are slow or lost" in (await rig.messages("Tickets are slow"))[-1]
