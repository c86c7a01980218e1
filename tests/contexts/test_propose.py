from __future__ import annotations

import random
from pathlib import Path

import networkx as nx
import numpy as np
import polars as pl
import pytest

from analyzer.analysis.contexts import (
    ContextMap,
    Evidence,
    Settings,
    adjusted_rand,
    mojofm,
    propose_contexts,
)
from analyzer.errors import UsageError
from tests.contexts.planted import BOT_SIZE, PlantedFleet, Shape, plant, random_shape
from tests.contexts.telegram import telegram_fleet

QUICK = Settings(draws=0)


def expert(peer_data: Path, name: str) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    folder = peer_data / "data" / "expert" / f"expert-{name}-static"
    edges = pl.read_csv(folder / "edges.csv").rename(
        {"a": "caller", "b": "callee", "consecutive_access_count": "calls"}
    )
    journeys = pl.read_csv(folder / "journey_node.csv").rename({"node": "service"})
    return edges, journeys, dict(pl.read_csv(folder / "labels.csv").rows())


@pytest.mark.parametrize(("name", "target", "contexts"), [("ldod", 83, 5), ("bw", 70, 4)])
def test_experts_agree(peer_data: Path, name: str, target: float, contexts: int) -> None:
    edges, journeys, truth = expert(peer_data, name)
    scores = [
        mojofm(propose_contexts(edges, journeys, k=k, settings=QUICK).assignment, truth)
        for k in range(3, 11)
    ]
    assert np.mean(scores) >= target - 1e-9
    chosen = propose_contexts(edges, journeys, settings=QUICK)
    assert len(chosen.groups) == contexts


def scored(found: ContextMap, fleet: PlantedFleet) -> float:
    return adjusted_rand({name: found.assignment[name] for name in fleet.truth}, fleet.truth)


def louvain(fleet: PlantedFleet) -> float:
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(sorted(fleet.truth))
    for caller, callee, calls, _ in fleet.edges.sort("caller", "callee", "journey").rows():
        if {caller, callee} <= set(fleet.truth):
            weight = graph.get_edge_data(caller, callee, {"weight": 0})["weight"]
            graph.add_edge(caller, callee, weight=weight + calls)
    groups = nx.community.louvain_communities(graph, seed=7)
    label = {name: at for at, group in enumerate(groups) for name in group}
    return adjusted_rand(label, fleet.truth)


def test_planted_contexts_of_any_shape_are_found_with_the_number_chosen_by_the_tool() -> None:
    fleets = [plant(random_shape(np.random.default_rng(1000 + seed)), seed) for seed in range(20)]
    found = [propose_contexts(fleet.edges, fleet.journeys, settings=QUICK) for fleet in fleets]
    mean = np.mean([scored(one, fleet) for one, fleet in zip(found, fleets, strict=True)])
    assert mean >= 0.85
    assert mean > np.mean([louvain(fleet) for fleet in fleets]) + 0.1


def test_planted_contexts_of_bot_size_are_found_with_hubs_taken_apart() -> None:
    settings = Settings(draws=0, hubs="apart")
    given, chosen = [], []
    for seed in range(20):
        fleet = plant(BOT_SIZE, seed)
        found = propose_contexts(fleet.edges, fleet.journeys, settings=settings)
        assert tuple(hub.service for hub in found.hubs) == fleet.hubs
        chosen.append(scored(found, fleet))
        given.append(
            scored(propose_contexts(fleet.edges, fleet.journeys, k=4, settings=settings), fleet)
        )
    assert np.mean(given) >= 0.70
    assert np.mean(chosen) >= 0.65


def everything(found: ContextMap) -> str:
    frames = (found.frame, found.alternatives, found.metrics)
    merges = [str(merge) for merge in found.last_merges]
    return "\n".join([*(frame.write_csv() for frame in frames), *merges, *found.notes])


