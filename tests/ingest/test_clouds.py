"""What clouds and collectors wrap around lines: taken off, and used where a line says nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.reading import Ingested, read_files

T = 1_714_564_800_000  # 2024-05-01T12:00:00Z in milliseconds
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"
REQUEST = "8f507cfc-a1b2-4697-b07a-ac58fc914c95"
COLUMNS = "service_name, severity_text, status, body, strftime(time, '%H:%M:%S.%g') AS at"


def only_log(found: Ingested, columns: str = COLUMNS) -> dict[str, Any]:
    assert found.reasons() == []
    return found.row(f"SELECT {columns} FROM log_record")


def entry(**fields: object) -> str:
    resource = {"type": "k8s_container", "labels": {"container_name": "checkout"}}
    return json.dumps({
        "insertId": "1", "resource": resource, "timestamp": "2024-05-01T12:00:00.123456789Z",
        "logName": "projects/p/logs/stderr", "trace": f"projects/p/traces/{TRACE}", "spanId": SPAN,
        **fields,
    })  # fmt: skip


def test_google_entry_of_text_lends_its_level_service_and_trace(tmp_path: Path) -> None:
    lines = [
        entry(textPayload="no words of a level", severity="ERROR"),
        entry(textPayload="2024-05-01 12:00:01,000 shop INFO began", severity="ERROR"),
    ]
    found = read_files(tmp_path, {"x.json": "\n".join(lines)})
    rows = found.rows(f"SELECT {COLUMNS}, trace_id, span_id FROM log_record ORDER BY line_number")
    told = {"service_name": "checkout", "trace_id": TRACE, "span_id": SPAN}
    assert rows == [
        {
            **told, "severity_text": "ERROR", "status": "error", "body": "no words of a level",
            "at": "12:00:00.123",
        },
        {
            **told, "severity_text": "INFO", "status": "unset", "body": "began",
            "at": "12:00:01.000",
        },
    ]  # fmt: skip


def test_google_entries_of_requests_and_of_fields_are_work(tmp_path: Path) -> None:
    asked = {
        "requestMethod": "GET", "requestUrl": "https://h/users/42?x=1", "status": 503,
        "latency": "0.25s",
    }  # fmt: skip
    told = {"message": "paid", "operation": "pay", "duration_ms": 12.5, "http.status": 200}
    found = read_files(
        tmp_path, {"x.json": f"{entry(httpRequest=asked)}\n{entry(jsonPayload=told)}\n"}
    )
    rows = found.rows(
        "SELECT service_name, operation, duration_ns, status, trace_id FROM span ORDER BY 2"
    )
    assert rows == [
        {
            "service_name": "checkout", "operation": "GET /users/{id}", "duration_ns": 250_000_000,
            "status": "error", "trace_id": TRACE,
        },
        {
            "service_name": "checkout", "operation": "pay", "duration_ns": 12_500_000,
            "status": "ok", "trace_id": TRACE,
        },
    ]  # fmt: skip


def test_traceback_in_one_entry_is_of_its_first_line(tmp_path: Path) -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: x'
    text = f"2024-05-01 12:00:00,000 ERROR no answer\n{trace}"
    found = read_files(tmp_path, {"x.json": json.dumps([json.loads(entry(textPayload=text))])})
    row = only_log(found, "body, error_type, severity_text")
    assert row == {
        "body": f"no answer\n{trace}",
        "error_type": "ValueError",
        "severity_text": "ERROR",
    }


def test_seconds_and_nanoseconds_apart_are_one_time(tmp_path: Path) -> None:
    lines = [
        {"message": "a", "timestamp": {"seconds": T // 1000, "nanos": 5_000_000}},
        {"message": "a", "timestampSeconds": str(T // 1000), "timestampNanos": 5_000_000},
    ]
    found = read_files(tmp_path, {"x.json": "\n".join(map(json.dumps, lines))})
    rows = found.rows("SELECT DISTINCT strftime(time, '%H:%M:%S.%g') AS at FROM log_record")
    assert rows == [{"at": "12:00:00.005"}]


@pytest.mark.parametrize(
    ("document", "service"),
    [
        ({"logGroup": "/aws/lambda/orders", "logStream": "2024/05/01/[$LATEST]ab"}, "orders"),
        ({"logGroup": "/ecs/shop", "logStream": "ecs/orders/0a1b2c"}, "orders"),
        ({"logGroup": "orders", "logStream": "i-0a1b2c"}, "orders"),
    ],
)
def test_cloudwatch_subscription_names_the_service(
    tmp_path: Path, document: dict[str, str], service: str
) -> None:
    events = [{"id": "1", "timestamp": T, "message": "[ERROR] no answer\n"}]
    found = read_files(tmp_path, {"x.json": json.dumps({**document, "logEvents": events})})
    assert only_log(found) == {
        "service_name": service, "severity_text": "ERROR", "status": "error",
        "body": "[ERROR] no answer", "at": "12:00:00.000",
    }  # fmt: skip


def test_lambda_s_lines_tell_its_invocations(tmp_path: Path) -> None:
    report = f"REPORT RequestId: {REQUEST}\tDuration: 163.14 ms\tBilled Duration: 164 ms\t"
    messages = [
        f"START RequestId: {REQUEST} Version: $LATEST",
        f"2024-05-01T12:00:00.100Z\t{REQUEST}\tERROR\tno answer",
        f"[WARNING]\t2024-05-01T12:00:00.200Z\t{REQUEST}\tslow",
        f"END RequestId: {REQUEST}",
        f"{report}Memory Size: 128 MB\tStatus: timeout",
    ]
    events = [
        {"timestamp": T + 300, "message": message, "logStreamName": "2024/05/01/[$LATEST]ab"}
        for message in messages
    ]
    found = read_files(tmp_path, {"orders.json": json.dumps({"events": events})})
    logs = found.rows("SELECT severity_text, body, correlation_id FROM log_record ORDER BY time")
    assert [(row["severity_text"], row["body"]) for row in logs] == [
        ("ERROR", "no answer"),
        ("WARN", "slow"),
        (None, messages[0]),
        (None, messages[3]),
    ]
    assert {row["correlation_id"] for row in logs} == {REQUEST}
    assert found.row(
        "SELECT operation, duration_ns, status, error_type, correlation_id FROM span"
    ) == {
        "operation": "invoke", "duration_ns": 163_140_000, "status": "error",
        "error_type": "timeout", "correlation_id": REQUEST,
    }  # fmt: skip


def test_insights_rows_and_exports_of_records_hold_lines(tmp_path: Path) -> None:
    row = [
        {"field": "@timestamp", "value": "2024-05-01 12:00:00.123"},
        {"field": "@message", "value": "began"},
        {"field": "@log", "value": "123:/aws/lambda/orders"},
    ]
    record = {"time": "2024-05-01T12:00:00.123Z", "level": "Warning", "message": "began"}
    files = {
        "a.json": json.dumps({"results": [row], "status": "Complete"}),
        "orders.json": json.dumps({"records": [record]}),
    }
    rows = read_files(tmp_path, files).rows(f"SELECT {COLUMNS} FROM log_record ORDER BY ALL")
    said = {"service_name": "orders", "status": "unset", "body": "began", "at": "12:00:00.123"}
    assert rows == [{**said, "severity_text": "WARN"}, {**said, "severity_text": None}]


@pytest.mark.parametrize(
    "line",
    [
        '2024-05-01T12:00:00.2Z {"level":"warn","msg":"began","time":"2024-05-01T12:00:00.1Z"}',
        "2024-05-01T12:00:00.2Z time=2024-05-01T12:00:00.1Z level=warn msg=began",
        "2024-05-01T12:00:00.200+00:00 2024-05-01 12:00:00,100 WARN began",
        "2024-05-01T12:00:00.2Z 7:M 01 May 2024 12:00:00.100 # began",
    ],
)
def test_line_behind_its_time_of_arrival_is_read_by_its_own_form(
    tmp_path: Path, line: str
) -> None:
    plain = "2024-05-01T12:00:01.0Z INFO plain words come first\n"
    found = read_files(tmp_path, {"x.log": f"{plain}{line}\n"})
    rows = found.rows(f"SELECT {COLUMNS} FROM log_record WHERE line_number = 2")
    assert rows == [
        {
            "service_name": "x", "severity_text": "WARN", "status": "unset", "body": "began",
            "at": "12:00:00.100",
        }
    ]  # fmt: skip


def test_stream_of_a_followed_log_names_the_container(tmp_path: Path) -> None:
    line = "2024-05-01T12:00:00.2+00:00 ecs/orders/0a1b2c 2024-05-01 12:00:00,100 INFO began"
    assert only_log(read_files(tmp_path, {"x.log": line}))["service_name"] == "orders"


def test_collector_s_object_around_a_line_is_taken_off(tmp_path: Path) -> None:
    lines = [
        {"container_name": "/orders", "source": "stdout", "log": "2024-05-01 12:00:00,1 INFO a"},
        {"date": T / 1000, "log": "level=info msg=a service=orders"},
        {"date": T / 1000, "log": "a", "level": "info", "service": "orders"},
    ]
    found = read_files(tmp_path, {"x.log": "\n".join(map(json.dumps, lines))})
    assert found.rows("SELECT DISTINCT service_name, severity_text, body FROM log_record") == [
        {"service_name": "orders", "severity_text": "INFO", "body": "a"}
    ]


def test_cells_of_a_table_are_lines_in_wrappers_of_their_own(tmp_path: Path) -> None:
    inner = json.dumps({"severity": "error", "message": "no answer", "user_id": 7})
    docker = json.dumps(
        {"log": f"{inner}\n", "stream": "stdout", "time": "2024-05-01T12:00:00.1Z"}
    )
    local = json.dumps({"log": "2024-05-01 20:00:00,100 WARN slow\n", "stream": "stdout"})
    cells = [docker, local, '{"log":"{\\"message\\":\\"cut', "plain, with a comma"]
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells]
    rows = [f"2024-05-01T12:00:00.1Z,faq-6d4cf56db6-x2x9z,{TRACE},{cell}" for cell in quoted]
    found = read_files(tmp_path, {"x.csv": "\n".join(["Timestamp,PodName,TraceID,Log", *rows])})
    logs = found.rows(f"SELECT {COLUMNS}, trace_id FROM log_record ORDER BY line_number")
    assert [(row["severity_text"], row["body"]) for row in logs] == [
        ("ERROR", "no answer"), ("WARN", "slow"), (None, cells[2]), (None, cells[3]),
    ]  # fmt: skip
    assert {(row["at"], row["service_name"], row["trace_id"]) for row in logs} == {
        ("12:00:00.100", "faq", TRACE)
    }
    notes = {row["note"] for row in found.rows("SELECT note FROM file_note")}
    assert {"truncated_json", "zone_proved"} <= notes


def test_table_of_powershell_names_its_type_before_its_columns(tmp_path: Path) -> None:
    lines = [
        "#TYPE Selected.System.Diagnostics.Eventing.Reader.EventLogRecord",
        '"TimeCreated","ProviderName","Message"',
        '"5/1/2024 12:00:00 PM","docker","adding a peer"',
    ]
    found = read_files(tmp_path, {"x.csv": "\r\n".join(lines)})
    assert only_log(found)["service_name"] == "docker"
    assert found.account()["excluded"] == 2


def test_export_of_a_journal_is_read_entry_by_entry(tmp_path: Path) -> None:
    said = b"two\nlines"
    entries = [
        b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=%d000\nPRIORITY=3\n_SYSTEMD_UNIT=faq.service\n"
        b"MESSAGE=pool is dry\n" % T,
        b"__CURSOR=s=2\n__REALTIME_TIMESTAMP=%d000\n_SYSTEMD_UNIT=faq.service\n"
        b"MESSAGE\n%s%s\n_PID=7\n" % (T, len(said).to_bytes(8, "little"), said),
        b"__CURSOR=s=3\nMESSAGE=no time\n",
    ]
    found = read_files(tmp_path, {"x.export": b"\n".join(entries)})
    rows = found.rows(f"SELECT {COLUMNS} FROM log_record ORDER BY line_number")
    assert [(row["severity_text"], row["body"]) for row in rows] == [
        ("ERROR", "pool is dry"),
        (None, "two\nlines"),
    ]
    assert {row["service_name"] for row in rows} == {"faq"}
    assert found.account() == {
        "lines": 16, "records": 2, "quarantined": 1, "blank": 2, "folded": 11, "excluded": 0,
    }  # fmt: skip


def test_prefixes_of_kubectl_and_logcli_name_the_service(tmp_path: Path) -> None:
    lines = [
        "[pod/faq-6d4cf56db6-x2x9z/orders] 2024-05-01 12:00:00,100 INFO began",
        '2024-05-01T12:00:00.2Z {app="orders", pod="a"} level=info msg=began',
        "2024-05-01T12:00:00.2Z INFO began",
    ]
    found = read_files(tmp_path, {"x.log": "\n".join(lines)})
    rows = found.rows("SELECT service_name, body FROM log_record ORDER BY line_number")
    assert [tuple(row.values()) for row in rows] == [
        ("orders", "began"),
        ("orders", "began"),
        ("x", "began"),
    ]


def test_blank_lines_of_a_container_are_blank_and_go_s_panic_is_one_record(tmp_path: Path) -> None:
    said = [
        "panic: no answer", "", "goroutine 1 [running]:", "main.run(0xc000012345, {0x1, 0x2})",
        "\t/src/main.go:7 +0x1d", "main.main()", "\t/src/main.go:3 +0x1d", "level=info msg=began",
    ]  # fmt: skip
    lines = "\n".join(f"2024-05-01T12:00:00.5Z stderr F {text}" for text in said)
    found = read_files(tmp_path, {"x.log": lines})
    assert found.account() == {
        "lines": 8, "records": 2, "quarantined": 0, "blank": 1, "folded": 5, "excluded": 0,
    }  # fmt: skip


def test_what_a_container_threw_belongs_to_the_error_before_it(tmp_path: Path) -> None:
    said = [
        "2024-05-01 12:00:00,100 ERROR shop.Cart no answer", "java.lang.IllegalStateException: x",
        "\tat shop.Cart.add(Cart.java:7)", "2024-05-01 12:00:00,200 INFO shop.Cart began",
        "TimeoutError is what comes next", 'Exception in thread "main" java.io.IOException: y',
        "\tat shop.Main.main(Main.java:3)",
    ]  # fmt: skip
    lines = "\n".join(f"2024-05-01T12:00:00.5Z stderr F {text}" for text in said)
    found = read_files(tmp_path, {"x.log": lines})
    rows = found.rows(
        "SELECT line_number, status, error_type FROM log_record ORDER BY line_number"
    )
    assert [tuple(row.values()) for row in rows] == [
        (1, "error", "java.lang.IllegalStateException"),
        (4, "unset", None),
        (5, "unset", None),
        (6, "error", "java.io.IOException"),
    ]


def test_labels_of_a_stream_tell_the_level_of_lines_that_do_not(tmp_path: Path) -> None:
    values = [[f"{T}000000", "no words of a level"], [f"{T}000001", "level=info msg=began"]]
    streams = [{"stream": {"app": "faq", "detected_level": "error"}, "values": values}]
    found = read_files(tmp_path, {"x.json": json.dumps({"data": {"result": streams}})})
    rows = found.rows("SELECT severity_text, status FROM log_record ORDER BY time")
    assert [tuple(row.values()) for row in rows] == [("ERROR", "error"), ("INFO", "unset")]
