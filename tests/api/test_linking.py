"""Spans of a store to calls and paths: the same from any number of processes, in the real door."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import analyzer as an
from analyzer.api import linking
from analyzer.api.linked import TABLES, Linked, Part
from analyzer.api.linking import link
from analyzer.ingest.worker import Worker
from analyzer.store import Store, query
from analyzer.trace.options import DEFAULT
from tests.benchmarks.memory import write_spans


@pytest.mark.parametrize("ids", ["traced", "untraced"])
def test_what_is_linked_does_not_depend_on_the_processes(
    ids: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "_SPANS_A_PART", 900)
    found: list[dict[str, pl.DataFrame]] = []
    for processes in (0, 2):
        path = tmp_path / f"{processes}.duckdb"
        with Store(path) as store:
            write_spans(store, 4_200, traced=ids == "traced")
            link(store, processes=processes)
        found.append(
            {table: query(path, f"select * from {table}") for table in (*TABLES, "data_quality")}
        )
    alone, together = found
    assert all(alone[table].equals(together[table]) for table in alone)
    assert alone["span_time"].height > 4_000


def test_fault_in_a_linking_process_is_raised_here() -> None:
    with Worker[Part, Linked]("analyzer.api.linking_process") as worker:
        broken = Part(pl.DataFrame({"a": [1]}).to_arrow(), False, DEFAULT, {})
        with pytest.raises(RuntimeError, match="Span"):
            list(worker.start(broken))


def test_every_upstream_link_is_met_from_file_to_inventory(
    peer_data: Path, tmp_path: Path
) -> None:
    """Zipkin's own expectations, each case and each of its stages under names of its own."""
    cases = json.loads((peer_data / "data/zipkin/dependency_link_cases.json").read_text())
    expected: set[tuple[str, str, int, int]] = set()
    documents = []
    for number, case in enumerate(cases):
        for expectation in case["expects"]:
            stage = f"c{number}e{expectation['after']}"
            for trace, put in enumerate(case["puts"][: expectation["after"]]):
                documents += [_renamed(document, stage, trace) for document in put]
            expected |= {
                (
                    f"{stage}-{one['parent']}",
                    f"{stage}-{one['child']}",
                    one["callCount"],
                    one.get("errorCount", 0),
                )
                for one in expectation["links"]
            }
    (tmp_path / "zipkin.json").write_text(json.dumps(documents))
    inventory = an.analyze(tmp_path).inventory
    sums = inventory.group_by("caller", "callee").agg(pl.col("calls", "errors").sum())
    assert set(sums.rows()) == expected


def _renamed(document: dict[str, object], stage: str, trace: int) -> dict[str, object]:
    """The document with trace and services of its own."""
    text = f"{stage}/{trace}".encode()
    renamed = {**document, "traceId": text.hex()[-32:].zfill(32)}
    for end in ("localEndpoint", "remoteEndpoint"):
        point = renamed.get(end)
        if isinstance(point, dict) and point.get("serviceName"):
            renamed[end] = {**point, "serviceName": f"{stage}-{point['serviceName']}"}
    return renamed
