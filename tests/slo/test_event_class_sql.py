"""The SQL twin of the classifier agrees with it event by event, on a real store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.slo.events import (
    FAILURES,
    OUTCOMES,
    Criterion,
    JourneyAttempt,
    ValidRule,
    classify,
    firsts,
)
from analyzer.store import Store
from tests.slo.test_events import D, attempts, times

rules = st.builds(
    ValidRule, st.frozensets(st.sampled_from(sorted(OUTCOMES))), st.booleans(), st.booleans()
)
criteria = st.builds(Criterion, st.none() | st.integers(1, 2 * D), rules, st.booleans())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("twin") / "analysis.duckdb") as opened:
        yield opened


def parameters(criterion: Criterion, now_us: int, bucket_us: int) -> dict[str, object]:
    return {
        "contexts": ["support"],
        "journeys": ["ticket-submit"],
        "excludes_synthetic": criterion.valid.excludes_synthetic,
        "first_of_dedup_key": criterion.valid.first_of_dedup_key,
        "excluded": sorted(criterion.valid.excluded_outcomes),
        "failures": sorted(FAILURES),
        "overdue_is_bad": criterion.overdue_is_bad,
        "deadline_us": criterion.deadline_us,
        "now_us": now_us,
        "origin_us": 0,
        "bucket_us": bucket_us,
        "with_ids": True,
    }


@given(st.lists(attempts(), max_size=40), criteria, times, st.sampled_from([1000, 10**6]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sql_and_python_agree_event_by_event(
    store: Store, rows: list[JourneyAttempt], criterion: Criterion, now_us: int, bucket_us: int
) -> None:
    rows = [row._replace(journey_id=f"j{i:02}") for i, row in enumerate(rows)]
    store.clear(["slo_event"])
    store.append("slo_event", [tuple(row) for row in rows])
    frame = store.frame("slo_event_class", parameters(criterion, now_us, bucket_us))
    found = {
        journey_id: (row["bucket"], row["event_class"])
        for row in frame.iter_rows(named=True)
        for journey_id in row["journey_ids"]
    }
    first = firsts(rows)
    assert found == {
        row.journey_id: (
            row.t_start_us // bucket_us,
            classify(row, criterion, now_us, first=row.journey_id in first).value,
        )
        for row in rows
    }
    assert frame["events"].sum() == len(rows)


def test_events_of_other_journeys_are_left_alone(store: Store) -> None:
    store.clear(["slo_event"])
    other = JourneyAttempt("x", "account", "link", 0, 1, "success")
    store.append("slo_event", [tuple(other)])
    criterion = Criterion(D)
    assert store.frame("slo_event_class", parameters(criterion, 0, 1000)).is_empty()
