"""Secrets planted in every place of every format are in nothing that a run leaves behind.

Not in a byte of the store, in no file of the output folder, not on the terminal.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analyzer.store import query

# What must not be found -> how it stands in a text, so that a reader could know it for one.
SECRETS = {
    "7203948571:AAF9sK3l_QmZx-v8TyUwPq2RdEhGjNbMcXa": "https://api.telegram.org/bot{}/getMe",
    "s3cr3tBearerValue0123": "Authorization: Bearer {}",
    "dXNlcjpodW50ZXIy": "proxy-authorization: Basic {}",
    "6629fae49393a05397450978507c4ef1": 'Authorization: Digest username="M", response="{}"',
    "tr0ub4dor3": "password={}",
    "hunter2pwd": "pwd={}",
    "hunter2passwd": "passwd: {}",
    "ak_live_51H8xYzzQ": "/v1/pay?api_key={}&b=1",
    "acc3ssT0kenOfSomeone": "accessToken={}",
    "clientS3cret77": "grant client_secret={} given",
    "xapikey991": "X-Api-Key: {}",
    "tgwebhooksecret5": "X-Telegram-Bot-Api-Secret-Token: {}",
    "91ab77cd33ef": "Cookie: sid={}; theme=dark",
    "setc00kie55": "Set-Cookie: session={}; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dBjftJeZ4CVPmB92K27uhbUJU1": "jwt {} seen",
    "dbp@ss/99": "postgres://app:{}@db:5432/x",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789": "clone https://{}@github.com/x",
    "ana.petrova@example.org": "mail to {} failed",
    "ana.ivanova%40example.org": "GET /sub?mail={}",
    "+49 170 1234567": "call {} back",
    "0170 7654321": "call {} back",
    "089/7654321": "tel {}",
    "(0171) 2345678": "reached {} at home",
    "06 98 76 54 32": "sms {}",
    "8 (916) 123-45-67": "sms {}",
    "4539 1488 0343 6467": "paid with {}",
    "5555555555554444": "paid with {}",
    "378282246310005": "paid with {}",
    "203.0.113.77": "from {} port 4000",
    "2001:db8:1:2:3:4:5:6": "from {} port 4000",
    "2a02:8109:9340::dead:beef": "peer [{}]:443",
    "918273645": "user_id={} joined",
    "918273646": "chatId={} joined",
    "MIIEpAIBAAKCAQEAxyz": "-----BEGIN RSA PRIVATE KEY----- {} -----END RSA PRIVATE KEY-----",
}
CARRIERS = [form.format(secret) for secret, form in SECRETS.items()]
HEADERS = {
    "authorization": "Token h3aderListSecret1",
    "Cookie": "h3aderListSecret2=1",
    "X-Api-Key": "h3aderListSecret3",
}
UPDATE = {
    "update_id": 7,
    "message": {
        "message_id": 5,
        "from": {"id": 918273647, "first_name": "Anastasia"},
        "chat": {"id": 918273648},
        "text": "my knee hurts since tuesday",
    },
}
ONLY_BY_KEY = ["h3aderListSecret", "918273647", "918273648", "Anastasia", "my knee hurts"]
EXACT_ONLY = ["204.13.77.9", "2001:db8:9:9::9"]
ISO = "2026-03-01T10:00:00.000Z"
NS = "1772359200000000000"


def json_lines() -> Iterator[str]:
    for text in CARRIERS:
        yield json.dumps({"time": ISO, "msg": text})
        yield json.dumps({"time": ISO, "level": "error", "error": text, "msg": "x"})
        yield json.dumps(
            {"time": ISO, "op": text, "duration_ms": 1, "peer": text, "service": text}
        )
        yield json.dumps({"time": ISO, "msg": "key", text: 1, "nested": {"in": {text: [text]}}})
        yield json.dumps({"time": ISO, "msg": "in JSON", "raw": json.dumps({"a": [text]})})
        yield json.dumps({"time": ISO, "msg": "x", "request_id": text, "trace_id": text})
        yield json.dumps({"time": ISO, "url": f"https://h/p?x={text}", "duration_ms": 2})
        yield json.dumps({"time": ISO, "level": "error", "stack_trace": f"E: {text}\n  at f:1"})
        yield json.dumps({"time": ISO, "msg": "x", f"{text}.duration": 5})
        yield json.dumps({"msg": f"no time, {text}"})
    listed = [{"name": name, "value": value} for name, value in HEADERS.items()]
    flat = [part for pair in HEADERS.items() for part in pair]
    for headers in (HEADERS, listed, list(HEADERS.items()), flat):
        yield json.dumps({"time": ISO, "msg": "x", "headers": headers, "http": {"h": headers}})
        yield json.dumps({"time": ISO, "msg": json.dumps(headers)})
        yield json.dumps(
            {"time": ISO, "msg": repr(headers), "raw": json.dumps(json.dumps(headers))}
        )
    yield json.dumps({"time": ISO, "msg": "update", "update": UPDATE})
    yield json.dumps({"time": ISO, "msg": f"update {json.dumps(UPDATE)}"})
    yield json.dumps({"time": ISO, "msg": f"update {UPDATE!r}"})
    ips = {"client_ip": EXACT_ONLY[0], "x_forwarded_for": EXACT_ONLY, "remoteAddr": EXACT_ONLY[1]}
    yield json.dumps({"time": ISO, "msg": "x", **ips})


def quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def wrapped_text() -> dict[str, Callable[[str], str]]:
    """How each text format carries a message."""
    return {
        "logfmt.log": lambda t: f'time={ISO} level=info msg="{quoted(t)}" extra="{quoted(t)}"',
        "python.log": lambda t: f"2026-03-01 10:00:00,000 INFO app.core: {t}",
        "traceback.log": lambda t: (
            f"2026-03-01 10:00:00,000 ERROR app.core failed\nTraceback (most recent call last):\n"
            f'  File "a.py", line 1, in f\n    call("{t}")\nValueError: {t}'
        ),
        "logback.log": lambda t: f"2026-03-01 10:00:00.123 [main] WARN  com.foo.Bar - {t}",
        "klog.log": lambda t: f"E0301 10:00:00.619632 1952 main.go:253] {t}",
        "access.log": lambda t: (
            f'203.0.113.77 - - [01/Mar/2026:10:00:00 +0000] "GET /a?{quoted(t)} HTTP/1.1" 200 5 '
            f'"{quoted(t)}" "{quoted(t)}" 0.001'
        ),
        "envoy.log": lambda t: (
            f'[{ISO}] "GET /a?{t} HTTP/1.1" 200 - 0 5 4 3 "203.0.113.77" "{t}" "r-1" "h" '
            '"10.0.0.1:80"'
        ),
        "syslog.log": lambda t: f"<134>Mar  1 10:00:01 host app[7]: {t}",
        "rfc5424.log": lambda t: f'<11>1 {ISO} host app 8 ID [x@1 a="{quoted(t)}"] {t}',
        "docker.log": lambda t: json.dumps({"log": f"{t}\n", "stream": "stdout", "time": ISO}),
        "cri.log": lambda t: f"{ISO} stdout F {t}",
        "compose.log": lambda t: f"web-1  | 2026-03-01 10:00:00 INFO {t}",
        "journald.json": lambda t: json.dumps(
            {"__REALTIME_TIMESTAMP": NS[:16], "MESSAGE": t, "_SYSTEMD_UNIT": "app.service"}
        ),
        "loki.json": lambda t: json.dumps(
            {"streams": [{"stream": {"app": "x", "note": t}, "values": [[NS, t]]}]}
        ),
        "cloudwatch.json": lambda t: json.dumps(
            {"timestamp": int(NS[:13]), "message": t, "logStreamName": "a/b/c"}
        ),
        "unknown.log": lambda t: f"\x01 no known format, but {t}",
        "cut.jsonl": lambda t: json.dumps({"time": ISO, "msg": t})[:-2],
        "otlp.jsonl": lambda t: json.dumps(
            {"resourceSpans": [{"resource": {"attributes": [attribute("service.name", "x")]},
             "scopeSpans": [{"spans": [{
                 "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "00f067aa0ba902b7",
                 "name": t, "startTimeUnixNano": NS, "endTimeUnixNano": NS,
                 "attributes": [attribute("note", t)], "status": {"code": 2, "message": t},
                 "events": [{"name": "exception", "attributes": [
                     attribute("exception.message", t)]}]}]}]}]}
        ),
        "jaeger.jsonl": lambda t: json.dumps(
            {"traceID": "4bf92f3577b34da6a3ce929d0e0e4736", "spanID": "00f067aa0ba902b7",
             "operationName": t, "startTime": int(NS[:16]), "duration": 5,
             "tags": [{"key": "note", "type": "string", "value": t}],
             "logs": [{"timestamp": 1, "fields": [{"key": "event", "value": t}]}],
             "process": {"serviceName": "x"}}
        ),
        "zipkin.jsonl": lambda t: json.dumps(
            {"traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "id": "00f067aa0ba902b7", "name": t,
             "timestamp": int(NS[:16]), "duration": 5, "localEndpoint": {"serviceName": "x"},
             "tags": {"note": t, "error": t}}
        ),
    }  # fmt: skip


def attribute(key: str, value: str) -> dict[str, object]:
    return {"key": key, "value": {"stringValue": value}}


def plant(folder: Path) -> None:
    folder.mkdir()
    (folder / "app.jsonl").write_text("\n".join(json_lines()))
    for name, render in wrapped_text().items():
        (folder / name).write_text("\n".join(render(text) for text in CARRIERS))
    rows = [f'{ISO},x,"{text.replace(chr(34), chr(34) * 2)}",1' for text in CARRIERS]
    (folder / "table.csv").write_text("timestamp,service,message,note\n" + "\n".join(rows))
    (folder / "mail ana.petrova@example.org").mkdir()
    named = folder / "mail ana.petrova@example.org" / "password=tr0ub4dor3.log"
    named.write_text(f"2026-03-01 10:00:00,000 INFO app.core: fine\n{chr(1)} not fine\n")
    key = "\n".join(["-----BEGIN RSA PRIVATE KEY-----", "MIIEpAIBAAKCAQEAxyz" * 3, "-----END"])
    (folder / "key.jsonl").write_text(json.dumps({"time": ISO, "msg": "x"}) + f"\n{key}\n")


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The output folder of a run over the planted logs, and what it said."""
    folder = tmp_path_factory.mktemp("planted")
    plant(folder / "logs")
    command = [sys.executable, "-m", "analyzer", str(folder / "logs"), "-o", str(folder / "out")]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path.cwd())
    return folder / "out", said.stdout + said.stderr


