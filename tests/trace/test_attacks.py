"""Traces that no sane system writes: each ends soon, loses nothing, and says what was wrong.

Sizes are such that anything quadratic, or any recursion, would not get through.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from analyzer.model.span import Span
from analyzer.trace.assemble import Assembled, assemble
from analyzer.trace.options import TraceOptions
from tests.trace.spans import line, span

MANY = 6_000
DEEP = 30_000
CYCLE = 8_000
HOUR = 3_600_000_000_000
CPU_SECONDS = 15.0


class Attack(NamedTuple):
    """Spans of one trace; what they must come to: calls, journeys, checks with their counts."""

    spans: Callable[[], Iterator[Span]]
    calls: int
    journeys: int
    checks: dict[str, int]


def orphans() -> Iterator[Span]:
    return (span(f"{i:x}", f"lost{i}", f"s{i % 7}", start=i) for i in range(MANY))


def roots() -> Iterator[Span]:
    return (span(f"{i:x}", None, f"s{i % 7}", start=i) for i in range(MANY))


def shared_ids() -> Iterator[Span]:
    yield span("r", None, "a", "server", 0, MANY)
    for i in range(MANY):
        yield span(f"{i:x}", "r", "a", "client", i, 10)
        yield span(f"{i:x}", "r", "b", "server", i, 8, shared=True)


def one_shared_id() -> Iterator[Span]:
    yield span("r", None, "a", "server", 0, MANY)
    yield span("1", "r", "a", "client", 0, MANY)
    for i in range(MANY):
        yield span("1", "r", f"s{i}", "server", i, 8, shared=True)


def cycle() -> Iterator[Span]:
    count = CYCLE
    for i in range(count):
        yield span(f"{i:x}", f"{(i + 1) % count:x}", f"s{i % 7}", start=i, duration=count)


def own_parents() -> Iterator[Span]:
    return (span(f"{i:x}", f"{i:x}", f"s{i % 7}", start=i) for i in range(MANY))


def deep() -> Iterator[Span]:
    for i in range(DEEP):
        parent = f"{i - 1:x}" if i else None
        yield span(f"{i:x}", parent, f"s{i % 7}", start=i, duration=2 * (DEEP - i))


def wide() -> Iterator[Span]:
    yield span("r", None, "a", start=0, duration=10 * MANY)
    for i in range(MANY):
        yield span(f"{i:x}", "r", "b", start=i, duration=5, status="error")


def copies() -> Iterator[Span]:
    for i in range(MANY // 50):
        for _ in range(50):
            parent = f"{i // 2:x}" if i else None
            yield span(f"{i:x}", parent, f"s{i % 7}", start=i, duration=MANY)


def odd_durations() -> Iterator[Span]:
    for i in range(MANY):
        yield span(
            f"{i:x}", f"{i // 2:x}" if i else None, f"s{i}", start=i, duration=(0, -5, None)[i % 3]
        )


def hours_of_skew() -> Iterator[Span]:
    """Each answer lies three hours before or after its call, by its own clock."""
    yield span("r", None, "a", start=0, duration=MANY)
    for i in range(MANY // 2):
        yield span(f"c{i:x}", "r", "a", "client", i, 10)
        yield span(f"s{i:x}", f"c{i:x}", "b", "server", i + (i % 2 * 2 - 1) * HOUR // 2, 8)


def lines_without_parents() -> Iterator[Span]:
    return (line(f"{i:x}", None, f"s{i % 7}", start=i, duration=1_000) for i in range(MANY // 3))


ATTACKS = {
    "orphans": Attack(orphans, 0, 0, {"orphan": MANY, "no_root": 1}),
    "roots": Attack(roots, MANY, MANY, {"extra_root": MANY - 1}),
    "shared ids": Attack(shared_ids, MANY + 1, 1, {"shared_id": MANY}),
    "one shared id": Attack(one_shared_id, MANY + 1, 1, {"shared_id": MANY}),
    "cycle": Attack(cycle, CYCLE, 1, {"cycle": 1}),
    "own parents": Attack(own_parents, MANY, MANY, {"cycle": MANY}),
    "deep": Attack(deep, DEEP, 1, {}),
    "wide": Attack(wide, MANY + 1, 1, {}),
    "copies": Attack(copies, MANY // 50, 1, {"duplicate": MANY // 50 * 49}),
    "odd durations": Attack(
        odd_durations, MANY, 1, {"negative_duration": MANY // 3, "no_duration": MANY // 3}
    ),
    "hours of skew": Attack(hours_of_skew, MANY // 2 + 1, 1, {"early_child": MANY // 4}),
    "lines": Attack(lines_without_parents, -1, 1, {"nested_by_time": MANY // 3 - 1}),
}


def assembled(attack: Attack, rule: str = "sections") -> Assembled:
    spans = list(attack.spans())
    begun = time.process_time()
    found = assemble(spans, TraceOptions(path_rule="crisp" if rule == "crisp" else "sections"))
    assert time.process_time() - begun < CPU_SECONDS
    return found


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_ends_and_is_accounted_for(name: str) -> None:
    attack = ATTACKS[name]
    found = assembled(attack)
    counted = found.quality.total
    distinct = {(s.span_id, s.kind, s.service_name) for s in attack.spans()}
    assert counted("spans") == len(distinct)
    assert {check: counted(check) for check in attack.checks} == attack.checks
    assert len(found.journeys) == attack.journeys
    assert attack.calls in {-1, len(found.calls)}
    for journey in found.journeys[:1]:
        mine = [s for s in found.sections if s.trace_id == journey.trace_id]
        length = sum(s.end_ns - s.start_ns for s in mine)
        assert len(found.journeys) > 1 or journey.duration_ns in {None, length}
    assert all(call.gap_ns is None or call.gap_ns >= 0 for call in found.calls)


@pytest.mark.parametrize("name", ["deep", "wide", "cycle"])
def test_published_rule_ends_as_well(name: str) -> None:
    assert assembled(ATTACKS[name], "crisp").sections
