"""Windows and baselines: what counts as before, and what as the peak."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from analyzer.analysis.hotspots.frames import operation_key
from analyzer.analysis.hotspots.windows import (
    SECOND_NS,
    TAIL_NS,
    Window,
    baseline_of,
    find_windows,
    incident_window,
)


def journeys(counts: list[int], latency_ms: list[int], errors: list[int]) -> pl.DataFrame:
    """Journeys per minute, all of a minute alike."""
    rows = [
        (
            "order",
            minute * 60 * SECOND_NS + i * 60 * SECOND_NS // n,
            ms * 1_000_000,
            "error" if i < k else "ok",
        )
        for minute, (n, ms, k) in enumerate(zip(counts, latency_ms, errors, strict=True))
        for i in range(n)
    ]
    schema = {
        "journey": pl.String,
        "start_ns": pl.Int64,
        "duration_ns": pl.Int64,
        "status": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def minutes(windows: tuple[Window, ...]) -> list[tuple[int, int]]:
    minute = 60 * SECOND_NS
    return [(window.start_ns // minute, window.end_ns // minute) for window in windows]


def test_peak_that_fills_forty_percent_does_not_hide_itself() -> None:
    latency = [100, 101, 102] * 6 + [400, 420, 410] * 4
    found = find_windows(journeys([40] * 30, latency, [0] * 30))
    assert minutes(found) == [(18, 30)]


def test_one_hot_bucket_is_no_window_and_one_calm_one_is_bridged() -> None:
    alone = [100, 101, 102] * 10
    alone[7] = 900
    assert find_windows(journeys([40] * 30, alone, [0] * 30)) == ()
    bridged = [100, 101, 102] * 10
    bridged[7] = bridged[9] = 900
    assert minutes(find_windows(journeys([40] * 30, bridged, [0] * 30))) == [(7, 10)]


def test_two_peaks_are_two_windows() -> None:
    errors = [0] * 30
    errors[5:8] = [20, 15, 20]
    errors[20:22] = [20, 20]
    found = find_windows(journeys([40] * 30, [100] * 30, errors))
    assert minutes(found) == [(5, 8), (20, 22)]
    assert {window.reason for window in found} == {"errors"}


def test_few_buckets_find_nothing() -> None:
    assert find_windows(journeys([40] * 4, [100, 100, 900, 900], [0] * 4)) == ()
    assert find_windows(journeys([], [], [])) == ()


def test_recovery_is_left_out_of_the_baseline_while_half_of_the_data_remains() -> None:
    starts = pl.Series("start_ns", [i * SECOND_NS for i in range(3_600)])
    short = baseline_of(starts, [Window(600 * SECOND_NS, 700 * SECOND_NS)])
    assert short.tail_ns == TAIL_NS
    long = baseline_of(starts, [Window(600 * SECOND_NS, 2_100 * SECOND_NS)])
    assert long.tail_ns == TAIL_NS // 2
    kept = starts.to_frame().filter(short.contains())["start_ns"] // SECOND_NS
    assert not kept.is_between(595, 1_119).any()
    assert kept.is_in([594, 1_120]).sum() == 2


@given(st.integers(0, 10**18))
def test_incident_window_begins_after_the_moment(moment: int) -> None:
    window = incident_window(moment)
    assert window.start_ns - moment == 10 * SECOND_NS
    assert window.end_ns - moment == 150 * SECOND_NS


def test_operation_keys_lose_what_varies() -> None:
    assert operation_key("GET /tickets/12345") == "GET /tickets/#"
    assert operation_key("GET /v1/tickets/{id}") == "GET /v1/tickets/#"
    assert operation_key("job 550e8400-e29b-41d4-a716-446655440000") == "job #"
    assert operation_key("load 9f86d081884c7d65") == "load #"
    assert operation_key("SubmitTicket v2") == "SubmitTicket v2"


def test_slow_journey_is_found_among_many_quick_ones() -> None:
    quick = journeys([60] * 30, [10, 11, 12] * 10, [0] * 30)
    slow_ms = [100, 101, 102] * 10
    slow_ms[10:15] = [400] * 5
    slow = journeys([25] * 30, slow_ms, [0] * 30).with_columns(pl.lit("ticket").alias("journey"))
    found = find_windows(pl.concat([quick, slow]))
    assert minutes(found) == [(10, 15)]
    assert found[0].reason == "latency of ticket"
