from __future__ import annotations

import datetime as dt
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from analyzer.analysis.contexts import Evidence, Settings, failure_coupling, propose_contexts
from analyzer.analysis.contexts.affinity import GRID, affinity
from analyzer.analysis.contexts.cut import choose, modularity, modularity_by_cut
from analyzer.analysis.contexts.fleet import assemble
from analyzer.analysis.contexts.tree import Limits, free, grow, relabel

EDGES = {"caller": ["a", "b", "a"], "callee": ["b", "c", "c"], "calls": [7, 1, 3]}
JOURNEYS = {"journey": ["u", "u", "v", "v", "v"], "service": ["a", "b", "a", "b", "c"]}


def test_affinity_by_hand_on_three_services() -> None:
    fleet = assemble(EDGES, JOURNEYS, Evidence())
    found = affinity(fleet, Settings())
    ab, bc, ac = math.log(8), math.log(2), math.log(4)
    degree = {"a": ab + ac, "b": ab + bc, "c": ac + bc}
    raw = {
        "ab": ab / math.sqrt(degree["a"] * degree["b"]),
        "ac": ac / math.sqrt(degree["a"] * degree["c"]),
        "bc": bc / math.sqrt(degree["b"] * degree["c"]),
    }
    u, v = math.log(4 / 3) + 0.05, math.log(4 / 4) + 0.05
    journeys = {"ab": 1.0, "ac": v * v / (math.hypot(u, v) * v)}
    journeys["bc"] = journeys["ac"]
    for pair, (one, other) in {"ab": (0, 1), "ac": (0, 2), "bc": (1, 2)}.items():
        expected = 0.5 * raw[pair] / max(raw.values()) + 0.5 * journeys[pair]
        assert found.total[one, other] / GRID == pytest.approx(expected, abs=1e-6)
        assert found.total[one, other] == found.total[other, one]
    assert not np.diag(found.total).any()


def test_a_layer_counts_by_its_weight_alone() -> None:
    stores = {"service": ["a", "c"], "item": ["orders", "orders"]}
    fleet = assemble(EDGES, JOURNEYS, Evidence(layers={"data stores": stores}))
    without = affinity(fleet, Settings())
    with_it = affinity(fleet, Settings(layer_weights={"data stores": 1.0}))
    assert without.layers["data stores"][0, 2] == 1.0
    assert without.weights["data stores"] == 0.0
    assert with_it.total[0, 2] == pytest.approx(without.total[0, 2] / 2 + GRID / 2, abs=2)


def test_journeys_that_touch_everything_alike_leave_the_word_to_the_calls() -> None:
    edges = {"caller": ["a", "c", "b"], "callee": ["b", "d", "c"], "calls": [900, 900, 1]}
    everywhere = {"journey": ["u"] * 4, "service": list("abcd")}
    found = propose_contexts(edges, everywhere, settings=Settings(draws=0))
    alone = propose_contexts(edges, None, settings=Settings(draws=0))
    assert set(found.groups.values()) == set(alone.groups.values()) == {("a", "b"), ("c", "d")}
    assert found.grouping.affinity.weights["journeys"] == 0.0
    assert any("journeys have no say" in note for note in found.notes)
    without_calls = propose_contexts(None, everywhere, settings=Settings(draws=0))
    assert set(without_calls.groups.values()) == {("a", "b", "c", "d")}


