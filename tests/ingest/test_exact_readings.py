"""What a line says outright is read exactly: its outcome, its instant, its name, its pieces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.reading import read_files

STAMP = "2024-05-01T12:00:00.250Z"
ROOT = "1-67891233-abcdef012345678912345678"
ALB = (
    "http 2024-05-01T12:00:00.250000Z app/shop/50dc 192.168.1.9:2817 10.0.0.1:80 {times} "
    '34 366 "GET http://www.example.com:80/faq/7 HTTP/1.1" "curl" - - '
    'arn:aws:elasticloadbalancing:eu:1:targetgroup/shop/73e2 "Root=' + ROOT + '" "-" "-" 0 - "-"'
)
HAPROXY = (
    "10.0.0.1:4242 [01/May/2024:12:00:00.000] front back/srv1 0/0/-1/-1/{total} {status} 212 - - "
    '{end} 1/1/0/0/0 0/0 "GET /faq/7 HTTP/1.1"'
)
ENVOY = '[2024-05-01T12:00:00.000Z] "GET /a HTTP/1.1" 0 DC 0 95 250 - "-" "curl" "r" "h" "-"'


@pytest.mark.parametrize("many", [1, 50])
def test_a_cancelled_request_is_no_error_whatever_its_level(tmp_path: Path, many: int) -> None:
    lines = [
        {"time": STAMP, "level": "error", "method": "GET", "path": "/faq", "status": 499,
         "duration_ms": number, "error_type": "Gone"}
        for number in range(many)
    ]  # fmt: skip
    found = read_files(tmp_path, {"faq.log": "\n".join(map(json.dumps, lines))})
    assert found.rows("SELECT DISTINCT status, error_type FROM span") == [
        {"status": "unset", "error_type": None}
    ]


@pytest.mark.parametrize("many", [1, 50])
@pytest.mark.parametrize("wrapped", [False, True])
def test_epochs_keep_their_nanoseconds(tmp_path: Path, many: int, *, wrapped: bool) -> None:
    written = [f"1714564800.{number:09d}" for number in range(123_456_789, 123_456_789 + many)]
    lines = [f'{{"ts":{digits},"level":"info","op":"x","duration_ms":0}}' for digits in written]
    if wrapped:
        lines = [
            json.dumps({"log": f"{line}\n", "stream": "stdout", "time": STAMP}) for line in lines
        ]
    found = read_files(tmp_path, {"faq.log": "\n".join(lines)})
    rows = found.rows("SELECT start_ns FROM span ORDER BY line_number")
    assert [row["start_ns"] for row in rows] == [
        int(digits.replace(".", "")) for digits in written
    ]


@pytest.mark.parametrize(
    "head",
    [
        "INFO [app.tickets] ",
        "INFO     [app.tickets]: ",
        "- INFO - [app.tickets] - ",
        "[INFO] [app.tickets] ",
        "INFO [MainThread] [app.tickets] ",
        "INFO [app.tickets:42] ",
    ],
)
def test_a_logger_in_brackets_is_no_part_of_the_work(tmp_path: Path, head: str) -> None:
    line = f"2024-05-01 12:00:00,250 {head}Ticket submitted duration_ms=12\n"
    found = read_files(tmp_path, {"faq.log": line})
    assert found.row("SELECT operation, duration_ns FROM span") == {
        "operation": "Ticket submitted",
        "duration_ns": 12_000_000,
    }


FAILED: dict[str, tuple[str, dict[str, Any]]] = {
    "a target that never answered": (
        ALB.format(times="-1 -1 -1 460 -"),
        {"status": "error", "error_type": "transport", "duration_ns": None},
    ),
    "a target that never answered, told by its status": (
        ALB.format(times="-1 -1 -1 504 -"),
        {"status": "error", "error_type": "http_504", "duration_ns": None},
    ),
    "HAProxy's client that went away": (
        HAPROXY.format(total="250", status=200, end="CD--"),
        {"status": "error", "error_type": "CD--", "duration_ns": 250_000_000},
    ),
    "HAProxy's session that took a cookie": (
        HAPROXY.format(total="250", status=200, end="--VN"),
        {"status": "ok", "error_type": None, "duration_ns": 250_000_000},
    ),
    "Envoy without a status": (
        ENVOY,
        {"status": "error", "error_type": "transport", "duration_ns": 250_000_000},
    ),
}


@pytest.mark.parametrize("name", FAILED)
def test_what_a_proxy_says_of_a_failure_stands(tmp_path: Path, name: str) -> None:
    line, expected = FAILED[name]
    found = read_files(tmp_path, {"lb.log": f"{line}\n"})
    sql = "SELECT status, error_type, duration_ns FROM span UNION ALL "
    assert found.row(f"{sql} SELECT status, error_type, NULL FROM log_record") == expected


def test_the_root_of_a_load_balancer_is_a_trace(tmp_path: Path) -> None:
    line = ALB.format(times="0.001 0.200 0.049 200 200")
    found = read_files(tmp_path, {"lb.log": f"{line}\n"})
    assert found.row("SELECT trace_id, correlation_id, duration_ns FROM span") == {
        "trace_id": ROOT[2:].replace("-", ""),
        "correlation_id": ROOT,
        "duration_ns": 250_000_000,
    }


def test_a_line_cut_between_two_words_is_joined_as_it_was(tmp_path: Path) -> None:
    content = (
        f'{STAMP} stdout P 10.0.0.1 - - [01/May/2024:12:00:00 +0000] "GET \n'
        f'{STAMP} stdout F /faq HTTP/1.1" 200 5 "-" "curl" rt=0.250\n'
    )
    found = read_files(tmp_path, {"faq.log": content})
    assert found.row("SELECT operation FROM span") == {"operation": "GET /faq"}


def test_a_wrapper_takes_no_id_from_its_line(tmp_path: Path) -> None:
    line = {"@timestamp": STAMP, "span.id": "00f067aa0ba902b7", "message": "x"}
    entry = {"__REALTIME_TIMESTAMP": "1714564800250000", "PRIORITY": "6"}
    entry["MESSAGE"] = json.dumps(line)
    found = read_files(tmp_path, {"faq.log": json.dumps(entry)})
    assert found.row("SELECT span_id FROM log_record") == {"span_id": "00f067aa0ba902b7"}


S = "2024-05-01T12:00:00.250Z"
DONE = {"duration_ns": 250_000_000, "status": "error"}
WORK: dict[str, tuple[str, dict[str, Any]]] = {
    "Elasticsearch's slow log": (
        ("[2024-05-01T12:00:00,250][WARN ][i.s.s.query              ] [node-1] [tickets][0] "
        "took[1.2s], took_millis[1250], total_hits[5 hits], types[], stats[], id[],"),
        {"operation": "[tickets][#]", "duration_ns": 1_250_000_000, "severity_text": "WARN"},
    ),
    "Elasticsearch's slow log as ECS": (
        json.dumps({"@timestamp": S, "log.level": "WARN", "ecs.version": "1.2.0",
                    "elasticsearch.slowlog.message": "[tickets][0]",
                    "elasticsearch.slowlog.took_millis": 250}),
        {"operation": "[tickets][#]", "duration_ns": 250_000_000},
    ),
    "Heroku's router below a syslog head": (
        (f"<158>1 {S} host heroku router - at=error method=GET path=/faq/7 host=h request_id=r-7 "
        "dyno=web.1 connect=1ms service=250ms status=503 bytes=13"),
        {"operation": "GET /faq/{id}", "correlation_id": "r-7", **DONE},
    ),
    "linkerd's access log": (
        json.dumps({"method": "GET", "processing_ns": "50000", "status": 503, "timestamp": S,
                    "total_ns": "250000000", "uri": "http://h/faq/7"}),
        {"operation": "GET /faq/{id}", **DONE},
    ),
    "PostgreSQL's csvlog": (
        ('2024-05-01 12:00:00.250 UTC,"app","shop",57,"10.0.0.1:5050",6632.1,3,"SELECT",'
        '2024-05-01 11:59:00 UTC,3/7,0,LOG,00000,"duration: 250.000 ms  statement: SELECT ""a""",'
        ',,,,,,,,"psql","client backend",,0'),
        {"operation": "SELECT #", "duration_ns": 250_000_000, "severity_text": "INFO"},
    ),
    "Azure App Service": (
        json.dumps({"time": S, "category": "AppServiceHTTPLogs",
                    "properties": {"CsUriStem": "/faq/7", "CsMethod": "GET", "TimeTaken": 250,
                                   "ScStatus": "503"}}),
        {"operation": "GET /faq/{id}", **DONE},
    ),
    "Logback's access events": (
        json.dumps({"@timestamp": S, "method": "GET", "requested_uri": "/faq/7",
                    "status_code": 503, "elapsed_time": 250}),
        {"operation": "GET /faq/{id}", **DONE},
    ),
    "Rack": (
        '10.0.0.1 - - [01/May/2024:12:00:00 +0000] "GET /faq/7 HTTP/1.1" 503 - 0.2500',
        {"operation": "GET /faq/{id}", **DONE},
    ),
    "Sidekiq up to 5": (
        f"{S} 7 TID-abc MailJob JID-b4a577 INFO: fail: 0.25 sec",
        {"operation": "MailJob", "correlation_id": "b4a577", "severity_text": "INFO", **DONE},
    ),
    "Sidekiq as JSON": (
        json.dumps({"ts": S, "pid": 7, "tid": "abc", "lvl": "INFO", "msg": "fail",
                    "ctx": {"class": "MailJob", "jid": "b4a577", "elapsed": 0.25}}),
        {"operation": "MailJob", "correlation_id": "b4a577", **DONE},
    ),
    "Dramatiq": (
        ("[2024-05-01 12:00:00,250] [PID 8] [Thread-3] [shop.send_mail] [INFO] "
        "Completed after 250.00ms."),
        {"operation": "shop.send_mail", "duration_ns": 250_000_000, "status": "ok"},
    ),
    "Rust's spans around a line": (
        (f"{S}  INFO request{{method=GET uri=/faq/7 version=HTTP/1.1}}: "
        "tower_http::trace::on_response: finished processing request latency=250 ms status=503"),
        {"operation": "GET /faq/{id}", **DONE},
    ),
    "Rust's target": (
        f"{S}  INFO shop::faq: Ticket submitted latency=250 ms status=503",
        {"operation": "Ticket submitted", **DONE},
    ),
    "OpenTelemetry's console": (
        json.dumps({"name": "GET /faq", "context": {
            "trace_id": "0x4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "0x00f067aa0ba902b7"},
            "kind": "SpanKind.SERVER", "parent_id": "0x00f067aa0ba902b8",
            "start_time": "2024-05-01T12:00:00.000000Z", "end_time": S,
            "status": {"status_code": "ERROR"},
            "resource": {"attributes": {"service.name": "shop"}}}),
        {"operation": "GET /faq", "service_name": "shop", "span_kind": "server",
         "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
         "parent_span_id": "00f067aa0ba902b8", **DONE},
    ),
    "a request that was never answered": (
        '10.0.0.1 - - [01/May/2024:12:00:00 +0000] "GET /faq HTTP/1.1" 000 0 "-" "x" rt=0.250',
        {"operation": "GET /faq", "error_type": "transport", **DONE},
    ),
    "Amazon's trace": (
        json.dumps({"time": S, "op": "x", "duration_ms": 250, "level": "error",
                    "trace_id": f"Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1"}),
        {"trace_id": "67891233abcdef012345678912345678", **DONE},
    ),
    "words before an object": (
        '[2024-05-01 12:00:00] local.ERROR: ticket created {"ticket_id":5,"duration_ms":250} []',
        {"operation": "ticket created", "severity_text": "ERROR", **DONE},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WORK)
def test_work_is_found_where_a_program_tells_of_it(tmp_path: Path, name: str) -> None:
    line, expected = WORK[name]
    found = read_files(tmp_path, {"faq.log": f"{line}\n"})
    assert found.reasons() == []
    assert found.row(f"SELECT {', '.join(expected)} FROM span") == expected


SAID: dict[str, tuple[str, dict[str, Any]]] = {
    "nginx's gravest": (
        "2024/05/01 12:00:05 [emerg] 1#1: bind() to 0.0.0.0:80 failed",
        {"severity_text": "FATAL", "status": "error"},
    ),
    "Fluent Bit": (
        "[2024/05/01 12:00:02] [ warn] [engine] failed to flush chunk",
        {"severity_text": "WARN", "body": "failed to flush chunk"},
    ),
    "NLog with a thread": (
        "2024-05-01 12:00:00.1234|7|ERROR|Shop.Faq|Request lost",
        {"severity_text": "ERROR", "body": "Request lost"},
    ),
    "Erlang's reports": (
        "=CRASH REPORT==== 1-May-2024::12:00:01 ===\n  crasher: x",
        {"severity_text": "ERROR", "status": "error"},
    ),
    "Elixir's metadata": (
        "2024-05-01 12:00:00.123 request_id=F7 [info] Sent 503 in 250ms",
        {"severity_text": "INFO", "correlation_id": "F7", "status": "error"},
    ),
    "Rails under its request": (
        (
            "I, [2024-05-01T12:00:01.123456 #7]  INFO -- : [8601b555-6a83-4c12-8269-97c8e32cdb22] "
            "Completed 500 Internal Server Error in 250ms (Views: 2.1ms)"
        ),
        {"correlation_id": "8601b555-6a83-4c12-8269-97c8e32cdb22", "error_type": "http_500"},
    ),
    "linkerd": (
        "[    12.345s]  WARN ThreadId(02) outbound: linkerd_app_core: refused",
        {"severity_text": "WARN"},
    ),
    "lines that HashiCorp indents": (
        "    2018/05/01 12:00:02 [ERR] agent: failed to sync",
        {"severity_text": "ERROR"},
    ),
    "winston's simple form": (
        'warn: out of stock {"timestamp":"2024-05-01T12:00:00.250Z"}',
        {"severity_text": "WARN", "body": "out of stock"},
    ),
    "Resque": (
        "** [12:00:00 2024-05-01] 7: got: (Job{mail} | Mail | [1])",
        {"body": "got: (Job{mail} | Mail | [1])"},
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_a_line_is_read_as_its_program_means_it(tmp_path: Path, name: str) -> None:
    line, expected = SAID[name]
    found = read_files(tmp_path, {"faq.log": f"{line}\n"})
    assert found.reasons() == []
    assert found.row(f"SELECT {', '.join(expected)} FROM log_record") == expected
