"""Telegram's send limits as token buckets, with reserves for pages (BOT rule 14).

The published orders of magnitude: about 30 messages a second over all chats, one a second in a
chat with short bursts, 20 a minute in a group. A bucket of capacity c and rate r lets at most
c + r * t pass in any t seconds, so capacities are small and rates stay below the limit by them.
Pure: time is an argument (monotonic seconds).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from consolidated_bot.core.messages import Priority


@dataclass(slots=True)
class TokenBucket:
    """At most `capacity` at once, `rate` per second over time."""

    rate: float
    capacity: float
    tokens: float = field(init=False)
    filled_at: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Start full."""
        self.tokens = self.capacity

    def wait(self, now: float) -> float:
        """Seconds until a token is there; 0 if one is."""
        self._fill(now)
        return 0.0 if self.tokens >= 1.0 else (1.0 - self.tokens) / self.rate

    def take(self, now: float) -> None:
        """Use a token."""
        self._fill(now)
        self.tokens -= 1.0

    def _fill(self, now: float) -> None:
        if now > self.filled_at:
            grown = self.tokens + (now - self.filled_at) * self.rate
            self.tokens = min(self.capacity, grown)
            self.filled_at = now

    @property
    def full(self) -> bool:
        return self.tokens >= self.capacity


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Rates per second and capacities; `scale` multiplies all of them (SEND_RATE_SCALE)."""

    scale: float = 1.0
    overall: tuple[float, float] = (24.0, 3.0)
    overall_for_pages: tuple[float, float] = (2.0, 1.0)
    overall_for_broadcasts: tuple[float, float] = (18.0, 2.0)
    chat: tuple[float, float] = (1.0, 3.0)
    group: tuple[float, float] = (10.0 / 60.0, 4.0)
    group_for_pages: tuple[float, float] = (4.0 / 60.0, 2.0)

    def bucket(self, shape: tuple[float, float]) -> TokenBucket:
        """A full bucket of `shape`, scaled."""
        rate, capacity = shape
        return TokenBucket(rate * self.scale, max(capacity, capacity * self.scale))


class Limits:
    """All buckets of one bot; a chat with a negative id is a group."""

    def __init__(self, settings: LimitSettings) -> None:
        """Start with nothing sent."""
        self._settings = settings
        self._overall = settings.bucket(settings.overall)
        self._pages = settings.bucket(settings.overall_for_pages)
        self._broadcasts = settings.bucket(settings.overall_for_broadcasts)
        self._chats: dict[tuple[int, str], TokenBucket] = {}

    def wait_overall(self, priority: int, now: float) -> float:
        """Seconds until the bot as a whole may send something of `priority`."""
        return _longest_wait(self._overall_choices(priority), now)

    def wait_chat(self, chat_id: int, priority: int, now: float, *, edit: bool = False) -> float:
        """Seconds until `chat_id` may get something; an edit counts in groups alone."""
        return _longest_wait(self._chat_choices(chat_id, priority, edit=edit), now)

    def take(self, chat_id: int, priority: int, now: float, *, edit: bool = False) -> None:
        """Count a send; call only when both waits are 0."""
        choices = self._overall_choices(priority) + self._chat_choices(
            chat_id, priority, edit=edit
        )
        for buckets in choices:
            min(buckets, key=lambda bucket: bucket.wait(now)).take(now)

    def forget_idle(self, now: float) -> None:
        """Drop the buckets of chats that are full again: memory follows the active chats."""
        for key in [k for k, b in self._chats.items() if not b.wait(now) and b.full]:
            del self._chats[key]

    def _overall_choices(self, priority: int) -> list[list[TokenBucket]]:
        """Of each inner list one bucket is taken; pages may also use what is reserved."""
        if priority == Priority.PAGE:
            return [[self._overall, self._pages]]
        if priority == Priority.BROADCAST:
            return [[self._overall], [self._broadcasts]]
        return [[self._overall]]

    def _chat_choices(self, chat_id: int, priority: int, *, edit: bool) -> list[list[TokenBucket]]:
        if chat_id >= 0:
            return [] if edit else [[self._bucket(chat_id, "chat", self._settings.chat)]]
        buckets = [self._bucket(chat_id, "group", self._settings.group)]
        if priority == Priority.PAGE:
            buckets.append(self._bucket(chat_id, "pages", self._settings.group_for_pages))
        return [buckets]

    def _bucket(self, chat_id: int, kind: str, shape: tuple[float, float]) -> TokenBucket:
        bucket = self._chats.get((chat_id, kind))
        if bucket is None:
            bucket = self._chats[(chat_id, kind)] = self._settings.bucket(shape)
        return bucket


def _longest_wait(choices: list[list[TokenBucket]], now: float) -> float:
    return max((min(b.wait(now) for b in buckets) for buckets in choices), default=0.0)
