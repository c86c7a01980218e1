"""Telegram's send limits: overall, per chat, per group; the refusal says how long to wait.

Exact numbers are unpublished (core.telegram.org/bots/faq names the orders of magnitude), so all
of them are settings. After a refusal the scope stays closed until the promised moment: an
early repeat is refused again.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from analyzer.errors import UsageError
from analyzer.replay.botapi.clock import NS_PER_SECOND, Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may be sent; `scale` multiplies every rate for replays faster than life."""

    enabled: bool = True
    overall_per_second: int = 30
    chat_per_second: float = 1.0
    chat_burst: int = 3
    group_per_minute: int = 20
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Refuse limits that would let nothing through; `UsageError`."""
        rates = (self.overall_per_second, self.chat_per_second, self.group_per_minute)
        if min(*rates, self.chat_burst, self.scale) <= 0:
            raise UsageError("every send limit and its scale must be above 0")


@dataclass(slots=True)
class _Window:
    """At most `most` events in any `length_ns`; a sliding window, so no burst beside the rate."""

    most: int
    length_ns: int
    times: deque[int] = field(default_factory=deque)

    def wait_ns(self, now: int) -> int:
        while self.times and self.times[0] <= now - self.length_ns:
            self.times.popleft()
        if len(self.times) < self.most:
            return 0
        return self.times[-self.most] + self.length_ns - now

    def take(self, now: int) -> None:
        self.times.append(now)


@dataclass(slots=True)
class _Bucket:
    """`burst` at once, then one per `interval_ns` (GCRA: one number instead of a count)."""

    interval_ns: int
    burst: int
    theoretical: int | None = None

    def wait_ns(self, now: int) -> int:
        if self.theoretical is None:
            return 0
        return max(0, self.theoretical - (self.burst - 1) * self.interval_ns - now)

    def take(self, now: int) -> None:
        self.theoretical = max(now, self.theoretical or now) + self.interval_ns


@dataclass(frozen=True, slots=True)
class Sent:
    """A message or an edit; an edit counts overall and in a group's minute, not per chat."""

    chat_id: int
    group: bool
    edit: bool = False


class SendLimiter:
    """Admits or refuses messages; one per bot."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        """Start with nothing sent."""
        self._limits = limits
        self._clock = clock
        self._overall = _Window(
            max(1, round(limits.overall_per_second * limits.scale)), NS_PER_SECOND
        )
        self._chats: dict[int, _Bucket] = {}
        self._groups: dict[int, _Window] = {}
        self._closed_until: dict[int | str, int] = {}

    def wait_seconds(self, message: Sent) -> int:
        """Whole seconds until `message` may be sent; 0 means now. Counts nothing."""
        if not self._limits.enabled:
            return 0
        now = self._clock.monotonic_ns()
        waits = {
            name: max(meter.wait_ns(now), self._closed_until.get(name, 0) - now)
            for name, meter in self._scopes(message).items()
        }
        for name, wait in waits.items():
            # An early repeat must not move the promised moment.
            if wait > 0 and self._closed_until.get(name, 0) <= now:
                self._closed_until[name] = now + _whole_seconds(wait) * NS_PER_SECOND
        longest = max(waits.values())
        return _whole_seconds(longest) if longest > 0 else 0

    def count(self, message: Sent) -> None:
        """Count `message` as sent."""
        now = self._clock.monotonic_ns()
        for name, meter in self._scopes(message).items():
            meter.take(now)
            self._closed_until.pop(name, None)

    def _scopes(self, message: Sent) -> dict[int | str, _Window | _Bucket]:
        limits, chat_id = self._limits, message.chat_id
        scopes: dict[int | str, _Window | _Bucket] = {"overall": self._overall}
        if not message.edit:
            interval = round(NS_PER_SECOND / (limits.chat_per_second * limits.scale))
            scopes[chat_id] = self._chats.setdefault(chat_id, _Bucket(interval, limits.chat_burst))
        if message.group:
            minute = round(60 * NS_PER_SECOND / limits.scale)
            scopes[f"group {chat_id}"] = self._groups.setdefault(
                chat_id, _Window(limits.group_per_minute, minute)
            )
        return scopes


def _whole_seconds(ns: int) -> int:
    """`retry_after` is a whole number and never 0."""
    return max(1, math.ceil(ns / NS_PER_SECOND))
