"""JSON log lines of several loggers to exact canonical fields."""

from __future__ import annotations

import json
from pathlib import Path

from tests.ingest.reading import read_files

T = 1_772_359_200_000_000_000  # 2026-03-01T10:00:00Z


def test_ecs_line_becomes_a_span_with_every_field(tmp_path: Path) -> None:
    line = {
        "@timestamp": "2026-03-01T10:00:00.250000Z",
        "log.level": "error",
        "message": "ticket.submit failed: 503: pool",
        "ecs.version": "8.11.0",
        "service.name": "telegram-gateway",
        "error.type": "UpstreamError",
        "error.message": "503: pool",
        "event.action": "ticket.submit",
        "event.duration": 250_000_001,
        "event.outcome": "failure",
        "span.kind": "client",
        "trace.id": "4BF92F3577B34DA6A3CE929D0E0E4736",
        "span.id": "00f067aa0ba902b7",
        "parent.id": "00f067aa0ba902b6",
        "http.request.id": "req-1",
        "http.response.status_code": 503,
        "peer.service": "tickets",
        "user.id": 4711,
    }
    nested = {
        "@timestamp": line["@timestamp"],
        "log": {"level": "error"},
        "message": line["message"],
        "ecs": {"version": "8.11.0"},
        "service": {"name": "telegram-gateway"},
        "error": {"type": "UpstreamError", "message": "503: pool"},
        "event": {"action": "ticket.submit", "duration": 250_000_001, "outcome": "failure"},
        "span": {"kind": "client", "id": line["span.id"]},
        "trace": {"id": line["trace.id"]},
        "parent": {"id": line["parent.id"]},
        "http": {"request": {"id": "req-1"}, "response": {"status_code": 503}},
        "peer": {"service": "tickets"},
        "user": {"id": 4711},
    }
    found = read_files(tmp_path, {"x.log": f"{json.dumps(line)}\n{json.dumps(nested)}\n"})
    first, second = found.rows(
        "SELECT trace_id, span_id, parent_span_id, service_name, operation, span_kind, "
        "kind_source, start_ns, duration_ns, status, error_type, peer_service, correlation_id, "
        "severity_text, body, template, user_key FROM span ORDER BY line_number"
    )
    assert first == second
    assert len(first.pop("user_key")) == 12
    assert first == {
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "span_id": "00f067aa0ba902b7",
        "parent_span_id": "00f067aa0ba902b6",
        "service_name": "telegram-gateway",
        "operation": "ticket.submit",
        "span_kind": "client",
        "kind_source": "explicit",
        "start_ns": T + 250_000_000 - 250_000_001,
        "duration_ns": 250_000_001,
        "status": "error",
        "error_type": "UpstreamError",
        "peer_service": "tickets",
        "correlation_id": "req-1",
        "severity_text": "ERROR",
        "body": "ticket.submit failed: 503: pool",
        "template": "#: pool",
    }


def test_level_decides_only_where_no_outcome_is_stated(tmp_path: Path) -> None:
    base = {"time": "2026-03-01T10:00:00Z", "op": "x", "duration_ms": 1}
    lines = [
        {**base, "level": "error"},
        {**base, "level": "error", "outcome": "ok"},
        {**base, "level": "info", "msg": "no error, this is fine"},
        {**base, "level": "info", "status": 503},
        {**base, "level": "info", "status": 404},
        {**base, "level": "info", "status": 404, "span.kind": "client"},
        {**base, "level": "info", "traceback": "Traceback ...\nValueError: no"},
    ]
    content = "\n".join(json.dumps(line) for line in lines)
    found = read_files(tmp_path, {"x.log": content})
    statuses = found.rows("SELECT status, error_type FROM span ORDER BY line_number")
    assert [(row["status"], row["error_type"]) for row in statuses] == [
        ("error", None),
        ("ok", None),
        ("unset", None),
        ("error", "http_503"),
        ("ok", None),
        ("error", "http_404"),
        ("error", "ValueError"),
    ]


def test_units_come_from_key_or_value_and_a_bare_number_stays_unknown(tmp_path: Path) -> None:
    cases: list[tuple[str, object, int | None]] = [
        ("duration_ns", 7, 7),
        ("duration_us", 7, 7_000),
        ("latency_ms", 7.25, 7_250_000),
        ("request_time", "0.007", 7_000_000),
        ("responseTime", 7, 7_000_000),
        ("duration", "1m2.5s", 62_500_000_000),
        ("took", "68 micros", 68_000),
        ("elapsed", "PT0.25S", 250_000_000),
        ("duration", 7, None),
    ]
    lines = [
        json.dumps({"time": "2026-03-01T10:00:00Z", "op": f"o{n}", key: value})
        for n, (key, value, _) in enumerate(cases)
    ]
    found = read_files(tmp_path, {"x.log": "\n".join(lines)})
    spans = found.rows("SELECT line_number, duration_ns FROM span ORDER BY line_number")
    assert {row["line_number"]: row["duration_ns"] for row in spans} == {
        n: expected for n, (*_, expected) in enumerate(cases, start=1) if expected is not None
    }
    assert found.rows("SELECT note, count FROM file_note") == [
        {"note": "unit_unknown:duration", "count": 1}
    ]


def test_a_bare_parent_is_a_spans_where_the_line_has_a_span(tmp_path: Path) -> None:
    common = {"time": "2026-03-01T10:00:00Z", "op": "x", "duration_ms": 5, "parent": "ab" * 8}
    lines = [{**common, "span_id": "cd" * 8}, {**common, "op": "y"}]
    found = read_files(tmp_path, {"x.log": "\n".join(map(json.dumps, lines))})
    rows = found.rows("SELECT operation, parent_span_id, attributes FROM span ORDER BY operation")
    assert [row["parent_span_id"] for row in rows] == ["ab" * 8, None]
    assert '"parent":' in rows[1]["attributes"]


def test_a_pods_figures_stand_under_its_service(tmp_path: Path) -> None:
    pod = "faq-6d5f7c9b88-x2x9z"
    line = {"time": "2026-03-01T10:00:00Z", "service": pod, "op": "x", "duration_ms": 4}
    found = read_files(tmp_path, {"x.log": json.dumps({**line, "pool_in_use": 3})})
    assert found.row("SELECT service_name FROM span") == {"service_name": "faq"}
    assert found.row("SELECT service_name FROM measurement") == {"service_name": "faq"}
