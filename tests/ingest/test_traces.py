"""Trace dialects: the same trace gives the same rows whichever dialect told it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.reading import Ingested, read, read_files

SAME = (
    "trace_id, span_id, parent_span_id, service_name, operation, span_kind, start_ns, "
    "duration_ns, status, peer_service"
)
ZIPKIN = {
    "ascend": (8, 6, 0, 0, 2, 3),
    "envoy": (1, 1, 0, 0, 1, 1),
    "messaging": (4, 4, 0, 0, 0, 2),
    "messaging-kafka": (28, 28, 0, 0, 0, 2),
    "messaging2": (11, 11, 0, 0, 1, 4),
    "simple-db-p6": (5, 5, 0, 0, 0, 1),
    "skew": (4, 3, 0, 0, 1, 2),
    "smartthings-mobile-web-install": (1041, 663, 84, 175, 294, 16),
    "smartthings-oauth-authorization": (175, 130, 0, 19, 45, 8),
    "yelp": (16, 13, 0, 0, 4, 6),
}
BROKEN = ("trace_empty", "trace_invalid_json", "trace_scan_error", "trace_wrong_format")


def spans(found: Ingested, columns: str = SAME) -> list[dict[str, Any]]:
    return found.rows(f"SELECT {columns} FROM span ORDER BY ALL")


def test_otlp_and_jaeger_of_one_trace_give_equal_spans(tmp_path: Path, peer_data: Path) -> None:
    folder = peer_data / "data/jaeger/otlp2jaeger"
    otlp = read(tmp_path / "otlp.duckdb", folder / "otlp2jaeger-in.json")
    jaeger = read(tmp_path / "jaeger.duckdb", folder / "otlp2jaeger-out.json")
    assert spans(otlp) == spans(jaeger)
    assert spans(otlp)


@pytest.mark.parametrize("number", ["01", "02"])
def test_jaeger_domain_and_thrift_give_equal_spans(
    tmp_path: Path, peer_data: Path, number: str
) -> None:
    folder = peer_data / "data/jaeger/thrift"
    domain = read(tmp_path / "domain.duckdb", folder / f"domain_{number}.json")
    thrift = read(tmp_path / "thrift.duckdb", folder / f"thrift_batch_{number}.json")
    assert spans(domain) == spans(thrift)
    assert spans(domain)


@pytest.mark.parametrize("name", ZIPKIN)
def test_zipkin_traces_give_the_counts_their_data_states(
    tmp_path: Path, peer_data: Path, name: str
) -> None:
    (path,) = (peer_data / "data/zipkin").rglob(f"{name}.json")
    found = read(tmp_path / "store.duckdb", path)
    counts = found.row(
        "SELECT count(*) AS spans, count(DISTINCT span_id) AS ids, "
        "count(*) - count(start_ns) AS timeless, count(*) - count(duration_ns) AS endless, "
        "count(*) FILTER (shared) AS shared, "
        # the stated counts take a missing local name for a name of its own
        "count(DISTINCT service_name) AS services FROM span"
    )
    assert tuple(counts.values()) == ZIPKIN[name]
    assert found.row("SELECT count(DISTINCT trace_id) AS n FROM span") == {"n": 1}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_jaeger_input_ends_in_quarantine(
    tmp_path: Path, peer_data: Path, name: str
) -> None:
    (path,) = (peer_data / "data/jaeger/uiconv").glob(f"*{name}*")
    found = read(tmp_path / "store.duckdb", path)
    assert spans(found) == []
    assert found.reasons()


def test_all_jaeger_fixtures_read_without_a_bad_span(tmp_path: Path, peer_data: Path) -> None:
    found = read(tmp_path / "store.duckdb", peer_data / "data/jaeger/integration/traces")
    assert found.row("SELECT count(*) AS n, sum(spans_bad)::BIGINT AS bad FROM source_file") == {
        "n": 32,
        "bad": 0,
    }
    assert len(spans(found)) == 38


def test_otlp_logs_metrics_and_traces_of_the_specification_are_read(
    tmp_path: Path, peer_data: Path
) -> None:
    found = read(tmp_path / "store.duckdb", peer_data / "data/otel-proto")
    assert found.row("SELECT count(*) AS n FROM span")["n"] == 1
    assert found.row("SELECT count(*) AS n FROM log_record")["n"] >= 2
    assert found.row("SELECT count(*) AS n FROM measurement")["n"] >= 2
    assert {row["service_name"] for row in spans(found, "service_name")} == {"my.service"}


def test_tags_of_elasticsearch_have_points_in_their_names(tmp_path: Path) -> None:
    span = {
        "traceID": "0af7651916cd43dd", "spanID": "00f067aa0ba902b7", "operationName": "pay",
        "startTime": 1714564800123456, "duration": 1234, "process": {"serviceName": "shop"},
        "tag": {"span@kind": "server", "http@status_code": 503},
    }  # fmt: skip
    found = read_files(tmp_path, {"x.jsonl": json.dumps(span)})
    assert found.row("SELECT span_kind, status, error_type FROM span") == {
        "span_kind": "server",
        "status": "error",
        "error_type": "http_503",
    }
