"""Spans that carry a request id but no trace id find their place in the request's trace."""

from __future__ import annotations

import json
from pathlib import Path

import analyzer as an
from analyzer.trace.adoption import adopt_all
from tests.trace.spans import MS, span


def test_span_goes_under_the_client_that_names_its_service() -> None:
    root = span("r", service="gateway", start=0, duration=90 * MS, row=1)
    wide = span("c1", "r", "gateway", "client", 5 * MS, 70 * MS, peer_service="audit", row=2)
    near = span("c2", "r", "gateway", "client", 20 * MS, 30 * MS, peer_service="plans", row=3)
    lost = span("", None, "plans", start=22 * MS, duration=20 * MS, evidence="correlated", row=4)
    found = {each.row: each for each in adopt_all([root, wide, near, lost], {})}
    assert found[4].parent_span_id == "c2"
    assert found[4].span_id == "~4"
    assert found[4].start_ns == 22 * MS


def test_two_calls_to_one_service_are_answered_in_order() -> None:
    root = span("r", service="gateway", start=0, duration=90 * MS, row=1)
    first = span("c1", "r", "gateway", "client", 5 * MS, 20 * MS, peer_service="plans", row=2)
    second = span("c2", "r", "gateway", "client", 40 * MS, 20 * MS, peer_service="plans", row=3)
    answers = [
        span("", None, "plans", start=at * MS, duration=9 * MS, evidence="correlated", row=row)
        for row, at in ((5, 44), (4, 9))
    ]
    found = {each.row: each for each in adopt_all([root, first, second, *answers], {})}
    assert (found[4].parent_span_id, found[5].parent_span_id) == ("c1", "c2")


def test_without_a_client_the_tightest_interval_around_it_is_the_parent() -> None:
    root = span("r", service="gateway", start=0, duration=90 * MS, row=1)
    inner = span("i", "r", "tickets", start=10 * MS, duration=50 * MS, row=2)
    lost = span("", None, "plans", start=20 * MS, duration=9 * MS, evidence="correlated", row=3)
    found = {each.row: each for each in adopt_all([root, inner, lost], {})}
    assert found[3].parent_span_id == "i"


def test_whole_seconds_are_laid_inside_the_call_and_finer_clocks_are_not() -> None:
    root = span("r", service="gateway", start=0, duration=2_000 * MS, row=1)
    call = span("c", "r", "gateway", "client", 700 * MS, 40 * MS, peer_service="plans", row=2)
    lost = span("", None, "plans", start=-30 * MS, duration=30 * MS, evidence="correlated", row=3)
    coarse = {each.row: each for each in adopt_all([root, call, lost], {"plans": 1_000 * MS})}
    assert coarse[3].start_ns == 705 * MS
    fine = {each.row: each for each in adopt_all([root, call, lost], {"plans": MS})}
    assert fine[3].start_ns == -30 * MS


def test_work_inside_an_answered_call_belongs_to_who_answers_it() -> None:
    """The answer's whole-second stamp hides where in the call it ran; its own call tells."""
    root = span("r", service="gateway", start=0, duration=2_000 * MS, row=1)
    call = span("c", "r", "gateway", "client", 700 * MS, 68 * MS, peer_service="plans", row=2)
    coarse = span(
        "", None, "plans", start=-45 * MS, duration=45 * MS, evidence="correlated", row=3
    )
    inner = span("", None, "mail", start=755 * MS, duration=6 * MS, evidence="correlated", row=4)
    found = {
        each.row: each for each in adopt_all([root, call, coarse, inner], {"plans": 1_000 * MS})
    }
    assert found[4].parent_span_id == found[3].span_id
    assert found[3].parent_span_id == "c"
    start, end = found[3].start_ns or 0, (found[3].start_ns or 0) + 45 * MS
    assert start <= 755 * MS < 761 * MS <= end <= 768 * MS


def test_traces_without_such_spans_pass_untouched() -> None:
    trace = [span("a", row=1), span("b", "a", "b", row=2)]
    assert list(adopt_all(trace, {})) == trace


def test_request_id_links_a_service_without_trace_context(tmp_path: Path) -> None:
    lines = []
    for number in range(20):
        common = {
            "@timestamp": f"2026-03-02T09:00:{number:02d}.500Z",
            "request_id": f"req-{number}",
        }
        lines.append(
            common
            | {"service.name": "gateway", "event.action": "Order", "event.duration": 90_000_000}
            | {"trace.id": f"{number:032x}", "span.id": f"{number:015x}a", "span.kind": "server"}
        )
        lines.append(
            common
            | {"@timestamp": f"2026-03-02T09:00:{number:02d}.480Z", "service.name": "plans"}
            | {"event.action": "GetPlan", "event.duration": 30_000_000}
        )
    (tmp_path / "fleet.json").write_text("\n".join(map(json.dumps, lines)) + "\n")
    (row,) = an.analyze(tmp_path / "fleet.json").inventory.to_dicts()
    assert (row["caller"], row["callee"], row["message"]) == ("gateway", "plans", "GetPlan")
    assert (row["calls"], row["p50_ms"], row["side"]) == (20, 30.0, "server")
    assert row["evidence"] == "correlated"
