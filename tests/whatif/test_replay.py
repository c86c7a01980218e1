from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.analysis.whatif.replay import Merger, Outcome, replay
from analyzer.model.span import Span
from tests.whatif.traces import Call, Work, recorded, trace

SERVICES = ("a", "b", "c", "d")
ALL = dict.fromkeys(SERVICES, "one")
sizes = st.integers(0, 50)


def works(depth: int) -> st.SearchStrategy[Work]:
    if depth == 0:
        return st.builds(Work, sizes)
    calls = st.builds(
        Call,
        service=st.sampled_from(SERVICES),
        work=works(depth - 1),
        before=sizes,
        after=sizes,
        beside=st.booleans(),
    )
    return st.builds(Work, sizes, st.lists(calls, max_size=4).map(tuple))


groupings = st.dictionaries(st.sampled_from(SERVICES), st.sampled_from(["one", "two"]))

spans_at_random = st.lists(
    st.tuples(
        st.integers(0, 8),
        st.sampled_from(SERVICES),
        st.sampled_from(["client", "server", "internal", "producer", "consumer"]),
        st.integers(1, 100),
        st.integers(0, 60),
        st.booleans(),
    ),
    min_size=1,
    max_size=9,
)


def arbitrary(rows: list[tuple[int, str, str, int, int, bool]]) -> list[Span]:
    """Any tree with any times: skewed, overlapping, outside their parents, failing anywhere."""
    return [
        Span(
            "t",
            f"{at + 1}",
            None if at == 0 else f"{min(parent, at - 1) + 1}",
            service,
            f"op {service}",
            kind,
            start,
            duration,
            "error" if failed else "ok",
            None,
            row=at,
        )
        for at, (parent, service, kind, start, duration, failed) in enumerate(rows)
    ]


def outcome(spans: list[Span], context_of: dict[str, str], delta: int = 0) -> Outcome:
    recording = recorded(spans)
    return replay(recording.runs[0], Merger(context_of, delta), recording)


@given(works(3))
def test_without_a_merge_every_duration_comes_back_exactly(work: Work) -> None:
    recording = recorded(trace(work))
    run = recording.runs[0]
    assert replay(run, Merger({}), recording).duration_ns == run.duration_ns
    dearer = Merger(ALL, 10**9)  # in-process as slow as the network: nothing is gained
    found = replay(run, dearer, recording)
    assert (found.duration_ns, found.best_ns) == (run.duration_ns, run.duration_ns)


@given(spans_at_random)
def test_a_replay_of_any_tangle_that_saves_nothing_changes_nothing(
    rows: list[tuple[int, str, str, int, int, bool]],
) -> None:
    spans = [span._replace(status="ok") for span in arbitrary(rows)]
    recording = recorded(spans)
    for run in recording.runs:
        found = replay(run, Merger(ALL, 10**9), recording)
        assert (found.duration_ns, found.best_ns) == (run.duration_ns, run.duration_ns)


@given(works(3), groupings)
def test_no_journey_grows_and_a_join_less_saves_at_least_as_much(
    work: Work, context_of: dict[str, str]
) -> None:
    recording = recorded(trace(work))
    run = recording.runs[0]
    found = replay(run, Merger(context_of), recording)
    assert found.best_ns <= found.duration_ns <= run.duration_ns
    assert found.best_ns >= 0


@given(spans_at_random, groupings)
def test_no_tangle_without_failures_grows(
    rows: list[tuple[int, str, str, int, int, bool]], context_of: dict[str, str]
) -> None:
    recording = recorded([span._replace(status="ok") for span in arbitrary(rows)])
    for run in recording.runs:
        found = replay(run, Merger(context_of), recording)
        assert 0 <= found.best_ns <= found.duration_ns <= run.duration_ns


@given(works(3), st.integers(0, 40), st.integers(0, 40))
def test_a_dearer_dispatch_never_saves_more(work: Work, cheap: int, more: int) -> None:
    spans = trace(work)
    assert outcome(spans, ALL, cheap).duration_ns <= outcome(spans, ALL, cheap + more).duration_ns


def rows(services: str) -> st.SearchStrategy[Work]:
    """Work that calls the next service one call after the other."""
    own = st.integers(1, 50)
    if not services:
        return st.builds(Work, own)
    call = st.builds(
        Call, service=st.just(services[0]), work=rows(services[1:]), before=sizes, after=sizes
    )
    return st.builds(Work, own, st.lists(call, max_size=3).map(tuple))


def own_work(work: Work) -> int:
    return (len(work.calls) + 1) * work.own + sum(own_work(call.work) for call in work.calls)


@given(rows("bc"))
def test_merging_everything_in_a_row_of_calls_leaves_own_work_alone(work: Work) -> None:
    assert outcome(trace(work), ALL).duration_ns == own_work(work)


