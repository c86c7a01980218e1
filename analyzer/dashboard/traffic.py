"""Journeys over time for the charts: counts by class, reasons and durations per slot of time.

An attempt stands in the slot of its start, like in every SLI, and moves between classes as its
fate becomes known; durations of overdue attempts are their age, added when somebody looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from analyzer.dashboard.sketch import QUANTILES, Sketch
from analyzer.slo.events import FAILURES, EventClass, EventCounts, JourneyAttempt
from analyzer.slo.live import SECOND_US, Judged

NEWEST_SLOTS = 3
MAX_REASONS = 40
MAX_REASON_LENGTH = 120
LATE = "answered too late"
OVERDUE = "no answer in time"
OTHER_REASONS = "other reasons"


class Slot:
    """What started in one stretch of time."""

    __slots__ = ("_quantiles", "classes", "durations", "reasons", "version")

    def __init__(self) -> None:
        """Start empty."""
        self.classes: dict[EventClass, int] = {}
        self.reasons: Counter[str] = Counter()
        self.durations = Sketch()
        self.version = 0
        self._quantiles: list[float | None] | None = None

    def count_all(self, other: Slot) -> None:
        """Add the counts of `other` alone."""
        for event_class, amount in other.classes.items():
            self.classes[event_class] = self.classes.get(event_class, 0) + amount

    def merge(self, other: Slot) -> None:
        """Add all of `other`."""
        self.count_all(other)
        self.reasons.update(other.reasons)
        self.durations.merge(other.durations)

    def quantiles_ms(self) -> list[float | None]:
        """p50, p95 and p99 of what has ended; worked out again only after a change."""
        if self._quantiles is None:
            self._quantiles = self.durations.quantiles_ms(QUANTILES)
        return self._quantiles

    @property
    def counts(self) -> EventCounts:
        return EventCounts(
            good=self.classes.get(EventClass.GOOD, 0),
            bad=self.classes.get(EventClass.BAD, 0),
            unknown=self.classes.get(EventClass.UNKNOWN, 0),
            pending=self.classes.get(EventClass.PENDING, 0),
            invalid=self.classes.get(EventClass.INVALID, 0),
        )

    def count(self, attempt: JourneyAttempt, event_class: EventClass, amount: int) -> None:
        """Add the attempt in this class, or take it back."""
        self.classes[event_class] = self.classes.get(event_class, 0) + amount
        self._quantiles = None
        self.version += 1
        if event_class is EventClass.INVALID:
            return
        if event_class is EventClass.BAD:
            self._count_reason(reason_of(attempt), amount)
        if attempt.t_end_us is not None and attempt.t_end_us >= attempt.t_start_us:
            self.durations.add(attempt.t_end_us - attempt.t_start_us, amount)

    def _count_reason(self, reason: str, amount: int) -> None:
        if reason not in self.reasons and len(self.reasons) >= MAX_REASONS:
            reason = OTHER_REASONS
        self.reasons[reason] += amount
        if self.reasons[reason] <= 0:
            del self.reasons[reason]


def reason_of(attempt: JourneyAttempt) -> str:
    """Why a bad attempt is bad, in words."""
    if attempt.outcome in FAILURES:
        said = " ".join((attempt.reason or "").split()) or attempt.outcome.replace("_", " ")
        return said[:MAX_REASON_LENGTH]
    return OVERDUE if attempt.t_end_us is None else LATE


class Traffic:
    """Slots of `width_us`, the last `keep` of them; hears of attempts as an `AttemptWatcher`."""

    def __init__(self, width_us: int, keep: int) -> None:
        """Start empty."""
        self.width_us = width_us
        self.keep = keep
        self._slots: dict[int, Slot] = {}
        self._newest = 0
        self._settled: tuple[tuple[int, int, int], Slot] | None = None

    def changed(self, before: Judged | None, after: Judged) -> None:
        """Move an attempt from the class it had to the one it has."""
        if before is not None:
            self._count(*before, -1)
        self._count(*after, 1)

    def restore(self, t_us: int, event_class: EventClass, count: int) -> None:
        """Count events of the past of which no more is known than their class."""
        slot = self._slot_of(t_us)
        if slot is not None:
            slot.classes[event_class] = slot.classes.get(event_class, 0) + count

    def _count(self, attempt: JourneyAttempt, event_class: EventClass, amount: int) -> None:
        slot = self._slot_of(attempt.t_start_us, create=amount > 0)
        if slot is not None:
            slot.count(attempt, event_class, amount)

    def _slot_of(self, t_us: int, *, create: bool = True) -> Slot | None:
        """The slot of a moment; None where it has left the charts."""
        index = t_us // self.width_us
        slot = self._slots.get(index)
        if slot is None and create and index > self._newest - self.keep:
            slot = self._slots[index] = Slot()
            self._forget(index)
        return slot

    def _forget(self, index: int) -> None:
        if index <= self._newest:
            return
        self._newest = index
        oldest = index - self.keep
        for old in [known for known in self._slots if known <= oldest]:
            del self._slots[old]

    def slots(self, from_us: int, until_us: int) -> Iterator[tuple[int, Slot]]:
        """(start, slot) of all that overlap [from_us, until_us), in order of time."""
        first, last = from_us // self.width_us, (until_us - 1) // self.width_us
        for index in sorted(i for i in self._slots if first <= i <= last):
            yield index * self.width_us, self._slots[index]

    def counts(self, from_us: int, until_us: int) -> EventCounts:
        """Counts by class in the slots that overlap [from_us, until_us)."""
        total = Slot()
        for _, slot in self.slots(from_us, until_us):
            total.count_all(slot)
        return total.counts

    def totals(self, from_us: int, until_us: int) -> Slot:
        """Everything in the slots that overlap [from_us, until_us) taken together.

        Only the newest slots change from one look to the next: the sum of all others is kept
        until one of them does, so a look costs what is new and not what is there.
        """
        found = list(self.slots(from_us, until_us))
        old, new = found[:-NEWEST_SLOTS], found[-NEWEST_SLOTS:]
        key = (from_us // self.width_us, len(old), sum(slot.version for _, slot in old))
        if self._settled is None or self._settled[0] != key:
            base = Slot()
            for _, slot in old:
                base.merge(slot)
            self._settled = key, base
        total = Slot()
        for slot in (self._settled[1], *(slot for _, slot in new)):
            total.merge(slot)
        return total


def with_ages(durations: Sketch, waiting: Iterable[JourneyAttempt], now_us: int) -> Sketch:
    """The durations and the ages of those that still wait: time-outs belong to the sample."""
    out = Sketch()
    out.merge(durations)
    for attempt in waiting:
        out.add(now_us - attempt.t_start_us)
    return out


def slot_width(span_us: int, slots: int) -> int:
    """A width in whole seconds that lays about `slots` of them over `span_us`."""
    return max(SECOND_US, -(-span_us // slots) // SECOND_US * SECOND_US)
