"""A campaign from its start to its report, and what customers and staff are told meanwhile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.replay.botapi import Emulator
from analyzer.replay.botapi.clock import ManualClock
from consolidated_bot.config import Settings, load_settings
from consolidated_bot.operations.aftermath import (
    CampaignError,
    hold_load_test,
    make_report,
    write_report,
)
from consolidated_bot.operations.review_text import markdown_text
from tests.bot.conftest import AGENT, ANN, BORIS, OPERATIONS
from tests.bot.core_parts import sqlite_url
from tests.operations.rig import LEAD, Rig, SteadyClock, running

TICKETS = "support-ticket-submit-5s"


def settings_of(folder: Path, telegram: Emulator) -> Settings:
    return load_settings(bot_token=telegram.settings.token, database_url=sqlite_url(folder))


async def said(rig: Rig, words: str) -> str:
    return (await rig.messages(words))[-1]


async def test_planned_volume_makes_the_budget_from_the_start_on(rig: Rig) -> None:
    await rig.journeys_end(good=100, bad=50)
    rig.clock.advance(1)
    await rig.write(AGENT, "/campaign start spring 20000 4h")
    assert "for leads" in await said(rig, "leads")
    await rig.write(LEAD, "/campaign start spring 20000 4h")
    assert "20,000 planned" in await said(rig, "has started")
    await rig.watch.pulse()
    tickets = rig.feed.snapshots()[0]
    assert tickets.budget.events == 20
    assert tickets.budget.counts.valid == 0, "what was before spends nothing of it"
    assert [(p.pair.name, p.pair.long_s, p.pair.short_s) for p in tickets.readings] == [
        ("page-quick", 300, 60),
        ("page-slow", 1800, 180),
        ("ticket", 7200, 600),
    ]
    assert rig.feed.board.campaign is not None
    rig.clock.advance(1)
    await rig.journeys_end(good=10, bad=2)
    await rig.write(AGENT, "/campaign")
    assert f"{TICKETS}: 10 of 12 good, 2 of 20 bad events spent, met" in await said(rig, TICKETS)
    await rig.write(LEAD, "/campaign start again 5")
    assert "is running already" in await said(rig, "running already")


async def test_campaign_goes_on_after_a_restart_and_ends_by_itself(
    tmp_path: Path, telegram: Emulator, clock: ManualClock
) -> None:
    async with running(tmp_path, telegram, clock) as rig:
        await rig.write(LEAD, "/campaign start spring 20000 30m")
        await rig.watch.pulse()
        clock.advance(60)
        await rig.journeys_end(good=10, bad=2, ms=50)
    async with running(tmp_path, telegram, clock) as rig:
        assert rig.feed.snapshots()[0].budget.counts.bad == 2
        assert rig.feed.snapshots()[0].budget.events == 20
        clock.advance(29 * 60 + 1)
        await rig.tick()
        assert "has ended" in await said(rig, "Campaign")
        await rig.watch.pulse()
        assert rig.feed.board.campaign is None
        assert rig.feed.snapshots()[0].budget.counts.valid == 12, "the 30 days hold it too"


@pytest.mark.parametrize(
    "words",
    ["start", "start x", "start x many", "start x 0", "start x 5 4y", "start x 5 5m", "go"],
)
async def test_what_reads_like_no_campaign_is_explained(rig: Rig, words: str) -> None:
    await rig.write(LEAD, f"/campaign {words}")
    assert "/campaign start NAME VOLUME" in await said(rig, "Like this")


async def a_campaign(rig: Rig) -> None:
    await rig.write(LEAD, "/campaign start spring 20000 4h")
    await rig.advance(60, step=60)
    for minute in range(40):
        peak = 15 <= minute < 30
        await rig.journeys_end(good=60 if peak else 30, ms=900 if peak else 80)
        if 20 <= minute < 23:
            await rig.journeys_end(bad=4 if minute == 20 else 3)
        if minute == 24:
            await rig.press(AGENT, "Acknowledge")
        await rig.advance(60, step=15)
    await rig.write(LEAD, "/campaign end")


async def test_report_says_what_the_campaign_came_to(
    tmp_path: Path, telegram: Emulator, clock: ManualClock
) -> None:
    async with running(tmp_path, telegram, clock) as rig:
        await a_campaign(rig)
    settings, out = settings_of(tmp_path, telegram), tmp_path / "report"
    report = await make_report(settings, None, SteadyClock(clock))
    tickets = report["objectives"][0]
    assert (tickets["objective"], tickets["verdict"]) == (TICKETS, "met")
    assert (tickets["bad"], tickets["budget_events"]) == (10, 20.0)
    (incident,) = [i for i in report["incidents"] if i["objective"] == TICKETS]
    assert incident["acknowledged_by"] == "Ann (2001)"
    assert 60 <= incident["acknowledged_after_s"] <= 300
    assert incident["restored_after_s"] > incident["acknowledged_after_s"]
    assert incident["bad_events"] == 10
    assert incident["budget_share"] == 0.5
    spot = report["hotspots"][0]
    assert (spot["context"], spot["journey"]) == ("support", "ticket-submit")
    assert spot["baseline_p95_ms"] < 900 <= spot["peak_p95_ms"]
    assert spot["phase"] == "sending"
    assert any("No passed load test" in each for each in report["improvements"])
    assert set(report["inputs"]) == {
        "campaign", "journeys", "objectives", "runbook", "transitions",
    }  # fmt: skip
    assert report == await make_report(settings, 1, SteadyClock(clock)), (
        "equal input, equal report"
    )
    files = write_report(out, report, force=False)
    assert json.loads(files[0].read_text("utf-8")) == report
    page = markdown_text(report)
    assert files[1].read_text("utf-8") == page
    assert f"| {TICKETS} | met |" in page
    assert "Mean time to acknowledge" in page
    with pytest.raises(CampaignError, match="--force"):
        write_report(out, report, force=False)


async def test_report_without_a_campaign_is_a_sentence(
    tmp_path: Path, telegram: Emulator, clock: ManualClock
) -> None:
    async with running(tmp_path, telegram, clock):
        pass
    with pytest.raises(CampaignError, match="no campaign yet"):
        await make_report(settings_of(tmp_path, telegram), None, SteadyClock(clock))


PASSED = {
    "outcome": "passed",
    "invalid": [],
    "failures": [],
    "tickets": {"submitted": 100, "lost": 0, "doubled": 0},
}


async def test_load_test_is_held_against_the_runbook_and_shown_at_the_start(
    tmp_path: Path, telegram: Emulator, clock: ManualClock
) -> None:
    settings, at = settings_of(tmp_path, telegram), SteadyClock(clock)
    async with running(tmp_path, telegram, clock) as rig:
        lost = json.dumps(PASSED | {"tickets": {"lost": 1, "doubled": 0}}).encode()
        checked = await hold_load_test(settings, lost, at)
        assert [each.criterion.id for each in checked if not each.passed] == ["lost"]
        await rig.write(LEAD, "/campaign start one 1000")
        assert "not passed. No ticket was lost" in await said(rig, "Load test")
        await rig.write(LEAD, "/campaign end")
        assert all(
            c.passed for c in await hold_load_test(settings, json.dumps(PASSED).encode(), at)
        )
        await rig.write(LEAD, "/campaign start two 1000")
        assert "✅ passed" in await said(rig, "Load test")
        assert not any(c.passed for c in await hold_load_test(settings, b"[]", at))


async def test_status_is_in_the_customers_words(rig: Rig) -> None:
    await rig.journeys_end(good=1999, bad=1)
    await rig.write(ANN, "/status", chat_id=None)
    await rig.write(BORIS, "/status", chat_id=None)
    await rig.read()
    english = next(e.text for e in rig.events if e.chat_id == ANN.user_id)
    russian = next(e.text for e in rig.events if e.chat_id == BORIS.user_id)
    assert "All is well" in english
    assert "Requests received: 99.95 % of 2\u00a0000 within 5 s in 30 days" in english
    assert "promised: 99.9 %" in english
    assert "Обращения приняты: 99.95 % из 2\u00a0000 за 5 с за 30 дн." in russian
    assert not [e for e in rig.events if e.chat_id == OPERATIONS.chat_id]
