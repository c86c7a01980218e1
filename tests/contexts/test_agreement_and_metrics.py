from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from analyzer.analysis.contexts import adjusted_rand, mojofm
from analyzer.analysis.contexts import metrics as m
from analyzer.analysis.contexts.affinity import GRID
from analyzer.errors import UsageError


def grouping(labels: str) -> dict[str, str]:
    return {f"n{at}": label for at, label in enumerate(labels)}


# Six services, two groups {0,1,2} {3,4,5}.
GROUP = np.array([0, 0, 0, 1, 1, 1])
CALLS = np.zeros((6, 6))
for caller, callee, count in (
    (0, 1, 10),
    (1, 2, 1),
    (2, 0, 4),
    (3, 4, 2),
    (4, 3, 2),
    (2, 3, 5),
    (0, 5, 1),
    (1, 1, 99),
):
    CALLS[caller, callee] = count


def test_icp_weighs_each_edge_by_its_logarithm_and_ignores_self_calls() -> None:
    weights = [math.log(v) + 1 for v in (10, 1, 4, 2, 2, 5, 1)]
    assert m.inter_call_percentage(CALLS, GROUP) == pytest.approx(
        (weights[5] + weights[6]) / sum(weights)
    )


def test_structural_modularity_counts_unordered_pairs() -> None:
    # Inside: pairs 01, 12, 02 of 9; pair 34 of 9; between: 23 and 05 of 9.
    assert m.structural_modularity(CALLS, GROUP) == pytest.approx((3 / 9 + 1 / 9) / 2 - 2 / 9)


def test_interface_number_is_crossing_pairs_per_group() -> None:
    assert m.interface_number(CALLS, GROUP) == 2 / 2


def test_modular_quality_by_hand() -> None:
    assert m.modular_quality(CALLS, GROUP) == pytest.approx(6 / 8 + 4 / 4)


def test_business_context_purity_is_the_mean_log_of_journeys_per_group() -> None:
    touches = sparse.csr_array(
        np.array([[1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [0, 1, 0, 1, 0, 0], [0, 0, 1, 0, 0, 1]])
    )
    assert m.business_context_purity(touches, GROUP) == pytest.approx(
        (math.log(4) + math.log(2)) / 2
    )
    assert m.contexts_touched(touches, GROUP).tolist() == [1, 1, 2, 2]


def test_ned_is_the_share_of_services_outside_groups_of_5_to_20() -> None:
    labels = np.repeat([0, 1, 2], [4, 5, 21])
    assert m.non_extreme_distribution(labels) == pytest.approx(25 / 30)


def test_shares_inside_leave_self_calls_out() -> None:
    assert m.share_inside(CALLS, GROUP) == pytest.approx(19 / 25)
    assert m.share_inside(np.zeros((6, 6)), GROUP) is None


def test_contrast_is_mean_inside_minus_mean_between() -> None:
    affinity = np.array([[0, 4, 1], [4, 0, 1], [1, 1, 0]]) * GRID
    assert m.contrast(affinity, np.array([0, 0, 1])) == pytest.approx(3.0)
    assert m.contrast(affinity, np.array([0, 0, 0])) is None


def test_mojofm_by_hand() -> None:
    # One service has to move: mno = 1; truth sizes 2, 4 give max mno = 6 - 2.
    assert mojofm(grouping("AAABBB"), grouping("AAAABB")) == pytest.approx(75.0)
    # Two of the three groups share their best target: one join.
    assert mojofm(grouping("ABCCCC"), grouping("AACCCC")) == pytest.approx(75.0)
    assert mojofm(grouping("AAAA"), grouping("AABB")) == pytest.approx(0.0)


def partitions(size: int) -> Iterator[str]:
    for labels in itertools.product("ABCDE"[:size], repeat=size):
        yield "".join(labels)


def test_mojofm_of_the_worst_grouping_is_zero_and_never_below() -> None:
    for truth in ("AABB", "ABBC", "AAAA", "ABCD"):
        scores = [mojofm(grouping(found), grouping(truth)) for found in partitions(4)]
        assert min(scores) == pytest.approx(0.0)
        assert max(scores) == 100.0


def test_adjusted_rand_by_hand() -> None:
    # Pairs of 4: both 0, rows 2, columns 2, expected 2 * 2 / 6.
    assert adjusted_rand(grouping("AABB"), grouping("ABAB")) == pytest.approx(
        (0 - 4 / 6) / (2 - 4 / 6)
    )
    assert adjusted_rand(grouping("AABC"), grouping("AABB")) == pytest.approx(4 / 7)


@given(st.text("ABC", min_size=1, max_size=12))
def test_a_grouping_agrees_with_itself_under_any_names(labels: str) -> None:
    renamed = labels.translate(str.maketrans("ABC", "XYZ"))
    assert mojofm(grouping(labels), grouping(renamed)) == 100.0
    assert adjusted_rand(grouping(labels), grouping(renamed)) == 1.0


def test_groupings_of_different_services_are_refused() -> None:
    with pytest.raises(UsageError, match="n2"):
        mojofm(grouping("AB"), grouping("ABC"))
