"""Where a span's time went: the parts add up, and the wait is charged to whom it is due."""

from __future__ import annotations

import pytest
from hypothesis import given

from analyzer.model.span import Span, SpanTime
from analyzer.trace.assemble import assemble
from tests.trace.spans import line, span, traces


def times(*spans: Span) -> dict[str, SpanTime]:
    return {time.span_id: time for time in assemble(spans).times}


@given(traces())
def test_own_gap_and_covered_are_the_duration(spans: list[Span]) -> None:
    for time in assemble(spans).times:
        assert time.own_ns + time.gap_ns + time.covered_ns == time.duration_ns
        assert min(time.own_ns, time.gap_ns, time.covered_ns, time.async_ns) >= 0
        assert 0 <= time.wait_ns <= time.covered_ns
        assert time.gap_ns == 0 or time.callee is not None


@given(traces())
def test_own_and_gap_over_the_path_are_the_journeys_duration(spans: list[Span]) -> None:
    result = assemble(spans)
    total = sum(journey.duration_ns or 0 for journey in result.journeys)
    assert sum(section.end_ns - section.start_ns for section in result.sections) == total
    for section in result.sections:
        assert (section.kind == "gap") == (section.callee is not None)


def test_parallel_children_are_counted_once() -> None:
    split = times(
        span("1", None, "web", duration=100),
        span("2", "1", "faq", start=10, duration=60),
        span("3", "1", "web", "internal", start=20, duration=60),
    )["1"]
    assert (split.own_ns, split.covered_ns, split.wait_ns) == (30, 70, 60)


def test_gap_of_a_client_goes_to_its_callee() -> None:
    split = times(
        span("1", None, "web", duration=100),
        span("2", "1", "web", "client", start=10, duration=60),
        span("3", "2", "faq", start=20, duration=35, operation="Search"),
    )
    assert (split["2"].own_ns, split["2"].gap_ns) == (0, 25)
    assert (split["2"].callee, split["2"].callee_operation) == ("faq", "Search")
    assert split["1"].own_ns == 40


def test_skew_of_the_servers_clock_leaves_the_gap_alone() -> None:
    for skew in (-1_000, -30, 0, 30):
        split = times(
            span("2", None, "web", "client", start=5_000, duration=60),
            span("3", "2", "faq", start=5_010 + skew, duration=35),
        )["2"]
        assert (split.gap_ns, split.covered_ns, split.wait_ns) == (25, 35, 35)


def test_whole_duration_goes_to_a_callee_without_spans() -> None:
    split = times(span("1", None, "web", "client", duration=60, peer_service="redis"))["1"]
    assert (split.gap_ns, split.callee, split.uninstrumented) == (60, "redis", True)


def test_async_work_is_kept_apart() -> None:
    split = times(
        span("1", None, "web", duration=100),
        span("2", "1", "mail", "consumer", start=50, duration=400, follows_from=True),
    )["1"]
    assert (split.own_ns, split.covered_ns, split.async_ns) == (100, 0, 400)


def test_entry_line_is_never_taken_for_a_client() -> None:
    split = times(
        line("1", None, "web", duration=100), line("2", "1", "faq", start=10, duration=60)
    )["1"]
    assert (split.own_ns, split.gap_ns, split.wait_ns) == (40, 0, 60)


@pytest.mark.parametrize("name", ["Search", "HTTP GET", "call", "faq lookup", "x/Search"])
def test_line_that_names_its_one_call_out_is_the_client_half(name: str) -> None:
    split = times(
        line("1", None, "web", duration=100),
        line("2", "1", "web", start=10, duration=60, operation=name),
        line("3", "2", "faq-service", start=20, duration=35, operation="grpc.Faq/Search"),
    )["2"]
    assert (split.own_ns, split.gap_ns, split.callee) == (0, 25, "faq-service")


def test_local_work_around_one_call_keeps_its_own_time() -> None:
    split = times(
        line("1", None, "web", duration=100),
        line("2", "1", "web", start=10, duration=60, operation="PriceBasket"),
        line("3", "2", "stock", start=20, duration=35, operation="Count"),
    )["2"]
    assert (split.own_ns, split.gap_ns, split.callee) == (25, 0, None)


def test_error_originates_where_no_child_failed() -> None:
    split = times(
        span("1", None, "web", status="error"),
        span("2", "1", "faq", status="error"),
        span("3", "2", "db", status="ok"),
    )
    assert [split[name].origin for name in ("1", "2", "3")] == [False, True, False]