def busy(depth: int) -> st.SearchStrategy[Work]:
    """Any mix of calls one after the other and side by side; everything takes time."""
    own = st.integers(1, 50)
    if depth == 0:
        return st.builds(Work, own)
    call = st.builds(
        Call,
        service=st.sampled_from(SERVICES),
        work=busy(depth - 1),
        before=sizes,
        after=sizes,
        beside=st.booleans(),
    )
    return st.builds(Work, own, st.lists(call, max_size=4).map(tuple))


def in_process(work: Work, service: str, merger: Merger) -> Work:
    """The same work as the merged system would do it: no gap where a call stays inside."""
    calls = []
    for call in work.calls:
        inner = in_process(call.work, call.service, merger)
        inside = merger.inside(service, call.service)
        before, after = (0, 0) if inside else (call.before, call.after)
        calls.append(Call(call.service, inner, before, after, call.beside))
    return Work(work.own, tuple(calls))


@given(busy(3), groupings)
def test_the_prediction_is_what_the_merged_system_really_takes(
    work: Work, context_of: dict[str, str]
) -> None:
    merger = Merger(context_of)
    recording = recorded(trace(work))
    measured = recorded(trace(in_process(work, "a", merger))).runs[0].duration_ns
    assert replay(recording.runs[0], merger, recording).duration_ns == measured


def test_a_gap_off_the_critical_path_saves_nothing() -> None:
    short = Call("b", Work(10), before=5, after=5)
    long = Call("c", Work(100), before=5, after=5, beside=True)
    spans = trace(Work(1, (short, long)))
    before = recorded(spans).runs[0].duration_ns
    assert outcome(spans, {"a": "x", "b": "x"}).duration_ns == before
    assert outcome(spans, {"a": "x", "c": "x"}).duration_ns == before - 10


def test_a_join_that_may_not_have_been_one_opens_both_bounds() -> None:
    # b and c start together; d starts when the later of them, c, has ended.
    first = Call("b", Work(90), before=4, after=4)
    second = Call("c", Work(90), before=5, after=5, beside=True)
    third = Call("d", Work(10), before=0, after=0)
    spans = trace(Work(0, (first, second, third)))
    before = recorded(spans).runs[0].duration_ns
    found = outcome(spans, {"a": "x", "c": "x"})
    assert before - found.duration_ns == 2  # b's end at 98 still holds d back
    assert before - found.best_ns == 10


def test_connecting_is_part_of_the_gap() -> None:
    spans = trace(Work(1, (Call("b", Work(10), 9, 5),)))
    client = next(span for span in spans if span.kind == "client")
    steps = [
        Span(
            "t",
            f"x{at}",
            client.span_id,
            "a",
            name,
            "internal",
            (client.start_ns or 0) + at,
            2,
            "ok",
            row=20 + at,
        )
        for at, name in ((0, "dns"), (3, "connect"))
    ]
    before = recorded(spans).runs[0].duration_ns
    found = outcome([*spans, *steps], {"a": "x", "b": "x"})
    assert before - found.duration_ns == 14
    assert outcome([*spans, *steps], {}).duration_ns == before


def test_a_call_that_several_servers_answered_is_left_alone() -> None:
    spans = trace(Work(1, (Call("b", Work(10), 5, 20),)))
    client = next(span for span in spans if span.kind == "client")
    again = Span(
        "t",
        "x",
        client.span_id,
        "b",
        "serve b",
        "server",
        (client.start_ns or 0) + 20,
        9,
        "ok",
        row=20,
    )
    recording = recorded([*spans, again])
    assert (
        outcome([*spans, again], {"a": "x", "b": "x"}).duration_ns == recording.runs[0].duration_ns
    )
    assert recording.runs[0].unknown == [("a", "b"), ("a", "b")]


def test_a_dispatch_cost_is_charged_for_each_merged_call() -> None:
    spans = trace(Work(1, (Call("b", Work(10), 5, 5), Call("b", Work(10), 5, 5))))
    before = recorded(spans).runs[0].duration_ns
    assert outcome(spans, {"a": "x", "b": "x"}, delta=3).duration_ns == before - 2 * (10 - 3)


def test_a_skewed_callee_changes_nothing_but_the_gap_between_durations() -> None:
    spans = trace(Work(1, (Call("b", Work(10), 5, 5),)))
    skewed = [
        span._replace(start_ns=(span.start_ns or 0) + 7) if span.service_name == "b" else span
        for span in spans
    ]
    assert outcome(spans, {"a": "x", "b": "x"}) == outcome(skewed, {"a": "x", "b": "x"})


