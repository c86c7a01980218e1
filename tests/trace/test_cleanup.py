"""Clean-up: what is merged, cut, split and counted, and that nothing is moved in time."""

from __future__ import annotations

from hypothesis import given

from analyzer.model.span import Span
from analyzer.trace.assemble import assemble
from analyzer.trace.cleanup import clean
from analyzer.trace.options import HOUR_NS, TraceOptions
from analyzer.trace.quality import Excursion, Quality
from tests.trace.spans import MS, line, span, traces


def cleaned(*spans: Span) -> tuple[list[Span], Quality]:
    quality = Quality()
    (segment,) = clean(spans, quality)
    return segment, quality


def test_identical_rows_are_one_span() -> None:
    rows = [span("1", row=4), span("1", row=2)]
    segment, quality = cleaned(*rows)
    assert segment == [rows[1]]
    assert quality.total("duplicate") == 1


def test_conflicting_rows_fill_each_other_and_the_fuller_wins() -> None:
    full = span("1", "p", start=5, duration=10, error_type="Timeout", row=2)
    thin = span("1", None, start=3, duration=None, status="error", user_key="u", row=1)
    (merged,), quality = cleaned(thin, full)
    assert merged == full._replace(status="error", user_key="u")
    assert quality.total("conflict") == 1


def test_equally_full_rows_keep_the_earliest_then_the_longest() -> None:
    late, short, long = (
        span("1", start=9, duration=50, row=1),
        span("1", start=3, duration=5, row=2),
        span("1", start=3, duration=6, row=3),
    )
    (merged,), _ = cleaned(late, short, long)
    assert merged == long


def test_client_and_server_of_one_id_are_two_spans() -> None:
    segment, quality = cleaned(
        span("1", "0", "web", "client"), span("1", None, "faq", "server"), span("0", None, "web")
    )
    assert [(s.kind, s.shared, s.parent_span_id) for s in segment] == [
        ("server", False, None),
        ("client", False, "0"),
        ("server", True, "0"),
    ]
    assert quality.total("shared_id") == 1


def test_client_is_never_shared_whatever_its_flag_says() -> None:
    (only,), _ = cleaned(span("1", None, "web", "client", shared=True))
    assert not only.shared


def test_log_line_inside_a_span_joins_it() -> None:
    inside = line("1", "0", "web", start=1, duration=2, operation="query", error_type="Pool")
    (merged,), _ = cleaned(span("1", "0", "web", "client", start=0, duration=9), inside)
    assert (merged.kind, merged.operation, merged.error_type) == ("client", "op web", "Pool")


def test_late_report_without_kind_or_service_joins_the_client() -> None:
    late = span("1", None, "", "unspecified", start=None, duration=None, status="error")
    segment, _ = cleaned(span("1", "0", "web", "client"), span("1", "0", "faq"), late)
    assert [(s.kind, s.status) for s in segment] == [("client", "error"), ("server", "unset")]


def test_negative_duration_is_no_duration_and_zero_is_valid() -> None:
    segment, quality = cleaned(span("1", duration=-5), span("2", "1", duration=0))
    assert [s.duration_ns for s in segment] == [None, 0]
    assert quality.counts["negative_duration", "a"] == 1
    assert quality.total("no_duration") == 0


def test_id_used_again_after_an_hour_is_another_trace() -> None:
    spans = [
        span("1", start=0),
        span("2", "1", "b", start=5),
        span("1", start=2 * HOUR_NS),
        span("2", "1", "b", start=2 * HOUR_NS + 5),
    ]
    result = assemble(spans)
    assert [journey.trace_id for journey in result.journeys] == ["t", "t#2"]
    assert result.quality.total("id_reuse") == 1
    assert [call.trace_id for call in result.calls if call.caller] == ["t", "t#2"]


def test_long_span_bridges_the_quiet_hour() -> None:
    spans = [span("1", start=0, duration=3 * HOUR_NS), span("2", "1", "b", start=2 * HOUR_NS)]
    assert assemble(spans).quality.total("id_reuse") == 0


def test_cycle_is_cut_at_its_earliest_span() -> None:
    spans = [
        span("1", "3", start=20),
        span("2", "1", "b", start=10),
        span("3", "2", "c", start=30),
        span("self", "self", "d", start=0),
    ]
    result = assemble(spans)
    assert result.quality.total("cycle") == 2
    assert {journey.root_span_id for journey in result.journeys} == {"2", "self"}


