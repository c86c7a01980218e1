"""Spans without trace ids: request ids make traces, time makes service edges and no more."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from analyzer.model.span import Span
from analyzer.trace.assemble import assemble
from analyzer.trace.untraced import assemble_untraced, learn_pairs
from tests.trace.spans import MS, line, span

HOUR = 3_600_000 * MS


def entry(service: str, start_ms: int, length_ms: int, **more: object) -> Span:
    values = {"start": start_ms * MS, "duration": length_ms * MS, "trace_id": "", **more}
    return line("", None, service, **values)


def fleet(requests: int, every_ms: int, seed: int = 3) -> list[Span]:
    """Requests web -> tickets -> accounts, and web -> faq, one after the other or overlapping."""
    random = Random(seed)
    spans = []
    for i in range(requests):
        at = i * every_ms + random.randrange(max(1, every_ms // 4))
        if i % 2:
            spans += [entry("web", at, 100), entry("faq", at + 20, 60)]
        else:
            spans += [
                entry("web", at, 200),
                entry("tickets", at + 10, 150),
                entry("accounts", at + 30, 40),
            ]
    return [span._replace(row=row) for row, span in enumerate(spans)]


TRUE_PAIRS = {("web", "tickets"), ("tickets", "accounts"), ("web", "faq")}


def test_request_id_shared_by_services_makes_a_correlated_trace() -> None:
    spans = [
        entry("web", 0, 100, request_key="r1", row=1),
        entry("tickets", 10, 80, request_key="r1", row=2),
        entry("accounts", 20, 30, request_key="r1", row=3),
    ]
    result = assemble_untraced(spans)
    assert [(c.caller, c.callee, c.evidence) for c in result.calls] == [
        ("web", "tickets", "correlated"),
        ("tickets", "accounts", "correlated"),
        (None, "web", "observed"),
    ]
    (journey,) = result.journeys
    assert (journey.trace_id, journey.services, journey.hops) == (
        "request:r1",
        ("accounts", "tickets", "web"),
        2,
    )


def test_request_id_of_one_service_links_nothing() -> None:
    spans = [
        entry("web", 0, 100, request_key="r1", row=1),
        entry("faq", 10, 50, request_key="r2", row=2),
    ]
    result = assemble_untraced(spans)
    assert not [call for call in result.calls if call.caller is not None]
    assert len(result.journeys) == 2


def test_request_id_used_again_after_an_hour_is_another_request() -> None:
    spans = [
        entry("web", 0, 100, request_key="7", row=1),
        entry("faq", 10, 50, request_key="7", row=2),
        entry("web", 2 * 3_600_000, 100, request_key="7", row=3),
        entry("faq", 2 * 3_600_000 + 10, 50, request_key="7", row=4),
    ]
    journeys = assemble_untraced(spans).journeys
    assert [journey.trace_id for journey in journeys] == ["request:7", "request:7#2"]


def test_pairs_are_learnt_where_one_request_runs_at_a_time() -> None:
    assert learn_pairs(fleet(60, every_ms=1_000)) == TRUE_PAIRS


def test_nothing_is_learnt_under_load() -> None:
    assert learn_pairs(fleet(400, every_ms=20)) == set()


def test_services_that_only_overlap_by_chance_are_no_pair() -> None:
    random = Random(11)
    spans = [entry("a", random.randrange(600_000), 400) for _ in range(300)]
    spans += [entry("b", random.randrange(600_000), 10) for _ in range(300)]
    assert learn_pairs([span._replace(row=row) for row, span in enumerate(spans)]) == set()


def test_time_nesting_gives_inferred_edges_between_known_pairs_only() -> None:
    spans = fleet(100, every_ms=60)
    result = assemble_untraced(spans, known=TRUE_PAIRS)
    edges = {(c.caller, c.callee) for c in result.calls if c.caller is not None}
    assert edges == TRUE_PAIRS
    inferred = [call for call in result.calls if call.caller is not None]
    assert {call.evidence for call in inferred} == {"inferred"}
    assert {call.trace_id for call in inferred} == {""}, "no request's tree is claimed"


def test_users_that_differ_never_match() -> None:
    spans = [
        entry("web", 0, 100, user_key="u1", row=1),
        entry("web", 0, 200, user_key="u2", row=2),
        entry("faq", 10, 50, user_key="u2", row=3),
        entry("faq", 10, 50, user_key="u3", row=4),
    ]
    result = assemble_untraced(spans, known={("web", "faq")})
    assert sum(call.evidence == "inferred" for call in result.calls) == 1


@given(st.integers(2, 40), st.integers(1, 300))
def test_every_untraced_span_keeps_its_time(requests: int, every_ms: int) -> None:
    spans = fleet(requests, every_ms)
    result = assemble_untraced(spans)
    assert sorted(time.row for time in result.times) == [span.row for span in spans]


def test_lines_that_share_a_trace_id_alone_are_nested_by_time() -> None:
    spans = [
        line("", None, "web", start=0, duration=100 * MS, row=1),
        line("", None, "tickets", start=10 * MS, duration=50 * MS, row=2),
    ]
    result = assemble(spans)
    assert [(c.caller, c.callee, c.evidence) for c in result.calls] == [
        ("web", "tickets", "correlated"),
        (None, "web", "observed"),
    ]
    assert len(result.journeys) == 1


def test_spans_with_ids_and_kinds_of_which_none_names_a_parent_are_nested_by_time() -> None:
    spans = [
        span("a", None, "web", start=0, duration=100 * MS, row=1),
        span("b", None, "web", "client", start=9 * MS, duration=60 * MS, row=2),
        span("c", None, "tickets", start=10 * MS, duration=50 * MS, row=3),
    ]
    found = assemble(spans)
    assert [(c.caller, c.callee, c.evidence) for c in found.calls if c.caller] == [
        ("web", "tickets", "correlated")
    ]
    assert len(found.journeys) == 1
    told = [spans[0], spans[1]._replace(parent_span_id="a"), spans[2]]
    assert len(assemble(told).journeys) == 2  # who names parents means what it leaves out
