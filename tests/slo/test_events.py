"""The classifier: each line of the event model, and its laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.slo.events import (
    FAILURES,
    OUTCOMES,
    Criterion,
    EventClass,
    JourneyAttempt,
    ValidRule,
    classify,
    count,
    default_rule,
    firsts,
)

D = 5_000_000
CRITERION = Criterion(D)


def attempt(
    journey_id: str = "j",
    *,
    start: int = 0,
    end: int | None = None,
    outcome: str | None = None,
    synthetic: bool = False,
    dedup_key: str | None = None,
) -> JourneyAttempt:
    return JourneyAttempt(
        journey_id, "support", "ticket-submit", start, end, outcome, None, synthetic, dedup_key
    )


@pytest.mark.parametrize(
    ("row", "now", "expected"),
    [
        (attempt(end=D, outcome="success"), 0, "good"),
        (attempt(end=D + 1, outcome="success"), 0, "bad"),
        (attempt(end=1, outcome="failed"), 0, "bad"),
        (attempt(outcome="failed"), 0, "bad"),
        (attempt(), D, "pending"),
        (attempt(), D + 1, "bad"),
        (attempt(outcome="success"), D, "pending"),
        (attempt(outcome="success"), D + 1, "bad"),
        (attempt(outcome="unknown"), 10 * D, "unknown"),
        (attempt(end=1, outcome="unknown"), 0, "unknown"),
        (attempt(end=D + 1, outcome="unknown"), 0, "bad"),
        (attempt(end=1), 0, "unknown"),
        (attempt(end=1, outcome="odd"), 0, "unknown"),
        (attempt(start=9, end=1, outcome="success"), 0, "unknown"),
        (attempt(end=1, outcome="user_cancelled"), 0, "invalid"),
        (attempt(end=1, outcome="validation_rejected"), 0, "invalid"),
        (attempt(end=1, outcome="blocked_by_user"), 0, "bad"),
        (attempt(end=1, outcome="success", synthetic=True), 0, "invalid"),
    ],
)
def test_class_of_one_attempt(row: JourneyAttempt, now: int, expected: str) -> None:
    assert classify(row, CRITERION, now) == expected


def test_answer_sent_but_not_accepted_is_no_end() -> None:
    assert classify(attempt(outcome="success"), CRITERION, D + 1) is EventClass.BAD


def test_late_finish_does_not_turn_an_overdue_event_good_again() -> None:
    assert classify(attempt(), CRITERION, D + 1) is EventClass.BAD
    late = attempt(end=D + 2, outcome="success")
    assert classify(late, CRITERION, D + 3) is EventClass.BAD


def test_overdue_in_flight_stays_pending_where_the_objective_says_so() -> None:
    criterion = Criterion(D, overdue_is_bad=False)
    assert classify(attempt(), criterion, 100 * D) is EventClass.PENDING


def test_blocked_by_user_does_not_count_for_notifications() -> None:
    criterion = Criterion(D, default_rule("notification"))
    assert classify(attempt(outcome="blocked_by_user"), criterion, 0) is EventClass.INVALID


def test_retried_updates_are_one_event_and_the_first_counts() -> None:
    rows = [
        attempt("b", start=5, end=6, outcome="failed", dedup_key="k"),
        attempt("a", start=3, end=4, outcome="success", dedup_key="k"),
        attempt("c", start=3, end=4, outcome="failed", dedup_key="k"),
    ]
    assert firsts(rows) == {"a"}
    counts = count(rows, CRITERION, 10)
    assert (counts.good, counts.bad, counts.invalid) == (1, 0, 2)


def test_same_key_in_another_journey_is_another_event() -> None:
    one = attempt("a", dedup_key="k")
    other = attempt("b", dedup_key="k")._replace(journey="agent-reply")
    assert firsts([one, other]) == {"a", "b"}


outcomes = st.sampled_from([*sorted(OUTCOMES), None, "odd"])
times = st.integers(0, 4 * D)


@st.composite
def attempts(draw: st.DrawFn, journey_id: str = "j") -> JourneyAttempt:
    return attempt(
        journey_id,
        start=draw(times),
        end=draw(st.none() | times),
        outcome=draw(outcomes),
        synthetic=draw(st.booleans()),
        dedup_key=draw(st.none() | st.sampled_from("xyz")),
    )


@given(st.lists(attempts(), max_size=30), times)
def test_every_attempt_has_one_class_and_valid_is_good_bad_unknown(
    rows: list[JourneyAttempt], now: int
) -> None:
    rows = [row._replace(journey_id=f"j{i:02}") for i, row in enumerate(rows)]
    counts = count(rows, CRITERION, now)
    total = counts.good + counts.bad + counts.unknown + counts.pending + counts.invalid
    assert total == len(rows)
    assert counts.valid == total - counts.pending - counts.invalid


@given(attempts(), times, times)
def test_time_turns_pending_to_bad_and_nothing_else(
    row: JourneyAttempt, earlier: int, later: int
) -> None:
    earlier, later = sorted((earlier, later))
    before, after = (classify(row, CRITERION, now) for now in (earlier, later))
    assert before == after or (before, after) == (EventClass.PENDING, EventClass.BAD)


@given(attempts(), times, st.integers(0, 2 * D))
def test_a_longer_deadline_never_turns_a_good_event_bad(
    row: JourneyAttempt, now: int, longer: int
) -> None:
    if classify(row, CRITERION, now) is EventClass.GOOD:
        assert classify(row, Criterion(D + longer), now) is EventClass.GOOD


@given(attempts(), times)
def test_only_a_success_is_good_and_a_failure_is_never_good_or_unknown(
    row: JourneyAttempt, now: int
) -> None:
    found = classify(row, CRITERION, now)
    if found is EventClass.GOOD:
        assert row.outcome == "success"
        assert row.t_end_us is not None
    if row.outcome in FAILURES:
        assert found in {EventClass.BAD, EventClass.INVALID}


@given(st.lists(attempts(), max_size=20), times)
def test_order_of_rows_does_not_matter(rows: list[JourneyAttempt], now: int) -> None:
    rows = [row._replace(journey_id=f"j{i:02}") for i, row in enumerate(rows)]
    shuffled = list(reversed(rows))
    assert count(rows, CRITERION, now) == count(shuffled, CRITERION, now)


@given(attempts(), times)
def test_rule_without_filters_leaves_nothing_out(row: JourneyAttempt, now: int) -> None:
    rule = ValidRule(frozenset(), excludes_synthetic=False, first_of_dedup_key=False)
    assert classify(row, Criterion(D, rule), now, first=False) is not EventClass.INVALID
