from __future__ import annotations

import time

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.analysis.whatif import (
    Assumptions,
    Measured,
    Recording,
    accuracy,
    failure_accuracy,
    grouping_of,
    headline,
    record,
    what_if,
)
from analyzer.analysis.whatif.critical import critical_sites
from analyzer.analysis.whatif.exposure import BlastRadius
from analyzer.analysis.whatif.quantiles import block_counts, needed, quantile_pairs
from analyzer.errors import UsageError
from analyzer.model.span import Span
from tests.whatif.traces import Call, Work, recorded, trace

MS = 1_000_000
S = 1_000_000_000


def campaign(runs: int = 400, seed: int = 3) -> list[Span]:
    """A gateway that submits tickets (accounts, notifications) and searches the faq."""
    random = np.random.default_rng(seed)

    def some(mean_ms: float) -> int:
        return int(random.exponential(mean_ms * MS)) + 1

    spans: list[Span] = []
    for number in range(runs):
        accounts = Call("accounts", Work(some(2)), some(1), some(1))
        notify = Call("notifications", Work(some(1)), some(1), some(1))
        lost = Call(
            "accounts", Work(some(1)), 1, 1, failure="ConnectionResetError", answered=False
        )
        refused = Call("notifications", Work(1), 1, 1, failure="ECONNREFUSED", answered=False)
        retried = (lost,) if number % 25 == 0 else ()
        calls = (*retried, accounts, refused if number % 40 == 0 else notify)
        submit = Work(1, (Call("tickets", Work(some(3), calls), some(1), some(1)),))
        search = Work(1, (Call("faq", Work(some(4)), some(1), some(1)),))
        ticket = number % 2 == 0
        name = f"{number:05d}"
        made = trace(submit if ticket else search, "gateway", name, S + number * 50 * MS)
        journey = "submit ticket" if ticket else "search"
        spans += [
            span if span.parent_span_id else span._replace(operation=journey) for span in made
        ]
    return spans


@pytest.fixture(scope="module")
def recording() -> Recording:
    return record(campaign())


GROUPING = {
    "gateway": "gateway",
    "tickets": "support",
    "accounts": "support",
    "notifications": "support",
    "faq": "faq",
}


def test_the_frame_says_before_and_predicted_with_intervals(recording: Recording) -> None:
    frame = what_if(recording, GROUPING).frame
    assert frame.columns[:8] == [
        "context",
        "journey",
        "quantile",
        "before_ms",
        "predicted_ms",
        "low_ms",
        "high_ms",
        "n",
    ]
    submit = frame.filter(journey="submit ticket", quantile=0.5).row(0, named=True)
    assert submit["context"] == "support"
    assert submit["low_ms"] < submit["predicted_ms"] < submit["high_ms"]
    assert submit["saved_low_ms"] > 1
    assert submit["best_ms"] <= submit["predicted_ms"] < submit["before_ms"]
    search = frame.filter(journey="search", quantile=0.5).row(0, named=True)
    assert search["context"] == "faq"
    assert search["saved_ms"] == 0


def test_too_few_runs_give_no_number_and_few_give_one_bound(recording: Recording) -> None:
    frame = what_if(recording, GROUPING).frame  # 200 runs a journey
    p95 = frame.filter(quantile=0.95)
    assert p95["low_ms"].null_count() == 0
    p99 = frame.filter(quantile=0.99)
    assert p99["predicted_ms"].null_count() == p99.height
    assert (p99["n"] == 200).all()
    small = what_if(record(campaign(runs=130)), GROUPING).frame.filter(quantile=0.95)
    assert small["predicted_ms"].null_count() == 0
    assert small["low_ms"].null_count() == small.height
    assert small["high_ms"].null_count() == 0


