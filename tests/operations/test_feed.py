"""Journeys become events: live, after a restart, and for Prometheus."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from analyzer.replay.botapi import Emulator, FaultRule, Settings
from analyzer.replay.botapi.clock import ManualClock
from analyzer.slo.events import EventCounts
from analyzer.slo.export.rules import RuleSet, prometheus_rules
from consolidated_bot.operations.objectives import read_live_objectives
from tests.bot.conftest import ANN
from tests.operations.rig import Rig, emulated, running

HOUR_S = 3600


def counts(rig: Rig, name: str) -> EventCounts:
    found = next(s for s in rig.feed.snapshots() if s.objective.name == name)
    return found.budget.counts


async def test_a_ticket_from_its_update_to_its_confirmation(rig: Rig) -> None:
    await rig.write(ANN, "/ticket my order did not arrive", chat_id=None)
    await rig.write(ANN, "/faq refund", chat_id=None)
    assert counts(rig, "support-ticket-submit-5s") == EventCounts(good=1)
    assert counts(rig, "support-faq-read-5s") == EventCounts(good=1)
    assert counts(rig, "platform-update-handled-1s") == EventCounts(good=2)
    kept = await rig.stored("SELECT context, journey, outcome, of_update FROM journey ORDER BY id")
    assert kept == [("support", "ticket-submit", "ok", 1), ("support", "faq-read", "ok", 1)]


async def test_turned_down_request_is_no_event_of_the_journey_it_asked_for(rig: Rig) -> None:
    await rig.write(ANN, "/ticket x", chat_id=None)
    assert counts(rig, "support-ticket-submit-5s").valid == 0
    assert counts(rig, "platform-update-handled-1s") == EventCounts(good=1)


async def test_unsent_confirmation_is_overdue_at_its_deadline_and_late_for_ever(
    tmp_path: Path, clock: ManualClock
) -> None:
    broken = FaultRule(kind="error", start_seconds=1, end_seconds=20, methods=("sendMessage",))
    async with (
        emulated(clock, Settings(faults=(broken,))) as telegram,
        running(tmp_path, telegram, clock) as rig,
    ):
        clock.advance(2)
        await rig.write(ANN, "/ticket my order did not arrive", chat_id=None)
        name = "support-ticket-submit-5s"
        assert counts(rig, name) == EventCounts(pending=1)
        clock.advance(5)
        assert counts(rig, name) == EventCounts(pending=1), "equality is in time"
        clock.advance(0.001)
        await rig.watch.pulse()
        assert counts(rig, name) == EventCounts(bad=1)
        assert sample(rig, "journey_overdue_in_flight", "support", "ticket-submit") == 1
        assert sample(rig, "journey_valid_events_total", "support", "ticket-submit") == 0
        await rig.advance(60)
        assert counts(rig, name) == EventCounts(bad=1)
        assert sample(rig, "journey_overdue_in_flight", "support", "ticket-submit") == 0
        assert sample(rig, "journey_valid_events_total", "support", "ticket-submit") == 1
        assert sample(rig, "journey_good_events_total", "support", "ticket-submit") == 0


def exposed(rig: Rig) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = generate_latest(rig.service._parts.metrics.registry).decode()
    return {
        (found.name, frozenset(found.labels.items())): found.value
        for family in text_string_to_metric_families(text)
        for found in family.samples
    }


def sample(rig: Rig, name: str, context: str, journey: str) -> float:
    return exposed(rig)[name, frozenset({("context", context), ("journey", journey)})]


async def test_every_selector_of_the_exported_rules_is_a_series_from_the_first_scrape(
    rig: Rig,
) -> None:
    series = exposed(rig)
    selectors = set()
    for objective in read_live_objectives(None):
        text = prometheus_rules(RuleSet(objective))
        selectors |= set(re.findall(r'(journey_\w+)\{context="(.*?)",journey="(.*?)"\}', text))
    assert len(selectors) == 3 * 6, "valid, good and overdue of each objective"
    for name, context, journey in selectors:
        assert (name, frozenset({("context", context), ("journey", journey)})) in series


async def test_period_is_rebuilt_after_a_restart_with_what_is_in_flight(
    tmp_path: Path, clock: ManualClock
) -> None:
    broken = FaultRule(
        kind="error", start_seconds=6 * HOUR_S, end_seconds=7 * HOUR_S, methods=("sendMessage",)
    )
    async with emulated(clock, Settings(faults=(broken,))) as telegram:
        async with running(tmp_path, telegram, clock) as rig:
            for hour in range(6):
                await rig.journeys_end(good=20 + hour, bad=hour, ms=1000)
                await rig.journeys_end(good=2, ms=7000)
                await rig.journeys_end(good=3, name=("accounts", "profile-update"))
                clock.advance(HOUR_S)
            clock.advance(1)
            await rig.write(ANN, "/ticket my order did not arrive", chat_id=None)
            clock.advance(3)
            await rig.watch.pulse()
            before = live(rig)
        async with running(tmp_path, telegram, clock) as rig:
            assert live(rig) == before
            own = counts(rig, "support-ticket-submit-5s")
            assert own == EventCounts(good=135, bad=15 + 12, pending=1)
            clock.advance(3)
            await rig.watch.pulse()
            assert counts(rig, "support-ticket-submit-5s").bad == 15 + 12 + 1


async def test_budget_of_thirty_days_is_whole_after_a_restart(
    tmp_path: Path, clock: ManualClock
) -> None:
    name, day_s = "support-ticket-submit-5s", 24 * HOUR_S
    async with emulated(clock) as telegram:
        async with running(tmp_path, telegram, clock) as rig:
            await rig.journeys_end(good=40, bad=3)
            clock.advance(20 * day_s)
            await rig.journeys_end(good=10, bad=1)
        async with running(tmp_path, telegram, clock) as rig:
            assert counts(rig, name) == EventCounts(good=50, bad=4)
            clock.advance(15 * day_s)
            assert counts(rig, name) == EventCounts(good=10, bad=1), "the oldest have left"


def live(rig: Rig) -> list[Any]:
    """Counts of the period and of every window of every objective."""
    return [
        (s.objective.name, s.budget.counts, [(r.long, r.short) for r in s.readings], s.in_flight)
        for s in rig.feed.snapshots()
    ]


async def test_update_that_waits_in_the_inbox_counts_for_what_it_asks(
    tmp_path: Path, telegram: Emulator, clock: ManualClock
) -> None:
    async with running(tmp_path, telegram, clock) as rig:
        body = '{"update_id": 9, "message": {"text": "/ticket help me please"}}'
        await rig.database.write(
            lambda c: c.exec_driver_sql(
                "INSERT INTO inbox VALUES (?, 9, 0, ?, ?, 'pending', 0, NULL, NULL, NULL)",
                (telegram.settings.bot_id, body, rig.now_ms),
            )
        )
        clock.advance(6)
        objectives = read_live_objectives(None)
        await rig.feed.recover(rig.database, telegram.settings.bot_id, objectives)
        assert counts(rig, "support-ticket-submit-5s") == EventCounts(bad=1)
        assert counts(rig, "platform-update-handled-1s") == EventCounts(bad=1)
        assert rig.feed.in_flight() == (1, 6.0)
