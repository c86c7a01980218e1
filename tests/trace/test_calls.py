"""Calls: whose message it was, on which clocks, how it ended, and what a log dialect changes."""

from __future__ import annotations

import pytest
from hypothesis import given

from analyzer.model.span import Call, Span
from analyzer.trace.assemble import assemble, assemble_many
from tests.trace.spans import MS, line, links_of, span, traces


def links(*spans: Span) -> list[tuple[str, str, int, int]]:
    return links_of(assemble(spans).calls)


def only_call(*spans: Span) -> Call:
    (call,) = [call for call in assemble(spans).calls if call.caller is not None]
    return call


def test_both_clocks_and_the_gap_between_them() -> None:
    call = only_call(
        span("1", None, "web", start=0, duration=100),
        span("2", "1", "web", "client", start=10, duration=60, operation="POST"),
        span("3", "2", "tickets", start=20, duration=35, operation="Submit", status="ok"),
    )
    assert call[1:14] == (
        "web",
        "tickets",
        "Submit",
        "sync",
        10,
        60,
        35,
        25,
        "ok",
        None,
        "observed",
        "2",
        "3",
    )


def test_gap_is_never_below_zero_and_that_is_counted() -> None:
    result = assemble(
        [span("2", None, "web", "client", duration=30), span("3", "2", "faq", duration=35)]
    )
    (call,) = [call for call in result.calls if call.caller]
    assert call.gap_ns == 0
    assert result.quality.total("gap_below_zero") == 1


def test_client_answered_by_two_servers_gives_no_client_duration() -> None:
    calls = assemble(
        [
            span("1", None, "web", "client", duration=90),
            span("2", "1", "faq", start=5),
            span("3", "1", "faq", start=40),
        ]
    ).calls
    assert [(c.client_duration_ns, c.server_duration_ns) for c in calls if c.caller] == [
        (None, 10),
        (None, 10),
    ]


def test_root_that_nobody_calls_has_caller_none() -> None:
    calls = assemble([span("1", None, "web"), span("2", "1", "faq")]).calls
    assert [(call.caller, call.callee) for call in calls] == [("web", "faq"), (None, "web")]


def test_uninstrumented_peer_is_named_by_its_client() -> None:
    call = only_call(
        span("1", None, "web"),
        span("2", "1", "web", "client", peer_service="postgresql", operation="SELECT"),
    )
    assert (call.callee, call.message, call.callee_span_id) == ("postgresql", "SELECT", None)


def test_queue_is_a_node_and_the_delay_is_kept() -> None:
    calls = assemble(
        [
            span("1", None, "web", "producer", duration=10, peer_service="kafka"),
            span("2", "1", "mail", "consumer", start=224, peer_service="kafka"),
        ]
    ).calls
    assert [(c.caller, c.callee, c.mode, c.gap_ns) for c in calls if c.caller] == [
        ("web", "kafka", "async", None),
        ("kafka", "mail", "async", 214),
    ]


@pytest.mark.parametrize("names", [("a", "z"), ("z", "a")])
@pytest.mark.parametrize("shared", [True, False])
def test_producer_above_server_is_a_call_also_under_one_id(
    names: tuple[str, str], *, shared: bool
) -> None:
    producer, server = names
    one = span("1", None, producer, "producer")
    assert links(one, span("1", None, server, shared=shared)) == [(producer, server, 1, 0)]
    assert links(one, span("2", "1", server)) == [(producer, server, 1, 0)]


def test_loopback_counts() -> None:
    assert links(
        span("1", None, "a", peer_service="a"), span("2", "1", "a", "client", peer_service="a")
    ) == [("a", "a", 2, 0)]


def test_siblings_under_a_missing_parent_are_not_linked() -> None:
    assert links(span("2", "1", "a"), span("3", "1", "b")) == []


def test_nameless_spans_between_are_looked_through() -> None:
    assert links(
        span("1", None, "web"),
        span("2", "1", "unknown", "internal"),
        span("3", "2", "", "client", peer_service="db"),
    ) == [("web", "db", 1, 0)]