def test_lost_calls_and_retries_go_and_are_counted(recording: Recording) -> None:
    table = what_if(recording, GROUPING).failures
    submit = table.row(by_predicate=pl.col("journey") == "submit ticket", named=True)
    assert submit["failed_before"] == pytest.approx(10 / 200 + 8 / 200 - 2 / 200)
    assert submit["failed_after"] == 0.0
    assert submit["lost_calls"] == 18
    assert submit["retries"] == 8
    assert submit["imputed"] == 10
    assert not submit["low_confidence"]
    search = table.row(by_predicate=pl.col("journey") == "search", named=True)
    assert (search["calls"], search["lost_calls"]) == (0, 0)


def test_contexts_say_what_becomes_in_process_on_the_critical_path(recording: Recording) -> None:
    table = what_if(recording, GROUPING).contexts
    row = table.row(0, named=True)
    assert table.height == 1
    assert row["context"] == "support"
    assert row["services"] == "accounts, notifications, tickets"
    assert row["calls"] == 200 * 2 + 8
    assert 0 < row["critical_gap_s"] <= row["gap_s"]
    found = what_if(recording, GROUPING).prediction
    assert row["saved_s"] == pytest.approx(found.saved_ns / S, rel=1e-5)
    assert row["journeys"] == 200


def test_blast_radius_before_and_after(recording: Recording) -> None:
    found = what_if(recording, GROUPING).blast_radius
    before = {unit.unit: unit.share for unit in found.before}
    after = {unit.unit: unit.share for unit in found.after}
    assert before["faq"] == after["faq"] == 0.5
    assert after["support"] == 0.5
    assert BlastRadius.largest(found.after) == 1.0  # the gateway
    everything = what_if(recording, dict.fromkeys(GROUPING, "one")).blast_radius
    assert [unit.share for unit in everything.after] == [1.0]


def test_availability_by_hand_under_both_readings(recording: Recording) -> None:
    found = what_if(recording, GROUPING).availability
    submit = next(one for one in found if one.journey == "submit ticket")
    accounts, notifications = 8 / 208, 10 / 200
    assert submit.before == pytest.approx((1 - accounts) * (1 - notifications))
    assert submit.links == 1.0
    assert submit.processes == pytest.approx((1 - accounts) * (1 - notifications))
    given = Assumptions(unavailable={"faq": 0.25, "tickets": 0.1})
    searching = what_if(recording, {"faq": "x", "tickets": "x"}, assumptions=given).availability
    search = next(one for one in searching if one.journey == "search")
    assert search.before == pytest.approx(0.75)
    assert search.links == search.processes == pytest.approx(0.75 * 0.9)


def test_loads_compare_the_peak_of_the_sum_with_the_sum_of_peaks() -> None:
    early = trace(Work(400 * MS, (Call("b", Work(300 * MS)),)), "a", "1", 0)
    late = trace(Work(10 * MS, (Call("b", Work(600 * MS)),)), "a", "2", 5 * S)
    given = Assumptions(memory={"a": [(0, 100.0), (9, 50.0)], "b": [(0, 10.0), (9, 200.0)]})
    found = what_if(recorded(early, late), {"a": "x", "b": "x"}, assumptions=given)
    load = found.loads[0]
    # First second: a 400 ms, then b 300 ms; a's other 400 ms reach into the next one.
    assert load.busy_sum_of_peaks == pytest.approx(0.7 + 0.6, abs=0.11)
    assert load.busy_peak <= load.busy_sum_of_peaks
    assert (load.memory_peak_mb, load.memory_sum_of_peaks_mb) == (250.0, 300.0)
    assert any("event loop" in warning for warning in found.warnings)


def test_measured_processor_time_decides_whether_one_loop_is_enough() -> None:
    spans = trace(Work(400 * MS, (Call("b", Work(900 * MS)),)), "a", "1", 0)

    def warnings(cpu: dict[str, list[tuple[int, float]]]) -> list[str]:
        found = what_if(recorded(spans), {"a": "x", "b": "x"}, assumptions=Assumptions(cpu=cpu))
        return [said for said in found.warnings if said.startswith("x: ")]

    assert warnings({"a": [(0, 0.1)], "b": [(0, 0.05)]}) == []
    assert len(warnings({"a": [(0, 0.4), (9, 0.1)], "b": [(0, 0.3), (9, 0.1)]})) == 1
    assert warnings({"a": [(0, 0.5), (9, 0.1)], "b": [(0, 0.1), (9, 0.5)]}) == []
    assert "own time" in warnings({"a": [(0, 0.1)]})[0]  # b logs nothing: fall back


