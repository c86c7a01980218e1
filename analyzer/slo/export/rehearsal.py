"""Traffic made up to try one pair of windows, and what its alert must do on it.

Counts in a rule engine are extrapolated and window edges differ between versions, so a moment is
used only where every reading of the windows (exact, 3 % more bad, left edge open and
extrapolated) gives the same answer: such a test fails for a wrong rule, not for a wrong digit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate

from analyzer.slo.windows import Pair

STEPS_S = (300, 120, 60, 30, 15)
RATES = (1, 2, 3, 5, 10, 20, 30, 60, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000)
SPREAD = (1.0, 1.03)
"""Extrapolation only ever adds."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Which terms of the condition are on; one off is a wrong rule that a test must catch."""

    spend: bool = True
    short: bool = True
    guard: bool = True


ALL = Terms()


@dataclass(frozen=True)
class Traffic:
    """Arrivals per step and bad events per step, from step 1 on; `step_s` seconds apart."""

    step_s: int
    valid: tuple[int, ...]
    bad: tuple[int, ...]

    @cached_property
    def sums(self) -> tuple[list[int], list[int]]:
        return list(accumulate(self.valid, initial=0)), list(accumulate(self.bad, initial=0))

    @property
    def burst_end(self) -> int:
        """The step after which nothing bad comes any more."""
        return max(step for step, bad in enumerate(self.bad, start=1) if bad)

    def bad_since(self, begin: int, end: int) -> int:
        """Bad events after step `begin` up to step `end`."""
        return self.sums[1][end] - self.sums[1][max(0, begin)]

    def window(self, end: int, width_s: int) -> Iterator[tuple[float, float]]:
        """Bad and valid events in the window that ends after step `end`, in every reading."""
        valid, bad = self.sums
        width = width_s // self.step_s
        begin = max(0, end - width)
        for factor in SPREAD:
            yield factor * (bad[end] - bad[begin]), float(valid[end] - valid[begin])
        inside = min(end, begin + 1)
        stretched = width / (width - 1)
        yield stretched * (bad[end] - bad[inside]), stretched * (valid[end] - valid[inside])


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One pair with its target and budget: answers what is certain about a traffic."""

    pair: Pair
    target: Fraction
    budget_events: Fraction | None

    @property
    def step_s(self) -> int | None:
        """The coarsest step that divides both windows and fits four times into the short one."""
        fits = (
            step
            for step in STEPS_S
            if self.pair.short_s >= 4 * step
            and self.pair.short_s % step == 0
            and self.pair.long_s % step == 0
        )
        return next(fits, None)

    @property
    def spend_events(self) -> float | None:
        if self.pair.budget_share is None or not self.budget_events:
            return None
        return float(self.pair.budget_share * self.budget_events)

    def certain(self, traffic: Traffic, end: int, terms: Terms = ALL) -> bool | None:
        """Whether the condition holds after step `end`; None where readings differ."""
        if not traffic.bad_since(end - self.pair.long_s // traffic.step_s, end):
            return False
        longs = traffic.window(end, self.pair.long_s)
        shorts = traffic.window(end, self.pair.short_s)
        readings = {
            self._holds(long, short, terms) for long, short in zip(longs, shorts, strict=True)
        }
        return readings.pop() if len(readings) == 1 else None

    def _holds(self, long: tuple[float, float], short: tuple[float, float], terms: Terms) -> bool:
        share = float(self.pair.burn * (1 - self.target))
        expected = long[1] * float(1 - self.target)
        spend = self.spend_events
        matters = long[0] >= spend if spend is not None else long[0] >= share * long[1]
        burns = short[1] > 0 and short[0] >= share * short[1]
        beyond = long[0] >= math.ceil(2 + expected + 3.1 * math.sqrt(expected))
        return (
            (matters or not terms.spend)
            and (burns or not terms.short)
            and (beyond or not terms.guard)
        )

    def timeline(self, traffic: Traffic, terms: Terms = ALL) -> list[bool | None]:
        """Whether the alert, per step from 0, is certainly firing, certainly not, or neither."""
        condition = [self.certain(traffic, end, terms) for end in range(len(traffic.valid) + 1)]
        keep = self.pair.keep_firing_s // traffic.step_s
        after = -(-self.pair.alert_after_s // traffic.step_s)
        begun = possible = -len(condition)  # when it last certainly, or possibly, fired
        unbroken = 0
        states: list[bool | None] = []
        for end, holds in enumerate(condition):
            unbroken = unbroken + 1 if holds else 0
            begun = end if unbroken > after + bool(after) else begun
            possible = possible if holds is False else end
            if end - possible > keep + 2:
                states.append(False)
            else:
                states.append(True if end - begun <= max(0, keep - 1) else None)
        return states


@dataclass(frozen=True, slots=True)
class Check:
    """At `at_s` the alert must be firing, or must not."""

    at_s: int
    firing: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """A named traffic and the moments to look at."""

    name: str
    traffic: Traffic
    checks: tuple[Check, ...]


def scenes(rehearsal: Rehearsal) -> list[Scene]:
    """The scenes that decide each term of a pair; those that its numbers allow."""
    if rehearsal.step_s is None:
        return []
    found = (_burst(rehearsal), _below_share(rehearsal), _chance(rehearsal))
    return [scene for scene in found if scene]


def _traffics(rehearsal: Rehearsal, wanted: Callable[[int], float]) -> Iterator[Traffic]:
    """Steady arrivals with a burst of `wanted(rate)` bad events, from quiet to busy."""
    step_s = rehearsal.step_s
    assert step_s is not None
    pair = rehearsal.pair
    long, short = pair.long_s // step_s, pair.short_s // step_s
    after = -(-pair.alert_after_s // step_s)
    quiet = long + short + (pair.keep_firing_s // step_s) + 8
    for rate in RATES:
        for length in sorted({1, 2, short, 2 * short, long // 2, long}):
            total = round(wanted(rate))
            lasting = length + after + 2 if after else length
            if total < 1 or lasting > long:
                continue
            bad = [total // length + (1 if i < total % length else 0) for i in range(length)]
            bad += [max(1, total // length)] * (lasting - length)
            if max(bad) > rate:
                continue
            before = (0,) * (long + 4)
            series = before + tuple(bad) + (0,) * quiet
            yield Traffic(step_s, (rate,) * len(series), series)


def _excess(rehearsal: Rehearsal, factor: float) -> Callable[[int], float]:
    """How many bad events are `factor` times what the pair's first term asks for."""
    spend = rehearsal.spend_events
    if spend is not None:
        return lambda _: factor * spend
    share = float(rehearsal.pair.burn * (1 - rehearsal.target))
    step_s = rehearsal.step_s or 1
    return lambda rate: factor * share * rate * rehearsal.pair.long_s / step_s


