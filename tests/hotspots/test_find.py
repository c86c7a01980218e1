"""Planted hotspots are found, named and explained; thin or quiet data claims nothing."""

from __future__ import annotations

import polars as pl
import pytest

from analyzer.analysis.hotspots import (
    Findings,
    Hotspot,
    Window,
    find_hotspots,
    find_windows,
    hotspot_frame,
    where_time_goes,
)
from analyzer.analysis.hotspots.frames import TraceFrames
from tests.hotspots.frames import MS, SECOND, START, Fleet, frames_of

PEAK = Window(START + 1_500 * SECOND, START + 2_400 * SECOND)


def fleet(**planted: object) -> TraceFrames:
    made = Fleet()
    for name, value in planted.items():
        setattr(made, name, value)
    return frames_of(made.spans())


def first(findings: Findings, kind: str) -> Hotspot:
    return next(row for row in findings.hotspots if row.kind == kind and row.rank == 1)


@pytest.mark.parametrize("service", ["tickets", "accounts", "faq", "gateway"])
def test_slow_service_is_first_whatever_its_place_in_the_chain(service: str) -> None:
    findings = find_hotspots(fleet(slow={service: 4.0}), [PEAK])
    row = first(findings, "latency")
    assert row.service_name == service
    assert row.baseline_p50_ms is not None
    assert row.ratio is not None
    assert row.peak_p50_ms == pytest.approx(row.baseline_p50_ms * row.ratio)
    assert "its own work takes longer" in row.cause
    assert "slower at the same load" in row.cause
    assert findings.windows[0].suspects[0].service_name == service


def test_slow_leaf_is_told_in_words() -> None:
    row = first(find_hotspots(fleet(slow={"accounts": 4.0}), [PEAK]), "latency")
    assert row.operation == "DoAccounts"
    assert row.baseline_p50_ms == pytest.approx(10, rel=0.1)
    assert row.peak_p50_ms == pytest.approx(40, rel=0.1)
    assert row.share_of_slow_time is not None
    assert 0.5 < row.share_of_slow_time < 0.8
    words = f"DoAccounts: {row.ratio:.1f} x slower at peak, {row.share_of_slow_time:.0%} of"
    assert row.sentence == f"{words} the slow journeys' time; {row.why}"


def test_errors_are_counted_where_they_begin_with_their_cause() -> None:
    findings = find_hotspots(fleet(failing={"accounts": 0.3}), [PEAK])
    errors = [row for row in findings.hotspots if row.kind == "errors"]
    assert [(row.service_name, row.operation) for row in errors] == [("accounts", "DoAccounts")]
    (row,) = errors
    assert row.peak_error_rate == pytest.approx(0.3, abs=0.05)
    assert row.cause == "100% of the increase: 'PoolTimeout'"
    assert row.sentence.startswith(f"DoAccounts errors x {row.ratio:.1f} at peak; 100%")


def test_template_of_failed_lines_names_the_cause() -> None:
    frames = fleet(failing={"accounts": 0.3})
    failed = frames.times.filter("origin")
    inside = failed.filter(PEAK.contains())
    records = inside.select(
        "service_name",
        "start_ns",
        pl.lit(None, pl.String).alias("operation"),
        pl.lit("connection pool exhausted after <*> ms").alias("template"),
        pl.lit(value=True).alias("failed"),
    )
    named = TraceFrames.of(frames.times, frames.journeys, frames.path, records)
    row = first(find_hotspots(named, [PEAK]), "errors")
    assert row.cause == "100% new: 'connection pool exhausted after <*> ms'"


@pytest.mark.parametrize(
    ("planted", "reason"),
    [
        ({"slow": {"tickets": 4.0}}, "latency"),
        ({"failing": {"faq": 0.5}}, "errors"),
        ({"load": 3.0}, "volume"),
    ],
)
def test_peak_is_found_in_the_traffic_itself(planted: dict[str, object], reason: str) -> None:
    (window,) = find_windows(fleet(**planted, per_second=2.0).journeys)
    assert abs(window.start_ns - PEAK.start_ns) <= 60 * SECOND
    assert abs(window.end_ns - PEAK.end_ns) <= 60 * SECOND
    assert reason in window.reason


def test_quiet_traffic_has_no_peak() -> None:
    for seed in range(5):
        assert find_windows(frames_of(Fleet(seed).spans()).journeys) == ()


def test_without_a_peak_nothing_is_claimed() -> None:
    findings = find_hotspots(fleet())
    assert (findings.windows, findings.hotspots) == ((), ())
    assert findings.note is not None


def test_unchanged_operations_are_no_hotspots() -> None:
    findings = find_hotspots(fleet(slow={"faq": 4.0}), [PEAK])
    assert [row.service_name for row in findings.hotspots] == ["faq"]


def test_load_is_told_from_slow_code() -> None:
    cause = first(find_hotspots(fleet(slow={"tickets": 3.0}, load=4.0), [PEAK]), "latency").cause
    assert "saturation: latency rises with the load" in cause


def test_incident_ranks_its_service_first() -> None:
    frames = fleet(slow={"accounts": 4.0})
    findings = find_hotspots(frames, incident_ns=PEAK.start_ns)
    suspect, *others = findings.windows[0].suspects
    assert (suspect.rank, suspect.service_name, suspect.kind) == (1, "accounts", "latency")
    assert suspect.reason == "DoAccounts works longer"
    assert len(suspect.exemplars) == 2
    assert suspect.share_base is not None
    assert suspect.share_peak is not None
    assert suspect.share_peak > suspect.share_base
    assert all(suspect.score >= other.score for other in others)


