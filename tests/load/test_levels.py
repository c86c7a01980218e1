"""Levels of a load test: their rates, their times, their users."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.cli.replay import SCENARIOS as OFFERED
from analyzer.errors import UsageError
from analyzer.replay.load import SCENARIOS, Mix, planned
from analyzer.replay.load.levels import AFTER, BEFORE, CAMPAIGN, DURING


def rates(scenario: str) -> list[tuple[str, float, float | None]]:
    found = planned(scenario, 4, 80, 20, CAMPAIGN, 7)
    return [(level.name, level.rate, level.end_rate) for level in found.levels]


def test_steps_grow_by_half_ramps_by_the_first_rate_and_a_soak_stays() -> None:
    assert rates("step") == [("1", 4, None), ("2", 6, None), ("3", 9, None), ("4", 13.5, None)]
    assert rates("ramp") == [("1", 4, 8), ("2", 8, 12), ("3", 12, 16), ("4", 16, 20)]
    assert {rate for _, rate, _ in rates("soak")} == {4}


@pytest.mark.parametrize("scenario", ["spike", "database-slow", "telegram-429", "kill-9"])
def test_spikes_and_faults_have_a_before_and_a_longer_after(scenario: str) -> None:
    found = planned(scenario, 4, 80, 20, CAMPAIGN, 7)
    spans = [(level.name, level.at_seconds, level.until_seconds) for level in found.levels]
    assert spans == [(BEFORE, 0, 20), (DURING, 20, 40), (AFTER, 40, 80)]
    assert found.levels[1].rate == (20 if scenario == "spike" else 4)
    assert found.fault_seconds == (20, 40)


def test_command_offers_every_scenario() -> None:
    assert OFFERED == SCENARIOS


def test_what_cannot_be_run_is_refused() -> None:
    with pytest.raises(UsageError, match="no scenario is called 'stepp'; there are step, ramp"):
        planned("stepp", 4, 80, 20, CAMPAIGN, 7)
    with pytest.raises(UsageError, match=r"at most 1000 updates/s, not 1e\+06"):
        planned("soak", 1e6, 80, 20, CAMPAIGN, 7)
    with pytest.raises(UsageError, match="must be above 0"):
        planned("step", 0, 80, 20, CAMPAIGN, 7)


@settings(max_examples=40)
@given(st.sampled_from(SCENARIOS), st.floats(1, 20), st.integers(8, 60), st.floats(1, 4))
def test_levels_tile_the_run_and_offer_about_what_they_say(
    scenario: str, rate: float, seconds: int, updates_per_visit: float
) -> None:
    mix = Mix({"search_faq": 1}, updates_per_visit)
    found = planned(scenario, rate, seconds, 8, mix, 7)
    for earlier, later in itertools.pairwise(found.levels):
        assert earlier.until_seconds == pytest.approx(later.at_seconds)
    expected = (
        sum(
            level.seconds * (level.rate + (level.end_rate or level.rate)) / 2
            for level in found.levels
        )
        / updates_per_visit
    )
    assert abs(len(found.arrivals) - expected) < 6 * expected**0.5 + 3
    assert max(arrival.user for arrival in found.arrivals) < found.plan.users


@settings(max_examples=40)
@given(st.sampled_from(SCENARIOS), st.floats(0.5, 20), st.floats(1, 90), st.floats(1, 60))
def test_no_scenario_brings_in_anybody_after_the_limit(
    scenario: str, rate: float, seconds: float, step_seconds: float
) -> None:
    plan = planned(scenario, rate, seconds, step_seconds, CAMPAIGN, 7)
    longest = seconds * (1 + 1e-9)
    assert 0 < plan.plan.seconds <= longest
    assert max((one.at_seconds for one in plan.arrivals), default=0.0) <= longest
    assert max(plan.notified, default=0.0) <= longest
    assert max(level.until_seconds for level in plan.levels) <= longest


def test_climb_of_many_levels_ends_where_no_generator_follows() -> None:
    found = planned("step", 4, 3600, 20, CAMPAIGN, 7)
    assert 500 < max(level.rate for level in found.levels) <= 1000
    assert found.plan.seconds < 400
