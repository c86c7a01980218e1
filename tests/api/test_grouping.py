from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

import analyzer as an
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


def test_a_run_that_failed_on_its_way_is_no_variant_of_its_journey(tmp_path: Path) -> None:
    """Orders that stop at an exhausted pool never reach payment: they still belong together."""
    lines = []
    for at in range(300):
        begun = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(seconds=at)
        failed = at % 3 == 0
        reached = ("front", "orders", "stock") if failed else ("front", "orders", "stock", "pay")
        for depth, service in enumerate(reached):
            span = {
                "service": service, "op": "order", "trace_id": f"{at + 1:032x}",
                "span_id": f"{at * 10 + depth + 1:016x}", "duration_ms": 100 - 20 * depth,
                "time": (begun + timedelta(milliseconds=100 - 5 * depth)).isoformat(),
                "status": "error" if failed else "ok", "kind": "server",
            }  # fmt: skip
            if depth:
                span["parent_span_id"] = f"{at * 10 + depth:016x}"
            lines.append(json.dumps(span))
    (tmp_path / "fleet.log").write_text("\n".join(lines) + "\n")
    run = an.analyze([tmp_path / "fleet.log"], tmp_path / "out")
    variants = run.relation("journey_variants")
    assert variants["journey"].unique().to_list() == ["order via front + orders + pay + stock"]
    assert variants["weight"].unique().to_list() == [200]
