from __future__ import annotations

import polars as pl

from analyzer.api.grouping import propose

SERVICES = ("front", "cart", "basket", "mail", "pay")


def relations(name: str) -> pl.DataFrame:
    """A fleet whose journeys all enter by one operation, which serves two kinds of work."""
    runs = {"cart + basket + front": 900, "front + mail + pay": 800, "cart + front + mail": 1}
    if name == "reporting_services":
        return pl.DataFrame({"service_name": sorted(SERVICES)})
    if name == "service_edges":
        pairs = [("front", service) for service in SERVICES[1:]]
        return pl.DataFrame(
            [(*pair, "GET /", "sync", "enter", 5, 0) for pair in pairs],
            ["caller", "callee", "message", "mode", "journey", "calls", "time_ns"],
            orient="row",
        )
    if name == "journey_services":
        return pl.DataFrame(
            {"journey": ["enter"] * 5, "service": list(SERVICES), "weight": [1700] * 5}
        )
    if name == "failing_minutes":
        minutes = [("cart", 0), ("basket", 0), ("mail", 60 * 10**9)]
        return pl.DataFrame(minutes, ["service_name", "minute_ns"], orient="row")
    assert name == "journey_variants"
    rows = [
        (f"enter via {pattern}", service, count)
        for pattern, count in runs.items()
        for service in pattern.split(" + ")
    ]
    return pl.DataFrame(rows, ["journey", "service", "weight"], orient="row")


def test_journeys_that_all_enter_by_one_operation_are_told_apart_by_what_they_touch() -> None:
    found = propose(relations, None, 7)
    assert found.fleet.journeys == (
        "enter via cart + basket + front",
        "enter via front + mail + pay",
    )
    assert found.assignment["cart"] == found.assignment["basket"]
    assert found.assignment["mail"] == found.assignment["pay"]
    assert found.assignment["cart"] != found.assignment["mail"]


def test_services_that_fail_together_stand_beside_the_proposal_as_a_layer() -> None:
    found = propose(relations, None, 7)
    assert found.layer("failure_coupling").rows() == [("basket", "cart", 1.0)]
    assert found.layers.filter(layer="failure_coupling")["weight"].item() == 0.0