def test_the_plan_moves_leaves_first_and_stops_where_nothing_is_saved(
    recording: Recording,
) -> None:
    found = what_if(recording, dict.fromkeys(["tickets", "accounts", "notifications", "faq"], "x"))
    steps = found.plan.steps
    moved: set[str] = set()
    inside = {"tickets", "accounts", "notifications", "faq"}
    for step in steps:
        moved |= set(step.into)
        for name in step.services:
            callees = {callee for caller, callee in recording.pairs if caller == name}
            assert callees & inside <= moved | set(step.services)
        moved |= set(step.services)
    assert moved == inside
    assert [step.services for step in steps][-1] == ("faq",)  # nobody of the context calls it
    assert found.plan.stop_after == len(steps) - 1
    assert "interval contains 0" in found.plan.reason
    assert found.curve["recommended"].to_list() == [True] * (len(steps) - 1) + [False]
    total = np.mean(
        [
            run.duration_ns - one.duration_ns
            for run, one in zip(recording.runs, found.prediction.outcomes, strict=True)
        ]
    )
    assert steps[-1].total_saved_mean_ns == pytest.approx(total)


def test_a_step_that_only_prepares_one_that_pays_is_no_reason_to_stop() -> None:
    calls = (Call("b", Work(9), 5, 5), Call("c", Work(9), 5, 5), Call("d", Work(9), 5, 5))
    runs = [
        trace(Work(1, (Call("a", Work(7, calls), 5, 5),)), "entry", f"{at:03d}", at * 1000)
        for at in range(40)
    ]
    plan = what_if(recorded(*runs), dict.fromkeys("abcd", "x")).plan
    *before, last = plan.steps
    assert last.services == ("a",)
    assert last.pays
    assert all(step.prepares == ("a",) and not step.pays for step in before)
    assert plan.stop_after == len(plan.steps)
    assert plan.reason == "every step pays or prepares one"


def test_a_journey_belongs_to_whom_it_is_handed_and_not_to_whom_that_one_waits_for() -> None:
    runs = []
    for at in range(40):
        slow = Call("pool", Work(900), 1, 1)
        for kind, service in enumerate(("desk", "pool", "profile", "billing")):
            handed = Call(service, Work(9, (slow,) if service == "desk" else ()), 1, 1)
            behind = Work(50, (Call("bff", Work(60, (handed,)), 1, 1),))
            made = trace(behind, "gateway", f"{at:03d}{kind}", at * 10_000)
            runs.append([s if s.parent_span_id else s._replace(operation=service) for s in made])
    found = what_if(recorded(*runs), {"desk": "help", "profile": "help"}).frame
    belongs = dict(found.select("journey", "context").rows())
    assert belongs == {"desk": "help", "profile": "help", "pool": "pool", "billing": "billing"}


def test_services_in_a_circle_move_together() -> None:
    back = Call("a", Work(1))
    spans = trace(Work(1, (Call("a", Work(1, (Call("b", Work(1, (back,))),))),)), "entry")
    steps = what_if(recorded(spans), {"a": "x", "b": "x"}).plan.steps
    assert [step.services for step in steps] == [("a", "b")]


def test_a_plan_warns_of_owners_and_queues() -> None:
    spans = trace(Work(1, (Call("a", Work(5, (Call("b", Work(5)),))),)), "entry")
    root = next(span for span in spans if span.service_name == "a" and span.kind == "server")
    queued = Span("t", "q", root.span_id, "b", "consume", "consumer", 10_000, 5, "ok", row=99)
    given = Assumptions(owner={"a": "one", "b": "two"})
    found = what_if(recorded([*spans, queued]), {"a": "x", "b": "x"}, assumptions=given)
    said = " ".join(found.plan.steps[0].warnings)
    assert "several owners: one, two" in said
    assert "redelivery" in said
    assert any("a -> b is asynchronous" in warning for warning in found.warnings)


