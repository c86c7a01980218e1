"""False pages and delays of the campaign scheme, by the product's code in the reference runs.

Expected figures: SLO.md section 5, row "budget share + guard". The long test reproduces them with
200 runs (`pytest -m long tests/slo/test_campaign.py`, about 6 minutes).
"""

from __future__ import annotations

import pytest

from tests.slo.campaign import REFERENCE_BUDGET, SCENARIOS, Outcome, simulate

HEALTHY, ON_BUDGET, PEAK, QUIET, LEAK = (scenario.name for scenario in SCENARIOS)


@pytest.fixture(scope="module")
def few() -> dict[str, dict[str, Outcome]]:
    return {scenario.name: outcomes for scenario, outcomes in simulate(2)}


def test_healthy_campaigns_are_never_paged(few: dict[str, dict[str, Outcome]]) -> None:
    assert few[HEALTHY]["page"].fired == 0
    assert few[HEALTHY]["ticket"].fired == 0


@pytest.mark.parametrize("scenario", [PEAK, QUIET])
def test_outages_page_at_the_first_or_second_evaluation(
    few: dict[str, dict[str, Outcome]], scenario: str
) -> None:
    outcome = few[scenario]["page"]
    assert outcome.fired == outcome.runs
    assert max(outcome.delays_s) <= 30


def test_leak_pages_before_the_budget_is_gone(few: dict[str, dict[str, Outcome]]) -> None:
    outcome = few[LEAK]["page"]
    assert outcome.fired == outcome.runs
    assert outcome.median_spent() < 1


def test_keep_firing_takes_most_edges_away(few: dict[str, dict[str, Outcome]]) -> None:
    assert sum(few[LEAK]["held"].edges) < sum(few[LEAK]["page"].edges) / 2


@pytest.mark.long
def test_two_hundred_runs_reproduce_the_reference_figures() -> None:
    """With the reference's own rounding of the budget the figures are those of the table."""
    found = {s.name: o for s, o in simulate(200, budget=REFERENCE_BUDGET)}
    assert found[HEALTHY]["page"].fired == found[HEALTHY]["ticket"].fired == 0
    assert found[ON_BUDGET]["page"].fired / 200 == pytest.approx(0.03, abs=0.01)
    assert found[ON_BUDGET]["unguarded"].fired / 200 == pytest.approx(0.41, abs=0.01)
    for scenario, spent in ((PEAK, 0.65), (QUIET, 0.40)):
        assert found[scenario]["page"].median_delay_s() == 15
        assert found[scenario]["page"].median_spent() == pytest.approx(spent, abs=0.01)
        assert found[scenario]["page"].false_before == 0
    leak = found[LEAK]
    assert leak["page"].median_delay_s() == 945
    assert leak["page"].median_spent() == pytest.approx(0.55, abs=0.01)
    assert sum(leak["page"].edges) / 200 == pytest.approx(12.8, abs=0.1)
    assert sum(leak["held"].edges) / 200 == pytest.approx(2.4, abs=0.1)
    assert leak["unguarded"].median_delay_s() == 435


@pytest.mark.long
def test_exact_budget_pages_one_event_earlier_and_no_more_often() -> None:
    """A fifth of 20 events is 4, not 5: outages are paged at .35 instead of .40 of the budget."""
    found = {scenario.name: outcomes for scenario, outcomes in simulate(200)}
    assert found[HEALTHY]["page"].fired == found[HEALTHY]["ticket"].fired == 0
    assert found[ON_BUDGET]["page"].fired / 200 == pytest.approx(0.03, abs=0.01)
    assert found[QUIET]["page"].median_delay_s() == 15
    assert found[QUIET]["page"].median_spent() == pytest.approx(0.35, abs=0.01)
    assert found[LEAK]["page"].median_spent() == pytest.approx(0.50, abs=0.01)
