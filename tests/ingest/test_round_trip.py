"""Whatever is rendered in any format comes back as it was, and damage costs only its own line."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.reading import Ingested, count_lines, read_files

BEGIN = datetime(2026, 3, 1, 10, tzinfo=UTC)


class Work(NamedTuple):
    """One request: when it ended (ms after 10:00), what it was, how long and how it went."""

    end_ms: int
    word: str
    ms: int
    code: int
    note: str

    @property
    def end(self) -> datetime:
        return BEGIN + timedelta(milliseconds=self.end_ms)

    @property
    def start(self) -> datetime:
        return self.end - timedelta(milliseconds=self.ms)

    @property
    def path(self) -> str:
        return f"/{self.word}/list"

    def iso(self, *, start: bool = False) -> str:
        moment = self.start if start else self.end
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}"

    def us(self, *, start: bool = False) -> int:
        moment = self.start if start else self.end
        return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def ecs(w: Work) -> str:
    return dumps({
        "@timestamp": f"{w.iso()}Z", "ecs.version": "8", "service.name": "faq", "message": w.note,
        "http.request.method": "GET", "url.path": w.path, "http.response.status_code": w.code,
        "event.duration": w.ms * 1_000_000,
    })  # fmt: skip


def pairs(w: Work) -> str:
    note = w.note.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'method=GET path={w.path} status={w.code} duration_ms={w.ms} note="{note}"'


def logfmt(w: Work) -> str:
    return f"time={w.iso()}Z level=info {pairs(w)}"


def text(w: Work) -> str:
    return f"{w.iso().replace('T', ' ').replace('.', ',')} INFO app.http: done {pairs(w)}"


def clf(w: Work) -> str:
    return f'10.0.0.1 - - [{w.end:%d/%b/%Y:%H:%M:%S} +0000] "GET {w.path} HTTP/1.1" {w.code} 5 "-"'


def otlp(w: Work) -> dict[str, Any]:
    return {
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "faq"}}]},
        "scopeSpans": [{"spans": [{
            "traceId": f"{w.end_ms + 1:032x}", "spanId": f"{w.end_ms + 1:016x}",
            "name": f"GET {w.path}", "kind": 2, "startTimeUnixNano": f"{w.us(start=True)}000",
            "endTimeUnixNano": f"{w.us()}000",
            "attributes": [
                {"key": "http.response.status_code", "value": {"intValue": str(w.code)}},
                {"key": "note", "value": {"stringValue": w.note}},
            ],
        }]}],
    }  # fmt: skip


def jaeger(w: Work) -> dict[str, Any]:
    return {
        "traceID": f"{w.end_ms + 1:032x}", "spanID": f"{w.end_ms + 1:016x}", "references": [],
        "operationName": f"GET {w.path}", "startTime": w.us(start=True), "duration": w.ms * 1000,
        "tags": [{"key": "http.status_code", "type": "int64", "value": w.code},
                 {"key": "note", "type": "string", "value": w.note}],
        "process": {"serviceName": "faq", "tags": []},
    }  # fmt: skip


def alb(w: Work) -> str:
    return (
        f"https {w.iso()}Z app/lb/5 10.0.0.1:1 10.0.0.2:80 0.000 {w.ms / 1000:.3f} 0.000 {w.code} "
        f'{w.code} 1 2 "GET https://h:443{w.path} HTTP/1.1" "x" A B '
        'arn:aws:x:targetgroup/faq/7 "Root=1-58337281-1d84f3d73c47ec4e58577259" "h"'
    )


def haproxy(w: Work) -> str:
    return (
        f"Mar  1 10:00:00 lb haproxy[1]: 10.0.0.1:3 [{w.start:%d/%b/%Y:%H:%M:%S}."
        f"{w.start.microsecond // 1000:03d}] faq back/s1 0/0/0/{w.ms}/{w.ms} {w.code} 5 - - ---- "
        f'1/1/1/1/0 0/0 "GET {w.path} HTTP/1.1"'
    )


LINES: dict[str, Callable[[Work], str]] = {
    "ecs": ecs,
    "logfmt": logfmt,
    "text": text,
    "logback": lambda w: f"{w.iso().replace('T', ' ')} [main] INFO  a.b.C - done {pairs(w)}",
    "nginx": lambda w: f'{clf(w)} "x" request_time={w.ms / 1000:.3f}',
    "envoy": lambda w: (
        f'[{w.iso(start=True)}Z] "GET {w.path} HTTP/1.1" {w.code} - 0 5 {w.ms} 1 "-" "x" "r" '
        '"h" "-"'
    ),
    "alb": alb,
    "haproxy": haproxy,
    "otlp": lambda w: dumps({"resourceSpans": [otlp(w)]}),
    "jaeger": lambda w: dumps(jaeger(w)),
    "docker": lambda w: dumps({"log": f"{ecs(w)}\n", "stream": "stdout", "time": f"{w.iso()}Z"}),
    "cri": lambda w: f"{w.iso()}Z stdout F {text(w)}",
    "compose": lambda w: f"faq-1  | {text(w)}",
    "journald": lambda w: dumps(
        {"__REALTIME_TIMESTAMP": str(w.us()), "MESSAGE": f"done {pairs(w)}", "_PID": "1"}
    ),
    "syslog": lambda w: f"<134>1 {w.iso()}Z h faq 1 - - done {pairs(w)}",
    "cloudwatch": lambda w: dumps(
        {"timestamp": w.us() // 1000, "message": logfmt(w), "logStreamName": "a/faq/c"}
    ),
}
DOCUMENTS: dict[str, Callable[[Sequence[Work]], str]] = {
    "otlp document": lambda ws: json.dumps({"resourceSpans": [otlp(w) for w in ws]}, indent=1),
    "jaeger document": lambda ws: json.dumps(
        {"data": [{"spans": [jaeger(w) for w in ws]}]}, indent=1
    ),
    "loki": lambda ws: dumps({"streams": [
        {"stream": {"app": "faq"}, "values": [[f"{w.us()}000", text(w)] for w in ws]}
    ]}),
    "csv": lambda ws: "\n".join(
        ["timestamp,service,method,path,status,duration_ms"]
        + [f"{w.iso()}Z,faq,GET,{w.path},{w.code},{w.ms}" for w in ws]
    ),
    "w3c": lambda ws: "\n".join(
        ["#Fields: date time cs-method cs-uri-stem sc-status time-taken"]
        + [f"{w.end:%Y-%m-%d %H:%M:%S} GET {w.path} {w.code} {w.ms}" for w in ws]
    ),
}  # fmt: skip
SECONDS_ONLY = {"nginx", "w3c"}

WORK = st.builds(
    Work,
    end_ms=st.integers(0, 3_599_999),
    word=st.sampled_from(["faq", "tickets", "users"]),
    ms=st.integers(0, 600_000),
    code=st.sampled_from([200, 204, 301, 404, 500, 503]),
    note=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
)


def told(works: Sequence[Work], name: str) -> Counter[tuple[Any, ...]]:
    """What each work must come back as; some formats know its end to the second only."""
    found: Counter[tuple[Any, ...]] = Counter()
    for w in works:
        end = w.us() // 1_000_000 * 1_000_000 if name in SECONDS_ONLY else w.us()
        status = "error" if w.code >= 500 else "ok"
        found[f"GET {w.path}", w.ms * 1_000_000, status, end * 1000 - w.ms * 1_000_000] += 1
    return found


def spans(found: Ingested, name: str) -> Counter[tuple[Any, ...]]:
    rows = found.rows(
        "SELECT operation, duration_ns, status, start_ns FROM span "
        f"JOIN source_file USING (file_id) WHERE path LIKE '%/{name}/%'"
    )
    return Counter(tuple(row.values()) for row in rows)


def assert_sums_hold(found: Ingested, files: dict[str, bytes]) -> None:
    parts = ("records", "quarantined", "blank", "folded", "excluded")
    for name, content in files.items():
        account = found.account(f"logs/{name}")
        assert account["lines"] == count_lines(content) == sum(account[p] for p in parts), name


@settings(max_examples=4, suppress_health_check=[HealthCheck.too_slow])
@given(works=st.lists(WORK, min_size=1, max_size=30))
def test_every_format_tells_the_work_it_was_given(works: list[Work]) -> None:
    files = {f"{name}/x": "\n".join(map(render, works)) for name, render in LINES.items()}
    files |= {f"{name}/x": render(works) for name, render in DOCUMENTS.items()}
    content = {name: body.encode() for name, body in files.items()}
    with tempfile.TemporaryDirectory() as folder:
        found = read_files(Path(folder), content)
        assert_sums_hold(found, content)
        assert found.reasons() == []
        for name in (*LINES, *DOCUMENTS):
            assert spans(found, name) == told(works, name), name


@st.composite
def damage(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    how, share = draw(st.sampled_from(["cut", "drop", "insert"])), draw(st.floats(0.05, 0.95))
    inserted = draw(st.binary(min_size=1, max_size=6))

    def damaged(line: bytes) -> bytes:
        place = int(share * len(line))
        if how == "cut":
            return line[:place]
        kept = line[place + 3 :] if how == "drop" else line[place:]
        return line[:place] + (b"" if how == "drop" else inserted.replace(b"\n", b"")) + kept

    return damaged


@pytest.mark.long
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(works=st.lists(WORK, min_size=3, max_size=12), hurt=damage(), every=st.integers(2, 5))
def test_damage_costs_the_lines_it_hits_and_no_other(
    works: list[Work], hurt: Callable[[bytes], bytes], every: int
) -> None:
    whole = [w for place, w in enumerate(works) if place % every]
    files = {}
    for name, render in LINES.items():
        lines = [render(w).encode() for w in works]
        files[f"{name}/x"] = b"\n".join(
            line if place % every else hurt(line) for place, line in enumerate(lines)
        )
    for name, document in DOCUMENTS.items():
        files[f"{name}/x"] = hurt(document(works).encode())
    with tempfile.TemporaryDirectory() as folder:
        found = read_files(Path(folder), files)
        assert_sums_hold(found, files)
        for name in LINES:
            assert told(whole, name) <= spans(found, name), name