def all_secrets() -> list[str]:
    return [*SECRETS, *ONLY_BY_KEY, *EXACT_ONLY]


def test_no_cell_of_the_store_holds_a_secret(left_behind: tuple[Path, str]) -> None:
    store = left_behind[0] / "analysis.duckdb"
    tables = query(store, "SELECT table_name FROM duckdb_tables()").to_series().to_list()
    found = []
    for table in tables:
        for row in query(store, f'SELECT * FROM "{table}"').iter_rows(named=True):
            if table == "store_property":
                continue  # the paths of the user's own command, and counts
            cells = {key: repr(cell) for key, cell in row.items()}
            found += [
                (secret, table, key, cell[:300])
                for secret in all_secrets()
                for key, cell in cells.items()
                if secret in cell
            ]
    assert found == []


def test_no_byte_of_any_output_holds_a_secret(left_behind: tuple[Path, str]) -> None:
    folder, said = left_behind
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"analysis.duckdb", "report.html", "inventory.csv"} <= {path.name for path in files}
    found = [
        (secret, path.name)
        for path in files
        for secret in all_secrets()
        if secret.encode() in path.read_bytes()
    ]
    assert found == []
    assert [secret for secret in all_secrets() if secret in said] == []


def test_every_line_stays_accounted_for_and_masks_are_reported_by_kind(
    left_behind: tuple[Path, str],
) -> None:
    store = left_behind[0] / "analysis.duckdb"
    sums = query(
        store,
        "SELECT count(*) FILTER (lines <> records + quarantined + blank + folded + excluded) "
        "FROM source_file",
    )
    assert sums.item() == 0
    kinds = query(store, "SELECT scope, count FROM data_quality WHERE \"check\" = 'masked'")
    assert {
        "token", "secret", "jwt", "credentials", "email", "phone", "card", "ip", "user", "pem",
        "personal",
    } == set(kinds["scope"])  # fmt: skip
    assert all(count > 0 for count in kinds["count"])
    assert "hidden before anything was stored" in (left_behind[0] / "report.html").read_text()