def test_the_order_of_rows_changes_not_a_byte() -> None:
    fleet = plant(Shape(contexts=4, services=20, journeys=24, hubs=2, leak=0.2), 5)
    first = everything(propose_contexts(fleet.edges, fleet.journeys))
    for seed in range(5):
        edges = fleet.edges.sample(fraction=1, shuffle=True, seed=seed)
        journeys = fleet.journeys.sample(fraction=1, shuffle=True, seed=seed)
        assert everything(propose_contexts(edges, journeys)) == first


def test_contexts_do_not_depend_on_how_services_and_journeys_are_called() -> None:
    fleet = plant(Shape(contexts=5, services=25, journeys=30, hubs=0, leak=0.15), 3)
    before = propose_contexts(fleet.edges, fleet.journeys, settings=QUICK).assignment
    names = sorted(before)
    shuffled = names[:]
    random.Random(1).shuffle(shuffled)
    new = dict(zip(names, shuffled, strict=True))
    edges = fleet.edges.with_columns(pl.col("caller", "callee").replace(new))
    journeys = fleet.journeys.with_columns(
        pl.col("service").replace(new), pl.col("journey").str.reverse()
    )
    edges = edges.with_columns(pl.col("journey").str.reverse())
    after = propose_contexts(edges, journeys, settings=QUICK).assignment
    assert adjusted_rand({new[name]: group for name, group in before.items()}, after) == 1.0


def test_the_telegram_fleet_reads_as_an_architect_would_draw_it() -> None:
    edges, journeys = telegram_fleet()
    found = propose_contexts(edges, journeys, settings=Settings(hubs="apart"))
    assert found.groups == {
        "audit": ("audit",),
        "faq-tickets": ("faq", "tickets", "troubleshooting"),
        "notifications-subscriptions": ("accounts", "notifications", "subscriptions"),
        "telegram-gateway": ("telegram-gateway",),
    }
    roles = dict(found.frame.select("service_name", "role").rows())
    assert (roles["audit"], roles["telegram-gateway"]) == ("shared", "edge")
    why = found.explain("tickets")
    assert why.alternative == "notifications-subscriptions"
    assert why.margin is not None
    assert why.margin > 0.2
    assert ("tickets", "faq", 3000.0, "sync") in [tuple(edge) for edge in why.edges_inside]
    assert ("tickets", "accounts", 3000.0, "sync") in [tuple(e) for e in why.edges_outside]


def test_an_entry_point_is_no_glue_even_before_few_contexts() -> None:
    paths = {
        "pay": ("edge payments", "payments risk", "payments ledger", "payments notify"),
        "balance": ("edge ledger",),
        "card": ("edge cards", "cards ledger"),
    }
    calls = [
        (*call.split(), f"{call} {journey}", journey, 1000, "sync")
        for journey, made in paths.items()
        for call in made
    ]
    edges = pl.DataFrame(
        calls, ["caller", "callee", "message", "journey", "calls", "mode"], orient="row"
    )
    touched = {(row[3], name, 1000) for row in calls for name in row[:2]}
    journeys = pl.DataFrame(sorted(touched), ["journey", "service", "calls"], orient="row")
    found = propose_contexts(edges, journeys, settings=Settings(hubs="apart"))
    assert {hub.service: hub.role for hub in found.hubs}["edge"] == "edge"
    assert found.groups["edge"] == ("edge",)


def test_hubs_are_marked_and_kept_in_the_tree_unless_taken_apart() -> None:
    edges, journeys = telegram_fleet()
    found = propose_contexts(edges, journeys)
    assert [hub.service for hub in found.hubs] == ["audit", "telegram-gateway"]
    assert len(found.assignment) == 8
    assert found.groups.keys() & {"audit", "telegram-gateway"} == set()
    assert any("marked and kept" in note for note in found.notes)


def test_the_neighbouring_cuts_say_which_merge_or_split_lies_between() -> None:
    edges, journeys = telegram_fleet()
    found = propose_contexts(edges, journeys, settings=Settings(hubs="apart", draws=0))
    table = found.alternatives
    assert table["contexts"].to_list() == [1, 2, 3]
    assert table["chosen"].to_list() == [False, True, False]
    assert table["change"][0].startswith("merge ")
    assert table["change"][2].startswith("split faq-tickets into ")