def test_a_plan_never_mixes_runtimes_and_says_who_is_left() -> None:
    inner = Call("b", Work(5, (Call("c", Work(2)),)))
    spans = trace(Work(1, (Call("a", Work(5, (inner,))),)), "entry")
    given = Assumptions(runtime={"a": "python", "b": "java", "c": "python"})
    plan = what_if(recorded(spans), dict.fromkeys("abc", "x"), assumptions=given).plan
    assert plan.steps == ()
    assert plan.blocked == (
        "a: calls b, which cannot move into x",
        "b: calls c, which cannot move into x",
        "c: another runtime than the rest of x",
    )


def test_unknown_gaps_and_untraced_services_are_said() -> None:
    spans = [
        Span("t", "1", None, "a", "root", "server", 0, 100, "ok", kind_source="dialect"),
        Span("t", "2", "1", "b", "work", "server", 20, 50, "ok", kind_source="dialect", row=1),
    ]
    said = what_if(recorded(spans), {"a": "x", "b": "x", "ghost": "x"}).warnings
    assert any("1 merged calls have no client side" in warning for warning in said)
    assert any("nothing is predicted for: ghost" in warning for warning in said)
    assert any("not measured: taken as 0" in warning for warning in said)


def test_nothing_recorded_gives_empty_tables() -> None:
    found = what_if(record([]), {"a": "x", "b": "x"})
    assert found.frame.is_empty()
    assert found.failures.is_empty()
    assert found.curve.is_empty()
    assert found.plan.stop_after == 0
    assert found.blast_radius.after == ()


def test_the_order_of_traces_and_spans_changes_not_a_byte() -> None:
    spans = campaign(runs=60)

    def answer(spans: list[Span]) -> str:
        found = what_if(recorded(spans), GROUPING)
        tables = (found.frame, found.failures, found.contexts, found.curve)
        return "\n".join(table.write_csv() for table in tables)

    assert answer(spans) == answer(spans[::-1])


def test_merges_are_named_by_their_services_and_typos_are_refused() -> None:
    services = ["accounts", "faq", "tickets"]
    assert grouping_of([["tickets", "accounts"]], services) == {
        "accounts": "accounts+tickets",
        "tickets": "accounts+tickets",
    }
    with pytest.raises(UsageError, match="no service 'tikets'; did you mean 'tickets'"):
        grouping_of([["tikets", "faq"]], services)
    with pytest.raises(UsageError, match="'faq' is asked to be merged twice"):
        grouping_of([["faq", "tickets"], ["faq", "accounts"]], services)


def test_critical_calls_are_those_the_duration_rests_on() -> None:
    short = Call("b", Work(10), before=5, after=5)
    long = Call("c", Work(100, (Call("d", Work(1)),)), before=5, after=5, beside=True)
    after = Call("b", Work(3))
    run = recorded(trace(Work(1, (short, long, after)))).runs[0]
    assert [site.callee for site in critical_sites(run)] == ["c", "b", "d"]


@pytest.mark.parametrize(
    ("quantile", "one", "two"),
    [(0.5, 5, 6), (0.9, 29, 36), (0.95, 59, 72), (0.99, 299, 368), (0.999, 2995, 3688)],
)
def test_samples_needed(quantile: float, one: int, two: int) -> None:
    assert needed(quantile) == one
    assert needed(quantile, two_sided=True) == two


@given(st.integers(1, 300), st.integers(0, 5))
def test_every_block_draw_has_as_many_samples_as_there_are(count: int, seed: int) -> None:
    counts = block_counts(count, 7, np.random.default_rng(seed))
    assert counts.shape == (7, count)
    assert (counts.sum(axis=1) == count).all()
    assert (counts >= 0).all()


