"""Budgets, the two verdicts, and the tables of SLO.md sections 3 and 8."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analyzer.slo.budget import (
    ArrivalStep,
    Budget,
    EvidenceVerdict,
    PeriodVerdict,
    burn_rate,
    episodes,
    evidence,
    expected_bad,
    period_verdict,
    seconds_to_exhaustion,
)
from analyzer.slo.events import EventCounts
from analyzer.slo.intervals import (
    clopper_pearson_lower,
    clopper_pearson_upper,
    events_needed,
    order_statistic_ranks,
    poisson_guard,
    quantile_minimum,
    wilson,
)

T = Fraction(999, 1000)


def counts(n: int, bad: int, unknown: int = 0) -> EventCounts:
    return EventCounts(good=n - bad - unknown, bad=bad, unknown=unknown)


@pytest.mark.parametrize(
    ("n", "budget", "at_most", "refuted_from"),
    [(3000, 3, 0, 7), (5000, 5, 1, 10), (10_000, 10, 4, 16), (20_000, 20, 12, 29)],
)
def test_verdicts_turn_at_the_counts_of_the_table(
    n: int, budget: int, at_most: int, refuted_from: int
) -> None:
    assert Budget(counts(n, 0), T).events == budget
    verdicts = [evidence(counts(n, bad), T).verdict for bad in range(refuted_from + 1)]
    expected = [EvidenceVerdict.DEMONSTRATED] * (at_most + 1)
    expected += [EvidenceVerdict.NOT_ENOUGH_DATA] * (refuted_from - at_most - 1)
    assert verdicts == [*expected, EvidenceVerdict.REFUTED]


@pytest.mark.parametrize(
    ("target", "needed"),
    [
        (T, [2995, 4742, 6294, 7752, 10_511, 16_959, 29_058]),
        (Fraction(99, 100), [299, 473, 628, 773, 1049, 1693, 2902]),
    ],
)
def test_events_needed_are_those_of_the_table(target: Fraction, needed: list[int]) -> None:
    assert [events_needed(bad, target) for bad in (0, 1, 2, 3, 5, 10, 20)] == needed


def test_events_needed_for_a_target_next_to_one_are_not_searched_for_ever() -> None:
    assert events_needed(0, 1 - Fraction(1, 10**15)) is None


def test_fifteen_bad_of_twenty_thousand_meet_the_period_and_demonstrate_nothing() -> None:
    found = counts(20_000, 15)
    assert period_verdict(Budget(found, T)) is PeriodVerdict.MET
    shown = evidence(found, T)
    assert shown.verdict is EvidenceVerdict.NOT_ENOUGH_DATA
    assert shown.needed is not None
    assert evidence(counts(shown.needed, 15), T).verdict is EvidenceVerdict.DEMONSTRATED
    assert evidence(counts(shown.needed - 1, 15), T).verdict is not EvidenceVerdict.DEMONSTRATED


def test_budget_is_exact_at_its_limit() -> None:
    assert period_verdict(Budget(counts(20_000, 20), T)) is PeriodVerdict.MET
    assert period_verdict(Budget(counts(20_000, 21), T)) is PeriodVerdict.BREACHED


def test_one_bad_of_ten_million_is_not_an_sli_of_one() -> None:
    budget = Budget(counts(10_000_000, 1), T)
    assert budget.sli == Fraction(9_999_999, 10_000_000)
    assert budget.sli < 1


def test_no_events_are_no_data_and_never_healthy() -> None:
    budget = Budget(EventCounts(pending=3), T, planned_events=20_000)
    assert budget.sli is None
    assert budget.sli_upper is None
    assert period_verdict(budget) is PeriodVerdict.NO_DATA
    assert evidence(EventCounts(), T).verdict is EvidenceVerdict.NOT_ENOUGH_DATA
    assert burn_rate(EventCounts(), T) is None
    assert Budget(EventCounts(), T).spent is None


def test_unknown_events_open_an_interval_and_are_charged() -> None:
    budget = Budget(counts(10_000, 4, unknown=7), T)
    assert (budget.sli, budget.sli_upper) == (Fraction(9989, 10_000), Fraction(9996, 10_000))
    assert period_verdict(budget) is PeriodVerdict.BREACHED


def test_left_is_negative_when_overspent() -> None:
    budget = Budget(counts(10_000, 15), T)
    assert budget.spent == Fraction(3, 2)
    assert budget.left == Fraction(-1, 2)
    assert budget.left_events == -5


def test_forecast_above_the_budget_is_at_risk() -> None:
    budget = Budget(counts(5000, 10), T, planned_events=20_000)
    recent = counts(1000, 1)
    rest = [ArrivalStep(3600, 15_000)]
    assert expected_bad(recent, rest) == 15
    assert period_verdict(budget, expected_bad(recent, rest)) is PeriodVerdict.AT_RISK
    assert period_verdict(budget, 10) is PeriodVerdict.MET


def test_exhaustion_comes_from_what_is_left_not_from_a_full_budget() -> None:
    half_gone = Budget(counts(5000, 10), T, planned_events=20_000)
    recent = counts(1000, 10)
    plan = [ArrivalStep(600, 500), ArrivalStep(600, 1000)]
    # 5 bad in the first ten minutes, 5 of the remaining 10 in half of the next ten
    assert seconds_to_exhaustion(half_gone, recent, plan) == pytest.approx(900)
    full = Budget(counts(5000, 0), T, planned_events=20_000)
    assert seconds_to_exhaustion(full, recent, plan) is None
    spent = Budget(counts(5000, 21), T, planned_events=20_000)
    assert seconds_to_exhaustion(spent, recent, plan) == 0


def test_quiet_bad_minutes_do_not_weigh_like_busy_good_ones() -> None:
    total = counts(5, 5) + counts(100_000, 0)
    assert Budget(total, T).sli == Fraction(100_000, 100_005)


def test_min_events_hold_a_demonstration_back() -> None:
    assert evidence(counts(3000, 0), T).verdict is EvidenceVerdict.DEMONSTRATED
    held = evidence(counts(3000, 0), T, min_events=5000)
    assert held.verdict is EvidenceVerdict.NOT_ENOUGH_DATA
    assert held.needed == 5000


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [([], 0), ([0], 1), ([0, 59.9, 100], 1), ([0, 60, 120], 3), ([300, 10, 0, 310], 2)],
)
def test_bad_events_closer_than_a_minute_are_one_episode(
    seconds: list[float], expected: int
) -> None:
    assert episodes(int(s * 1e6) for s in seconds) == expected


@given(st.integers(0, 10**6), st.integers(0, 10**4))
def test_bounds_enclose_the_share(good: int, bad: int) -> None:
    share = good / (good + bad) if good + bad else 0.5
    assert clopper_pearson_lower(good, bad) <= share <= clopper_pearson_upper(good, bad)


@given(st.integers(1, 3000), st.data())
def test_bounds_are_those_of_the_exact_binomial_test(n: int, data: st.DataObject) -> None:
    bad = data.draw(st.integers(0, n))
    exact = stats.binomtest(n - bad, n).proportion_ci(0.9, "exact")
    assert clopper_pearson_lower(n - bad, bad) == pytest.approx(float(exact.low), abs=1e-12)
    assert clopper_pearson_upper(n - bad, bad) == pytest.approx(float(exact.high), abs=1e-12)
    score = stats.binomtest(n - bad, n).proportion_ci(0.95, "wilson")
    assert wilson(n - bad, n) == pytest.approx((float(score.low), float(score.high)), abs=1e-12)


@pytest.mark.parametrize(
    ("expected", "guard"),
    [(0.01, 2), (0.05, 3), (0.1, 3), (0.3, 4), (0.5, 5), (1, 6), (2, 9), (5, 14), (10, 22)],
)
def test_guard_is_that_of_the_table(expected: float, guard: int) -> None:
    assert poisson_guard(expected) == guard


@given(st.floats(0.0, 1e5))
def test_guard_is_the_smallest_count_beyond_chance(expected: float) -> None:
    guard = poisson_guard(expected)
    assert stats.poisson.sf(guard - 1, expected) <= 1e-3 * (1 + 1e-9)
    if guard > 1:
        assert stats.poisson.sf(guard - 2, expected) > 1e-3 * (1 - 1e-9)


@pytest.mark.parametrize(
    ("quantile", "one_sided", "two_sided"),
    [
        (0.5, 5, 6),
        (0.9, 29, 36),
        (0.95, 59, 72),
        (0.99, 299, 368),
        (0.995, 598, 736),
        (0.999, 2995, 3688),
        (0.9999, 29_956, 36_887),
    ],
)
def test_sample_minimum_of_quantiles_is_that_of_the_table(
    quantile: float, one_sided: int, two_sided: int
) -> None:
    assert quantile_minimum(quantile, two_sided=False) == one_sided
    assert quantile_minimum(quantile, two_sided=True) == two_sided


def test_ranks_of_the_order_statistic_interval() -> None:
    assert order_statistic_ranks(10_000, 0.999) == (9983, 9997)
    assert order_statistic_ranks(3000, 0.999)[1] is None


@given(st.integers(1, 5000), st.floats(0.01, 0.999))
def test_ranks_cover_the_quantile(n: int, quantile: float) -> None:
    lower, upper = order_statistic_ranks(n, quantile)
    below = stats.binom.cdf((lower or 0) - 1, n, quantile)
    above = stats.binom.sf((upper or n + 1) - 1, n, quantile)
    assert below <= 0.025 + 1e-12
    assert above <= 0.025 + 1e-12