def test_metrics_stand_beside_the_controls_that_game_them() -> None:
    edges, journeys = telegram_fleet()
    table = propose_contexts(edges, journeys).metrics
    rows = {row["grouping"]: row for row in table.to_dicts()}
    assert list(rows) == [
        "proposed",
        "proposed, held out",
        "control: all in one",
        "control: one giant + singletons",
    ]
    assert rows["control: all in one"]["icp"] == 0.0
    assert rows["proposed"]["modularity"] > rows["control: one giant + singletons"]["modularity"]
    assert rows["proposed, held out"]["icp"] is not None


def test_held_out_figures_over_calls_need_edges_that_know_their_journey() -> None:
    edges, journeys = telegram_fleet()
    table = propose_contexts(edges.drop("journey"), journeys).metrics
    unseen = table.row(by_predicate=pl.col("grouping") == "proposed, held out", named=True)
    assert unseen["icp"] is None
    assert unseen["journeys_inside"] is not None


def test_confidence_is_low_where_journeys_disagree_and_says_ask() -> None:
    journeys = {
        "journey": ["1", "1", "2", "2", "3", "3", "4", "4", "5", "5", "6", "6"],
        "service": ["a", "b", "a", "b", "c", "d", "c", "d", "x", "a", "x", "c"],
    }
    found = propose_contexts(None, journeys)
    rows = {row["service_name"]: row for row in found.frame.to_dicts()}
    assert rows["x"]["confidence"] < 0.7
    assert rows["x"]["reason"].startswith("undecided, ask: ")
    assert found.explain("x").undecided
    assert rows["a"]["confidence"] > rows["x"]["confidence"]


@pytest.mark.parametrize(
    ("edges", "journeys", "groups"),
    [
        (None, None, {}),
        ({"caller": [], "callee": [], "calls": []}, None, {}),
        ({"caller": ["a"], "callee": ["a"], "calls": [3]}, None, {"a": ("a",)}),
        ({"caller": ["a"], "callee": ["b"], "calls": [3]}, None, {"a": ("a", "b")}),
        (None, {"journey": ["u", "u"], "service": ["a", "b"]}, {"a": ("a", "b")}),
        (
            {"caller": ["a", "c"], "callee": ["b", "d"], "calls": [3, 3]},
            {"journey": ["u"], "service": ["e"], "weight": [1]},
            {"a": ("a", "b"), "c": ("c", "d"), "e": ("e",)},
        ),
    ],
)
def test_small_and_torn_fleets(
    edges: object, journeys: object, groups: dict[str, tuple[str, ...]]
) -> None:
    found = propose_contexts(edges, journeys)
    named = {members[0]: members for members in found.groups.values()}
    assert named == groups
    assert found.frame.height == sum(len(members) for members in groups.values())
    assert found.metrics.height == 4
    assert found.alternatives.height <= 3
    assert isinstance(found.last_merges, tuple)


def test_a_service_known_by_name_alone_is_listed_on_its_own() -> None:
    edges = {"caller": ["a"], "callee": ["b"], "calls": [3]}
    found = propose_contexts(edges, None, evidence=Evidence(services=["lonely"]))
    assert found.explain("lonely").reason == "no call and no journey ties it to another service"
    assert found.groups["lonely"] == ("lonely",)


