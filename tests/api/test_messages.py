"""How messages are used, read from lines of several dialects: sizes, states, rates."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import analyzer as an

START = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


def at(second: float) -> str:
    return (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def front(number: int) -> str:
    """A gateway's JSON line: the journey's root."""
    return json.dumps(
        {
            "time": at(number + 0.2),
            "service": "front",
            "operation": "Open",
            "duration_ms": 200,
            "trace_id": f"{number:032x}",
            "span_id": f"{number:015x}1",
            "status": "ok",
        }
    )


def catalog(number: int) -> str:
    """A logfmt line of the service below, with the size of its answer."""
    return (
        f"time={at(number + 0.15)} level=info service=catalog operation=List duration_ms=100 "
        f"trace_id={number:032x} span_id={number:015x}2 parent_span_id={number:015x}1 "
        f"response_size={1_000 + number}"
    )


def prices(number: int) -> str:
    """An ECS line of a service that is asked only in the first half."""
    return json.dumps(
        {
            "@timestamp": at(number + 0.12),
            "service.name": "prices",
            "event.action": "Quote",
            "event.duration": 20_000_000,
            "trace.id": f"{number:032x}",
            "span.id": f"{number:015x}3",
            "parent.id": f"{number:015x}2",
            "http.response.body.bytes": 64,
        }
    )


def sent(number: int, topic: str, kind: str, service: str, span: str, parent: str) -> str:
    """A Zipkin span on one side of a broker."""
    micros = int(START.timestamp() * 1e6) + number * 1_000_000
    span_of = {
        "traceId": f"{number:032x}", "id": f"{number:015x}{span}", "kind": kind, "name": topic,
        "parentId": f"{number:015x}{parent}", "timestamp": micros + 150_000, "duration": 5_000,
        "localEndpoint": {"serviceName": service}, "remoteEndpoint": {"serviceName": "kafka"},
    }  # fmt: skip
    return json.dumps(span_of)


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    logs = tmp_path_factory.mktemp("messages")
    numbers = range(200)
    broker = []
    for number in numbers:
        broker.append(sent(number, "send orders", "PRODUCER", "catalog", "4", "2"))
        broker.append(sent(number, "receive orders", "CONSUMER", "billing", "5", "4"))
        broker.append(sent(number, "send lost", "PRODUCER", "catalog", "6", "2"))
    lines = {
        "front.log": [front(number) for number in numbers],
        "catalog.log": [catalog(number) for number in numbers],
        "prices.log": [prices(number) for number in numbers if number < 100],
        "broker.json": [f"[{','.join(broker)}]"],
    }
    for name, content in lines.items():
        (logs / name).write_text("\n".join(content) + "\n")
    return an.analyze(logs).messages


def row_of(messages: pl.DataFrame, callee: str, message: str) -> dict[str, object]:
    found = messages.filter((pl.col("callee") == callee) & (pl.col("message") == message))
    return found.row(0, named=True)


def test_sizes_come_from_logfmt_and_json_lines(messages: pl.DataFrame) -> None:
    listed = row_of(messages, "catalog", "List")
    assert (listed["payload_p50_bytes"], listed["payload_max_bytes"]) == (1_099.5, 1_199)
    assert row_of(messages, "prices", "Quote")["payload_p50_bytes"] == 64


def test_a_message_that_was_seen_and_is_no_more_has_stopped(messages: pl.DataFrame) -> None:
    assert row_of(messages, "prices", "Quote")["state"] == "stopped"
    assert row_of(messages, "catalog", "List")["state"] == "in use"


def test_a_message_that_nobody_takes_from_the_broker_is_never_received(
    messages: pl.DataFrame,
) -> None:
    lost = row_of(messages, "kafka", "send lost")
    assert (lost["mode"], lost["state"]) == ("async", "never received")
    assert row_of(messages, "kafka", "send orders")["state"] == "in use"


def test_use_is_counted_per_journey(messages: pl.DataFrame) -> None:
    listed = row_of(messages, "catalog", "List")
    assert (listed["calls"], listed["journeys"], listed["calls_per_journey_max"]) == (200, 200, 1)
    assert listed["criticality"] == 1.0
    assert row_of(messages, "prices", "Quote")["criticality"] == 0.5
    assert listed["peak_per_second"] == 1.0
    assert listed["concurrency_mean"] == pytest.approx(0.1, rel=0.02)
    assert listed["first_seen"] < listed["last_seen"]  # type: ignore[operator]