def test_a_refused_call_is_imputed_from_successful_ones_and_no_longer_fails_the_journey() -> None:
    good = trace(Work(1, (Call("b", Work(40), 5, 5),)), trace_id="good")
    refused = Call("b", Work(3), 1, 1, failure="ConnectionRefusedError", answered=False)
    bad = trace(Work(1, (refused,)), trace_id="bad")
    recording = recorded(good, bad)
    run = next(run for run in recording.runs if run.trace_id == "bad")
    assert run.failed
    found = replay(run, Merger({"a": "x", "b": "x"}), recording)
    assert not found.failed
    assert (found.transport, found.imputed) == (1, 1)
    assert found.duration_ns == run.duration_ns - 5 + 40
    untouched = replay(run, Merger({"a": "x", "c": "x"}), recording)
    assert untouched.failed


def test_retries_and_the_back_off_between_them_go_and_the_last_attempt_stays() -> None:
    reset = Call("b", Work(20), 1, 1, failure="ECONNRESET", answered=False)
    spans = trace(Work(7, (reset, reset, Call("b", Work(40), 5, 5))))
    before = recorded(spans).runs[0].duration_ns
    found = outcome(spans, {"a": "x", "b": "x"})
    assert (found.retries, found.transport, found.imputed) == (2, 2, 0)
    assert before - found.duration_ns == 2 * (22 + 7) + 10


def test_attempts_with_different_request_keys_are_no_retries() -> None:
    reset = Call("b", Work(20), 1, 1, failure="ECONNRESET", answered=False)
    spans = trace(Work(7, (reset, Call("b", Work(40), 5, 5))))
    clients = [span for span in spans if span.kind == "client"]
    keyed = [
        span._replace(request_key=f"k{clients.index(span)}") if span in clients else span
        for span in spans
    ]
    assert outcome(keyed, {"a": "x", "b": "x"}).retries == 0


def test_an_application_error_stays_with_its_time() -> None:
    broken = Call("b", Work(30, error="ValidationError"), 5, 5)
    spans = trace(Work(1, (broken,)))
    before = recorded(spans).runs[0].duration_ns
    found = outcome(spans, {"a": "x", "b": "x"})
    assert found.failed
    assert found.transport == 0
    assert found.duration_ns == before - 10


def test_a_journey_with_an_application_error_beside_a_transport_error_still_fails() -> None:
    refused = Call("b", Work(3), 1, 1, failure="connection refused", answered=False)
    broken = Call("c", Work(3, error="Boom"), 1, 1)
    spans = trace(Work(1, (refused, broken)))
    assert outcome(spans, dict.fromkeys("abc", "x")).failed


def test_a_deadline_disappears_and_the_server_runs_to_its_end() -> None:
    spans = trace(Work(1, (Call("b", Work(500), 5, 5),)))
    client = next(span for span in spans if span.kind == "client")
    root = next(span for span in spans if span.parent_span_id is None)
    cut = [
        span._replace(duration_ns=100, status="error", error_type="ReadTimeout")
        if span is client
        else span._replace(duration_ns=103, status="error")
        if span is root
        else span
        for span in spans
    ]
    found = outcome(cut, {"a": "x", "b": "x"})
    assert found.deadlines == 1
    assert not found.failed
    assert found.duration_ns == 3 + 500


def test_an_uninstrumented_callee_saves_nothing_and_keeps_its_errors() -> None:
    silent = Call("db", Work(30), 5, 5, failure="error", answered=False)
    spans = trace(Work(1, (silent,)))
    before = recorded(spans).runs[0].duration_ns
    found = outcome(spans, {"a": "x", "db": "x"})
    assert (found.duration_ns, found.transport, found.failed) == (before, 0, True)


def test_asynchronous_work_is_left_alone() -> None:
    spans = trace(Work(1, (Call("b", Work(10), 5, 5),)))
    root = next(span for span in spans if span.parent_span_id is None)
    late = Span("t", "9", root.span_id, "c", "consume", "consumer", 10_000, 50, "ok", row=9)
    assert outcome([*spans, late], ALL) == outcome(spans, ALL)
    assert recorded([*spans, late]).runs[0].queued == [("a", "c")]


def test_a_call_without_a_client_half_has_an_unknown_gap() -> None:
    spans = [
        Span("t", "1", None, "a", "root", "server", 0, 100, "ok", kind_source="dialect"),
        Span("t", "2", "1", "b", "work", "server", 20, 50, "ok", kind_source="dialect", row=1),
    ]
    recording = recorded(spans)
    assert recording.runs[0].unknown == [("a", "b")]
    assert outcome(spans, {"a": "x", "b": "x"}).duration_ns == 100


def test_the_order_of_spans_does_not_matter() -> None:
    spans = trace(Work(3, (Call("b", Work(9)), Call("c", Work(4), beside=True))))
    assert list(recorded(spans).runs) == list(recorded(spans[::-1]).runs)


def test_a_library_is_in_process_for_every_caller() -> None:
    spans = trace(Work(1, (Call("b", Work(10), 5, 5),)))
    before = recorded(spans).runs[0].duration_ns
    assert outcome(spans, {"b": "library"}).duration_ns == before - 10