def test_services_that_fail_in_the_same_minute_are_coupled() -> None:
    noon = dt.datetime(2026, 11, 23, 12, 0)  # noqa: DTZ001  # the store keeps naive UTC
    minutes = [(0, "a"), (0, "b"), (7, "a"), (7, "b"), (3, "c"), (0, "c")]
    errors = pl.DataFrame(
        {
            "service_name": [name for _, name in minutes],
            "time": [noon + dt.timedelta(minutes=at, seconds=at) for at, _ in minutes],
        }
    )
    layers = {"failure coupling": failure_coupling(errors)}
    found = propose_contexts(
        EDGES,
        JOURNEYS,
        evidence=Evidence(layers=layers),
        settings=Settings(draws=0, layer_weights={"failure coupling": 0.5}),
    )
    pairs = {(a, b): value for a, b, value in found.layer("failure coupling").rows()}
    assert pairs["a", "b"] == 1.0
    assert 0 < pairs["a", "c"] < pairs["a", "b"]
    table = {row["layer"]: row for row in found.layers.to_dicts()}
    assert list(table) == ["calls", "journeys", "failure coupling", "vocabulary"]
    assert table["failure coupling"]["weight"] == pytest.approx(1 / 3, abs=1e-5)
    assert table["vocabulary"]["weight"] == 0.0
    ties = {tie.layer: tie for tie in found.explain("a").layers}
    assert ties["failure coupling"].weight == pytest.approx(1 / 3)


symmetric = st.integers(2, 14).flatmap(
    lambda size: st.lists(
        st.integers(1, 2**31),
        min_size=size * (size - 1) // 2,
        max_size=size * (size - 1) // 2,
        unique=True,
    ).map(lambda cells: squareform(np.array(cells, dtype=np.float64)))
)


@given(symmetric)
def test_without_constraints_the_tree_is_scipys_average_linkage(matrix: np.ndarray) -> None:
    tree = grow(matrix, free(len(matrix)))
    distance = matrix.max() - matrix
    np.fill_diagonal(distance, 0)
    theirs = linkage(squareform(distance, checks=False), "average")
    for groups in range(1, len(matrix) + 1):
        expected = relabel(fcluster(theirs, groups, "maxclust").tolist())
        assert relabel(tree.cut(groups)).tolist() == expected.tolist()


@given(symmetric)
def test_modularity_of_every_cut_is_the_modularity_of_its_labels(matrix: np.ndarray) -> None:
    tree = grow(matrix, free(len(matrix)))
    for groups, value in modularity_by_cut(matrix, tree).items():
        assert value == pytest.approx(modularity(matrix, tree.cut(groups)), abs=1e-9)


@given(symmetric, st.integers(1, 5), st.randoms(use_true_random=False))
def test_no_cut_breaks_a_ban_or_a_cap(matrix: np.ndarray, cap: int, random: object) -> None:
    size = len(matrix)
    one, other = 0, size - 1
    forbidden = np.zeros((size, size), dtype=np.bool_)
    forbidden[one, other] = forbidden[other, one] = True
    caps = ((np.ones(size), float(cap)),)
    labels = grow(matrix, Limits(np.arange(size), forbidden, caps)).cut(1)
    assert labels[one] != labels[other]
    assert np.bincount(labels).max() <= cap


def test_services_linked_from_the_start_stay_together_and_pass_on_their_bans() -> None:
    matrix = np.array([[0, 1, 9, 9], [1, 0, 1, 1], [9, 1, 0, 9], [9, 1, 9, 0]], dtype=np.float64)
    forbidden = np.zeros((4, 4), dtype=np.bool_)
    forbidden[1, 2] = forbidden[2, 1] = True
    tree = grow(matrix, Limits(np.array([0, 0, 2, 3]), forbidden))
    assert tree.cut(1).tolist() == [0, 0, 2, 2]
    assert tree.sizes() == (2, 3)


def test_merging_stops_where_no_affinity_is_left() -> None:
    matrix = np.zeros((4, 4))
    matrix[0, 1] = matrix[1, 0] = GRID
    tree = grow(matrix, free(4))
    assert tree.cut(1).tolist() == [0, 0, 2, 3]
    assert choose(matrix, tree, None).groups == 3


def test_ties_go_to_the_smallest_member() -> None:
    matrix = np.ones((4, 4)) - np.eye(4)
    merges = grow(matrix, free(4)).merges
    assert [merge[:2] for merge in merges] == [(0, 1), (0, 2), (0, 3)]


def test_an_even_fleet_is_one_context() -> None:
    matrix = (np.ones((6, 6)) - np.eye(6)) * GRID
    assert choose(matrix, grow(matrix, free(6)), None).groups == 1
