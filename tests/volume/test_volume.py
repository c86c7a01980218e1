"""The truth file is true: recomputed from the lines by a reader that knows nothing of it."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.volume import FORMATS, Order, write_volume

LINES = 6000
PAIR = re.compile(r'(\w+)=(?:"([^"]*)"|(\S+))')


class Seen(NamedTuple):
    """One span as a reader sees it."""

    service: str
    operation: str
    kind: str
    own: str
    parent: str
    duration_ms: float
    failed: bool


def seen_ecs(line: str, _service: str) -> Seen:
    v = json.loads(line)
    failed = v["event.outcome"] == "failure"
    parent = v.get("parent.id", "")
    took = v["event.duration"] / 1e6
    return Seen(v["service.name"], v["event.action"], "server", v["span.id"], parent, took, failed)


def seen_pairs(line: str, service: str) -> Seen:
    v = {match[1]: match[2] or match[3] for match in PAIR.finditer(line)}
    operation = v.get("operation") or f"{v['method']} {v['path']}"
    took = float((v.get("duration") or v["duration_ms"]).removesuffix("ms"))
    parent, failed = v.get("parent_span_id", ""), v["status"] == "500"
    return Seen(v.get("service", service), operation, "server", v["span_id"], parent, took, failed)


def seen_otlp(line: str, _service: str) -> Seen:
    [resource] = json.loads(line)["resourceSpans"]
    [span] = resource["scopeSpans"][0]["spans"]
    service = resource["resource"]["attributes"][0]["value"]["stringValue"]
    kind = {2: "server", 3: "client", 4: "producer", 5: "consumer"}[span["kind"]]
    took = (int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])) / 1e6
    failed, parent = span["status"]["code"] == 2, span.get("parentSpanId", "")
    return Seen(service, span["name"], kind, span["spanId"], parent, took, failed)


def seen_zipkin(line: str, _service: str) -> Seen:
    v = json.loads(line)
    service, parent = v["localEndpoint"]["serviceName"], v.get("parentId", "")
    took, failed = v["duration"] / 1000, "error" in v["tags"]
    return Seen(service, v["name"], v["kind"].lower(), v["id"], parent, took, failed)


def seen_jaeger(line: str, _service: str) -> Seen:
    v = json.loads(line)
    tags = {tag["key"]: tag["value"] for tag in v["tags"]}
    parent = v["references"][0]["spanID"] if v["references"] else ""
    service, failed = v["process"]["serviceName"], tags.get("error", False)
    took, kind = v["duration"] / 1000, tags["span.kind"]
    return Seen(service, v["operationName"], kind, v["spanID"], parent, took, failed)


READERS: dict[str, Callable[[str, str], Seen]] = {
    "ecs": seen_ecs,
    "logfmt": seen_pairs,
    "text": seen_pairs,
    "otlp": seen_otlp,
    "zipkin": seen_zipkin,
    "jaeger": seen_jaeger,
}


def written(tmp_path: Path, form: str, seed: int = 7, bad_share: float = 0.02) -> dict[str, Any]:
    order = Order(format=form, lines=LINES, seed=seed, out=tmp_path, bad_share=bad_share)
    return write_volume(order)


def good_lines(folder: Path, form: str) -> Iterator[tuple[str, str]]:
    for file in sorted((folder / "logs").rglob(FORMATS[form].file_name)):
        for line in file.read_text().split("\n")[:-1]:
            if line and line != FORMATS[form].truncated:
                yield file.parent.name, line


@pytest.mark.parametrize("form", FORMATS)
def test_lines_are_as_many_as_the_truth_says(tmp_path: Path, form: str) -> None:
    truth = written(tmp_path, form)
    for name, count in truth["lines_by_file"].items():
        assert (tmp_path / "logs" / name).read_bytes().count(b"\n") == count
    assert sum(truth["lines_by_file"].values()) == truth["lines"]
    assert truth["lines"] == truth["records"] + sum(truth["bad_lines"].values())
    assert len(list(good_lines(tmp_path, form))) == truth["records"]
    assert abs(truth["records"] - LINES) < 0.05 * LINES
    assert min(truth["bad_lines"].values()) > 0
    assert json.loads((tmp_path / "truth.json").read_bytes()) == json.loads(json.dumps(truth))


@pytest.mark.parametrize("form", FORMATS)
def test_equal_orders_write_equal_bytes(tmp_path: Path, form: str) -> None:
    for name in "ab":
        written(tmp_path / name, form)
    written(tmp_path / "c", form, seed=8)
    a, b, c = (
        {f.relative_to(tmp_path / n): f.read_bytes() for f in (tmp_path / n).rglob("*.*")}
        for n in "abc"
    )
    assert a == b != c


@pytest.mark.parametrize("form", READERS)
def test_edges_and_quantiles_are_those_of_the_lines(tmp_path: Path, form: str) -> None:
    truth = written(tmp_path, form)
    spans = {
        (s := READERS[form](line, service)).own: s for service, line in good_lines(tmp_path, form)
    }
    assert len(spans) == truth["records"]
    both = "client" in FORMATS[form].sides
    server, client = defaultdict(list), defaultdict(list)
    errors: dict[tuple[str | None, str, str], int] = defaultdict(int)
    for span in spans.values():
        parent = spans[span.parent] if span.parent else None
        if span.kind in {"client", "producer"}:
            continue
        edge = (parent.service if parent else None, span.service, span.operation)
        server[edge].append(span.duration_ms)
        errors[edge] += span.failed
        if both and parent:
            client[edge].append(parent.duration_ms)
    assert {(e["caller"], e["callee"], e["message"]) for e in truth["edges"]} == server.keys()
    for told in truth["edges"]:
        edge = (told["caller"], told["callee"], told["message"])
        assert (told["calls"], told["errors"]) == (len(server[edge]), errors[edge])
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
            assert told["server_ms"][name] == pytest.approx(np.quantile(server[edge], share))
            if both and told["caller"] and told["mode"] == "sync":
                assert told["client_ms"][name] == pytest.approx(np.quantile(client[edge], share))


def test_access_lines_say_what_each_service_did(tmp_path: Path) -> None:
    truth = written(tmp_path, "access")
    took = defaultdict(list)
    for service, line in good_lines(tmp_path, "access"):
        request, status, seconds = re.findall(
            r'"(\w+ \S+) HTTP/1.1" (\d+) .* (\S+) \w{32}$', line
        )[0]
        took[service, request.partition(" ")[2].lstrip("/")].append((float(seconds), status))
    for told in truth["edges"]:
        assert told["message"]
    calls = {key: len(values) for key, values in took.items()}
    wanted: dict[tuple[str, str], int] = defaultdict(int)
    for told in truth["edges"]:
        wanted[told["callee"], told["message"].rpartition(" ")[2].lstrip("/")] += told["calls"]
    assert calls == wanted


def test_children_lie_inside_their_parents(tmp_path: Path) -> None:
    written(tmp_path, "zipkin")
    spans = {v["id"]: v for _, line in good_lines(tmp_path, "zipkin") if (v := json.loads(line))}
    for span in spans.values():
        parent = spans.get(span.get("parentId", ""))
        if parent is None or span["kind"] == "CONSUMER":
            continue
        end, parent_end = (s["timestamp"] + s["duration"] for s in (span, parent))
        assert parent["timestamp"] <= span["timestamp"] <= end <= parent_end


def test_planted_hotspots_show_in_the_peak(tmp_path: Path) -> None:
    order = Order(format="zipkin", lines=60_000, seed=7, out=tmp_path)
    truth: Any = write_volume(order)
    slow = next(h for h in truth["hotspots"] if h["kind"] == "latency")
    peak: list[int] = []
    quiet: list[int] = []
    for _, line in good_lines(tmp_path, "zipkin"):
        v = json.loads(line)
        same = (v["localEndpoint"]["serviceName"], v["name"]) == (
            slow["service"],
            slow["operation"],
        )
        if same and v["kind"] == "SERVER":
            inside = truth["peak"]["begin_us"] <= v["timestamp"] < truth["peak"]["end_us"]
            (peak if inside else quiet).append(v["duration"])
    assert np.median(peak) > 2 * np.median(quiet)
    # Three times the rate in a fifth of the time: three sevenths of all calls.
    assert len(peak) / (len(peak) + len(quiet)) == pytest.approx(3 / 7, abs=0.03)