@pytest.mark.parametrize(
    ("edges", "said"),
    [
        ({"caller": ["a"], "callee": ["b"]}, "'calls' is missing; found: caller, callee"),
        ({"caller": ["a"], "callee": ["b"], "calls": ["x"]}, "must hold numbers"),
        ({"caller": ["a"], "callee": ["b"], "calls": [-1]}, "negative number at row 0"),
        ({"caller": ["a"], "callee": ["b"], "calls": [None]}, "must hold numbers|null values"),
        ({"caller": ["a"], "callee": ["b"], "calls": [float("nan")]}, "no number at row 0"),
        ({"caller": ["a", None], "callee": ["b", "c"], "calls": [1, 1]}, "first at row 1"),
        ({"caller": ["a"], "callee": [""], "calls": [1]}, "empty name at row 0"),
        ({"caller": [1.5], "callee": ["b"], "calls": [1]}, "must hold names"),
        ({"caller": ["a"], "callee": ["b"], "calls": [1], "mode": ["later"]}, "sync or async"),
        (3, "cannot be read as a frame"),
    ],
)
def test_frames_that_cannot_be_meant_are_refused_with_column_and_row(
    edges: object, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        propose_contexts(edges, None)


def test_all_that_is_wrong_with_a_frame_is_said_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        propose_contexts({"caller": [""], "calls": [-1]}, None)
    assert str(caught.value).count("\n") == 2


def test_wrong_choices_are_refused() -> None:
    edges = {"caller": ["a"], "callee": ["b"], "calls": [1]}
    with pytest.raises(UsageError, match=r"k lies in 1\.\.2"):
        propose_contexts(edges, None, k=3)
    with pytest.raises(UsageError, match="no layer 'tables'"):
        propose_contexts(edges, None, settings=Settings(layer_weights={"tables": 1.0}))
    with pytest.raises(UsageError, match="did you mean 'a'"):
        propose_contexts(edges, None).explain("aa")
    with pytest.raises(UsageError, match="alpha"):
        Settings(alpha=2)


def test_a_lazy_frame_and_whole_number_names_are_read() -> None:
    edges = pl.LazyFrame({"caller": [1, 2], "callee": [2, 3], "calls": [1.5, 2.0]})
    assert sorted(propose_contexts(edges, None).assignment) == ["1", "2", "3"]


def test_optional_columns_may_be_null_where_nothing_is_known() -> None:
    edges = {
        "caller": ["a", "b"],
        "callee": ["b", "c"],
        "calls": [3, 4],
        "mode": [None, "async"],
        "message": [None, None],
        "journey": [None, "u"],
        "time_ns": [None, 5],
    }
    found = propose_contexts(edges, None)
    assert found.fleet.asynchronous.sum() == 4
    assert found.fleet.time_ns.sum() == 5
    assert found.fleet.journeys == ("u",)


def test_five_hundred_services_are_grouped_in_seconds() -> None:
    fleet = plant(Shape(contexts=40, services=500, journeys=400, hubs=3, leak=0.1), 1)
    found = propose_contexts(fleet.edges, fleet.journeys, settings=Settings(hubs="apart"))
    assert found.frame.height == 503
    assert scored(found, fleet) > 0.7


def _audited(leak: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Three contexts of three services; `audit` is told by one service of each, now and then."""
    rows, touched = [], []
    for context in "abc":
        members = [f"{context}{at}" for at in range(3)]
        for at, (one, other) in enumerate([(0, 1), (1, 2), (2, 0)]):
            rows.append((members[one], members[other], 900))
            touched += [(f"{context}-{at}", members[one]), (f"{context}-{at}", members[other])]
        rows.append((members[0], "audit", 200 if context == "a" else leak))
        touched.append((f"{context}-0", "audit"))
    edges = pl.DataFrame(rows, ["caller", "callee", "calls"], orient="row")
    return edges, pl.DataFrame(touched, ["journey", "service"], orient="row")


def test_a_leaf_that_three_contexts_call_alike_is_shared_and_one_leaked_to_is_not() -> None:
    settings = Settings(draws=0, hubs="apart")
    even = propose_contexts(*_audited(leak=150), settings=settings)
    assert [(hub.service, hub.role) for hub in even.hubs] == [("audit", "shared")]
    assert even.explain("audit").role == "shared"
    leaked = propose_contexts(*_audited(leak=4), settings=settings)
    assert leaked.hubs == ()
    assert leaked.explain("audit").context == leaked.explain("a0").context
