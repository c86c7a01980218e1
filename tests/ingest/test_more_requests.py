"""Requests and calls as more servers, proxies and libraries write them: exact canonical fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.reading import read_files

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"
HEX = "0123456789abcdef0123456789abcdef"
MS = 1_000_000
ACCESS = '10.0.0.1 - - [01/May/2024:12:00:00 +0000] "GET /faq/7{query} HTTP/1.1" 503 612'
STAMP = "2024-05-01T12:00:00.250Z"
START = "2024-05-01T12:00:00.000Z"

LINES: dict[str, tuple[str, dict[str, Any]]] = {
    "an id in the query string": (
        ACCESS.format(query="?x=1&request_id=r-7") + ' "-" "curl" 0.250',
        {"correlation_id": "r-7"},
    ),
    "ids of traces and requests in the query string": (
        ACCESS.format(query=f"?trace_id={TRACE}&correlationId=r-7") + ' "-" "curl" 0.250',
        {"correlation_id": "r-7", "trace_id": TRACE},
    ),
    "what the line itself says goes before its query string": (
        ACCESS.format(query="?request_id=other") + ' "-" "curl" rt=0.250 request_id=r-7',
        {"correlation_id": "r-7"},
    ),
    "forwarded for, then seconds": (ACCESS.format(query="") + ' "-" "curl" "-" 0.250 0.249', {}),
    "Apache's seconds and millionths": (
        ACCESS.format(query="") + ' "-" "curl" 0/250000',
        {},
    ),
    "gunicorn's decimal seconds": (ACCESS.format(query="") + ' "-" "curl" 0.250000', {}),
    "morgan's milliseconds": (ACCESS.format(query="") + ' "-" "curl" - 250.000 ms', {}),
    "aiohttp's form without users": (
        ACCESS.format(query="").replace(" - -", "") + ' "-" "curl" 250ms',
        {},
    ),
    "an older ingress": (
        ACCESS.format(query="").replace(" - -", " - [10.0.0.1] - -")
        + ' "-" "x" 120 0.250 [shop-faq-80] 10.1.0.5:80 190 0.250 503 '
        + HEX,
        {"peer_service": "shop-faq-80", "correlation_id": HEX},
    ),
    "an ingress that speaks IPv6": (
        ACCESS.format(query="")
        + ' "-" "x" 120 0.250 [shop-faq-80] [] [2a02:cf40::]:9200 470 0.249 503 '
        + HEX,
        {"peer_service": "shop-faq-80", "correlation_id": HEX},
    ),
    "traefik without a referrer": (
        ACCESS.format(query="") + ' - "curl" 13 "shop@docker" "http://172.19.0.6:80" 250ms',
        {"peer_service": "shop"},
    ),
    "IIS with an id in its query": (
        (
            "#Fields: date time cs-method cs-uri-stem cs-uri-query sc-status time-taken\n"
            "2024-05-01 12:00:00 GET /faq/7 RequestId=r-7 503 250"
        ),
        {"correlation_id": "r-7"},
    ),
    "W3C with its day in the header": (
        (
            "#Date: 2024-05-01 11:00:00\n"
            "#Fields: time cs-method cs-uri-stem sc-status time-taken\n"
            "12:00:00 GET /faq/7 503 250"
        ),
        {},
    ),
    "Classic load balancer": (
        (
            f"{STAMP} shop 192.0.2.1:2817 10.0.0.1:80 0.05 0.1 0.1 503 503 0 29 "
            '"GET http://www.example.com:80/faq/7 HTTP/1.1" "curl/8" - -'
        ),
        {"service_name": "shop", "peer_service": "10.0.0.1:80"},
    ),
    "Tornado": (
        "[E 240501 12:00:00 web:2239] 503 GET /faq/7 (127.0.0.1) 250.00ms",
        {"severity_text": "ERROR"},
    ),
    "OpenStack": (
        (
            "2024-05-01 12:00:00.250 7 INFO nova [req-38101a0b-2096-447d-96ea-a692162415ae a] "
            '10.0.0.1 "GET /faq/7 HTTP/1.1" status: 503 len: 9 time: 0.2500000'
        ),
        {"correlation_id": "req-38101a0b-2096-447d-96ea-a692162415ae"},
    ),
    "actix": (
        (
            "[2024-05-01T12:00:00Z ERROR actix_web::middleware::logger] 127.0.0.1 "
            '"GET /faq/7 HTTP/1.1" 503 12 "-" "curl" 0.250000'
        ),
        {"severity_text": "ERROR"},
    ),
    "echo": (
        json.dumps(
            {
                "time": STAMP,
                "remote_ip": "10.0.0.1",
                "method": "GET",
                "uri": "/faq/7",
                "status": 503,
                "error": "",
                "latency": 250000000,
                "latency_human": "250ms",
            }
        ),
        {},
    ),
    "Heroku's router": (
        (
            f'{STAMP} heroku[router]: at=info method=GET path="/faq/7" request_id=r-7 dyno=web.1 '
            "connect=1ms service=250ms status=503 bytes=0"
        ),
        {"correlation_id": "r-7", "service_name": "faq"},
    ),
    "tower, its unit a word of its own": (
        f"{STAMP} ERROR http: done method=GET path=/faq/7 latency=250 ms status=503",
        {"severity_text": "ERROR"},
    ),
    "caddy with headers": (
        json.dumps(
            {
                "level": "error",
                "ts": STAMP,
                "logger": "http.log.access",
                "msg": "handled request",
                "request": {
                    "method": "GET",
                    "host": "h",
                    "uri": "/faq/7",
                    "headers": {"X-Request-Id": ["r-7"], "Traceparent": [f"00-{TRACE}-{SPAN}-01"]},
                },
                "duration": 0.25,
                "status": 503,
            }
        ),
        {"correlation_id": "r-7", "trace_id": TRACE, "parent_span_id": SPAN},
    ),
    "the whole request's time, its upstream's before it": (
        json.dumps(
            {
                "upstream_response_time": "0.1, 0.2",
                "time": STAMP,
                "request_method": "GET",
                "request_uri": "/faq/7?a=b",
                "status": 503,
                "request_time": "0.250",
                "http_x_request_id": "r-7",
            }
        ),
        {"correlation_id": "r-7"},
    ),
    "Serilog rendered": (
        json.dumps(
            {
                "@t": STAMP,
                "@m": "HTTP GET /faq/7 responded 503",
                "@l": "Error",
                "Elapsed": 250.0,
                "RequestMethod": "GET",
                "RequestPath": "/faq/7",
                "StatusCode": 503,
                "@tr": TRACE,
            }
        ),
        {"trace_id": TRACE, "severity_text": "ERROR"},
    ),
    "ASP.NET with scopes": (
        json.dumps(
            {
                "LogLevel": "Error",
                "Timestamp": STAMP,
                "Category": "Hosting",
                "Message": "Request finished HTTP/1.1 GET http://h/faq/7 - 503 - - 250.0ms",
                "Scopes": [{"TraceId": TRACE, "SpanId": SPAN}, "text"],
            }
        ),
        {"trace_id": TRACE, "span_id": SPAN, "severity_text": "ERROR"},
    ),
    "Kubernetes' audit log": (
        json.dumps(
            {
                "kind": "Event",
                "verb": "GET",
                "requestURI": "/faq/7",
                "responseStatus": {"code": 503},
                "requestReceivedTimestamp": START,
                "stageTimestamp": STAMP,
            }
        ),
        {},
    ),
    "Rust's tracing as JSON": (
        json.dumps(
            {
                "timestamp": STAMP,
                "level": "ERROR",
                "target": "tower_http::trace",
                "fields": {"message": "done", "latency": "250 ms", "status": 503},
                "span": {"method": "GET", "uri": "/faq/7"},
            }
        ),
        {"severity_text": "ERROR", "peer_service": None},
    ),
    "GELF": (
        json.dumps(
            {
                "version": "1.1",
                "host": "h",
                "short_message": "done",
                "timestamp": 1714564800.25,
                "level": 3,
                "_method": "GET",
                "_path": "/faq/7",
                "_status": 503,
                "_duration_ms": 250,
                "_trace_id": TRACE,
            }
        ),
        {"trace_id": TRACE, "severity_text": "ERROR"},
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_request_reads_the_same_whoever_wrote_it(tmp_path: Path, name: str) -> None:
    line, own = LINES[name]
    found = read_files(tmp_path, {"faq.log": f"{line}\n"})
    assert found.reasons() == []
    common = {"operation": "GET /faq/{id}", "duration_ns": 250 * MS, "status": "error"}
    common["error_type"] = "http_503"
    expected = common | own
    assert found.row(f"SELECT {', '.join(expected)} FROM span") == expected


CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "HAProxy of TCP below syslog": (
        (
            "May  1 12:00:01 lb haproxy[7]: 10.0.1.2:33313 [01/May/2024:12:00:00.000] fnt "
            "bck/srv1 0/0/250 212 sD 0/0/0/0/3 0/0"
        ),
        {
            "service_name": "fnt",
            "peer_service": "bck",
            "operation": "TCP",
            "status": "error",
            "error_type": "sD",
        },
    ),
    "AWS network load balancer": (
        (
            "tls 2.0 2024-05-01T12:00:01 net/shop/c6e77e28c25b2234 g3d4b5 192.168.131.39:2817 "
            "10.0.0.1:80 250 2 98 246 - arn - ECDHE tlsv12 - x - - - 2024-05-01T12:00:00"
        ),
        {"service_name": "shop", "peer_service": "10.0.0.1:80", "at": "12:00:00.750"},
    ),
    "Envoy of TCP": (
        (
            f'[{START}] "- - -" 0 UF - - "-" 0 0 250 - "-" "-" "-" "-" "10.0.0.3:443" '
            "outbound|443||api.example.com - 10.0.0.3:443 10.1.1.2:3 - -"
        ),
        {"peer_service": "api.example.com", "operation": "TCP", "error_type": "UF"},
    ),
    "Envoy of calls that come in": (
        (
            f'[{START}] "POST /a HTTP/2" 200 - via_upstream - "-" 5 7 250 2 "-" "grpc" "r-7" '
            '"svc" "127.0.0.1:50051" inbound|50051|| 127.0.0.6:1 10.1.1.1:50051 - - default'
        ),
        {"peer_service": None, "operation": "POST /a", "status": "ok"},
    ),
    "go-grpc-middleware": (
        json.dumps(
            {
                "ts": STAMP,
                "level": "error",
                "msg": "finished call",
                "grpc.component": "client",
                "grpc.method": "Pay",
                "grpc.code": "Unavailable",
                "grpc.time_ms": "250.0",
            }
        ),
        {"operation": "Pay", "span_kind": "client", "status": "error", "error_type": "grpc_14"},
    ),
    "Application Insights, a dependency": (
        json.dumps(
            {
                "time": START,
                "Type": "AppDependencies",
                "AppRoleName": "shop",
                "Name": "SELECT",
                "OperationName": "GET /",
                "OperationId": TRACE,
                "ParentId": SPAN,
                "Id": SPAN[::-1],
                "Target": "sqldb",
                "Success": True,
                "DurationMs": 250,
            }
        ),
        {
            "service_name": "shop",
            "operation": "SELECT",
            "span_kind": "client",
            "status": "ok",
            "peer_service": "sqldb",
            "trace_id": TRACE,
            "parent_span_id": SPAN,
        },
    ),
    "Sidekiq": (
        f"{STAMP} pid=7 tid=ab class=HardJob jid=b4a577edbccf1d805744efa9 elapsed=0.25 INFO: fail",
        {
            "operation": "HardJob",
            "status": "error",
            "severity_text": "INFO",
            "correlation_id": "b4a577edbccf1d805744efa9",
        },
    ),
    "MongoDB's slow query": (
        json.dumps(
            {
                "t": {"$date": STAMP},
                "s": "I",
                "c": "COMMAND",
                "id": 51803,
                "msg": "Slow query",
                "attr": {"ns": "shop.users", "durationMillis": 250},
            }
        ),
        {"operation": "Slow query", "severity_text": "INFO"},
    ),
    "bunyan, a part of a service": (
        json.dumps(
            {
                "name": "shop",
                "component": "db",
                "hostname": "h",
                "pid": 3,
                "level": 30,
                "v": 0,
                "msg": "query",
                "duration": "250ms",
                "time": STAMP,
            }
        ),
        {"service_name": "shop", "operation": "query"},
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_call_is_read_as_its_program_means_it(tmp_path: Path, name: str) -> None:
    line, own = CALLS[name]
    found = read_files(tmp_path, {"faq.log": f"{line}\n"})
    assert found.reasons() == []
    columns = ", ".join(name for name in own if name != "at")
    row = found.row(
        f"SELECT {columns}, duration_ns, strftime(start_time, '%H:%M:%S.%g') AS at FROM span"
    )
    assert row == {"duration_ns": 250 * MS, "at": "12:00:00.000", **own}


LOGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Nextcloud's levels": (
        {
            "reqId": "r-7",
            "level": 3,
            "time": START,
            "remoteAddr": "",
            "app": "files",
            "message": "m",
        },
        {"severity_text": "ERROR", "service_name": "files", "correlation_id": "r-7"},
    ),
    "winston's stack": (
        {"level": "error", "message": "m", "timestamp": START, "stack": "TypeError: m\n    at f"},
        {"error_type": "TypeError", "status": "error"},
    ),
    "a stack that is none": (
        {"level": "info", "message": "m", "timestamp": START, "stack": "prod"},
        {"status": "unset", "error_type": None},
    ),
    "PostgreSQL as JSON": (
        {"timestamp": "2024-05-01 12:00:00.000 UTC", "error_severity": "ERROR", "message": "m"},
        {"severity_text": "ERROR", "status": "error"},
    ),
    "slog between two levels": (
        {"time": START, "level": "WARN+1", "msg": "m"},
        {"severity_text": "WARN"},
    ),
    "a trace id that says there is none": (
        {"time": START, "level": "info", "msg": "m", "trace_id": "N/A"},
        {"trace_id": None},
    ),
    "a trace as Google names it": (
        {
            "time": START,
            "message": "m",
            "logging.googleapis.com/trace": f"projects/p/traces/{TRACE}",
        },
        {"trace_id": TRACE},
    ),
    "milliseconds since 1970": ({"timeMillis": 1714564800000, "message": "m"}, {}),
    "a day and a time of day": ({"date": "2024-05-01", "time": "12:00:00", "msg": "m"}, {}),
    "times of several attempts": (
        {"time": START, "msg": "m", "upstream_response_time": "0.005, 0.010 : -", "uri": "/x"},
        {},
    ),
    "a sign before an epoch": ({"ts": "+1714564800", "message": "m"}, {}),
}


@pytest.mark.parametrize("name", LOGS)
def test_line_is_read_as_its_logger_means_it(tmp_path: Path, name: str) -> None:
    line, own = LOGS[name]
    found = read_files(tmp_path, {"faq.log": json.dumps(line)})
    expected = {"body": "m", "at": "12:00:00", **own}
    columns = ", ".join(["body", "strftime(time, '%H:%M:%S') AS at", *own])
    assert found.row(f"SELECT {columns} FROM log_record") == expected


def test_identifiers_are_no_figures(tmp_path: Path) -> None:
    line = {"@timestamp": START, "message": "m", "process": {"thread": {"id": 7, "name": "main"}}}
    found = read_files(tmp_path, {"faq.log": json.dumps(line)})
    assert found.rows("SELECT * FROM measurement") == []


SYSLOG = {
    "Jun 14 15:16:01 combo sshd(pam_unix)[19939]: failure": ("sshd", "failure", None),
    "<13>août 19 11:08:37 host faq[7]: began": ("faq", "began", "INFO"),
    "Dec 10 07:13:43 host sshd[7]: error: no answer": ("sshd", "error: no answer", "ERROR"),
    "83 <45>1 2012-11-30T06:45:29+00:00 host app web.3 - Going up": ("app", "Going up", "INFO"),
}


@pytest.mark.parametrize("line", SYSLOG)
def test_heads_of_syslog(tmp_path: Path, line: str) -> None:
    row = read_files(tmp_path, {"x.log": line}).row(
        "SELECT service_name, body, severity_text FROM log_record"
    )
    assert tuple(row.values()) == SYSLOG[line]


def test_journal_in_iso_times_needs_no_process_ids_once_it_is_known(tmp_path: Path) -> None:
    lines = [
        "-- Journal begins at Wed 2024-05-01 10:00:00 UTC. --",
        "2024-05-01T12:00:00+0200 host faq[7]: began",
        "2024-05-01T12:00:01+0200 host kernel: usb 1-1: new",
    ]
    found = read_files(tmp_path, {"x.log": "\n".join(lines)})
    rows = found.rows("SELECT service_name, body FROM log_record ORDER BY line_number")
    assert [tuple(row.values()) for row in rows] == [("faq", "began"), ("kernel", "usb 1-1: new")]
    assert found.account()["excluded"] == 1
