"""A clock that tells whole seconds says in which second, not when; the calls say more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.model.span import Span
from analyzer.trace.coarse_clock import SECOND_NS, settle
from analyzer.trace.options import TraceOptions
from analyzer.trace.quality import Quality
from analyzer.trace.untraced import assemble_untraced
from tests.trace.spans import MS, span

COARSE = {"edge": SECOND_NS}


def served(span: Span) -> tuple[int, int]:
    start = span.start_ns or 0
    return start, start + (span.duration_ns or 0)


@given(
    begun=st.integers(0, 3_000),
    before=st.integers(0, 400),
    work=st.integers(1, 900),
    after=st.integers(0, 400),
)
def test_a_caller_is_laid_around_what_it_called(
    begun: int, before: int, work: int, after: int
) -> None:
    """An access log stamps the second in which the request ended: the truth is found again."""
    duration = before + work + after
    stamped = (begun + duration) // 1000 * 1000 - duration
    edge = span("e", service="edge", start=stamped * MS, duration=duration * MS, row=1)
    inner = span("i", "e", "desk", start=(begun + before) * MS, duration=work * MS, row=2)
    quality = Quality()
    placed, same = settle([edge, inner], COARSE, quality)
    assert same == inner
    assert placed.duration_ns == edge.duration_ns
    assert abs((placed.start_ns or 0) - (edge.start_ns or 0)) <= SECOND_NS
    assert served(placed)[0] <= served(inner)[0] <= served(inner)[1] <= served(placed)[1]
    moved = placed.start_ns != edge.start_ns
    assert quality.counts.get(("coarse_clock", "edge"), 0) == moved
    assert settle([placed, same], COARSE, Quality()) == [placed, same]


def test_what_no_place_within_the_precision_would_fit_stays() -> None:
    edge = span("e", service="edge", start=0, duration=50 * MS, row=1)
    late = span("i", "e", "desk", start=5_000 * MS, duration=40 * MS, row=2)
    long = span("i", "e", "desk", start=100 * MS, duration=60 * MS, row=2)
    for inner in (late, long):
        assert settle([edge, inner], COARSE, Quality()) == [edge, inner]
    fine = {"edge": MS}
    near = span("i", "e", "desk", start=500 * MS, duration=40 * MS, row=2)
    assert settle([edge, near], fine, Quality()) == [edge, near]


def test_a_leaf_is_laid_into_its_caller() -> None:
    desk = span("d", service="desk", start=1_300 * MS, duration=90 * MS, row=1)
    leaf = span("l", "d", "edge", start=950 * MS, duration=50 * MS, row=2)
    _, placed = settle([desk, leaf], COARSE, Quality())
    assert served(placed) == (1_320 * MS, 1_370 * MS)


def test_a_queue_separates_and_moves_nobody() -> None:
    edge = span("e", service="edge", start=0, duration=50 * MS, row=1)
    later = span("i", "e", "desk", "consumer", 700 * MS, 40 * MS, row=2)
    assert settle([edge, later], COARSE, Quality()) == [edge, later]


def test_time_behind_a_coarse_gateway_is_charged_to_who_spends_it() -> None:
    """Request ids only, a gateway that stamps seconds: the increase is the desk's, not its own."""
    spans = []
    for at in range(40):
        begun = at * 7_313
        stamped = (begun + 60) // 1000 * 1000 - 60
        spans += [
            span("", None, "edge", start=stamped * MS, duration=60 * MS, row=2 * at)._replace(
                trace_id="", request_key=f"r{at}"
            ),
            span(
                "", None, "desk", start=(begun + 5) * MS, duration=50 * MS, row=2 * at + 1
            )._replace(trace_id="", request_key=f"r{at}"),
        ]
    found = assemble_untraced(spans, options=TraceOptions(resolution_ns=COARSE))
    own = {time.service_name: time.own_ns for time in found.times}
    assert own == {"edge": 10 * MS, "desk": 50 * MS}
