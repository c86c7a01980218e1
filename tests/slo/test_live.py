"""Live windows agree with the batch, whatever the order and however classes change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.slo.events import Criterion, EventClass, EventCounts, JourneyAttempt, count
from analyzer.slo.live import SECOND_US, LiveEvents, SlidingCounts
from tests.slo.test_events import D, attempts

CRITERION = Criterion(D)


def journey(
    journey_id: str, start_s: float, end_s: float | None = None, outcome: str | None = None
) -> JourneyAttempt:
    end = None if end_s is None else int(end_s * SECOND_US)
    return JourneyAttempt(journey_id, "support", "t", int(start_s * SECOND_US), end, outcome)


def test_overdue_in_flight_is_bad_at_once_in_the_window_of_its_start() -> None:
    live = LiveEvents(CRITERION, [60])
    live.observe(journey("a", 10), 10 * SECOND_US)
    assert live.windows.counts(60) == EventCounts(pending=1)
    live.advance(15 * SECOND_US)
    assert live.windows.counts(60) == EventCounts(pending=1)  # equality is in time
    live.advance(15 * SECOND_US + 1)
    assert live.windows.counts(60) == EventCounts(bad=1)
    live.observe(journey("a", 10, 30, "success"), 30 * SECOND_US)
    assert live.windows.counts(60) == EventCounts(bad=1)
    live.advance(69 * SECOND_US)
    assert live.windows.counts(60) == EventCounts(bad=1)
    live.advance(70 * SECOND_US)
    assert live.windows.counts(60) == EventCounts()
    assert live.windows.total() == EventCounts(bad=1)


def test_same_attempt_observed_twice_counts_once() -> None:
    live = LiveEvents(CRITERION, [60])
    for _ in range(3):
        live.observe(journey("a", 1, 2, "success"), 2 * SECOND_US)
    assert live.windows.counts(60) == EventCounts(good=1)


def test_cancelled_after_overdue_is_taken_out_again() -> None:
    live = LiveEvents(CRITERION, [60])
    live.observe(journey("a", 1), SECOND_US)
    live.advance(20 * SECOND_US)
    live.observe(journey("a", 1, 21, "user_cancelled"), 21 * SECOND_US)
    assert live.windows.counts(60) == EventCounts(invalid=1)


def test_in_flight_lists_the_oldest_first() -> None:
    live = LiveEvents(CRITERION, [60])
    live.observe(journey("late", 3), 3 * SECOND_US)
    live.observe(journey("early", 1), 3 * SECOND_US)
    live.observe(journey("done", 2, 3, "success"), 3 * SECOND_US)
    assert [a.journey_id for a in live.in_flight()] == ["early", "late"]


def test_old_attempts_are_forgotten_and_their_counts_kept() -> None:
    live = LiveEvents(CRITERION, [60], remember_s=100)
    for second in range(0, 1000, 10):
        now = second * SECOND_US
        live.observe(journey(f"j{second}", second, second, "success"), now)
    assert live.windows.total() == EventCounts(good=100)
    assert len(live._attempts) <= 12


@given(st.lists(attempts(), max_size=25), st.permutations(range(25)), st.integers(0, 4 * D))
def test_live_counts_are_those_of_the_batch(
    rows: list[JourneyAttempt], order: list[int], now_us: int
) -> None:
    rows = [row._replace(journey_id=f"j{i:02}") for i, row in enumerate(rows)]
    live = LiveEvents(CRITERION, [3600])
    for index in (i for i in order if i < len(rows)):
        row = rows[index]
        begun = row._replace(t_end_us=None, outcome=None)
        live.observe(begun, row.t_start_us)
        live.observe(row, row.t_end_us or row.t_start_us)
    live.advance(now_us)
    seen_at = max([now_us, *(max(r.t_start_us, r.t_end_us or 0) for r in rows)])
    expected = count(rows, CRITERION, seen_at)
    assert live.windows.total() == expected
    assert live.windows.counts(3600) == expected


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.sampled_from(EventClass), st.integers(1, 3)),
        max_size=40,
    ),
    st.integers(0, 800),
)
def test_sliding_sums_are_the_sums_of_the_window(
    events: list[tuple[int, EventClass, int]], now_s: int
) -> None:
    windows = SlidingCounts([5, 60, 300])
    for second, event_class, amount in events:
        windows.add(second * SECOND_US, event_class, amount)
    windows.advance(now_s * SECOND_US)
    end = max([now_s, *(second for second, _, _ in events)])
    for width in (5, 60, 300):
        inside = [(c, n) for s, c, n in events if end - width < s <= end]
        bad = sum(n for c, n in inside if c is EventClass.BAD)
        valid = sum(n for c, n in inside if c in {"good", "bad", "unknown"})
        assert windows.counts(width).bad == bad
        assert windows.counts(width).valid == valid


def test_ended_attempts_are_forgotten_early_and_open_ones_are_not() -> None:
    live = LiveEvents(CRITERION, [3600], remember_ended_s=60)
    live.observe(journey("waits", 0), 0)
    live.observe(journey("done", 0, 1, "success"), SECOND_US)
    now = 101 * SECOND_US
    live.advance(now)
    assert len(live.in_flight()) == 1
    assert list(live._attempts) == ["waits"]
    live.observe(journey("waits", 0, 101, "success"), now)
    assert live.windows.counts(3600).valid == 2, "it was known, so its end counts no second time"