def test_error_seen_by_the_client_alone_is_the_calls_error() -> None:
    call = only_call(
        span("1", None, "web", "client", status="error", error_type="Timeout"),
        span("2", "1", "faq", status="ok"),
    )
    assert (call.status, call.error_type) == ("error", "Timeout")


def test_log_line_with_a_parent_elsewhere_is_one_call_on_the_servers_clock() -> None:
    call = only_call(
        line("1", None, "gateway", duration=100 * MS),
        line("2", "1", "tickets", start=MS, duration=50 * MS, operation="Submit", status="error"),
    )
    assert (call.caller, call.callee, call.message) == ("gateway", "tickets", "Submit")
    assert (call.client_duration_ns, call.server_duration_ns) == (None, 50 * MS)
    assert (call.status, call.evidence, call.mode) == ("error", "observed", "sync")


def test_log_lines_of_one_service_are_no_call() -> None:
    assert links(
        line("1", None, "web"),
        line("2", "1", "web"),
        line("3", "2", "web"),
        line("4", "3", "faq"),
    ) == [("web", "faq", 1, 0)]


def test_log_line_that_names_a_peer_calls_it_unless_the_peer_answered() -> None:
    asks = line("1", None, "proxy", peer_service="tickets")
    assert links(asks) == [("proxy", "tickets", 1, 0)]
    assert links(asks, line("2", "1", "tickets")) == [("proxy", "tickets", 1, 0)]


def test_log_lines_of_both_sides_give_both_clocks() -> None:
    call = only_call(
        line("1", None, "web", duration=100),
        line("2", "1", "web", start=5, duration=50, operation="Faq/Search"),
        line("3", "2", "faq", start=15, duration=30, operation="grpc.Faq/Search"),
    )
    assert (call.client_duration_ns, call.server_duration_ns, call.gap_ns) == (50, 30, 20)


def attempt(number: int, start: int, *, failed: bool, parent: str = "1") -> Span:
    status = "error" if failed else "ok"
    return span(f"c{number}", parent, "faq", start=start * MS, duration=MS, status=status)


def test_call_after_a_failed_one_is_a_retry() -> None:
    root = span("1", None, "web", duration=900 * MS)
    calls = assemble([root, attempt(1, 0, failed=True), attempt(2, 50, failed=False)]).calls
    assert [call.retry for call in calls if call.caller] == [False, True]


def test_loop_of_successful_calls_and_parallel_failures_are_no_retries() -> None:
    root = span("1", None, "web", duration=900 * MS)
    loop = [attempt(i, 10 * i, failed=False) for i in range(5)]
    together = [attempt(i, 0, failed=True) for i in range(2)]
    late = [attempt(1, 0, failed=True), attempt(2, 20_000, failed=False)]
    for group in (loop, together, late):
        assert not any(call.retry for call in assemble([root, *group]).calls)


@given(traces())
def test_every_span_is_the_callee_of_at_most_one_call(spans: list[Span]) -> None:
    result = assemble(spans)
    called = [call for call in result.calls if call.callee_span_id is not None]
    assert len(called) <= result.quality.total("spans")
    assert all(call.gap_ns is None or call.gap_ns >= 0 for call in called)


def test_batches_give_what_single_traces_give() -> None:
    spans = [
        made._replace(trace_id=f"t{number:02}")
        for number in range(40)
        for made in (span("1", None, "web"), span("2", "1", "faq"))
    ]
    alone = [call for number in range(40) for call in assemble(spans[2 * number :][:2]).calls]
    assert [call for part in assemble_many(spans) for call in part.calls] == alone


def test_server_whose_clock_is_ahead_of_its_clients_end_still_answers_it() -> None:
    """Skew beyond the client's end is skew: the answer fits into the client's duration."""
    trace = [
        span("a", None, "front", "server", 0, 100 * MS, row=1),
        span("c", "a", "front", "client", 10 * MS, 80 * MS, row=2),
        span("s", "c", "back", "server", 215 * MS, 70 * MS, row=3),
    ]
    (call,) = [call for call in assemble(trace).calls if call.caller is not None]
    assert (call.mode, call.gap_ns) == ("sync", 10 * MS)
