"""A live objective: its snapshot, its signals, and the incident that comes of them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.slo.alerts import AlertingPolicy, Board, Ladder, Level, NoticeKind, Send, tick
from analyzer.slo.budget import ArrivalStep, EvidenceVerdict, PeriodVerdict
from analyzer.slo.burn import BurnState
from analyzer.slo.evaluate import Bucket, evaluate, origin_us
from analyzer.slo.events import EventClass, EventCounts, JourneyAttempt
from analyzer.slo.live import SECOND_US
from analyzer.slo.spec import Duration, RollingWindow
from analyzer.slo.watch import LiveObjective
from tests.slo.samples import CAMPAIGN, edited, read
from tests.slo.test_spec_reading import REFERENCES

NOON_US = 1_767_268_800 * SECOND_US  # 2026-01-01 12:00 UTC
POLICY = AlertingPolicy({"page": Ladder((Level("L1", ("oncall",), frozenset({"ann"}), 300),))})


def campaign(text: str = CAMPAIGN, plan: tuple[ArrivalStep, ...] = ()) -> LiveObjective:
    return LiveObjective(read(text).objectives[0], plan=plan)


def feed(live: LiveObjective, seconds: range, bad_every: int = 0, offset_us: int = NOON_US) -> int:
    """One journey a second, finished within a second; every `bad_every`-th fails."""
    now_us = offset_us
    for second in seconds:
        now_us = offset_us + second * SECOND_US
        failed = bad_every and second % bad_every == 0
        attempt = JourneyAttempt(
            f"j{now_us}", "support", "ticket-submit", now_us, now_us + 1000,
            "failed" if failed else "success",
        )  # fmt: skip
        live.observe(attempt, now_us + 1000)
    return now_us + 1000


def test_snapshot_of_a_healthy_campaign() -> None:
    live = campaign()
    now_us = feed(live, range(600))
    seen = live.snapshot(now_us)
    assert seen.budget.counts == EventCounts(good=600)
    assert seen.budget.left_events == 20
    assert (seen.period, seen.evidence.verdict) == (
        PeriodVerdict.MET,
        EvidenceVerdict.NOT_ENOUGH_DATA,
    )
    assert [reading.state for reading in seen.readings] == [BurnState.ACCEPTABLE]
    assert not seen.stale
    assert seen.exhaustion_s is None


def test_burst_goes_through_its_states_and_opens_one_incident() -> None:
    live, board = campaign(), Board()
    feed(live, range(600))
    states, sent = [], []
    for begin, bad_every in ((600, 3), (615, 3), (700, 0), (1100, 0)):
        now_us = feed(live, range(begin, begin + 15), bad_every)
        states.append(live.snapshot(now_us).readings[0].state)
        step = tick(board, live.signals(now_us), now_us / SECOND_US, POLICY)
        board = step.board
        sent += [d for d in step.decisions if isinstance(d, Send)]
    assert states[0] is states[1] is BurnState.CRITICAL
    assert states[2:] == [BurnState.RECOVERING, BurnState.ACCEPTABLE]
    assert [send.notice.kind for send in sent] == [NoticeKind.OPENED]
    assert "page-quick: 25 % of the budget went in 5 min (5 of 20)" in sent[0].notice.text
    assert "at this pace the rest lasts" in sent[0].notice.text


def test_overdue_in_flight_is_bad_and_shown_with_its_age() -> None:
    live = campaign()
    hanging = JourneyAttempt("h", "support", "ticket-submit", NOON_US)
    live.observe(hanging, NOON_US)
    seen = live.snapshot(NOON_US + 6 * SECOND_US)
    assert seen.budget.counts == EventCounts(bad=1)
    assert (seen.in_flight, seen.oldest_in_flight_us) == (1, 6 * SECOND_US)


def test_forecast_from_the_plan_makes_it_at_risk_and_says_when() -> None:
    plan = (ArrivalStep(3600, 10_000),)
    live = campaign(plan=plan)
    now_us = feed(live, range(1, 300), bad_every=50)
    seen = live.snapshot(now_us)
    assert seen.period is PeriodVerdict.AT_RISK
    assert seen.exhaustion_s is not None
    assert 0 < seen.exhaustion_s < 3600


def test_silence_of_the_source_is_no_data_but_a_quiet_night_is_not() -> None:
    live = campaign()
    now_us = feed(live, range(10))
    later_us = now_us + 120 * SECOND_US
    assert live.snapshot(later_us).stale
    assert [s.condition for s in live.signals(later_us)] == [True, False]
    live.alive(later_us)
    assert not live.snapshot(later_us).stale
    assert not any(s.condition for s in live.signals(later_us))


def test_nothing_ever_seen_is_no_data() -> None:
    seen = campaign().snapshot(NOON_US)
    assert seen.stale
    assert seen.period is PeriodVerdict.NO_DATA
    assert seen.budget.sli is None


def test_journeys_of_others_do_not_count() -> None:
    live = campaign()
    other = JourneyAttempt("x", "account", "link", NOON_US, NOON_US, "success")
    assert live.observe(other, NOON_US) is None
    assert live.snapshot(NOON_US).budget.counts == EventCounts()


def test_rolling_period_forgets_and_calendar_period_begins_anew() -> None:
    hours = 3600 * SECOND_US
    rolling = campaign()
    feed(rolling, range(10))
    assert rolling.snapshot(NOON_US + 3 * hours).budget.counts == EventCounts(good=10)
    assert rolling.snapshot(NOON_US + 5 * hours).budget.counts == EventCounts()
    window = "      calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}\n"
    daily = campaign(
        edited("      isRolling: true\n", window, edited("duration: 4h", "duration: 1d")).replace(
            "threshold: 9.6", "threshold: 57.6"
        )
    )
    feed(daily, range(10))
    assert daily.snapshot(NOON_US + 11 * hours).budget.counts == EventCounts(good=10)
    assert daily.snapshot(NOON_US + 13 * hours).budget.counts == EventCounts()
    late = JourneyAttempt("l", "support", "ticket-submit", NOON_US, None, "failed")
    assert daily.observe(late, NOON_US + 13 * hours) is EventClass.BAD
    assert daily.snapshot(NOON_US + 13 * hours).budget.counts == EventCounts()


def test_objective_of_another_system_cannot_be_watched() -> None:
    with pytest.raises(ValueError, match="known to Prometheus only"):
        campaign(REFERENCES)


def test_budget_without_a_plan_follows_the_events() -> None:
    live = campaign(edited('    analyzer.local/planned-events: "20000"\n', ""))
    now_us = feed(live, range(1000))
    assert live.snapshot(now_us).budget.events == Fraction(1)


@given(
    st.sampled_from((40, 45, 167, 480)),
    st.lists(st.integers(0, 12 * 3600 * SECOND_US), min_size=1, max_size=60),
)
def test_rolling_window_is_the_report_s_to_the_last_event(minutes: int, starts: list[int]) -> None:
    """Both drop old events by the same buckets, wherever the recording ends."""
    window = RollingWindow(Duration(minutes, "m"))
    (objective,) = read(CAMPAIGN).objectives
    objective = replace(objective, window=window, policies=(), planned_events=None)
    live = LiveObjective(objective)
    ordered = sorted(NOON_US + start for start in starts)
    for number, start_us in enumerate(ordered):
        live.observe(
            JourneyAttempt(
                f"j{number}", "support", "ticket-submit", start_us, start_us, "success"
            ),
            start_us,
        )
    now_us = ordered[-1]
    first_us = origin_us(objective, now_us + 1)
    buckets = [
        Bucket(first_us + (at - first_us) // SECOND_US * SECOND_US, EventCounts(good=1))
        for at in ordered
    ]
    report = evaluate(objective, buckets, ordered[0], now_us + 1)
    assert live.snapshot(now_us).budget.counts == report.windows[-1].budget.counts
    assert sum(window.budget.counts.valid for window in report.windows) == len(starts)
