"""Text lines of loggers, servers, proxies and libraries to exact canonical fields."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.reading import Ingested, read_files

T = 1_772_359_200_000_000_000  # 2026-03-01T10:00:00Z
MS = 1_000_000
TRACE, SPAN, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "00f067aa0ba902b6"

SPANS: dict[str, tuple[str, dict[str, Any]]] = {
    "python logging with pairs, client call": (
        (
            f"2026-03-01 10:00:00,250 INFO    faq.http outgoing call finished method=GET "
            f"path=/accounts/usr-42 kind=client target_service=accounts status=404 "
            f"duration_ms=250.000 trace_id={TRACE} span_id={SPAN} parent_span_id={PARENT}"
        ),
        {
            "operation": "GET /accounts/{id}",
            "span_kind": "client",
            "peer_service": "accounts",
            "start_ns": T,
            "duration_ns": 250 * MS,
            "status": "error",
            "error_type": "http_404",
            "trace_id": TRACE,
            "span_id": SPAN,
            "parent_span_id": PARENT,
            "severity_text": "INFO",
        },
    ),
    "python logging without method, seconds": (
        "2026-03-01 10:00:01,500 WARNING tickets.worker: batch stored rows=7 duration=1.5s",
        {"operation": "batch stored", "start_ns": T, "duration_ns": 1500 * MS, "status": "unset"},
    ),
    "logfmt, Go duration": (
        (
            'time=2026-03-01T10:00:00.0415Z level=error msg="upstream call failed" kind=client '
            "method=POST path=/tickets/9/notes upstream=tickets status=503 duration=41.5ms "
            f'traceID={TRACE} spanID={SPAN} error.type=PoolTimeout err="no \\"free\\" one"'
        ),
        {
            "operation": "POST /tickets/{id}/notes",
            "peer_service": "tickets",
            "start_ns": T,
            "duration_ns": 41_500_000,
            "status": "error",
            "error_type": "PoolTimeout",
            "trace_id": TRACE,
            "template": "no # one",
        },
    ),
    "nginx combined with request_time": (
        (
            '203.0.113.9 - - [01/Mar/2026:10:00:00 +0000] "GET /faq/42?q=a HTTP/1.1" 502 12 "-" '
            '"curl/8" request_time=0.250 request_id=0123456789abcdef0123456789abcdef'
        ),
        {
            "operation": "GET /faq/{id}",
            "span_kind": "server",
            "kind_source": "dialect",
            "start_ns": T - 250 * MS,
            "duration_ns": 250 * MS,
            "status": "error",
            "error_type": "http_502",
            "correlation_id": "0123456789abcdef0123456789abcdef",
        },
    ),
    "nginx combined with rt and urt": (
        (
            '10.0.0.9 - bob [01/Mar/2026:12:00:00 +0200] "POST /t HTTP/2.0" 201 12 "-" "x" '
            'rt=0.020 uct="0.001" uht="0.018" urt="0.019"'
        ),
        {"operation": "POST /t", "duration_ns": 20 * MS, "start_ns": T - 20 * MS, "status": "ok"},
    ),
    "nginx combined with bare times": (
        '10.0.0.9 - - [01/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 499 0 "-" "x" 1.250 1.249',
        {"operation": "GET /", "duration_ns": 1250 * MS, "status": "unset"},
    ),
    "ingress-nginx with retries": (
        (
            '10.1.1.1 - - [01/Mar/2026:10:00:00 +0000] "GET /t/9 HTTP/1.1" 200 '
            '612 "-" "x" 420 0.300 '
            "[prod-tickets-80] [] 10.2.0.1:80, 10.2.0.2:80 0, 612 0.100, 0.200 502, 200 "
            "0123456789abcdef0123456789abcdef"
        ),
        {
            "operation": "GET /t/{id}",
            "peer_service": "prod-tickets-80",
            "duration_ns": 300 * MS,
            "status": "ok",
            "correlation_id": "0123456789abcdef0123456789abcdef",
        },
    ),
    "Envoy, its time is the start": (
        (
            '[2026-03-01T10:00:00.000Z] "POST /api/7 HTTP/2" 503 UF 154 0 226 - "10.0.35.28" '
            '"nsq2http" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "locations" "tcp://10.0.2.1:80"'
        ),
        {
            "operation": "POST /api/{id}",
            "start_ns": T,
            "duration_ns": 226 * MS,
            "status": "error",
            "error_type": "UF",
            "correlation_id": "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2",
        },
    ),
    "Istio with details and cluster": (
        (
            '[2026-03-01T10:00:00.000Z] "GET /status/418 HTTP/1.1" 418 - '
            'via_upstream - "-" 0 135 4 4 '
            '"-" "curl/7.60.0" "84961386-6d84-929d-98bd-c5aee93b5c88" "httpbin:8000" '
            '"127.0.0.1:80" outbound|8000|http|httpbin.default.svc.cluster.local 127.0.0.1:41854 '
            "10.44.1.27:80 10.44.1.23:37652 - default"
        ),
        {"peer_service": "httpbin", "duration_ns": 4 * MS, "status": "ok", "start_ns": T},
    ),
    "HAProxy below syslog": (
        (
            "<134>Mar  1 10:00:01 lb1 haproxy[14387]: 10.0.1.2:33317 [01/Mar/2026:10:00:00.000] "
            "http-in tickets/srv1 10/0/30/69/109 503 2750 - - SC-- 1/1/1/1/0 0/0 {1wt.eu} {} "
            '"GET /index/12 HTTP/1.1"'
        ),
        {
            "service_name": "http-in",
            "peer_service": "tickets",
            "operation": "GET /index/{id}",
            "start_ns": T,
            "duration_ns": 109 * MS,
            "status": "error",
            "error_type": "SC--",
        },
    ),
    "AWS load balancer": (
        (
            "https 2026-03-01T10:00:00.186641Z app/my-lb/50dc6c495c0c9188 192.0.2.1:2817 "
            '10.0.0.1:80 0.086 0.048 0.037 200 200 0 57 "GET https://www.example.com:443/x/1 '
            'HTTP/1.1" "curl/7.46.0" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 '
            "arn:aws:elasticloadbalancing:us-east-2:123:targetgroup/my-targets/73e2d6bc24d8a067 "
            '"Root=1-58337281-1d84f3d73c47ec4e58577259" "www.example.com" "arn" 1 x'
        ),
        {
            "service_name": "my-targets",
            "operation": "GET /x/{id}",
            "duration_ns": 171 * MS,
            "start_ns": T + 186_641_000 - 171 * MS,
            "status": "ok",
            "correlation_id": "1-58337281-1d84f3d73c47ec4e58577259",
        },
    ),
    "uWSGI in micros": (
        (
            "[pid: 88185|app: 0|req: 3/3] 127.0.0.1 () {34 vars in 617 bytes} "
            "[Sun Mar  1 10:00:00 2026] POST /endpoint2 => generated 215 bytes in 68 micros "
            "(HTTP/1.1 500) 9 headers in 373 bytes (1 switches on core 8)"
        ),
        {"operation": "POST /endpoint2", "duration_ns": 68_000, "status": "error"},
    ),
    "aiogram": (
        (
            "2026-03-01 10:00:00,113 - aiogram.event - INFO - Update id=904512077 is handled. "
            "Duration 113 ms by bot id=42"
        ),
        {
            "operation": "update handled",
            "start_ns": T,
            "duration_ns": 113 * MS,
            "status": "unset",
            "correlation_id": "update:904512077",
        },
    ),
    "celery": (
        (
            "[2026-03-01 10:00:00,444: INFO/ForkPoolWorker-1] Task shop.tasks.pay"
            "[7b1d2c3e-1111-2222-3333-444455556666] succeeded in 0.444s: None"
        ),
        {
            "operation": "shop.tasks.pay",
            "start_ns": T,
            "duration_ns": 444 * MS,
            "status": "ok",
            "correlation_id": "7b1d2c3e-1111-2222-3333-444455556666",
        },
    ),
    "JSON after a prefix": (
        (
            '2026-03-01 10:00:00.100 INFO [main] app.Main - done {"op":"pay","duration_ms":100,'
            '"outcome":"failed"}'
        ),
        {"operation": "pay", "start_ns": T, "duration_ns": 100 * MS, "status": "error"},
    ),
    "words that name a duration": (
        "2026-03-01 10:00:00.020 DEBUG reindex completed in 20 ms",
        {"operation": "reindex", "start_ns": T, "duration_ns": 20 * MS},
    ),
}


def only_span(found: Ingested, columns: str) -> dict[str, Any]:
    assert found.reasons() == []
    return found.row(f"SELECT {columns} FROM span")


@pytest.mark.parametrize("name", SPANS)
def test_line_of_finished_work_becomes_a_span(tmp_path: Path, name: str) -> None:
    line, expected = SPANS[name]
    found = read_files(tmp_path, {"faq.log": f"{line}\n"})
    assert only_span(found, ", ".join(expected)) == expected


LOGS: dict[str, tuple[str, dict[str, Any]]] = {
    "Spring with ids": (
        (
            f"2026-03-01 10:00:00.123  INFO [orders,{TRACE},{SPAN}] 1234 --- [nio-exec-1] "
            "c.e.Foo                : Started"
        ),
        {
            "service_name": "orders",
            "trace_id": TRACE,
            "span_id": SPAN,
            "severity_text": "INFO",
            "body": "Started",
        },
    ),
    "logback": (
        "2026-03-01 10:00:00.123 [main] WARN  com.foo.Bar - hello there",
        {"severity_text": "WARN", "body": "hello there"},
    ),
    "rfc 5424": (
        '<11>1 2026-03-01T10:00:00.003Z host billing 8710 ID47 [x@1 a="b"] disk full',
        {"service_name": "billing", "severity_text": "ERROR", "body": "disk full"},
    ),
    "glog": (
        "E0301 10:00:00.619632 1952 main.cc:253] lost it",
        {"severity_text": "ERROR", "body": "lost it"},
    ),
    "nginx error log": (
        "2026/03/01 10:00:00 [error] 31#31: *1 connect() failed",
        {"severity_text": "ERROR", "body": "31#31: *1 connect() failed"},
    ),
    "a word is no error": (
        "2026-03-01 10:00:00,000 INFO new error template stored",
        {"severity_text": "INFO", "status": "unset"},
    ),
    "httpx call of a bot": (
        (
            "2026-03-01 10:00:00,000 - httpx - INFO - HTTP Request: POST "
            "https://api.telegram.org/bot7203948571:AAF9sK3l_QmZx-v8TyUwPq2RdEhGjNbMcXa"
            "/getUpdates "
            '"HTTP/1.1 200 OK"'
        ),
        {"status": "ok", "severity_text": "INFO"},
    ),
    "aiogram failure": (
        (
            "2026-03-01 10:00:00,000 - aiogram.event - ERROR - Cause exception while process "
            "update id=904512077 by bot id=42"
        ),
        {"status": "error", "correlation_id": "update:904512077"},
    ),
}


@pytest.mark.parametrize("name", LOGS)
def test_line_without_duration_becomes_a_log_record(tmp_path: Path, name: str) -> None:
    line, expected = LOGS[name]
    found = read_files(tmp_path, {"faq.log": f"{line}\n"})
    assert found.reasons() == []
    assert found.row(f"SELECT {', '.join(expected)} FROM log_record") == expected


PYTHON_TRACEBACK = """2026-03-01 10:00:00,000 {level} app.core work failed {pairs}
Traceback (most recent call last):
  File "a.py", line 1, in f
    raise KeyError("x")
