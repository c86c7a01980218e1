"""Differences, tests and verdicts: known values, laws, and what they are worth (measured)."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analyzer.analysis.compare import (
    Difference,
    Side,
    Verdict,
    benjamini_hochberg,
    compare_journeys,
    holm,
    judge,
    judge_all,
    newcombe,
    overall,
    paired_difference,
    quantile_differences,
    share_difference,
    sign_flip_p,
)
from analyzer.analysis.compare.blocks import block_length, design_effect, quantile_replicates
from analyzer.api.comparison_words import gate_words, sentences
from tests.compare.simulation import coverage, failures, latencies, verdicts


def test_newcombe_reproduces_the_published_example() -> None:
    """Newcombe 1998, table II, 56/70 against 48/80: 0.0524 to 0.3339."""
    low, high = newcombe((56, 70), (48, 80))
    assert (low, high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(
    ("after", "before", "expected"),
    [
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((10, 10), (0, 20), (0.6791, 1.0000)),
    ],
)
def test_newcombe_reproduces_the_published_table(
    after: tuple[int, int], before: tuple[int, int], expected: tuple[float, float]
) -> None:
    assert newcombe(after, before) == pytest.approx(expected, abs=5e-5)


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_newcombe_holds_the_difference_and_turns_with_the_sides(
    n1: int, n2: int, data: st.DataObject
) -> None:
    one = data.draw(st.integers(0, n1)), n1
    two = data.draw(st.integers(0, n2)), n2
    low, high = newcombe(one, two)
    assert low <= one[0] / n1 - two[0] / n2 <= high
    assert newcombe(two, one) == pytest.approx((-high, -low))


def test_ten_pairs_reach_two_in_a_thousand() -> None:
    random = np.random.default_rng(1)
    assert sign_flip_p([1.0] * 10, random) == pytest.approx(2 / 1024)


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=9))
def test_sign_flips_are_all_of_them(values: list[int]) -> None:
    flipped = [
        abs(sum(sign * value for sign, value in zip(signs, values, strict=True)))
        for signs in product((1, -1), repeat=len(values))
    ]
    expected = sum(total >= abs(sum(values)) for total in flipped) / len(flipped)
    found = sign_flip_p([float(v) for v in values], np.random.default_rng(1))
    assert found == pytest.approx(expected)


def test_many_pairs_are_tested_by_random_flips_that_never_give_zero() -> None:
    random = np.random.default_rng(1)
    assert 0 < sign_flip_p([1.0] * 30, random) < 1e-4
    assert sign_flip_p([1.0, -1.0] * 15, random) > 0.9


def test_few_pairs_have_no_interval() -> None:
    random = np.random.default_rng(1)
    few = paired_difference([1, 2, 3], [2, 3, 4], random)
    assert (few.difference, few.low, few.p_value) == (1, None, 0.25)
    many = paired_difference(list(range(20)), [i + 5 + i % 3 for i in range(20)], random)
    assert many.low is not None
    assert many.high is not None
    assert 5 <= many.low <= many.difference <= many.high <= 7
    with pytest.raises(ValueError, match="pairs are needed"):
        paired_difference([1], [1, 2], random)


def test_holm_rejects_in_steps() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005], 0.05) == [True, False, False, True]
    assert holm([], 0.05) == []


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_and_bh_are_those_of_scipy_and_holm_is_stricter(p_values: list[float]) -> None:
    found = benjamini_hochberg(p_values, 0.05)
    if p_values:
        assert found == list(stats.false_discovery_control(p_values) <= 0.05)
    assert all(b for h, b in zip(holm(p_values, 0.05), found, strict=True) if h)


def test_blocks_are_the_square_root_long() -> None:
    lengths = [block_length(np.full(n, 7.0)) for n in (1, 2, 100, 101, 1000)]
    assert lengths == [1, 2, 10, 11, 32]


def test_resampled_quantiles_come_from_the_sample() -> None:
    values = np.arange(100, dtype=np.float64)
    found = quantile_replicates(values, (0.5, 0.9), 50, np.random.default_rng(1))
    assert found.shape == (50, 2)
    assert set(found.ravel()) <= set(values)
    assert (found[:, 0] <= found[:, 1]).all()


def test_design_effect_sees_episodes_and_nothing_in_noise() -> None:
    random = np.random.default_rng(1)
    assert design_effect(failures(5000, 0.05, 0.0, random)) < 1.6
    assert design_effect(failures(5000, 0.05, 0.95, random)) > 3
    assert design_effect(np.zeros(100, dtype=np.bool_)) == 1


def test_too_few_values_give_no_interval_and_too_few_still_no_number() -> None:
    random = np.random.default_rng(1)
    few, fewer = latencies(367, 0, random), latencies(298, 0, random)
    (found,) = quantile_differences(few, few, (0.99,), random)
    assert (found.needed, found.enough, found.low) == (368, False, None)
    assert found.before is not None
    (found,) = quantile_differences(fewer, few, (0.99,), random)
    assert found.before is None
    assert judge(found, 1, significant=True).verdict is Verdict.NOT_ENOUGH_DATA


def difference(value: float, low: float, high: float, p_value: float = 0.0) -> Difference:
    return Difference("p99", 100, 100 + value, 1000, 1000, 368, low, high, high, p_value)


@pytest.mark.parametrize(
    ("found", "significant", "verdict"),
    [
        (difference(20, 12, 28), True, Verdict.REGRESSED),
        (difference(-20, -28, -12), True, Verdict.IMPROVED),
        (difference(2, -3, 7), False, Verdict.UNCHANGED),
        (difference(3, 1, 5), True, Verdict.UNCHANGED),
        (difference(-3, -5, -1), True, Verdict.UNCHANGED),
        (difference(2, -30, 34), False, Verdict.NOT_ENOUGH_DATA),
    ],
)
def test_verdict_needs_significance_for_a_change_and_the_margin_for_none(
    found: Difference, *, significant: bool, verdict: Verdict
) -> None:
    assert judge(found, 10, significant=significant).verdict is verdict


def test_non_inferiority_is_the_upper_bound_below_the_margin() -> None:
    assert judge(difference(2, -3, 7), 10, significant=False).non_inferior
    assert not judge(difference(2, -3, 12), 10, significant=False).non_inferior


def test_gates_are_corrected_together() -> None:
    weak = [(difference(20, 12, 28, p_value=0.008), 10.0)] * 3
    assert {judged.verdict for judged in judge_all(weak, 0.01)} == {Verdict.NOT_ENOUGH_DATA}
    assert judge_all(weak[:1], 0.01)[0].verdict is Verdict.REGRESSED


def test_one_word_for_several_gates() -> None:
    better, worse, same, unknown = (
        Verdict.IMPROVED, Verdict.REGRESSED, Verdict.UNCHANGED, Verdict.NOT_ENOUGH_DATA,
    )  # fmt: skip
    assert overall([better, worse]) is worse
    assert overall([better, same, unknown]) is better
    assert overall([same, same]) is same
    assert overall([same, unknown]) is unknown
    assert overall([]) is unknown


def test_sides_without_events_have_no_difference() -> None:
    empty, some = np.zeros(0, dtype=np.bool_), np.ones(3, dtype=np.bool_)
    found = share_difference("bad share", empty, some)
    assert (found.before, found.after, found.low) == (None, 1, None)
    assert not found.enough


def test_comparison_is_the_same_for_the_same_seed() -> None:
    random = np.random.default_rng(1)
    sides = [
        Side(latencies(1000, 0.5, random), failures(1000, 0.01, 0.5, random)) for _ in range(2)
    ]
    first, again = (compare_journeys({"j": sides[0]}, {"j": sides[1]}, seed=7) for _ in range(2))
    assert first == again


def test_different_clocks_are_said_to_be_not_comparable() -> None:
    random = np.random.default_rng(1)
    latency, bad = latencies(500, 0, random), np.zeros(500, dtype=np.bool_)
    before, after = Side(latency, bad, "server span"), Side(latency, bad, "client span")
    (found,) = compare_journeys({"j": before}, {"j": after})
    assert "not comparable clocks: before server span, after client span" in found.note


def test_planted_regression_is_found_and_its_absence_is_not() -> None:
    assert verdicts(4000, 0.5, 10, scale=1.2)[Verdict.REGRESSED] == 1
    assert verdicts(4000, 0.5, 10)[Verdict.REGRESSED] == 0


@pytest.mark.long
@pytest.mark.parametrize("quantile", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("n", [1000, 3000])
def test_nominal_intervals_cover_what_they_should(
    n: int, correlation: float, quantile: float
) -> None:
    assert 0.87 <= coverage(n, correlation, quantile, 400) <= 0.985  # .98 and its binomial error


@pytest.mark.long
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_the_same_version_against_itself_is_rarely_called_changed(correlation: float) -> None:
    found = verdicts(1000, correlation, 400)
    false_alarms = found[Verdict.IMPROVED] + found[Verdict.REGRESSED]
    assert false_alarms <= 0.05 + 1.64 * (0.05 * 0.95 / 400) ** 0.5


def test_an_interval_wider_than_the_value_is_withheld_in_words() -> None:
    random = np.random.default_rng(5)
    sides = [np.sort(random.pareto(0.6, 600) * 10) for _ in range(2)]  # sorted: one long episode
    none = np.zeros(600, dtype=np.bool_)
    (found,) = compare_journeys(
        {"j": Side(sides[0], none)}, {"j": Side(np.roll(sides[1], 300), none)}
    )
    p99 = next(gate for gate in found.gates if gate.difference.measure == "p99")
    assert p99.difference.vague
    assert "no interval is shown" in gate_words(p99)
    assert "interval +" not in gate_words(p99)


def test_journeys_alike_are_folded_into_a_line_a_verdict() -> None:
    random = np.random.default_rng(6)

    def side(scale: float) -> Side:
        return Side(latencies(2000, 0.2, random, scale), np.zeros(2000, dtype=np.bool_))

    same = {f"same {at}": side(1) for at in range(3)}
    before = {**same, "slow": side(1)}
    after = {**same, "slow": side(1.5)}
    told = sentences(compare_journeys(before, after))
    assert len(told) == 3
    assert told[1].startswith("slow: regressed")
    assert told[2] == "unchanged: same 1, same 2"
