"""Alert pairs for any period, their conditions, and the golden time line."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.slo.burn import Holding, PairRule
from analyzer.slo.events import EventClass, EventCounts
from analyzer.slo.live import SlidingCounts
from analyzer.slo.windows import Pair, campaign_scheme, pairs_of, scheme, thirty_day_scheme
from tests.slo.samples import CAMPAIGN, edited, read

T = Fraction(999, 1000)
HOUR, DAY = 3600, 86_400


def minutes(pair: Pair) -> tuple[int, int]:
    return pair.long_s // 60, pair.short_s // 60


@pytest.mark.parametrize(
    ("hours", "windows"),
    [
        (4, [(5, 1), (30, 3), (120, 10)]),
        (8, [(10, 1), (60, 5), (240, 20)]),
        (24, [(30, 3), (180, 15), (720, 60)]),
    ],
)
def test_campaign_windows_are_those_of_the_table(
    hours: int, windows: list[tuple[int, int]]
) -> None:
    pairs = campaign_scheme(hours * HOUR, T).pairs
    assert [minutes(pair) for pair in pairs] == windows
    assert [float(pair.burn) for pair in pairs] == [9.6, 3.2, 1.2]


def test_thirty_day_windows_are_those_of_the_workbook() -> None:
    pairs = thirty_day_scheme(30 * DAY, T).pairs
    assert [minutes(p) for p in pairs] == [(60, 5), (360, 30), (1440, 120), (4320, 360)]
    assert [p.burn for p in pairs] == [Fraction(144, 10), 6, 3, 1]


def test_floor_of_the_quick_pair_lowers_its_burn() -> None:
    quick = campaign_scheme(2 * HOUR, T).pairs[0]
    assert quick.long_s == 300
    assert quick.burn == Fraction(20, 100) * 7200 / 300


def test_pair_that_burns_no_faster_than_the_budget_is_refused() -> None:
    found = campaign_scheme(20 * 60, T)
    assert "page-quick" in [refused.name for refused in found.refused]


def test_pair_that_can_never_fire_is_refused() -> None:
    found = thirty_day_scheme(30 * DAY, Fraction(9, 10))
    assert found.refused[0].name == "page-1h"
    assert "can never fire" in found.refused[0].reason


@given(st.integers(30 * 60, 90 * DAY), st.sampled_from([T, Fraction(99, 100), Fraction(1, 2)]))
def test_no_period_gives_a_window_of_zero(period_s: int, target: Fraction) -> None:
    found = scheme(period_s, target)
    assert len(found.pairs) + len(found.refused) in {3, 4}
    for pair in found.pairs:
        assert pair.short_s >= 60
        assert pair.short_s % 60 == pair.long_s % 60 == 0
        assert pair.short_s < pair.long_s
        assert pair.burn >= 1
        assert pair.burn * (1 - target) < 1


def test_objective_without_policies_gets_the_scheme_of_its_period() -> None:
    start = CAMPAIGN.index("  alertPolicies:")
    bare = CAMPAIGN[:start]
    (objective,) = read(bare).objectives
    assert pairs_of(objective) == campaign_scheme(4 * HOUR, T).pairs


def test_every_policy_of_the_file_is_a_pair() -> None:
    (objective,) = read(CAMPAIGN).objectives
    (pair,) = pairs_of(objective)
    assert (pair.name, minutes(pair), pair.burn) == ("page-quick", (5, 1), Fraction(96, 10))


def test_short_window_left_out_is_a_twelfth_in_whole_minutes() -> None:
    text = edited('          analyzer.local/short-window: "1m"\n', "")
    (pair,) = pairs_of(read(text).objectives[0])
    assert pair.short_s == 60


def counts(n: int, bad: int) -> EventCounts:
    return EventCounts(good=n - bad, bad=bad)


def test_304_bad_of_100_000_at_burn_3_fire() -> None:
    """No rounding before the comparison; 304 bad are far beyond the 142 that chance explains."""
    pair = Pair("ticket-1d", "ticket", DAY, 2 * HOUR, Fraction(3), strict=True)
    rule = PairRule(pair, T)
    assert rule.holds(counts(100_000, 304), counts(8000, 25))
    assert not rule.holds(counts(100_000, 300), counts(8000, 25))


def test_one_failure_at_night_stays_quiet() -> None:
    for pair in (*thirty_day_scheme(30 * DAY, T).pairs, *campaign_scheme(4 * HOUR, T).pairs):
        assert not PairRule(pair, T, Fraction(2)).holds(counts(20, 1), counts(1, 1))


def test_share_of_the_budget_is_exact_at_its_limit() -> None:
    pair = campaign_scheme(4 * HOUR, T).pairs[0]
    rule = PairRule(pair, T, Fraction(20))
    assert rule.holds(counts(100, 4), counts(20, 1))
    assert not rule.holds(counts(100, 3), counts(20, 1))


def test_empty_short_window_does_not_fire() -> None:
    pair = campaign_scheme(4 * HOUR, T).pairs[0]
    assert not PairRule(pair, T, Fraction(20)).holds(counts(100, 50), EventCounts())


def test_guard_decides_where_traffic_is_high() -> None:
    pair = campaign_scheme(4 * HOUR, T).pairs[0]
    rule = PairRule(pair, T, Fraction(20))
    busy = counts(2400, 5)
    assert not rule.holds(busy, counts(400, 5))
    assert PairRule(pair, T, Fraction(20), guarded=False).holds(busy, counts(400, 5))


def test_reading_explains_itself() -> None:
    pair = campaign_scheme(4 * HOUR, T).pairs[0]
    reading = PairRule(pair, T, Fraction(20)).read(counts(600, 6), counts(100, 2))
    assert reading.condition
    assert (reading.burn_long, reading.burn_short) == (Fraction(10), Fraction(20))
    assert reading.spent_share == Fraction(3, 10)
    assert reading.guard == 5


def test_holding_keeps_firing_and_then_lets_go() -> None:
    holding = Holding(600)
    assert not holding.firing(0)
    holding = holding.at(10, condition=True)
    assert holding.firing(10)
    holding = holding.at(300, condition=False)
    assert holding.firing(610)
    assert not holding.firing(611)


def test_golden_time_line_of_the_workbook() -> None:
    """15 % errors for 10 minutes at 99.9 %: fires about 5 min in, stops about 5 min after."""
    pair = thirty_day_scheme(30 * DAY, T).pairs[0]
    rule = PairRule(pair, T)
    live = SlidingCounts([pair.long_s, pair.short_s])
    fired: list[int] = []
    begin, end = 2 * HOUR, 2 * HOUR + 600
    for second in range(3 * HOUR):
        bad = 15 if begin <= second < end else 0
        live.add(second * 1_000_000, EventClass.GOOD, 100 - bad)
        live.add(second * 1_000_000, EventClass.BAD, bad)
        if second % 15 == 14 and rule.holds(live.counts(pair.long_s), live.counts(pair.short_s)):
            fired.append(second + 1)
    assert fired == list(range(fired[0], fired[-1] + 15, 15))  # one stretch, no flapping
    assert 5 * 60 <= fired[0] - begin <= 6 * 60
    assert 4 * 60 <= fired[-1] - end <= 5 * 60


def test_page_burn_uses_up_a_thirty_day_budget_in_two_days() -> None:
    burn = thirty_day_scheme(30 * DAY, T).pairs[0].burn
    assert float(30 / burn) == pytest.approx(2.08, abs=0.01)