def test_fewer_than_five_samples_are_listed_without_a_rank() -> None:
    frames = fleet()
    keep = ~(pl.col("service_name") == "faq") | ~PEAK.contains()
    thin = TraceFrames.of(frames.times.filter(keep), frames.journeys, frames.path)
    (row,) = find_hotspots(thin, [PEAK]).hotspots
    assert (row.service_name, row.rank, row.score, row.evidence_n) == ("faq", None, None, 0)
    assert row.cause.startswith("not enough data (0 at peak")


def test_table_of_an_incident_follows_the_suspects_over_both_kinds() -> None:
    frames = fleet(slow={"accounts": 4.0}, failing={"faq": 0.4})
    findings = find_hotspots(frames, incident_ns=PEAK.start_ns)
    ranked = [row for row in findings.hotspots if row.rank is not None]
    assert [row.rank for row in ranked] == list(range(1, len(ranked) + 1))
    assert {"accounts", "faq"} == {row.service_name for row in ranked[:2]}
    order = list(dict.fromkeys(row.service_name for row in ranked))
    suspects = findings.windows[0].suspects
    assert order == [suspect.service_name for suspect in suspects if suspect.score > 0]
    assert ("faq", "errors") in {(row.service_name, row.kind) for row in ranked}


def test_service_that_skips_an_operation_stands_in_the_incidents_table() -> None:
    made = fleet()
    gone = (pl.col("operation") == "DoAccounts") & PEAK.contains()
    frames = TraceFrames.of(made.times.filter(~gone), made.journeys, made.path)
    inner = frames.times.filter(pl.col("service_name") == "tickets").with_columns(
        pl.lit("tickets").alias("parent_service"), pl.lit("Notify").alias("operation")
    )
    calm = inner.filter(~PEAK.contains())
    times = pl.concat([frames.times, calm.cast(frames.times.schema)])
    findings = find_hotspots(
        TraceFrames.of(times, frames.journeys, frames.path), incident_ns=PEAK.start_ns
    )
    row = findings.hotspots[0]
    assert (row.service_name, row.kind) == ("tickets", "errors")
    assert row.operation in {"DoAccounts", "Notify"}
    assert "less often than its requests explain" in row.cause
    assert row.sentence == row.cause


@pytest.mark.parametrize(
    "window",
    [
        Window(START - 900 * SECOND, START - 300 * SECOND),
        Window(START - SECOND, START + 4_000 * SECOND),
    ],
)
def test_window_without_spans_or_without_a_rest_accuses_nobody(window: Window) -> None:
    findings = find_hotspots(fleet(slow={"faq": 4.0}), [window])
    assert findings.windows[0].suspects == ()
    assert all(row.rank is None for row in findings.hotspots)
    assert findings.note == "the window, or the time outside it, holds no spans"


def test_table_has_the_columns_of_the_store() -> None:
    frame = hotspot_frame(find_hotspots(fleet(slow={"faq": 4.0}), [PEAK]).hotspots)
    assert frame.columns == [
        "rank",
        "service_name",
        "operation",
        "kind",
        "baseline_p50_ms",
        "peak_p50_ms",
        "baseline_error_rate",
        "peak_error_rate",
        "ratio",
        "score",
        "share_of_slow_time",
        "cause",
        "evidence_n",
        "window_start",
        "window_end",
    ]


def test_shuffled_frames_give_the_same_findings() -> None:
    frames = fleet(slow={"tickets": 3.0}, failing={"faq": 0.2})
    shuffled = TraceFrames(
        *(
            frame.sample(fraction=1.0, shuffle=True, seed=9)
            for frame in (
                frames.times,
                frames.journeys,
                frames.path,
                frames.records,
                frames.calls,
                frames.measurements,
            )
        )
    )
    assert find_hotspots(shuffled, [PEAK]) == find_hotspots(frames, [PEAK])


def test_shares_of_a_journey_add_up_in_every_slice() -> None:
    shares = where_time_goes(fleet(slow={"tickets": 3.0}))
    sums = shares.group_by("journey", "slice").agg(pl.col("share").sum())
    assert sums["share"].to_list() == pytest.approx([1.0] * len(sums))
    top = shares.filter(pl.col("slice") == "slowest 5 %").row(0, named=True)
    assert top["service_name"] == "tickets"


def test_caller_whose_calls_all_wait_is_blamed_itself() -> None:
    times: list[tuple[object, ...]] = []
    for second in range(0, 3_600, 2):
        start = START + second * SECOND
        wait = 100 * MS if PEAK.start_ns <= start < PEAK.end_ns else 4 * MS
        for place, callee in enumerate(("cart", "stock", "ads")):
            jitter = (second % 7) * MS // 10 * (place + 1)
            times.append(("web", "Call", start, wait + jitter, callee, f"Serve {callee}", None))
            times.append((callee, f"Serve {callee}", start, 2 * MS + jitter, None, None, "web"))
        times.append(("web", "Page", start, 5 * MS, None, None, None))
    columns = [
        "service_name",
        "operation",
        "start_ns",
        "duration_ns",
        "callee",
        "callee_operation",
        "parent_service",
    ]
    frame = pl.DataFrame(times, schema=columns, orient="row").with_columns(
        trace_id=pl.col("start_ns").cast(pl.String),
        own_ns=pl.when(pl.col("callee").is_null()).then("duration_ns").otherwise(0),
        gap_ns=pl.when(pl.col("callee").is_null()).then(0).otherwise("duration_ns"),
        status=pl.lit("ok"),
        error_type=pl.lit(None, pl.String),
        origin=pl.lit(value=False),
    )
    none = fleet()
    frames = TraceFrames.of(frame, none.journeys, none.path)
    findings = find_hotspots(frames, [PEAK])
    assert findings.windows[0].suspects[0].service_name == "web"
    assert first(findings, "latency").service_name == "web"
    assert "all its outgoing calls wait alike" in first(findings, "latency").cause
