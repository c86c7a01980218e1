"""The board: its figures are those of the SLO code, and its words never flatter."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from analyzer.dashboard import Board, Campaign, Condition, OpenIncident
from analyzer.dashboard.charts import burn_down, traffic_columns
from analyzer.dashboard.sketch import Sketch
from analyzer.dashboard.traffic import Traffic
from analyzer.dashboard.view import Words
from analyzer.slo.events import Criterion, EventClass, JourneyAttempt, count
from analyzer.slo.live import LiveEvents
from analyzer.slo.spec import PrometheusSource, RatioIndicator
from tests.dashboard.boards import SECOND, attempt, feed, objective, two_contexts

NOON = 1_772_452_800 * SECOND
STATES = st.tuples(
    st.integers(0, 5),  # which attempt
    st.sampled_from([None, "success", "failed", "user_cancelled"]),
    st.integers(0, 12 * SECOND),
    st.sampled_from([None, "timeout", "pool"]),
)


@given(st.lists(STATES, max_size=30), st.integers(0, 20 * SECOND))
def test_traffic_holds_what_the_classifier_says_however_often_an_attempt_is_seen(
    seen: list[tuple[int, str | None, int, str | None]], later_us: int
) -> None:
    traffic = Traffic(SECOND, 100)
    criterion = Criterion(5 * SECOND)
    events = LiveEvents(criterion, (60,), watchers=(traffic,))
    last: dict[int, JourneyAttempt] = {}
    for number, outcome, took_us, reason in seen:
        start = NOON + number * SECOND
        end = None if outcome is None else start + took_us
        last[number] = JourneyAttempt(
            f"j{number}", "support", "submit", start, end, outcome, reason
        )
        events.observe(last[number], NOON + 6 * SECOND)
    now = NOON + 6 * SECOND + later_us
    events.advance(now)
    total = traffic.totals(NOON, NOON + 100 * SECOND)
    assert total.counts == count(last.values(), criterion, now)
    assert sum(total.reasons.values()) == total.counts.bad
    ended = [a for a in last.values() if a.t_end_us is not None and a.outcome != "user_cancelled"]
    assert total.durations.count == len(ended)


@given(
    st.lists(st.integers(1, 10**8), min_size=1, max_size=200),
    st.lists(st.integers(1, 10**8), max_size=20),
    st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]),
)
def test_quantiles_are_within_one_percent_and_what_is_taken_back_is_gone(
    durations: list[int], taken_back: list[int], quantile: float
) -> None:
    sketch = Sketch()
    for duration in durations + taken_back:
        sketch.add(duration)
    for duration in taken_back:
        sketch.add(duration, -1)
    exact = sorted(durations)[math.ceil(quantile * len(durations)) - 1] / 1000
    (found,) = sketch.quantiles_ms([quantile])
    assert found is not None
    assert abs(found - exact) <= 0.0101 * exact


def test_figures_are_those_of_the_live_objective() -> None:
    board = Board([objective()])
    feed(board, 1000, bad=30, until_us=NOON)
    (watched,) = board.snapshot(NOON).objectives
    budget = watched.snapshot.budget
    assert (budget.counts.valid, budget.counts.bad, float(budget.left_events)) == (1000, 30, 10)
    assert watched.recent.reasons == Counter({"pool is empty": 30})
    assert watched.condition is Condition.CRITICAL


def test_the_burn_down_ends_at_the_figure_beside_it() -> None:
    board = Board([objective()])
    feed(board, 1000, bad=30, until_us=NOON)
    board.campaign = Campaign("autumn", NOON - 2000 * SECOND, NOON + 1000 * SECOND)
    (watched,) = board.snapshot(NOON).objectives
    chart = burn_down(board.over_period("ticket"), watched)
    assert chart["left"][-1] == float(watched.snapshot.budget.left_events) == 10
    assert chart["left"][0] == 40
    assert chart["ideal"][-1] == [(NOON + 1000 * SECOND) // 1000, 0.0]
    # 3,000 of the planned 4,000 are still to come; 3 % of the 1,000 were bad: 90 more.
    assert chart["forecast"][-1][1] == 10 - 90


def test_without_a_campaign_exhaustion_follows_the_present_rate() -> None:
    board = Board([objective()])
    for place in range(600):
        start = NOON - (600 - place) * SECOND
        bad = place % 50 == 0
        board.observe(attempt(start, outcome="failed" if bad else "success"), start)
    (watched,) = board.snapshot(NOON).objectives
    left, share = float(watched.snapshot.budget.left_events), 12 / 600
    assert watched.exhaustion_s is not None
    assert abs(watched.exhaustion_s - left / (share * watched.rate)) < 1


def test_one_failure_in_a_quiet_night_is_not_critical() -> None:
    board = Board([objective()])
    feed(board, 20, until_us=NOON)
    board.observe(attempt(NOON, outcome="failed"), NOON)
    (watched,) = board.snapshot(NOON + SECOND).objectives
    assert watched.condition in {Condition.INCREASING, Condition.ACCEPTABLE}


def test_nothing_known_is_no_data_and_never_good() -> None:
    board = Board(two_contexts())
    board.alive(NOON)
    found = board.snapshot(NOON + SECOND)
    assert found.condition is Condition.NO_DATA
    assert "good" not in Words(board, found, NOON + SECOND).view().tones.values()
    rows = Words(board, found, NOON + SECOND).view().lists["o.ticket.burn"]
    assert {row["tone"] for row in rows} == {"none"}


def test_a_silent_source_is_stale_and_never_good() -> None:
    board = Board(two_contexts())
    feed(board, 500, until_us=NOON)
    board.incidents([])
    later = NOON + 61 * SECOND
    found = board.snapshot(later)
    view = Words(board, found, later).view()
    assert found.stale
    assert "good" not in view.tones.values()
    assert view.texts["headline"].endswith("STALE: the source is silent for 1 min 1 s")


def test_an_overdue_journey_in_flight_is_bad_and_its_age_is_in_the_latency() -> None:
    board = Board([objective()])
    feed(board, 100, until_us=NOON)
    board.observe(attempt(NOON, None), NOON)
    board.alive(NOON + 30 * SECOND)
    (watched,) = board.snapshot(NOON + 30 * SECOND).objectives
    assert watched.snapshot.budget.counts.bad == 1
    assert watched.snapshot.oldest_in_flight_us == 30 * SECOND
    (slowest,) = watched.durations.quantiles_ms([1.0])
    assert slowest is not None
    assert abs(slowest - 30_000) < 300


def test_a_slow_slot_shows_in_the_heat_map_at_its_height() -> None:
    board = Board([objective()])
    for _ in range(10):
        board.observe(attempt(NOON, 3.0), NOON + 3 * SECOND)
    heat = traffic_columns(board.recent("ticket"), NOON + 200 * SECOND)["heat"]
    assert heat["n"] == [10]
    assert heat["low"][0] <= 3000 < heat["high"][0]


def test_totals_grow_and_gauges_go_up_and_down() -> None:
    board = Board([])
    for place, value in enumerate([0, 2, 2, 5]):
        board.gauge("telegram_429", value, NOON + place * 10 * SECOND)
        board.gauge("queue_depth", value, NOON + place * 10 * SECOND)
    rows = {
        row["label"]: row
        for row in Words(board, board.snapshot(NOON + 40 * SECOND), NOON).view().lists["gauges"]
    }
    assert rows["Refused by Telegram (429)"]["most"] == "5 in the last hour"
    assert rows["Queue depth"]["most"] == "peak 5"


def test_incidents_say_who_has_them_and_what_comes_next() -> None:
    board = Board([objective()])
    assert Words(board, board.snapshot(NOON), NOON).view().texts["incidents.count"] == (
        "nobody is alerted from here"
    )
    board.incidents(
        [
            OpenIncident(
                "7",
                "ticket",
                "support",
                "page",
                "firing",
                NOON - 90 * SECOND,
                next_step="escalates to L2",
                next_at_us=NOON + 30 * SECOND,
            )
        ]
    )
    view = Words(board, board.snapshot(NOON), NOON).view()
    (row,) = view.lists["incidents"]
    assert (row["acker"], row["since"]) == ("nobody yet", "1 min 30 s")
    assert row["next"] == "escalates to L2 in 30 s"
    assert view.texts["incidents.count"] == "1 open, 1 not acknowledged"


def test_objectives_of_another_system_are_named_and_left_out() -> None:
    own = objective()
    assert isinstance(own.indicator, RatioIndicator)
    elsewhere = replace(own.indicator, total=PrometheusSource("up"))
    foreign = replace(own, name="cpu", indicator=elsewhere)
    found = Board([own, foreign]).snapshot(NOON)
    assert [w.snapshot.objective.name for w in found.objectives] == ["ticket"]
    assert found.notes == ("cpu: its events are known to Prometheus only",)


def test_journeys_without_an_objective_are_shown_too() -> None:
    board = Board([])
    for outcome in ("success", "failed", "success", "success"):
        board.observe(attempt(NOON, outcome=outcome, journey="help", context="faq"), NOON)
    (row,) = board.journeys.rows(NOON + SECOND)
    assert (row.context, row.journey, row.ended, row.failed) == ("faq", "help", 4, 1)
    assert board.snapshot(NOON + SECOND).contexts == ("faq",)


def test_every_class_has_its_place() -> None:
    """A class added to the classifier must be thought of here as well."""
    assert set(EventClass) == {"good", "bad", "pending", "unknown", "invalid"}
