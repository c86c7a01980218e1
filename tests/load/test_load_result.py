"""What a load test concludes from rows, calls and usage: no process needed."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import orjson
import pytest

from analyzer.api.load_checks import Check, Stretch, judged
from analyzer.api.load_report import html_text, json_text
from analyzer.api.load_result import LoadOptions, LoadTest
from analyzer.api.load_watch import LoadWatch
from analyzer.api.pipeline import Listener
from analyzer.api.runbook import read_criteria, verify
from analyzer.errors import ConfigurationError
from analyzer.replay.drive import Driven, Journey, summarize
from analyzer.replay.drive.summary import RunFacts
from analyzer.replay.integrity import Integrity
from analyzer.replay.load import Call, Loaded, Moment, Reading, Usage, planned
from analyzer.replay.load.levels import CAMPAIGN

SECOND = 1_000_000_000
CHECK = Check("tickets", "ticket-submit", Fraction(99, 100), 5000)
WHOLE = Stretch(0, 80)
RUNBOOK = """
version: 1
anything: [else, is, the, operators']
load_test:
  - {id: valid, text: The load was offered, figure: invalid, op: lte, value: 0}
  - {id: lost, text: No ticket was lost, figure: tickets.lost, op: lte, value: 0}
  - {id: outcome, text: It passed, figure: outcome, op: eq, value: passed}
  - {id: rate, text: It holds enough, figure: holds_updates_per_second, op: gte, value: 20}
"""


def row(at: float, waited_ms: float, journey: str = "ticket-submit", **other: object) -> Journey:
    known: dict[str, object] = {
        "journey_id": f"{at}",
        "journey": journey,
        "scenario": "ticket_in_one_message",
        "phase": "1",
        "user_id": 1,
        "campaign": "step",
        "t_start": "2026-11-23T10:00:00.000000Z",
        "t_end": None,
        "intended_ns": round(at * SECOND),
        "issued_ns": round(at * SECOND),
        "answered_ns": None,
        "latency_ms": waited_ms,
        "waited_ms": waited_ms,
        "lag_ms": 1.0,
        "deadline_ms": 5000.0,
        "late": waited_ms > 5000,
        "outcome": "ok",
    }
    return Journey(**(known | other))  # type: ignore[arg-type]


def load_test(
    rows: list[Journey],
    scenario: str = "step",
    cores: float = 0.1,
    sends: float = 5,
    **other: object,
) -> LoadTest:
    """A run of 80 s in four levels (or three) with `sends` a second and `cores` busy."""
    plan = planned(scenario, 4, 80, 20, CAMPAIGN, 7)
    facts = RunFacts(
        plan="step", seed=7, scenarios=len(rows), warm_up_seconds=0, sends_by_second=Counter()
    )
    calls = [Call(n / sends, 200) for n in range(int(80 * sends))]
    loaded = Loaded(
        driven=Driven(tuple(rows), summarize(rows, facts)),
        notifications=(),
        begun_ns=0,
        readings=tuple(
            Reading(float(n), Usage(n * cores, 100.0), n * 0.1, n * (cores + 0.1))
            for n in range(80)
        ),
        calls=tuple(calls),
    )
    found = LoadTest(
        options=LoadOptions(scenario=scenario, limit_seconds=80),
        bot="a bot",
        plan=plan,
        loaded=loaded,
        levels=tuple(judged(level, rows, WHOLE, [CHECK]) for level in plan.levels),
        integrity=Integrity(10, 0, 0),
        criteria=(),
        notes=(),
    )
    return replace(found, **other)  # type: ignore[arg-type]


def breaking_at(seconds: float) -> list[Journey]:
    """Ten updates a second for 80 s; from `seconds` on every answer takes 6 s."""
    return [row(n / 10, 6000 if n / 10 >= seconds else 100) for n in range(800)]


def test_it_holds_what_was_offered_before_the_first_level_that_breaks() -> None:
    found = load_test(breaking_at(50))
    assert [bool(level.broken) for level in found.levels] == [False, False, True, True]
    assert found.holds_per_second == pytest.approx(10)
    assert "Holds 10 updates/s; the first to break is tickets (100 of 160 bad)" in found.headline
    assert found.exit_code == 0  # to find the limit is what was asked


@pytest.mark.parametrize(
    ("sends", "cores", "words"),
    [
        (24, 0.2, "Telegram's: 24.0 of 30 allowed messages a second were sent"),
        (5, 0.97, "the bot's processor: 0.97 cores busy"),
        (5, 0.2, "a wait inside the bot"),
    ],
)
def test_the_limit_is_named_by_what_was_used_up(sends: float, cores: float, words: str) -> None:
    assert words in load_test(breaking_at(50), sends=sends, cores=cores).limit


def test_nothing_broken_is_said_as_the_most_that_was_tried() -> None:
    found = load_test(breaking_at(1e9))
    assert "the most that was tried; no objective broke" in found.headline


def test_too_little_is_a_failure_where_a_rate_is_asked_for() -> None:
    asked = replace(load_test(breaking_at(50)).options, holds=20)
    found = load_test(breaking_at(50), options=asked)
    assert found.failures == ("holds 10 updates/s, 20 are asked",)
    assert found.exit_code == 1


def test_generator_that_was_late_before_anything_broke_proves_nothing() -> None:
    late = [replace(one, lag_ms=400.0) for one in breaking_at(1e9)]
    found = load_test(late)
    assert found.exit_code == 3
    assert "the generator was late: p99 of its lag is 8.0% of the deadline" in found.headline


def late_from(rows: list[Journey], begin: float, until: float) -> list[Journey]:
    """The same, begun 400 ms late from `begin` to `until`."""
    at = [row.intended_ns / SECOND for row in rows]
    return [
        replace(row, lag_ms=400.0) if begin <= moment < until else row
        for row, moment in zip(rows, at, strict=True)
    ]


def test_generator_that_is_the_limit_is_blamed_and_not_the_bot() -> None:
    found = load_test(late_from(breaking_at(60), 60, 80), cores=0.97)
    assert found.exit_code == 3
    assert found.limit.startswith("this machine's, not the bot's: its generator did not keep up")
    assert "0.97 with the bot, 0.10 with the generator" in found.limit
    never = load_test(late_from(breaking_at(1e9), 60, 80))
    assert never.exit_code == 3
    assert "the most that was offered as planned; no objective broke" in never.headline
    assert "the limit is this machine's, not the bot's" in never.headline.lower()


def test_generator_that_caught_up_with_more_load_takes_nothing_from_it() -> None:
    found = load_test(late_from(breaking_at(60), 20, 40))
    assert [bool(level.problem) for level in found.levels] == [False, True, False, False]
    assert (found.invalid, found.exit_code) == ((), 0)
    assert len(found.held) == 2


def test_climb_ends_when_something_broke_or_the_generator_is_hopelessly_late() -> None:
    plan = planned("step", 4, 80, 20, CAMPAIGN, 7)
    told: list[str] = []
    watch = LoadWatch(plan, (), Listener(step=told.append))

    def enough(rows: list[Journey], at: float) -> bool:
        seen = [row for row in rows if row.intended_ns < at * SECOND]
        return watch.look(Moment(at, 0, seen, ()))

    assert not enough(breaking_at(1e9), 79)
    assert not enough(breaking_at(50), 49)
    assert enough(breaking_at(50), 60)
    assert not enough(late_from(breaking_at(1e9), 0, 20), 39)  # it may keep up again
    assert enough(late_from(breaking_at(1e9), 0, 40), 41)
    assert told[0].startswith("step 4, 79 of 80 s: ")


def test_machine_that_others_kept_busy_is_named() -> None:
    cores = os.cpu_count() or 1
    loaded = load_test(breaking_at(50)).loaded
    busy = [replace(one, machine_seconds=one.at_seconds * cores) for one in loaded.readings]
    found = load_test(breaking_at(50), loaded=replace(loaded, readings=tuple(busy)))
    assert found.limit.startswith("this machine's processors, not the bot's alone")
    assert "with other programs" in found.limit


def test_level_that_a_run_ended_in_is_judged_by_the_time_it_lasted() -> None:
    plan = planned("step", 4, 80, 20, CAMPAIGN, 7)
    rows = breaking_at(1e9)[:300]  # ended after 30 s
    found = judged(plan.levels[1], rows, Stretch(0, 30), [CHECK])
    assert found.offered_per_second == pytest.approx(10)


def test_bot_that_ended_failed_however_little_was_seen_of_it() -> None:
    loaded = load_test([row(10, 100)]).loaded
    died = load_test([row(10, 100)], loaded=replace(loaded, exit_code=3, stopped_seconds=11.0))
    assert died.exit_code == 1
    assert "the bot ended by itself with code 3, 11 s into the run" in died.headline
    away = load_test([row(10, 100)], loaded=replace(loaded, gone="it ended with code 3"))
    assert away.exit_code == 1
    assert "did not come back after the kill -9: it ended with code 3" in away.headline


def test_lost_ticket_fails_and_too_few_events_are_invalid() -> None:
    found = load_test(breaking_at(1e9), integrity=Integrity(10, 1, 0))
    assert (found.exit_code, len(found.failures)) == (1, 1)
    assert load_test([row(10, 100)]).exit_code == 3


def test_what_still_waits_within_its_deadline_is_not_counted_yet() -> None:
    plan = planned("step", 4, 20, 20, CAMPAIGN, 7)
    waiting = [replace(one, outcome="unanswered") for one in (row(11, 3000), row(12, 5001))]
    rows = [row(10, 100), *waiting]
    [held] = judged(plan.levels[0], rows, WHOLE, [CHECK]).held
    assert (held.valid, held.bad) == (2, 1)


def test_fault_is_tolerated_while_it_lasts_and_must_be_over_soon() -> None:
    during = [row(n / 10, 6000 if 20 <= n / 10 < 45 else 100) for n in range(800)]
    found = load_test(during, "kill-9")
    assert found.recovery_seconds == pytest.approx(4.9)
    assert (found.failures, found.exit_code) == ((), 0)
    for_ever = [row(n / 10, 6000 if n / 10 >= 20 else 100) for n in range(800)]
    found = load_test(for_ever, "kill-9")
    assert found.exit_code == 1
    assert any("recovered 40 s after the kill -9, at most 30 s" in one for one in found.failures)


def test_runbook_decides_by_the_figures_of_the_result(tmp_path: Path) -> None:
    path = tmp_path / "runbook.yaml"
    path.write_text(RUNBOOK)
    found = load_test(breaking_at(50), criteria=read_criteria(path))
    assert [one.holds for one in found.verified] == [True, True, True, False]
    assert found.verified[3].words == (
        "It holds enough: holds_updates_per_second ≥ 20 asked, 10.0 found"
    )
    assert found.exit_code == 1
    written = orjson.loads(json_text(found))
    assert [one["holds"] for one in written["criteria"]] == [True, True, True, False]
    assert "It holds enough" in html_text(found)


def test_figure_that_is_not_there_meets_no_criterion(tmp_path: Path) -> None:
    path = tmp_path / "runbook.yaml"
    path.write_text(RUNBOOK)
    assert [one.holds for one in verify(read_criteria(path), {"outcome": 7})] == [False] * 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("load_test: {}", "load_test: a list of criteria is needed"),
        ("load_test: [{id: a, text: b, figure: c, op: near, value: 1}]", "load_test.0.op"),
        ("load_test: [", "cannot read the runbook"),
    ],
)
def test_runbook_that_cannot_be_read_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "runbook.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=words):
        read_criteria(path)
