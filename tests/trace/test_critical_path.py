"""The two rules of the critical path: CRISP's goldens, and the laws of `sections`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.model.span import PathSection, Span
from analyzer.trace.assemble import assemble, assemble_many
from analyzer.trace.options import PUBLISHED, PathOptions, TraceOptions
from tests.trace.spans import span, traces

CRISP = TraceOptions(path_rule="crisp")


def jaeger_spans(document: dict[str, list[dict[str, object]]]) -> list[Span]:
    (trace,) = json.loads(json.dumps(document["data"]))
    return [
        Span(
            trace_id=raw["traceID"],
            span_id=raw["spanID"],
            parent_span_id=raw["references"][0]["spanID"] if raw["references"] else None,
            service_name=trace["processes"][raw["processID"]]["serviceName"],
            operation=raw["operationName"],
            kind="unspecified",
            start_ns=raw["startTime"],
            duration_ns=raw["duration"],
            row=row,
        )
        for row, raw in enumerate(trace["spans"])
    ]


def exclusive(sections: list[PathSection]) -> Counter[str]:
    total: Counter[str] = Counter()
    for section in sections:
        key = f"[{section.service_name}] {section.operation}"
        total[key] += section.end_ns - section.start_ns
    return total


def by_span(sections: list[PathSection]) -> list[tuple[str, int, int]]:
    return [(section.span_id, section.start_ns, section.end_ns) for section in sections]


@pytest.mark.parametrize("number", range(1, 26))
def test_crisp_golden(peer_data: Path, number: int) -> None:
    document = json.loads((peer_data / f"data/crisp/{number}.json").read_text())
    testing = document["testing"]
    expected = testing[0] if isinstance(testing, list) else testing["opTimeExclusive"]
    found = exclusive(assemble(jaeger_spans(document), CRISP).sections)
    assert {key: found[key] for key in expected} == expected


@given(traces())
def test_sections_tile_every_journey(spans: list[Span]) -> None:
    for options in (PathOptions(), PUBLISHED, PathOptions(touching=False)):
        result = assemble(spans, TraceOptions(path=options))
        timed = [journey for journey in result.journeys if journey.duration_ns is not None]
        assert sum(s.end_ns - s.start_ns for s in result.sections) == sum(
            journey.duration_ns or 0 for journey in timed
        )
        if len(timed) == 1:
            edge = timed[0].start_ns
            for section in result.sections:
                assert section.start_ns == edge
                assert section.end_ns > section.start_ns
                edge = section.end_ns


@given(traces(), st.randoms(use_true_random=False))
def test_order_of_rows_is_irrelevant(spans: list[Span], random: Random) -> None:
    shuffled = spans.copy()
    random.shuffle(shuffled)
    for options in (TraceOptions(), CRISP):
        one, other = assemble(spans, options), assemble(shuffled, options)
        assert one == other


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 30)), max_size=6))
def test_async_subtree_changes_nothing(children: list[tuple[int, int]]) -> None:
    blocking = [span("root", duration=100)] + [
        span(f"c{i}", "root", "b", start=start, duration=length)
        for i, (start, length) in enumerate(children)
    ]
    apart = [
        span("later", "root", "q", "consumer", start=5, duration=500, follows_from=True),
        span("below", "later", "r", start=10, duration=400),
    ]
    assert assemble(blocking).sections == assemble(blocking + apart).sections


def test_sequential_children_that_touch_are_both_on_the_path() -> None:
    spans = [
        span("root", duration=20),
        span("first", "root", "b", start=0, duration=10),
        span("second", "root", "c", start=10, duration=10),
    ]
    assert by_span(assemble(spans).sections) == [("first", 0, 10), ("second", 10, 20)]
    published = assemble(spans, TraceOptions(path=PUBLISHED))
    assert by_span(published.sections) == [("root", 0, 10), ("second", 10, 20)]


def test_consumer_of_a_queue_is_off_the_path_also_as_published() -> None:
    spans = [
        span("root", duration=20),
        span("send", "root", "a", "producer", start=2, duration=3),
        span("take", "send", "b", "consumer", start=3, duration=17),
    ]
    for options in (PathOptions(gaps=False), PUBLISHED):
        path = assemble(spans, TraceOptions(path=options)).sections
        assert by_span(path) == [("root", 0, 2), ("send", 2, 5), ("root", 5, 20)]


def test_follows_from_blocks_as_published_and_not_by_default() -> None:
    spans = [
        span("root", duration=20),
        span("next", "root", "b", start=5, duration=10, follows_from=True),
    ]
    assert by_span(assemble(spans).sections) == [("root", 0, 20)]
    published = assemble(spans, TraceOptions(path=PUBLISHED)).sections
    assert by_span(published) == [("root", 0, 5), ("next", 5, 15), ("root", 15, 20)]


def test_covering_child_is_clipped_and_keeps_its_subtree() -> None:
    spans = [
        span("root", start=10, duration=10),
        span("wide", "root", "b", start=5, duration=20),
        span("inner", "wide", "c", start=12, duration=3),
    ]
    assert by_span(assemble(spans).sections) == [
        ("wide", 10, 12),
        ("inner", 12, 15),
        ("wide", 15, 20),
    ]
    assert exclusive(assemble(spans, CRISP).sections) == {"[a] op a": 10}


def test_child_outside_is_dropped_with_its_subtree() -> None:
    spans = [
        span("root", start=100, duration=10),
        span("before", "root", "b", start=50, duration=20),
        span("inner", "before", "c", start=101, duration=3),
    ]
    assert by_span(assemble(spans).sections) == [("root", 100, 110)]


def test_ties_in_end_time_go_to_the_later_start_then_the_smaller_id() -> None:
    spans = [
        span("root", duration=20),
        span("long", "root", "b", start=2, duration=10),
        span("y", "root", "c", start=5, duration=7),
        span("x", "root", "d", start=5, duration=7),
    ]
    path = assemble(spans).sections
    assert ("x", 5, 12) in by_span(path)
    assert "y" not in {section.span_id for section in path}


def test_depth_has_no_limit() -> None:
    depth = 5_000
    spans = [
        span(f"{i:05}", f"{i - 1:05}" if i else None, start=i, duration=2 * depth - 2 * i)
        for i in range(depth)
    ]
    for options in (TraceOptions(), CRISP):
        path = assemble(spans, options).sections
        assert sum(section.end_ns - section.start_ns for section in path) == 2 * depth


def test_gap_of_a_client_on_the_path_is_charged_to_its_callee() -> None:
    spans = [
        span("root", duration=100),
        span("client", "root", "a", "client", start=10, duration=80),
        span("server", "client", "b", "server", start=30, duration=40),
    ]
    path = assemble(spans).sections
    assert [(s.kind, s.service_name, s.callee, s.end_ns - s.start_ns) for s in path] == [
        ("own", "a", None, 10),
        ("gap", "a", "b", 20),
        ("own", "b", None, 40),
        ("gap", "a", "b", 20),
        ("own", "a", None, 10),
    ]


def test_rpc_pair_is_kept_under_skew_by_crisp() -> None:
    spans = [
        span("root", duration=100),
        span("client", "root", "a", "client", start=10, duration=50),
        span("server", "client", "b", "server", start=55, duration=50),
        span("inner", "server", "b", "internal", start=60, duration=20, operation="inner"),
    ]
    assert exclusive(assemble(spans, CRISP).sections) == {
        "[a] op a": 50,
        "[b] op b": 30,
        "[b] inner": 20,
    }


def test_share_of_traces_where_the_rules_differ_is_counted_on_a_sample() -> None:
    # under `crisp` a child that covers its parent is dropped, under `sections` it is clipped
    alike, apart = [], []
    for number in range(200):
        root = span("root", start=10, duration=100, trace_id=f"t{number}")
        inside = span("in", "root", "b", start=20, duration=50, trace_id=f"t{number}")
        alike += [root, inside]
        apart += [root, inside._replace(start_ns=0, duration_ns=200)]
    for spans, differing in ((alike, 0.0), (apart, 1.0)):
        (result,) = assemble_many(spans)
        compared = result.quality.total("rules_compared")
        assert 0 < compared < 100
        assert result.quality.total("rules_differ") == differing * compared
