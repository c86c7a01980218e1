"""The driver against a small bot: every scenario, every outcome, and the counts that must hold."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from aiohttp import ClientSession

from analyzer.replay.botapi import (
    Acted,
    ChatEvent,
    Emulator,
    ImpossibleActError,
    Limits,
    Press,
    RemoteDoor,
    Settings,
)
from analyzer.replay.botapi.local_door import LocalDoor
from analyzer.replay.drive import Closing, Driven, drive
from analyzer.replay.workload import SCENARIOS, Arrival, Phase, Plan
from tests.botapi.chatting import seen
from tests.replay.small_bot import NO_FAULTS, BotFaults, SmallBot, running


def plan(
    mix: dict[str, float], *, rate: float = 40, patience: float = 10, pace: float = 50
) -> Plan:
    phases = (Phase(name="all", seconds=0.5, rate=rate),)
    return Plan(
        name="trial", phases=phases, mix=mix, users=200, pace=pace, patience_seconds=patience
    )


@asynccontextmanager
async def serving(faults: BotFaults = NO_FAULTS) -> AsyncIterator[Emulator]:
    telegram = Emulator(Settings(limits=Limits(enabled=False)))
    async with telegram, running(SmallBot(telegram, faults)):
        yield telegram


async def driven(mix: dict[str, float], faults: BotFaults = NO_FAULTS, **more: float) -> Driven:
    async with serving(faults) as telegram:
        return await drive(plan(mix, **more), telegram.door)


async def test_guided_submission_is_timed_from_the_update_that_submits() -> None:
    result = await driven({"ticket_guided": 1.0})
    names = Counter(row.journey for row in result.rows)
    assert names["ticket-submit"] == result.summary.scenarios
    assert names["ticket-begin"] == result.summary.scenarios
    assert all(row.outcome == "ok" for row in result.rows)


async def test_offered_is_issued_plus_dropped_and_rows_are_json_lines(tmp_path: Path) -> None:
    file = tmp_path / "journeys.jsonl"
    async with serving() as telegram:
        demand = plan({"search_faq": 2, "read_faq": 1, "subscribe": 1})
        result = await drive(demand, telegram.door, journeys=file)
    summary = result.summary
    assert summary.offered == summary.issued + summary.dropped == len(result.rows)
    assert summary.dropped == 0
    written = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    assert [row["journey_id"] for row in written] == [row.journey_id for row in result.rows]
    assert len({row.journey_id for row in result.rows}) == len(result.rows)


async def test_profile_is_changed_by_button_and_text() -> None:
    result = await driven({"edit_profile": 1.0}, rate=10)
    names = {row.journey for row in result.rows}
    assert names == {"profile-show", "profile-question", "profile-change"}


async def test_apology_is_a_failure_and_ends_the_scenario() -> None:
    result = await driven(
        {"ticket_in_one_message": 1.0}, BotFaults(refuses=frozenset({"/ticket"}))
    )
    figures = result.summary.journeys["ticket-submit"]
    assert figures.failed == figures.n > 0
    assert figures.late == 0
    assert figures.good_ratio == 0


async def test_unanswered_journeys_are_late_and_stay_in_the_latencies_at_their_age() -> None:
    result = await driven(
        {"look_around": 1.0}, BotFaults(mute=frozenset({"/start"})), patience=0.4
    )
    figures = result.summary.journeys["start"]
    assert figures.unanswered == figures.late == figures.n > 0
    assert figures.good_ratio == 0
    assert figures.p50_ms >= 400
    assert "help" not in result.summary.journeys


async def test_ticket_that_was_never_worded_is_not_a_submission() -> None:
    """Without an answer to `/ticket` nobody wrote what it is about: nothing there to lose."""
    result = await driven(
        {"ticket_guided": 1.0}, BotFaults(mute=frozenset({"/ticket"})), patience=0.3, rate=10
    )
    figures = result.summary.journeys["ticket-begin"]
    assert figures.unanswered == figures.n > 0
    assert set(result.summary.journeys) == {"ticket-begin"}


async def test_busy_user_makes_the_run_invalid() -> None:
    async with serving() as telegram:
        phases = (Phase(name="all", seconds=0.5, rate=20),)
        crowded = Plan(name="crowded", phases=phases, mix={"look_around": 1}, users=1, pace=20)
        summary = (await drive(crowded, telegram.door)).summary
    assert summary.dropped > 0
    assert summary.offered == summary.issued + summary.dropped
    assert not summary.valid
    assert "dropped" in summary.problems[0]


async def test_driver_in_another_process_measures_the_same_way() -> None:
    async with serving() as telegram, RemoteDoor(telegram.url) as door:
        result = await drive(plan({"read_faq": 1.0}, rate=10), door)
    assert all(row.outcome == "ok" for row in result.rows)
    assert result.summary.journeys["faq-read"].p50_ms > 0


async def test_every_scenario_comes_to_its_end() -> None:
    result = await driven(dict.fromkeys(SCENARIOS, 1.0), rate=60)
    assert {row.outcome for row in result.rows} == {"ok"}
    assert math.isfinite(result.summary.lag_p99_ms)


async def test_user_acts_on_what_the_bot_has_made_of_its_answer() -> None:
    """A menu that is edited while the user thinks is read as it stands afterwards."""
    result = await driven({"read_faq": 1.0}, BotFaults(edits=True), rate=10, pace=4)
    assert {row.outcome for row in result.rows} == {"ok"}
    assert "faq-read" in result.summary.journeys


async def test_edit_of_an_older_message_is_no_answer() -> None:
    async with serving(BotFaults(mute=frozenset({"/help"}))) as telegram:
        demand = plan({"look_around": 1.0}, rate=4, patience=0.5)
        running_plan = asyncio.ensure_future(drive(demand, telegram.door))
        first = await seen(telegram.door, 0, lambda event: event.text == "About /start")
        for number in range(5):
            await asyncio.sleep(0.1)
            await edited(telegram, first, f"card {number}")
        result = await running_plan
    assert result.summary.journeys["help"].unanswered == result.summary.journeys["help"].n > 0


async def edited(telegram: Emulator, card: ChatEvent, text: str) -> None:
    address = f"{telegram.url}/bot{telegram.settings.token}/editMessageText"
    body = {"chat_id": card.chat_id, "message_id": card.message_id, "text": text}
    async with ClientSession() as session, session.post(address, json=body) as response:
        assert response.status == 200


class StaleDoor(LocalDoor):
    """Every button is gone by the time it is pressed."""

    async def press(self, press: Press) -> Acted:
        raise ImpossibleActError(f"message {press.message_id} has no button any more")


async def test_button_that_vanished_is_the_bots_failure() -> None:
    async with serving() as telegram:
        result = await drive(plan({"read_faq": 1.0}, rate=10), StaleDoor(telegram.world))
    read = result.summary.journeys["faq-read"]
    assert read.failed == read.n > 0
    assert result.summary.dropped == 0
    assert all("no button" in str(r.reason) for r in result.rows if r.outcome == "failed")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario_begins_with_a_command(scenario: str) -> None:
    from analyzer.replay.workload import Say, personas

    step = next(SCENARIOS[scenario](personas(1, seed=1)[0]))
    assert isinstance(step.act, Say)
    assert step.act.text.startswith("/")


async def test_when_it_is_over_nobody_stays_but_for_an_answer() -> None:
    """Users think, and look on for 20 s: the end of a run is not theirs to choose."""
    mix = {"ticket_and_notification": 1.0, "look_around": 1.0}
    begun = asyncio.get_running_loop().time()
    async with serving(BotFaults(mute=frozenset({"/start"}))) as telegram:
        demand = plan(mix, rate=20, patience=1.5, pace=1)
        result = await drive(demand, telegram.door, watch=Closing(0.4))
    assert asyncio.get_running_loop().time() - begun < 5  # 0.4 to come, 1.5 of patience
    assert {row.journey for row in result.rows} == {"ticket-submit", "start"}
    waited = [row.waited_ms for row in result.rows if row.journey == "start"]
    assert min(waited) >= 1500  # an answer that was asked for is waited for
    assert result.summary.problems == ()


async def test_told_to_close_a_run_ends_before_the_next_arrival() -> None:
    watch = Closing(float("inf"))
    late = [Arrival(n, at, "all", "look_around", n) for n, at in enumerate((0.0, 3600.0))]
    async with serving() as telegram:
        asyncio.get_running_loop().call_later(0.3, watch.close)
        result = await drive(
            plan({"look_around": 1.0}, pace=1), telegram.door, planned=late, watch=watch
        )
    assert [row.journey for row in result.rows] == ["start"] == [r.journey for r in watch.rows]


async def test_where_nobody_is_left_to_answer_nobody_waits() -> None:
    watch = Closing(float("inf"))
    async with serving(BotFaults(mute=frozenset({"/start"}))) as telegram:
        # All have come by then, within half a second, and would wait for a minute.
        asyncio.get_running_loop().call_later(3, watch.silence)
        demand = plan({"look_around": 1.0}, patience=60)
        result = await asyncio.wait_for(drive(demand, telegram.door, watch=watch), timeout=30)
    assert {row.outcome for row in result.rows} == {"unanswered"}
    assert all(row.late for row in result.rows)