@settings(max_examples=20)
@given(st.lists(st.integers(0, 10**9), min_size=80, max_size=120))
def test_quantiles_are_numpys_and_equal_samples_save_exactly_nothing(values: list[int]) -> None:
    sample = np.array(values, dtype=np.int64)
    pairs = quantile_pairs(sample, sample, (0.5, 0.95), np.random.default_rng(1))
    for pair in pairs:
        assert pair.before.value == pytest.approx(np.quantile(sample, pair.quantile))
        assert (pair.saved.value, pair.saved.low, pair.saved.high) == (0, 0, 0)
        assert pair.before.low is not None
        assert pair.before.high is not None
        assert pair.before.low <= pair.before.high


def test_block_intervals_cover_where_latencies_come_in_episodes() -> None:
    random = np.random.default_rng(5)
    covered = 0
    for _ in range(60):
        noise = random.normal(size=500)
        level = np.zeros(500)
        for at in range(1, 500):
            level[at] = 0.9 * level[at - 1] + noise[at]
        sample = (1e6 * (level + 100)).astype(np.int64)
        pair = quantile_pairs(sample, sample, (0.5,), np.random.default_rng(1))[0]
        assert pair.before.low is not None
        assert pair.before.high is not None
        covered += pair.before.low <= 100e6 <= pair.before.high
    assert covered / 60 >= 0.75  # the independent bootstrap covers .51-.60 of the time


def test_a_prediction_is_held_to_what_was_measured_beside_both_controls(
    recording: Recording,
) -> None:
    found = what_if(recording, GROUPING)
    p95 = found.frame.filter(journey="submit ticket", quantile=0.95).row(0, named=True)
    measured = [
        Measured("submit ticket", 0.95, p95["predicted_ms"] * 1.02 * MS, 500),
        Measured("search", 0.95, 1.0, 5),
        Measured("never recorded", 0.95, 1.0, 5),
    ]
    table = accuracy(recording, found.prediction, measured[:1])
    assert table["method"].to_list() == [
        "prediction",
        "control: nothing changes",
        "control: all gaps removed",
    ]
    assert table["error"][0] == pytest.approx(1 / 1.02 - 1, abs=1e-4)
    assert table["inside"][0]
    best = headline(table)
    assert best["median_error"][0] == pytest.approx(1 - 1 / 1.02, abs=1e-4)
    assert best["median_error"][1] > best["median_error"][0]
    assert accuracy(recording, found.prediction, measured)["journey"].n_unique() == 2


def test_failure_rates_are_compared_in_percentage_points(recording: Recording) -> None:
    found = what_if(recording, GROUPING)
    table = failure_accuracy(found.prediction, {"submit ticket": (3, 100), "unheard of": (1, 2)})
    row = table.row(0, named=True)
    assert table.height == 1
    assert (row["before"], row["predicted"], row["measured"]) == (0.08, 0.0, 0.03)
    assert row["difference_pp"] == pytest.approx(-3.0)


def test_ten_thousand_journeys_are_answered_in_seconds() -> None:
    spans: list[Span] = []
    for number in range(10_000):
        inner = (Call("c", Work(3 * MS), MS, MS), Call("d", Work(2 * MS + number), MS, MS))
        calls = (
            Call("b", Work(2 * MS, inner), MS, MS),
            Call("e", Work(4 * MS), MS, MS, beside=True),
            Call("f", Work(MS, (Call("d", Work(MS), MS, MS),)), MS, MS),
            Call("c", Work(MS), MS, MS),
        )
        spans += trace(Work(MS, calls), "a", f"{number:06d}", number * 50 * MS + S)
    assert len(spans) == 150_000
    recording = record(spans)
    begin = time.process_time()
    found = what_if(recording, dict.fromkeys("abcdef", "one"))
    assert found.frame.height == 3
    assert time.process_time() - begin < 5
