"""Telegram's limits and the order of sends, over simulated time."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from consolidated_bot.core.limits import Limits, LimitSettings
from consolidated_bot.core.messages import Priority
from consolidated_bot.core.outbox import Queued
from consolidated_bot.core.schedule import SendSchedule

GROUP = -77
SLACK = 1e-6


def item(number: int, chat_id: int, priority: Priority) -> Queued:
    return Queued(number, chat_id, int(priority), "sendMessage", {}, None, None, None, 0, 0)


def simulate(
    items: list[tuple[float, Queued]], seconds: float = 1e9
) -> list[tuple[float, Queued]]:
    """When each item is sent; a send takes no time."""
    schedule = SendSchedule(Limits(LimitSettings()), lambda _: False)
    arriving = sorted(items, key=lambda pair: pair[0])
    now = 0.0
    sent: list[tuple[float, Queued]] = []
    while now < seconds and len(sent) < len(items):
        while arriving and arriving[0][0] <= now:
            at, new = arriving.pop(0)
            schedule.add(new, max(at, now))
        turn = schedule.next(now)
        if isinstance(turn, Queued):
            sent.append((now, turn))
            schedule.done(turn.chat_id, now)
            continue
        waits = [] if turn is None else [max(turn, 1e-9)]
        if arriving:
            waits.append(max(arriving[0][0] - now, 1e-9))
        now += min(waits)
    return sent


sends = st.lists(
    st.tuples(
        st.floats(0, 5),
        st.sampled_from([1, 2, 3, 4, 5, GROUP, GROUP - 1]),
        st.sampled_from(list(Priority)),
    ),
    max_size=120,
)


@given(sends)
def test_no_limit_of_telegram_is_passed_and_nothing_is_forgotten(
    drawn: list[tuple[float, int, Priority]],
) -> None:
    items = [(at, item(n, chat, priority)) for n, (at, chat, priority) in enumerate(drawn)]
    sent = simulate(items)
    assert sorted(each.id for _, each in sent) == list(range(len(items)))
    overall = [at for at, _ in sent]
    assert most_within(overall, 1.0) <= 30
    by_chat = defaultdict(list)
    for at, each in sent:
        by_chat[each.chat_id].append(at)
    for chat, times in by_chat.items():
        if chat < 0:
            assert most_within(times, 60.0) <= 20
        else:
            assert most_within(times, 10.0) <= 13


@given(sends)
def test_order_within_a_chat_and_priority_is_kept(
    drawn: list[tuple[float, int, Priority]],
) -> None:
    arrivals = sorted(drawn, key=lambda each: each[0])
    items = [(at, item(n, chat, priority)) for n, (at, chat, priority) in enumerate(arrivals)]
    seen: dict[tuple[int, int], int] = {}
    for _, each in simulate(items):
        lane = (each.chat_id, each.priority)
        assert seen.get(lane, -1) < each.id
        seen[lane] = each.id


def test_page_is_not_held_up_by_a_broadcast_or_by_replies() -> None:
    flood = [(0.0, item(n, 1000 + n, Priority.BROADCAST)) for n in range(400)]
    replies = [(0.0, item(1000 + n, 5000 + n, Priority.REPLY)) for n in range(400)]
    alerts = [(0.0, item(3000 + n, GROUP, Priority.ALERT)) for n in range(30)]
    pages = [(5.0 + n, item(5000 + n, GROUP, Priority.PAGE)) for n in range(2)]
    sent = {each.id: at for at, each in simulate(flood + replies + alerts + pages, 60.0)}
    for at, page in pages:
        assert sent[page.id] - at <= 2.0


def test_replies_overtake_a_broadcast() -> None:
    flood = [(0.0, item(n, 1000 + n, Priority.BROADCAST)) for n in range(400)]
    reply = (3.0, item(9000, 7, Priority.REPLY))
    sent = {each.id: at for at, each in simulate([*flood, reply])}
    assert sent[9000] - 3.0 <= 0.2


def test_throttled_chat_waits_alone_and_a_second_one_stops_all() -> None:
    schedule = SendSchedule(Limits(LimitSettings()), lambda _: False)
    for number, chat in enumerate((1, 2, 3)):
        schedule.add(item(number, chat, Priority.REPLY), 0.0)
    first = schedule.next(0.0)
    assert isinstance(first, Queued)
    schedule.throttle(first, 9.0, 0.0)
    schedule.done(first.chat_id, 0.0)
    second = schedule.next(0.1)
    assert isinstance(second, Queued)
    schedule.throttle(second, 5.0, 0.1)
    schedule.done(second.chat_id, 0.1)
    assert isinstance(schedule.next(0.2), float), "two chats throttled: the third waits, too"
    assert isinstance(schedule.next(8.9), float)
    assert isinstance(schedule.next(9.0 + SLACK), Queued)


def most_within(times: list[float], seconds: float) -> int:
    """The largest number of `times` in any half-open window of `seconds`."""
    return max(
        (sum(1 for t in times if start <= t < start + seconds - SLACK) for start in times),
        default=0,
    )
