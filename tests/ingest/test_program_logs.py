"""Lines as many different programs write them, each to the exact work it reports.

One request is told by every program: `GET /faq/{id}`, 250 ms, refused with 503 or served with
200. The programs' own habits (units, names, order, containers) must not change that.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.reading import read_files

T = 1_772_359_200_000_000_000  # 2026-03-01T10:00:00Z, the end of the work
MS = 1_000_000
ISO = "2026-03-01T10:00:00.000Z"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CLF = "01/Mar/2026:10:00:00 +0000"
REQUEST = {"method": "GET", "url": "/faq/7"}

# program -> (its line, the service it names or None for that of the file)
PROGRAMS: dict[str, tuple[Any, str | None]] = {
    "pino-http": (
        {"level": 50, "time": T // MS, "pid": 1, "hostname": "h", "name": "shop",
         "req": REQUEST, "res": {"statusCode": 503}, "responseTime": 250, "msg": "errored"},
        "shop",
    ),
    "bunyan": (
        {"name": "shop", "hostname": "h", "pid": 3, "level": 30, "req": REQUEST, "v": 0,
         "res": {"statusCode": 503}, "latency_ms": 250, "msg": "handled", "time": ISO}, "shop",
    ),
    "winston": (
        {"level": "info", "message": "GET /faq/7", "service": "shop", "timestamp": ISO,
         "meta": {"req": REQUEST, "res": {"statusCode": 503}, "responseTime": 250}}, "shop",
    ),
    "slog": (
        {"time": ISO, "level": "INFO", "msg": "request", "duration_ns": 250 * MS,
         "http": {"method": "GET", "path": "/faq/7", "status": 503}}, None,
    ),
    "loguru": (
        {"text": "x\n", "record": {
            "elapsed": {"repr": "0:00:09", "seconds": 9.1}, "level": {"name": "INFO", "no": 20},
            "extra": {"method": "GET", "path": "/faq/7", "status": 503, "duration_ms": 250},
            "message": "done", "name": "app.a",
            "time": {"repr": "2026-03-01 10:00:00.000000+00:00", "timestamp": T / 1e9}}}, None,
    ),
    "Serilog": (
        {"@t": "2026-03-01T10:00:00.0000000Z", "@mt": "HTTP {RequestMethod} in {Elapsed:0.0} ms",
         "RequestMethod": "GET", "RequestPath": "/faq/7", "StatusCode": 503, "Elapsed": 250.0,
         "Application": "shop", "@tr": TRACE, "@sp": SPAN}, "shop",
    ),
    "log4j2": (
        {"instant": {"epochSecond": T // 10**9, "nanoOfSecond": 0}, "level": "INFO",
         "message": "done", "contextMap": {"service": "shop", "method": "GET", "path": "/faq/7",
                                           "status": "503", "duration_ms": "250"}}, "shop",
    ),
    "Rails, lograge": (
        {"method": "GET", "path": "/faq/7", "format": "json", "controller": "Faq",
         "action": "show", "status": 503, "duration": 250.0, "view": 0.3, "@timestamp": ISO}, None,
    ),
    "Rails, Ruby's logger": (
        ("I, [2026-03-01T10:00:00.000000 #7]  INFO -- : method=GET path=/faq/7 format=json "
        "controller=Faq action=show status=503 duration=250.00 view=0.3"), None,
    ),
    "traefik": (
        {"DownstreamStatus": 503, "Duration": 250 * MS, "RequestMethod": "GET", "time": ISO,
         "RequestPath": "/faq/7", "ServiceName": "faq@docker", "level": "info"}, None,
    ),
    "traefik, as text": (
        (f'10.0.0.7 - - [{CLF}] "GET /faq/7 HTTP/1.1" 503 5 "-" "curl" 9 "faq@docker" '
        '"http://10.0.0.5:80" 250ms'), None,
    ),
    "Istio": (
        {"duration": 250, "method": "GET", "path": "/faq/7", "response_code": 503,
         "response_flags": "-", "start_time": "2026-03-01T09:59:59.750Z",
         "upstream_cluster": "outbound|80||faq.prod.svc.cluster.local"}, None,
    ),
    "nginx JSON": (
        {"time_local": CLF, "request": "GET /faq/7 HTTP/1.1", "status": "503",
         "request_time": "0.250"}, None,
    ),
    "nginx JSON, epoch": (
        {"msec": "1772359200.000", "request_method": "GET", "request_uri": "/faq/7",
         "status": 503, "request_time": 0.25}, None,
    ),
    "API Gateway": (
        {"requestId": "r", "requestTime": CLF, "httpMethod": "GET", "path": "/faq/7",
         "status": "503", "responseLatency": "250"}, None,
    ),
    "Kong": (
        {"request": {"method": "GET", "uri": "/faq/7"}, "response": {"status": 503},
         "latencies": {"proxy": 249, "request": 250}, "service": {"name": "faq"},
         "started_at": T // MS - 250}, "faq",
    ),
    "klog": (
        ('I0301 10:00:00.000000       1 httplog.go:132] "HTTP" verb="GET" URI="/faq/7" '
        'latency="250ms" resp=503'), None,
    ),
    "Google Cloud": (
        {"logName": "projects/p/logs/x", "timestamp": ISO, "severity": "INFO",
         "resource": {"type": "run", "labels": {"service_name": "shop"}},
         "trace": f"projects/p/traces/{TRACE}", "spanId": SPAN,
         "httpRequest": {"requestMethod": "GET", "requestUrl": "https://t.run.app/faq/7",
                         "status": 503, "latency": "0.250s"}}, "shop",
    ),
    "Application Insights": (
        {"time": "2026-03-01T09:59:59.7500000Z", "OperationName": "GET /faq/7", "Success": False,
         "ResultCode": "503", "DurationMs": 250.0, "AppRoleName": "shop"}, "shop",
    ),
    "Datadog's export": (
        {"id": "AQ", "content": {"timestamp": ISO, "service": "shop", "message": "done",
         "attributes": {"duration": 250 * MS, "http": {
             "method": "GET", "url_details": {"path": "/faq/7"}, "status_code": 503}}}}, "shop",
    ),
    ".NET": (
        {"Timestamp": ISO, "LogLevel": "Information", "Category": "Hosting",
         "Message": "Request finished HTTP/1.1 GET http://x/faq/7 - 503 5 text/plain 250.0ms"},
        None,
    ),
    "gin": ('[GIN] 2026/03/01 - 10:00:00 | 503 |  250ms |  10.0.0.1 | GET   "/faq/7"', None),
    "chi": (
        ('2026/03/01 10:00:00 [h/abc-1] "GET http://x:80/faq/7 HTTP/1.1" from 10.0.0.1:5 - 503 5B '
        "in 250ms"), None,
    ),
    "morgan": (f'::1 - - [{CLF}] "GET /faq/7 HTTP/1.1" 503 5 "-" "curl" 250.000 ms', None),
    "Envoy, own text": (
        f"{ISO} GET /faq/7 503 duration=250ms upstream=faq request_id=r-1", None,
    ),
    "CloudFront": (
        ("#Version: 1.0\n#Fields: date time x-edge-location cs-method cs-uri-stem sc-status "
        "time-taken\n2026-03-01\t10:00:00\tFRA2\tGET\t/faq/7\t503\t0.250"), None,
    ),
}  # fmt: skip


def test_every_program_tells_the_same_request(tmp_path: Path) -> None:
    files = {
        f"{name}/x.log": f"{json.dumps(line) if isinstance(line, dict) else line}\n"
        for name, (line, _) in PROGRAMS.items()
    }
    found = read_files(tmp_path, files)
    rows = found.rows(
        "SELECT split_part(path, '/', 2) AS program, service_name, operation, duration_ns, "
        "status, error_type, start_ns FROM span JOIN source_file USING (file_id)"
    )
    expected = {
        name: {
            "service_name": service or name,
            "operation": "GET /faq/{id}",
            "duration_ns": 250 * MS,
            "status": "error",
            "error_type": "http_503",
            "start_ns": T - 250 * MS,
        }
        for name, (_, service) in PROGRAMS.items()
    }
    del expected["Application Insights"]["error_type"], expected["Datadog's export"]["error_type"]
    told = {row.pop("program"): row for row in rows}
    for name, row in expected.items():
        assert {key: told[name][key] for key in row} == row, name
    assert found.reasons() == []


TIMES = [
    "2026-03-01t10:00:00z",
    "2026-03-01T10:00:00,000Z",
    "2026-03-01T10:00:00+00",
    "2026-03-01T10:00:00+0000",
    "2026-03-01 13:00:00 Europe/Moscow",
    "2026-03-01T13:00:00+03:00[Europe/Moscow]",
    "2026-03-01 10:00:00.000000 +0000 UTC m=+57781.225851190",
    "2026-060T10:00:00Z",
    "2026-W09-7T10:00:00Z",
    "Sun, 01 Mar 2026 10:00:00 GMT",
    "01/Mar/2026 10:00:00",
    "1.7723592e9",
    "1772359200000e-3",
    "1772359200.000000",
    "1772359200000000000",
    1772359200000,
    1772359200.0,
]


def test_a_time_is_the_same_instant_in_every_spelling(tmp_path: Path) -> None:
    lines = [json.dumps({"time": time, "msg": "x"}) for time in TIMES]
    found = read_files(tmp_path, {"x.log": "\n".join(lines)})
    assert found.reasons() == []
    rows = found.rows("SELECT line_number, epoch_ns(time) AS ns FROM log_record ORDER BY 1")
    assert [(TIMES[row["line_number"] - 1], row["ns"]) for row in rows] == [
        (time, T) for time in TIMES
    ]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("time", "13/13/2026 08:59:33", "bad_time"),
        ("time", "2026-W60-1T10:00:00Z", "bad_time"),
        ("time", "2026-400T10:00:00Z", "bad_time"),
        ("time", "2026-03-01 10:00:00 Mars/Olympus", "bad_time"),
        ("duration_ms", "1,234", "bad_duration"),  # thousands or a decimal comma
        ("duration_ms", "-3", "bad_duration"),
        ("duration_ms", "-12ms", "bad_duration"),
    ],
)
def test_what_could_mean_two_things_is_refused_by_name(
    tmp_path: Path, field: str, value: str, reason: str
) -> None:
    line = json.dumps({"time": ISO, "op": "x", "duration_ms": 1, field: value})
    found = read_files(tmp_path, {"x.log": line})
    assert [why for *_, why in found.reasons()] == [reason]


def test_decimal_commas_are_read_where_nothing_else_can_be_meant(tmp_path: Path) -> None:
    values = {"duration_s": "3,433", "duration_ms": "0,5", "took_ms": "12,25", "latency": "1,5ms"}
    lines = [json.dumps({"time": ISO, "op": "x", key: value}) for key, value in values.items()]
    found = read_files(tmp_path, {"x.log": "\n".join(lines)})
    rows = found.rows("SELECT duration_ns FROM span ORDER BY line_number")
    assert [row["duration_ns"] for row in rows] == [3433 * MS, 500_000, 12_250_000, 1_500_000]


def test_free_text_that_names_no_work_invents_none(tmp_path: Path) -> None:
    texts = [
        "backup of the table took 12 ms",
        "Reading broadcast variable 9 took 160 ms",
        "connection lost, will retry in 5 s",
        "GC pause 12 ms after 3 s",
        "all of the queued jobs finished in 3 s",
    ]
    lines = [f"2026-03-01 10:00:00,000 INFO app.core: {text}" for text in texts]
    found = read_files(tmp_path, {"x.log": "\n".join(lines)})
    assert found.row("SELECT count(*) AS n FROM span") == {"n": 0}
    assert found.account()["records"] == len(texts)


def test_service_in_a_text_tail_is_who_wrote_the_line(tmp_path: Path) -> None:
    line = (
        "2026-03-01 10:00:00,000 INFO app.http: request done service=faq target=db method=GET "
        "path=/faq/7 status=200 duration_ms=5"
    )
    found = read_files(tmp_path, {"other/x.log": line})
    assert found.row("SELECT service_name, peer_service FROM span") == {
        "service_name": "faq",
        "peer_service": "db",
    }


def test_an_entry_of_the_slow_query_log_is_one_span(tmp_path: Path) -> None:
    text = (
        "# Time: 2026-03-01T10:00:00.000000Z\n# User@Host: app[app] @ localhost []  Id:     2\n"
        "# Query_time: 0.250000  Lock_time: 0.01 Rows_sent: 2  Rows_examined: 2\nuse shop;\n"
        "SET timestamp=1772359200;\nSELECT * FROM faq WHERE id = 7;\n"
    )
    found = read_files(tmp_path, {"db.log": text * 2})
    assert found.account()["folded"] == 10
    rows = found.rows("SELECT operation, duration_ns, start_ns FROM span")
    assert rows == 2 * [
        {
            "operation": "SELECT * FROM faq WHERE id = #;",
            "duration_ns": 250 * MS,
            "start_ns": T - 250 * MS,
        }
    ]


def test_statements_of_a_database_are_named_by_their_template(tmp_path: Path) -> None:
    line = (
        "2026-03-01 10:00:00.000 UTC [123] app@shop LOG:  duration: 250.000 ms  statement: "
        "SELECT * FROM faq WHERE id = 7"
    )
    found = read_files(tmp_path, {"db.log": line})
    assert found.row("SELECT operation, duration_ns, severity_text FROM span") == {
        "operation": "SELECT * FROM faq WHERE id = #",
        "duration_ns": 250 * MS,
        "severity_text": "INFO",
    }


def test_answers_of_tempo_are_traces(tmp_path: Path) -> None:
    resource = {
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "faq"}}]},
        "scopeSpans": [{"spans": [{
            "traceId": TRACE, "spanId": SPAN, "name": "GET /faq/7", "kind": "SPAN_KIND_SERVER",
            "startTimeUnixNano": str(T - 250 * MS), "endTimeUnixNano": str(T),
        }]}],
    }  # fmt: skip
    answers = [{"batches": [resource]}, {"trace": {"resourceSpans": [resource]}}]
    for place, answer in enumerate(answers):
        found = read_files(tmp_path / str(place), {"trace.json": json.dumps(answer)})
        assert found.row("SELECT service_name, duration_ns FROM span") == {
            "service_name": "faq",
            "duration_ns": 250 * MS,
        }


def test_a_text_line_before_them_does_not_make_text_of_surer_formats(tmp_path: Path) -> None:
    lines = [
        "[2026-03-01T10:00:00.000Z",
        '[2026-03-01T09:59:59.750Z] "GET /faq/7 HTTP/1.1" 503 - 0 5 250 1 "-" "x" "r" "h" "-"',
        "2026-03-01 10:00:00,000 INFO app.core: text",
        f"{ISO} stdout F 2026-03-01 10:00:00,000 INFO app.core: inside",
        f"{ISO} stdout F 2026-03-01 10:00:00,000 INFO app.core: inside",
    ]
    found = read_files(tmp_path, {"x.log": "\n".join(lines)})
    assert found.row("SELECT operation, duration_ns FROM span") == {
        "operation": "GET /faq/{id}",
        "duration_ns": 250 * MS,
    }
    bodies = found.rows("SELECT body FROM log_record WHERE line_number > 2 ORDER BY line_number")
    assert [row["body"] for row in bodies] == ["text", "inside", "inside"]
