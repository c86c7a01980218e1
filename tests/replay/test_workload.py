"""Plans and arrivals: seeded, following their rates, refused when they cannot be run."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.errors import ConfigurationError
from analyzer.replay.workload import Phase, Plan, arrivals, campaign, load_plan, personas

rates = st.floats(0, 50, allow_subnormal=False)


def test_equal_plans_give_equal_arrivals_and_people() -> None:
    assert arrivals(campaign(seed=3)) == arrivals(campaign(seed=3))
    assert arrivals(campaign(seed=3)) != arrivals(campaign(seed=4))
    texts = [[p.complaint() for p in personas(20, seed=5)] for _ in range(2)]
    assert texts[0] == texts[1]


def test_campaign_asks_for_enough_and_not_too_much() -> None:
    plan = campaign()
    planned = arrivals(plan)
    tickets = sum(arrival.scenario.startswith("ticket") for arrival in planned)
    assert plan.seconds == 2700
    assert tickets >= 5200
    # A scenario leads to 2.1 sends on average: answers, and a notification for each ticket.
    busiest_minute = max(Counter(int(a.at_seconds // 60) for a in planned).values())
    assert busiest_minute / 60 * 2.1 < 20


def test_scale_shortens_the_campaign_and_keeps_its_rates() -> None:
    short = campaign(scale=0.1)
    assert short.seconds == pytest.approx(270)
    assert [phase.rate for phase in short.phases] == [p.rate for p in campaign().phases]


def test_faster_plan_brings_the_same_arrivals_in_less_time() -> None:
    plan = campaign(scale=0.1)
    usual, faster = arrivals(plan), arrivals(plan.faster(5))
    assert [a.scenario for a in usual] == [a.scenario for a in faster]
    for slow, fast in zip(usual, faster, strict=True):
        assert fast.at_seconds == pytest.approx(slow.at_seconds / 5)
    assert len(arrivals(plan.busier(2))) == pytest.approx(2 * len(usual), rel=0.1)


@given(st.lists(st.tuples(st.floats(0.5, 30), rates, rates), min_size=1, max_size=4))
def test_arrivals_are_in_order_and_inside_their_phase(
    shape: list[tuple[float, float, float]],
) -> None:
    phases = tuple(
        Phase(name=str(n), seconds=s, rate=a, end_rate=b) for n, (s, a, b) in enumerate(shape)
    )
    found = arrivals(Plan(name="any", phases=phases))
    times = [arrival.at_seconds for arrival in found]
    assert times == sorted(times)
    starts = [sum(phase.seconds for phase in phases[:n]) for n in range(len(phases) + 1)]
    for arrival in found:
        n = int(arrival.phase)
        assert starts[n] - 1e-6 <= arrival.at_seconds <= starts[n + 1] + 1e-6


def test_arrivals_follow_the_rate() -> None:
    ramp = Phase(name="ramp", seconds=1000, rate=0, end_rate=40)
    found = arrivals(Plan(name="ramp", phases=(ramp,)))
    # 20,000 expected with standard deviation 141; a quarter of them in the first half.
    assert abs(len(found) - 20_000) < 5 * 141
    first = sum(arrival.at_seconds < 500 for arrival in found)
    assert abs(first - 5_000) < 5 * 71


def test_gaps_at_a_constant_rate_are_exponential() -> None:
    found = arrivals(Plan(name="flat", phases=(Phase(name="flat", seconds=2000, rate=10),)))
    times = [arrival.at_seconds for arrival in found]
    gaps = [late - early for early, late in itertools.pairwise(times)]
    longer = sum(gap > 0.1 for gap in gaps) / len(gaps)
    assert longer == pytest.approx(0.3679, abs=0.02)


def test_plan_names_everything_that_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("name: x\nphases: [{name: a, seconds: -1, rate: 1}]\nmix: {dance: 1}\n")
    with pytest.raises(ConfigurationError) as caught:
        load_plan(file)
    assert len(caught.value.problems) == 2
    file.write_text("name: x\nphases: [{name: a, seconds: soon}]\n")
    with pytest.raises(ConfigurationError, match="seconds"):
        load_plan(file)


def test_plan_is_read_from_yaml(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("name: x\nseed: 3\nphases: [{name: a, seconds: 5, rate: 2}]\n")
    assert load_plan(file).phases == (Phase(name="a", seconds=5, rate=2),)
