"""The update queue against a model of ten lines: any pushes and polls in any order."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from analyzer.replay.botapi import ManualClock
from analyzer.replay.botapi.faults import FaultPlan
from analyzer.replay.botapi.journal import Journal
from analyzer.replay.botapi.updates import Poll, UpdateQueue

TTL_SECONDS = 100.0
acts = st.one_of(
    st.tuples(st.just("push"), st.integers(1, 8)),
    st.tuples(st.just("poll"), st.integers(-4, 30)),
    st.tuples(st.just("wait"), st.integers(1, 60)),
)


@given(st.lists(acts, max_size=40), st.integers(1, 120))
def test_polls_answer_what_is_pending_and_nothing_else(
    script: list[tuple[str, int]], limit: int
) -> None:
    clock = ManualClock()
    queue = UpdateQueue(clock, Journal(clock), FaultPlan((), 0, clock), TTL_SECONDS, 1000)
    pending: list[tuple[int, float]] = []  # id, second of its coming
    now, next_id = 0.0, 1000
    for act, number in script:
        if act == "push":
            for _ in range(number):
                assert queue.push("message", {"message": {}}) == next_id
                pending.append((next_id, now))
                next_id += 1
        elif act == "wait":
            clock.advance(number)
            now += number
        else:
            offset = number if number < 0 else 1000 + number
            if number < 0:
                pending = pending[number:]
            else:
                pending = [one for one in pending if one[0] >= offset]
            pending = [one for one in pending if now - one[1] < TTL_SECONDS]
            # An expired update still counts for a negative offset: Telegram expires lazily, too.
            got = asyncio.run(queue.poll(Poll(offset, limit)))
            assert [update["update_id"] for update in got] == [i for i, _ in pending][
                : min(limit, 100)
            ]
