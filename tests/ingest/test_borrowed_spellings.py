"""Log lines that borrow the spelling of a trace dialect, and status codes that speak OTLP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import analyzer as an


def test_log_lines_with_jaeger_keys_are_log_lines(tmp_path: Path) -> None:
    common = {"traceID": "1" * 32, "operationName": "GET /"}
    parent = {"@timestamp": "2025-11-01T10:00:00Z", "service": "a", "spanID": "1" * 16}
    child = {
        "@timestamp": "2025-11-01T10:00:00Z",
        "service": "b",
        "spanID": "2" * 16,
        "parentSpanID": "1" * 16,
        "status": "error",
    }
    lines = [common | parent | {"duration_ms": 30}, common | child | {"duration_ms": 20}]
    (tmp_path / "fleet.json").write_text("\n".join(map(json.dumps, lines)) + "\n")
    (row,) = an.analyze(tmp_path / "fleet.json").inventory.to_dicts()
    assert (row["caller"], row["callee"], row["calls"], row["errors"]) == ("a", "b", 1, 1)
    assert row["p50_ms"] == 20.0


@pytest.mark.parametrize(
    "stated",
    [{"status.code": 2}, {"status.code": "2"}, {"status": {"code": 2}}, {"otel.status_code": 2}],
)
def test_status_code_2_is_an_error(tmp_path: Path, stated: dict[str, object]) -> None:
    line = {"time": "2025-11-01T10:00:00Z", "service": "s", "operation": "o", "duration_ms": 5}
    (tmp_path / "one.json").write_text(json.dumps(line | stated) + "\n")
    found = an.analyze(tmp_path / "one.json")
    assert found.sql("select status from span").item() == "error"
