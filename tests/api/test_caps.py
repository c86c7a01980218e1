"""Fleets beyond what a matrix or a picture holds: the busiest are taken, and it is said."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import analyzer as an
from analyzer.api import grouping
from analyzer.render.graph_svg import draw

SERVICES = 95


def test_of_too_many_services_the_busiest_are_grouped_and_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "_MOST_SERVICES", 12)
    logs = tmp_path / "logs"
    logs.mkdir()
    documents = []
    for number in range(SERVICES):
        for time in range(2 if number < SERVICES - 10 else 9):  # the last ten are the busiest
            trace = f"{number * 100 + time + 1:032x}"
            for span_id, parent, service in (
                ("a", None, "gateway"),
                ("b", "a", f"s{number:03}"),
                ("c", "b", f"s{number - number % 10:03}"),
            ):
                documents.append(
                    {
                        "traceId": trace,
                        "id": span_id * 16,
                        **({"parentId": parent * 16} if parent else {}),
                        "kind": "SERVER",
                        "name": "get",
                        "timestamp": 1_760_000_000_000_000 + number * 1_000_000,
                        "duration": 5_000,
                        "localEndpoint": {"serviceName": service},
                    }
                )
    (logs / "spans.json").write_text(json.dumps(documents))
    run = an.analyze(logs, tmp_path / "out")

    grouped = run.contexts().frame["service_name"].to_list()
    assert len(grouped) == 12
    calls = run.inventory.unpivot(["caller", "callee"], index="calls", value_name="service")
    busy = calls.group_by("service").agg(pl.col("calls").sum())
    inside = busy.filter(pl.col("service").is_in(grouped))["calls"].to_list()
    outside = busy.filter(~pl.col("service").is_in(grouped))["calls"].to_list()
    assert "gateway" in grouped
    assert max(outside) <= min(inside)
    words = run.sql("select sentence from finding where topic = 'context'")["sentence"].to_list()
    assert any(f"the 12 services with most calls of {SERVICES + 1}" in text for text in words)

    drawn = draw(run.graph)
    assert len(drawn.nodes) == 81  # eighty and the users
    assert f"80 services with most calls of {SERVICES + 1}" in drawn.note
    title = run.plot.graph().axes[0].get_title(loc="left")
    assert title.startswith(f"61 busiest of {SERVICES + 2} nodes")
    report = (tmp_path / "out" / "report.html").read_text()
    assert f"80 services with most calls of {SERVICES + 1}" in report
