"""Why an operation became slower: what ran dry, told from slow code, in words with figures."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from analyzer.analysis.hotspots import find_hotspots
from analyzer.analysis.hotspots.frames import TraceFrames
from analyzer.analysis.hotspots.templates import with_mined_templates
from analyzer.analysis.hotspots.windows import Window
from tests.hotspots.frames import SECOND, START, Fleet, frames_of

PEAK = Window(START + 1_500 * SECOND, START + 2_400 * SECOND)


@pytest.fixture(scope="module")
def slow_at_the_same_load() -> TraceFrames:
    fleet = Fleet()
    fleet.slow = {"accounts": 4.0}
    return frames_of(fleet.spans())


def readings(service: str, **figures: tuple[float, float]) -> pl.DataFrame:
    """Ten-second readings of each figure: (outside, inside) the peak."""
    rows = [
        (service, moment, f"db.client.connection.{name}", during if at_peak else before)
        for name, (before, during) in figures.items()
        for moment in range(START, START + 3_600 * SECOND, 10 * SECOND)
        for at_peak in [PEAK.start_ns <= moment < PEAK.end_ns]
    ]
    return pl.DataFrame(rows, schema=["service_name", "start_ns", "name", "value"], orient="row")


def cause_of(frames: TraceFrames) -> str:
    rows = find_hotspots(frames, [PEAK]).hotspots
    return next(row.cause for row in rows if row.service_name == "accounts")


def test_an_exhausted_pool_is_told_as_saturation(slow_at_the_same_load: TraceFrames) -> None:
    pool = readings("accounts", used=(1, 4), max=(4, 4), pending_requests=(0, 9))
    cause = cause_of(replace(slow_at_the_same_load, measurements=pool))
    assert cause.startswith("saturation, not slow code: its connection pool is exhausted: 4 of 4")
    assert "up to 9 waiting for one (0 before)" in cause


def test_a_pool_that_was_always_full_explains_nothing(slow_at_the_same_load: TraceFrames) -> None:
    pool = readings("accounts", used=(4, 4), max=(4, 4), pending_requests=(3, 3))
    cause = cause_of(replace(slow_at_the_same_load, measurements=pool))
    assert cause.startswith("its own work takes longer; slower at the same load")


def test_a_neighbours_pool_explains_nothing(slow_at_the_same_load: TraceFrames) -> None:
    pool = readings("faq", used=(1, 4), max=(4, 4))
    cause = cause_of(replace(slow_at_the_same_load, measurements=pool))
    assert cause.startswith("its own work takes longer")


def test_the_sentence_names_the_cause(slow_at_the_same_load: TraceFrames) -> None:
    pool = readings("accounts", used=(1, 4), max=(4, 4))
    rows = find_hotspots(replace(slow_at_the_same_load, measurements=pool), [PEAK]).hotspots
    row = next(row for row in rows if row.service_name == "accounts")
    assert "x slower at peak" in row.sentence
    assert "its connection pool is exhausted" in row.sentence
    assert row.window == PEAK


def told(*messages: str) -> pl.DataFrame:
    return pl.DataFrame({"service_name": ["faq"] * len(messages), "template": list(messages)})


def test_free_words_become_one_template() -> None:
    names = ("anna", "bob", "chris", "dora", "emil")
    mined = with_mined_templates(told(*(f"user {name} was not found" for name in names)))
    assert mined["template"].unique().to_list() == ["user <*> was not found"]


def test_two_causes_in_like_words_stay_two() -> None:
    messages = ("payment declined by the bank", "payment refused by the bank", "pool exhausted")
    assert with_mined_templates(told(*messages))["template"].to_list() == list(messages)


def test_templates_do_not_depend_on_the_order_of_lines() -> None:
    names = ("anna", "bob", "chris", "dora", "emil", "frida")
    lines = told(*(f"no answer from host {name} in time" for name in names), "pool exhausted")
    there, back = with_mined_templates(lines), with_mined_templates(lines.reverse())
    assert there["template"].to_list() == back["template"].reverse().to_list()