KeyError: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "b.py", line 2, in g
    time=1 level=2
shop.errors.PoolTimeout: no connection
2026-03-01 10:00:01,000 INFO app.core next
"""


def test_traceback_folds_into_its_record_and_names_the_error(tmp_path: Path) -> None:
    text = PYTHON_TRACEBACK.format(level="WARNING", pairs="")
    found = read_files(tmp_path, {"app.log": text})
    assert found.account() == {
        "lines": 13, "records": 2, "quarantined": 0, "blank": 2, "folded": 9, "excluded": 0,
    }  # fmt: skip
    first, second = found.rows(
        "SELECT status, error_type, template, body FROM log_record ORDER BY time"
    )
    assert (first["status"], first["error_type"]) == ("error", "shop.errors.PoolTimeout")
    assert first["template"] == "shop.errors.PoolTimeout: no connection"
    assert first["body"].startswith("work failed\nTraceback")
    assert second["status"] == "unset"


def test_folded_traceback_never_overrides_a_stated_status(tmp_path: Path) -> None:
    text = PYTHON_TRACEBACK.format(level="ERROR", pairs="status=200 duration_ms=3 op=x")
    found = read_files(tmp_path, {"app.log": text})
    assert found.row("SELECT status, error_type FROM span") == {"status": "ok", "error_type": None}


def test_java_stack_names_the_outer_exception(tmp_path: Path) -> None:
    text = (
        "2026-03-01 10:00:00.123 [main] ERROR com.foo.Bar - failed\n"
        "java.lang.IllegalStateException: no\n\tat com.foo.Bar.run(Bar.java:7)\n"
        "Caused by: java.io.IOException: deep\n\t... 12 more\n"
    )
    found = read_files(tmp_path, {"app.log": text})
    assert found.account()["folded"] == 4
    assert found.row("SELECT error_type FROM log_record") == {
        "error_type": "java.lang.IllegalStateException"
    }


def test_traceback_between_json_lines_folds_and_other_noise_does_not(tmp_path: Path) -> None:
    line = '{"time":"2026-03-01T10:00:00Z","level":"warn","msg":"m"}\n'
    noise = 'Traceback (most recent call last):\n  File "a"\nValueError: x\nsome noise\n'
    found = read_files(tmp_path, {"app.log": line + noise + line})
    assert found.account()["folded"] == 3
    assert [place for place, *_ in found.reasons()] == [5]
    assert found.rows("SELECT error_type FROM log_record ORDER BY line_number")[0] == {
        "error_type": "ValueError"
    }


def test_a_record_takes_a_thousand_lines_and_no_more(tmp_path: Path) -> None:
    text = "2026-03-01 10:00:00,000 ERROR a.b deep\n" + "  at frame\n" * 1_005
    found = read_files(tmp_path, {"app.log": text})
    account = found.account()
    assert (account["records"], account["folded"], account["quarantined"]) == (1, 1000, 5)


def test_cut_and_garbled_lines_do_not_hide_in_the_record_before_them(tmp_path: Path) -> None:
    text = "2026-03-01 10:00:00,000 INFO a.b fine\n2026-03-01 10:0\n\x01\x02 noise\nmore of it\n"
    found = read_files(tmp_path, {"app.log": text})
    assert [place for place, *_ in found.reasons()] == [2, 3]
    assert found.account()["folded"] == 1


def test_formats_mix_in_one_file(tmp_path: Path) -> None:
    lines = [
        '{"time":"2026-03-01T10:00:00Z","msg":"json"}',
        "time=2026-03-01T10:00:00Z level=info msg=logfmt",
        "2026-03-01 10:00:00,000 INFO a.b text",
        '10.0.0.1 - - [01/Mar/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 5',
        '{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[{"traceId":"' + TRACE + '",'
        '"spanId":"' + SPAN + '","name":"x","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}',
        "Mar  1 10:00:00 host cron[7]: syslog",
    ] * 3
    found = read_files(tmp_path, {"app.log": "\n".join(lines)})
    assert found.account()["records"] == 18
    assert found.reasons() == []
    formats = found.row("SELECT format FROM source_file")["format"]
    assert set(formats.split("+")) == {"json", "logfmt", "text", "access", "otlp", "syslog"}


def test_fleet_paths_and_level_words_stay_apart_from_users(tmp_path: Path) -> None:
    line = "2026-03-01 10:00:00,000 INFO a.b user_id=4711 logged in from 203.0.113.9"
    found = read_files(tmp_path, {"faq/app.log": line})
    row = found.row("SELECT service_name, user_key, body FROM log_record")
    assert row["service_name"] == "faq"
    assert "4711" not in row["body"]
    assert len(row["user_key"]) == 12


@pytest.mark.parametrize(
    "line",
    [
        "2026-03-01 10:00:00.123  [orders,4bf9?00067aa0ba902b7] 1234 --- [nio] c.e.Foo    : x",
        "2026-03-01 10:00:00,000 INFO a.b " + "a." * 50_000 + "@",
        "2026-03-01 10:00:00,000 INFO a.b " + 'a="' * 50_000,
        "2026-03-01 10:00:00,000 INFO a.b " + "1 " * 50_000,
    ],
    ids=lambda line: line[33:45],
)
def test_odd_lines_take_no_exponential_time(tmp_path: Path, line: str) -> None:
    started = time.process_time()
    found = read_files(tmp_path, {"x.log": line})
    assert found.account()["records"] == 1
    assert time.process_time() - started < 5
