"""The service behind a known moment: where calls fail, where errors begin, what is chance."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest

from analyzer.analysis.hotspots import find_hotspots
from analyzer.analysis.hotspots.frames import TraceFrames
from analyzer.analysis.hotspots.suspects import Suspect
from tests.benchmarks.planted_faults import Shop
from tests.hotspots.frames import MS, SECOND, START, Fleet, frames_of

MOMENT = START + 300 * SECOND
PEAK = pl.col("start_ns").is_between(MOMENT, MOMENT + 160 * SECOND)


def suspects_of(frames: TraceFrames) -> tuple[Suspect, ...]:
    return find_hotspots(frames, incident_ns=MOMENT).windows[0].suspects


def shop(kind: str, service: str) -> TraceFrames:
    """450 requests, one a second; the service is hit from second 300 on."""
    made = Shop(Random(f"{kind}/{service}"), kind)
    for number in range(450):
        made.service = service if number >= 300 else ""
        made.request(number, START + number * SECOND)
    return frames_of(sorted(made.spans, key=lambda span: span.trace_id))


@pytest.mark.parametrize(
    ("kind", "service", "words"),
    [
        ("processor", "shop", "longer"),
        ("down", "store", "calls of GET /store stay without an answer more often"),
        ("error", "store", "GET /store fails by itself more often"),
        ("sockets", "account", "more often"),
        ("sockets", "identity", "GET /store"),
    ],
)
def test_hit_service_is_first_and_told_why(kind: str, service: str, words: str) -> None:
    suspect = suspects_of(shop(kind, service))[0]
    assert suspect.service_name == service
    assert words in suspect.reason
    assert suspect.rank == 1


def test_where_nothing_happened_no_part_stands_out() -> None:
    found = suspects_of(shop("none", "shop"))
    assert len(found) == 13
    assert max(suspect.event_part for suspect in found) < 0.1
    assert max(suspect.latency_part for suspect in found) < 0.5


def test_missing_service_is_charged_with_the_errors_of_those_who_call_it() -> None:
    fleet = Fleet()
    frames = frames_of(fleet.spans())
    hit = PEAK & (pl.col("service_name") == "tickets")
    times = frames.times.filter(~(PEAK & (pl.col("service_name") == "accounts"))).with_columns(
        status=pl.when(hit).then(pl.lit("error")).otherwise("status"),
        origin=hit | pl.col("origin"),
    )
    frames = TraceFrames.of(times, frames.journeys, frames.path)
    assert suspects_of(frames)[0].service_name == "accounts"


def test_call_that_is_no_longer_made_is_its_callers_choice() -> None:
    frames = frames_of(Fleet().spans())
    times = frames.times.filter(~(PEAK & (pl.col("service_name") == "accounts")))
    first = suspects_of(TraceFrames.of(times, frames.journeys, frames.path))[0]
    assert first.service_name == "tickets"
    assert first.reason.startswith("it calls DoAccounts less often")


def test_seldom_called_service_counts_where_every_call_is_beyond_doubt() -> None:
    frames = frames_of(Fleet().spans())
    mine = pl.col("service_name") == "faq"
    few = frames.times.filter(PEAK & mine)["trace_id"].unique().sort()[20:23].to_list()
    kept = ~(PEAK & mine) | pl.col("trace_id").is_in(few)

    def with_extra(ns: int) -> TraceFrames:
        slower = pl.when(PEAK & mine).then(ns).otherwise(0)
        times = frames.times.filter(kept).with_columns(
            pl.col("own_ns") + slower, pl.col("duration_ns") + slower
        )
        return TraceFrames.of(times, frames.journeys, frames.path)

    for extra, part in ((0, 0.0), (200 * MS, 0.9)):
        parts = {one.service_name: one.latency_part for one in suspects_of(with_extra(extra))}
        assert parts.get("faq", 0.0) >= part
        assert extra or "faq" not in parts or parts["faq"] == 0.0
