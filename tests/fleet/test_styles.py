"""Five teams' styles: each line says what happened, in that team's way."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_logs.fleet.json_styles import EcsJson, OtlpLines, StructlogJson
from sample_logs.fleet.lines import Failure, Field, SpanLine, StyledLog, iso
from sample_logs.fleet.text_styles import (
    AccessLog,
    AuditLogfmt,
    Logfmt,
    PythonText,
    SecondsText,
    go_duration,
    pair,
)
from sample_logs.fleet.topology import TEAMS
from sample_logs.fleet.tracing import Propagation, WallClock, new_scope, passed_on, received

SCOPE = new_scope()._replace(parent_span_id="00f067aa0ba902b7")
START_NS = 1_795_423_725_123_456_789
LINE = SpanLine(SCOPE, "server", "POST /tickets", "POST", "/tickets", START_NS, 41_250_000, 201)
FAILED = LINE._replace(
    status_code=503,
    failure=Failure("PoolTimeoutError", "connection pool exhausted: 2 of 2", "Traceback\n  x\ny"),
)


def written(style: type[StyledLog], folder: Path, *spans: SpanLine) -> list[str]:
    log: Any = style("tickets", folder, WallClock())
    for span in spans:
        log.span(span)
    log.close()
    return (folder / style.file_name.format(service="tickets")).read_text().splitlines()


def test_ecs_reports_nanoseconds_ids_and_outcome(tmp_path: Path) -> None:
    good, bad = (json.loads(line) for line in written(EcsJson, tmp_path, LINE, FAILED))
    assert good["event.duration"] == 41_250_000
    assert good["@timestamp"] == iso(LINE.end_ns)
    assert (good["trace.id"], good["span.id"], good["parent.id"]) == SCOPE[:3]
    assert (good["event.outcome"], bad["event.outcome"]) == ("success", "failure")
    assert bad["error.type"] == "PoolTimeoutError"


def test_structlog_reports_milliseconds_and_words(tmp_path: Path) -> None:
    good, bad = (json.loads(line) for line in written(StructlogJson, tmp_path, LINE, FAILED))
    assert (good["duration_ms"], good["outcome"], good["status_code"]) == (41.25, "ok", 201)
    assert (bad["level"], bad["outcome"], bad["error.type"]) == (
        "error",
        "failed",
        "PoolTimeoutError",
    )


def test_otlp_keeps_every_span_in_documents_of_many(tmp_path: Path) -> None:
    lines = written(OtlpLines, tmp_path, *[LINE] * 40, FAILED)
    batches = [json.loads(s)["resourceSpans"][0]["scopeSpans"][0]["spans"] for s in lines]
    spans = [span for batch in batches for span in batch]
    assert len(batches) == 2
    assert len(spans) == 41
    assert int(spans[0]["endTimeUnixNano"]) - int(spans[0]["startTimeUnixNano"]) == 41_250_000
    assert [span["status"].get("code") for span in spans[-2:]] == [None, 2]
    assert {span["kind"] for span in spans} == {2}


@pytest.mark.parametrize(("style", "key"), [(Logfmt, "duration"), (AuditLogfmt, "took")])
def test_logfmt_reads_back_as_pairs(tmp_path: Path, style: type[Logfmt], key: str) -> None:
    good, bad = (
        dict(part.split("=", 1) for part in shlex.split(line))
        for line in written(style, tmp_path, LINE, FAILED)
    )
    assert (good[key], good["method"], good["path"], good["status"]) == (
        "41.25ms",
        "POST",
        "/tickets",
        "201",
    )
    assert bad["err"] == "connection pool exhausted: 2 of 2"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp", "Zs"])))
def test_a_logfmt_value_survives_its_quoting(value: str) -> None:
    quoted = pair("k", value).removeprefix("k=")
    read = json.loads(quoted) if quoted.startswith('"') else quoted
    assert read == value or value.startswith('"')


@given(st.integers(1, 10**13))
def test_a_go_duration_is_the_duration_to_six_digits(duration_ns: int) -> None:
    found = re.fullmatch(r"([\d.e+]+)(µs|ms|s)", go_duration(duration_ns))
    assert found
    read_ns = float(found[1]) * {"µs": 1e3, "ms": 1e6, "s": 1e9}[found[2]]
    assert abs(read_ns - duration_ns) <= duration_ns * 1e-5


@pytest.mark.parametrize(
    ("style", "duration"),
    [(PythonText, "duration_ms=41.250"), (SecondsText, "duration=0.041250s")],
)
def test_python_text_has_a_comma_no_zone_and_tracebacks_over_lines(
    tmp_path: Path, style: type[PythonText], duration: str
) -> None:
    good, bad, *rest = written(style, tmp_path, LINE, FAILED)
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO ", good)
    assert duration in good
    assert 'error="connection pool exhausted: 2 of 2"' in bad
    assert rest == ["Traceback", "  x", "y"]


def test_an_access_log_knows_requests_and_request_ids_only(tmp_path: Path) -> None:
    client = LINE._replace(kind="client", peer="accounts")
    fields: dict[str, Field] = {"bytes": 17, "user_agent": "tickets-client/1"}
    [line] = written(AccessLog, tmp_path, LINE._replace(fields=fields), client)
    moment = datetime.fromtimestamp(LINE.end_ns // 10**9, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    assert line == (
        f'127.0.0.1 - - [{moment}] "POST /tickets HTTP/1.1" 201 17 "-" "tickets-client/1" '
        f"request_time=0.041 request_id={SCOPE.request_id}"
    )


def test_a_skewed_clock_shifts_starts_and_no_durations() -> None:
    true_ns, skewed_ns = WallClock().now_ns(), WallClock(-1400).now_ns()
    assert 1.3e9 < true_ns - skewed_ns < 1.5e9


def test_trace_context_travels_as_w3c_says() -> None:
    headers = passed_on(SCOPE, Propagation.W3C)
    below = received(headers, Propagation.W3C)
    assert headers["traceparent"] == f"00-{SCOPE.trace_id}-{SCOPE.span_id}-01"
    assert (below.trace_id, below.parent_span_id) == (SCOPE.trace_id, SCOPE.span_id)
    assert below.request_id == SCOPE.request_id


def test_a_team_that_knows_request_ids_only_drops_the_trace() -> None:
    below = received(passed_on(SCOPE, Propagation.W3C), Propagation.REQUEST_ID)
    assert (below.trace_id, below.request_id) == (None, SCOPE.request_id)
    assert set(passed_on(below, Propagation.REQUEST_ID)) == {"x-request-id"}


@pytest.mark.parametrize("header", ["", "00-xyz", "01-" + "a" * 32 + "-" + "b" * 16 + "-01"])
def test_a_broken_traceparent_is_no_parent(header: str) -> None:
    scope = received({"traceparent": header}, Propagation.W3C)
    assert (scope.trace_id, scope.parent_span_id) == (None, None)


def test_the_fleet_has_five_families_of_styles_one_skew_and_one_request_id_team() -> None:
    styles = {team.style for team in TEAMS.values()}
    assert {EcsJson, Logfmt, PythonText, AccessLog, OtlpLines} <= styles
    assert [name for name, team in TEAMS.items() if team.skew_ms] == ["audit"]
    assert [
        name for name, team in TEAMS.items() if team.propagation is Propagation.REQUEST_ID
    ] == ["subscriptions"]