def _burst(rehearsal: Rehearsal) -> Scene | None:
    """Fires in the burst, keeps firing, clears while the long window is still full."""
    fallback: Scene | None = None
    for traffic in _traffics(rehearsal, _excess(rehearsal, 1.4)):
        if not rehearsal.certain(traffic, traffic.burst_end):
            continue
        states = rehearsal.timeline(traffic)
        first = _index(states, True, 0)
        if first is None:
            continue
        last = max(i for i, state in enumerate(states) if state is True)
        clear = _index(states, False, last)
        if clear is None:
            continue
        begin = next(i for i, bad in enumerate(traffic.bad) if bad)
        moments = [(begin, False), (first, True), (last, True), (clear, False)]
        checks = tuple(Check(at * traffic.step_s, firing) for at, firing in moments)
        scene = Scene("a burst fires, is held, and clears after it", traffic, checks)
        without_short = rehearsal.timeline(traffic, Terms(short=False))
        if without_short[clear] is True:
            return scene
        fallback = fallback or scene
    return fallback


def _below_share(rehearsal: Rehearsal) -> Scene | None:
    """Beyond chance and burning, but too little of the budget to wake anybody."""
    if rehearsal.spend_events is None:
        return None
    wanted = math.floor(0.76 * rehearsal.spend_events)
    return _quiet(
        rehearsal, lambda _: wanted, Terms(spend=False), "less than its share of the budget"
    )


def _chance(rehearsal: Rehearsal) -> Scene | None:
    """Enough by count or ratio, but no more than chance explains."""
    name = "no more bad events than chance explains"
    return _quiet(rehearsal, _excess(rehearsal, 1.3), Terms(guard=False), name)


def _quiet(
    rehearsal: Rehearsal, wanted: Callable[[int], float], without: Terms, name: str
) -> Scene | None:
    """A traffic on which the alert certainly stays quiet, and would not without one term."""
    for traffic in _traffics(rehearsal, wanted):
        if not rehearsal.certain(traffic, traffic.burst_end, without):
            continue
        wrong = _index(rehearsal.timeline(traffic, without), True, 0)
        if wrong is None:
            continue
        if all(state is False for state in rehearsal.timeline(traffic)):
            return Scene(f"{name}: stays quiet", traffic, (Check(wrong * traffic.step_s, False),))
    return None


def _index(states: list[bool | None], wanted: bool, begin: int) -> int | None:  # noqa: FBT001
    return next((i for i in range(begin, len(states)) if states[i] is wanted), None)
