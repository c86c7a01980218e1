"""Faults by plan and seed: what goes wrong on the way to and from the bot.

A plan is a tuple of rules. Each rule has its own random stream (seed and position in the plan),
so the n-th call that a rule looks at meets the same fate in every run.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from analyzer.replay.botapi.clock import NS_PER_SECOND, Clock

CallFault = Literal["delay", "error", "reset_before", "reset_after", "cut_body"]
DeliveryFault = Literal["duplicate", "late", "reorder"]
SENDING = ("send*", "edit*", "copy*", "forward*", "answer*", "delete*", "*ForumTopic")


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds a call takes: log-normal around `median_seconds`, constant when `sigma` is 0."""

    median_seconds: float
    sigma: float = 0.0

    def draw(self, source: random.Random) -> float:
        """One duration in seconds."""
        return self.median_seconds * math.exp(source.gauss(0.0, self.sigma))


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """From `start_seconds` to `end_seconds` a share of the calls (or deliveries) is hit.

    `delay` and `late` take their length from `latency`; `error` answers `status`;
    `reset_before` drops the connection before the effect, `reset_after` after it (the ambiguous
    send); `cut_body` ends the answer half-way. Deliveries: `duplicate` sends an update again,
    `late` holds it back while others pass, `reorder` swaps it with the next one.
    """

    kind: CallFault | DeliveryFault
    share: float = 1.0
    start_seconds: float = 0.0
    end_seconds: float = math.inf
    methods: tuple[str, ...] = SENDING
    latency: Latency | None = None
    status: int = 502


@dataclass(frozen=True, slots=True)
class CallFate:
    """What happens to one call."""

    delay_seconds: float = 0.0
    status: int | None = None
    fault: str | None = None


NO_FAULT = CallFate()


class FaultPlan:
    """Decides by rules and seed; times count from `begin` (the start of the emulator)."""

    def __init__(self, rules: tuple[FaultRule, ...], seed: int, clock: Clock) -> None:
        """Give every rule its own stream."""
        self._clock = clock
        self._begin = clock.monotonic_ns()
        self._rules = [(rule, random.Random(f"{seed}/{n}")) for n, rule in enumerate(rules)]

    def begin(self) -> None:
        """Count the rules' times from now on."""
        self._begin = self._clock.monotonic_ns()

    def call(self, method: str) -> CallFate:
        """The fate of one call of `method`: delays add up, the first other fault decides."""
        if not self._rules:
            return NO_FAULT
        delay, status, fault = 0.0, None, None
        for rule, source in self._rules:
            matching = any(fnmatchcase(method.lower(), name.lower()) for name in rule.methods)
            if not matching or not self._hits(rule, source):
                continue
            if rule.kind == "delay":
                delay += rule.latency.draw(source) if rule.latency else 0.0
            elif fault is None and rule.kind not in {"duplicate", "late", "reorder"}:
                fault = rule.kind
                status = rule.status if rule.kind == "error" else None
        return CallFate(delay, status, fault)

    def delivery(self, kind: DeliveryFault) -> float | None:
        """Seconds of lateness if the next update is hit by `kind` (0 without a latency)."""
        for rule, source in self._rules:
            if rule.kind == kind and self._hits(rule, source):
                return rule.latency.draw(source) if rule.latency else 0.0
        return None

    def _hits(self, rule: FaultRule, source: random.Random) -> bool:
        since = (self._clock.monotonic_ns() - self._begin) / NS_PER_SECOND
        return rule.start_seconds <= since < rule.end_seconds and source.random() < rule.share