def test_orphan_makes_no_journey_and_only_inferred_links() -> None:
    spans = [
        span("root", service="web", duration=100),
        span("lost child", "gone", "faq", start=10),
        span("below", "lost child", "db", start=12),
    ]
    result = assemble(spans)
    assert [journey.root_span_id for journey in result.journeys] == ["root"]
    assert {(c.caller, c.callee): c.evidence for c in result.calls if c.caller} == {
        ("web", "faq"): "inferred",
        ("faq", "db"): "observed",
    }
    assert result.quality.total("orphan") == 1
    assert len(result.times) == 3


def test_only_orphans_make_no_journey() -> None:
    result = assemble([span("1", "gone"), span("2", "gone", "b")])
    assert (result.journeys, result.sections) == ([], [])
    assert result.quality.total("no_root") == 1


def test_earliest_root_is_the_traces_and_the_others_are_extra() -> None:
    spans = [
        span("a", service="late", start=50),
        span("b", service="early", start=10),
        span("c", "a", "deep", start=52),
    ]
    result = assemble(spans)
    assert [(j.entry_service, j.extra_root, j.services) for j in result.journeys] == [
        ("early", False, ("early",)),
        ("late", True, ("deep", "late")),
    ]


def test_skew_is_reported_per_pair_and_never_repaired() -> None:
    spans = [
        span("1", None, "web", "client", start=1_000, duration=100),
        span("2", "1", "faq", start=800, duration=90),
    ]
    result = assemble(spans)
    clock = result.quality.clocks["web", "faq"]
    assert (clock.edges, clock.before.count, clock.before.max_ns) == (1, 1, 200)
    assert (clock.offset_low_ns, clock.offset_high_ns) == (200, 210)
    assert [time.start_ns for time in result.times] == [1_000, 800]
    rows = {row.check: row for row in result.quality.rows()}
    assert rows["skew_before"].scope == "web -> faq"
    assert rows["skew_before"].share == 1.0


def test_excursion_below_a_coarse_clock_is_rounding_not_skew() -> None:
    spans = [
        span("1", None, "web", start=1_500_000, duration=9 * MS),
        span("2", "1", "faq", start=1_000_000, duration=MS),
    ]
    coarse = TraceOptions(resolution_ns={"faq": MS})
    assert assemble(spans).quality.total("early_child") == 1
    quality = assemble(spans, coarse).quality
    assert (quality.total("rounding"), quality.total("early_child")) == (1, 0)


def test_child_that_starts_when_its_parent_is_over_is_async() -> None:
    spans = [
        span("1", start=0, duration=10),
        span("2", "1", "b", start=10, duration=40),
        span("3", "1", "c", start=9, duration=40),
    ]
    result = assemble(spans)
    modes = {call.callee: (call.mode, call.gap_ns) for call in result.calls if call.caller}
    assert modes == {"b": ("async", 0), "c": ("sync", None)}
    assert result.quality.total("async_edge") == 1
    assert result.quality.total("late_child") == 1


def test_excursions_add_up_and_their_quantiles_are_close() -> None:
    one, other = Excursion(), Excursion()
    for amount in range(1, 501):
        one.add(amount * 1_000)
        other.add((amount + 500) * 1_000)
    one.merge(other)
    assert one.count == 1_000
    assert one.max_ns == 1_000_000
    assert 500_000 <= one.quantile_ns(0.5) <= 500_000 * 1.25
    assert one.quantile_ns(1.0) == 1_000_000


@given(traces())
def test_every_row_is_a_span_or_a_counted_duplicate(spans: list[Span]) -> None:
    quality = assemble(spans).quality
    merged = quality.total("duplicate") + quality.total("conflict")
    assert quality.total("spans") + merged == len(spans)


@given(traces(), traces())
def test_quality_adds_up_over_traces(one: list[Span], other: list[Span]) -> None:
    first, second = assemble(one).quality, assemble(other).quality
    forward, backward = Quality(), Quality()
    forward.merge(first)
    forward.merge(second)
    backward.merge(second)
    backward.merge(first)
    assert forward.rows() == backward.rows()
    assert forward.total("spans") == first.total("spans") + second.total("spans")
