"""Sliding windows over live events: what the bot and the dashboard read at every tick.

Counts stand in buckets of event time (the start of the journey); each window keeps a running
sum, so an event costs the same however long the windows are. A journey's class may change later
(in flight, then overdue, then cancelled): the old class is taken back and the new one added, in
the bucket of its start. Classes come from `classify` alone, so live figures are those of the logs.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from typing import Protocol

from analyzer.slo.events import Criterion, EventClass, EventCounts, JourneyAttempt, classify

SECOND_US = 1_000_000
ENDED_SLACK_US = 10 * SECOND_US
CLASSES = tuple(EventClass)
COLUMN = {event_class: index for index, event_class in enumerate(CLASSES)}


class EventSink(Protocol):
    """Something that counts events by class and start."""

    def add(self, t_us: int, event_class: EventClass, amount: int = 1) -> None:
        """Count `amount` events (negative: take back) that started at `t_us`."""

    def advance(self, now_us: int) -> None:
        """Let time pass."""


Judged = tuple[JourneyAttempt, EventClass]
"""An attempt as it was last seen, and the class it has."""


class AttemptWatcher(Protocol):
    """Something that hears of every attempt whose class or state changes."""

    def changed(self, before: Judged | None, after: Judged) -> None:
        """Replace what was known of the attempt (None: it is new) by what is known now."""


class SlidingCounts:
    """Event counts in windows that end now, of whole buckets; the last one is still filling."""

    def __init__(self, windows_s: Collection[int], bucket_us: int = SECOND_US) -> None:
        """Prepare `windows_s` (seconds); `bucket_us` is the resolution of all edges."""
        self.bucket_us = bucket_us
        self._widths = {window: max(1, window * SECOND_US // bucket_us) for window in windows_s}
        self._buckets: dict[int, list[int]] = {}
        self._sums = {window: [0] * len(CLASSES) for window in windows_s}
        self._total = [0] * len(CLASSES)
        self._head = 0
        self._widest = max(self._widths.values(), default=1)
        self._started = False

    def add(self, t_us: int, event_class: EventClass, amount: int = 1) -> None:
        """Count `amount` events (negative: take back) that started at `t_us`."""
        index, column = t_us // self.bucket_us, COLUMN[event_class]
        if not self._started or index > self._head:
            self.advance(t_us)
        self._total[column] += amount
        age = self._head - index
        if age < self._widest:
            bucket = self._buckets.setdefault(index, [0] * len(CLASSES))
            bucket[column] += amount
        for window, width in self._widths.items():
            if age < width:
                self._sums[window][column] += amount

    def advance(self, now_us: int) -> None:
        """Move the end of all windows to `now_us`; time never goes back."""
        index = now_us // self.bucket_us
        if not self._started:
            self._head, self._started = index, True
            return
        step = index - self._head
        if step <= 0:
            return
        for window, width in self._widths.items():
            self._slide(self._sums[window], width, index)
        oldest, kept = self._head - self._widest + 1, index - self._widest + 1
        self._head = index
        self._forget(oldest, kept)

    def _slide(self, sums: list[int], width: int, index: int) -> None:
        """Take the buckets out of a running sum that leave its window."""
        oldest, kept = self._head - width + 1, index - width + 1
        if kept - oldest > len(self._buckets):
            leaving = [b for i, b in self._buckets.items() if oldest <= i < kept]
        else:
            leaving = [b for i in range(oldest, kept) if (b := self._buckets.get(i))]
        for bucket in leaving:
            for column, amount in enumerate(bucket):
                sums[column] -= amount

    def _forget(self, oldest: int, kept: int) -> None:
        if kept - oldest > len(self._buckets):
            self._buckets = {i: b for i, b in self._buckets.items() if i >= kept}
            return
        for index in range(oldest, kept):
            self._buckets.pop(index, None)

    def counts(self, window_s: int) -> EventCounts:
        """Counts of one of the prepared windows."""
        return _as_counts(self._sums[window_s])

    def total(self) -> EventCounts:
        """Counts of everything since the beginning."""
        return _as_counts(self._total)


def _as_counts(columns: list[int]) -> EventCounts:
    return EventCounts(
        good=columns[COLUMN[EventClass.GOOD]],
        bad=columns[COLUMN[EventClass.BAD]],
        unknown=columns[COLUMN[EventClass.UNKNOWN]],
        pending=columns[COLUMN[EventClass.PENDING]],
        invalid=columns[COLUMN[EventClass.INVALID]],
    )


class LiveEvents:
    """Live journeys of one objective: classified as they come, overdue ones bad at once."""

    def __init__(
        self,
        criterion: Criterion,
        windows_s: Collection[int],
        *,
        remember_s: int = 86_400,
        remember_ended_s: int | None = None,
        bucket_us: int = SECOND_US,
        also: Sequence[EventSink] = (),
        watchers: Sequence[AttemptWatcher] = (),
    ) -> None:
        """Keep counts for `windows_s`, tell the counters in `also` the same, and `watchers` more.

        Attempts and dedup keys are remembered for `remember_s`; those that have ended, where
        nobody tells of them again so late, for `remember_ended_s` only.
        """
        self.criterion = criterion
        self.windows = SlidingCounts(windows_s, bucket_us)
        self._sinks: tuple[EventSink, ...] = (self.windows, *also)
        self._watchers = tuple(watchers)
        self._remember_us = remember_s * SECOND_US
        ended_s = remember_s if remember_ended_s is None else min(remember_s, remember_ended_s)
        self._remember_ended_us = ended_s * SECOND_US
        self._now_us = 0
        self._attempts: dict[str, Judged] = {}
        self._open: dict[str, JourneyAttempt] = {}
        self._first: dict[tuple[str, str, str], str] = {}
        self._deadlines: list[tuple[int, str]] = []
        self._ages: list[tuple[int, str]] = []
        self._aged: list[tuple[int, str]] = []

    def observe(self, attempt: JourneyAttempt, now_us: int) -> EventClass:
        """Take an attempt as it stands now (started, ended, cancelled); returns its class.

        The same attempt may be observed any number of times; the last state counts.
        """
        if now_us > self._now_us:
            self.advance(now_us)
        known = self._attempts.get(attempt.journey_id)
        if known is None:
            heapq.heappush(self._ages, (attempt.t_start_us, attempt.journey_id))
        self._elect(attempt)
        event_class = self._settle(attempt)
        deadline_us = self.criterion.deadline_us
        if event_class is EventClass.PENDING and deadline_us is not None:
            due = attempt.t_start_us + deadline_us + 1  # equality is still in time
            heapq.heappush(self._deadlines, (due, attempt.journey_id))
        return event_class

    def restore(self, t_us: int, event_class: EventClass, count: int) -> None:
        """Count events whose class is final and whose attempts nobody will observe again."""
        for sink in self._sinks:
            sink.add(t_us, event_class, count)

    def advance(self, now_us: int) -> None:
        """Let time pass: what is overdue in flight by now turns bad."""
        if now_us <= self._now_us:
            return
        self._now_us = now_us
        for sink in self._sinks:
            sink.advance(self._now_us)
        while self._deadlines and self._deadlines[0][0] <= self._now_us:
            _, journey_id = heapq.heappop(self._deadlines)
            known = self._attempts.get(journey_id)
            if known and known[1] is EventClass.PENDING:
                self._settle(known[0])
        self._forget()

    def in_flight(self) -> list[JourneyAttempt]:
        """Attempts without an end, oldest first."""
        return sorted(self._open.values(), key=_order)

    def _settle(self, attempt: JourneyAttempt) -> EventClass:
        """Classify, and move the count from the class it had."""
        key = _dedup(attempt)
        first = key is None or self._first.get(key) == attempt.journey_id
        event_class = classify(attempt, self.criterion, self._now_us, first=first)
        known = self._attempts.get(attempt.journey_id)
        for sink in self._sinks:
            if known is not None:
                sink.add(known[0].t_start_us, known[1], -1)
            sink.add(attempt.t_start_us, event_class)
        for watcher in self._watchers:
            watcher.changed(known, (attempt, event_class))
        self._attempts[attempt.journey_id] = attempt, event_class
        if attempt.t_end_us is None and attempt.outcome is None:
            self._open[attempt.journey_id] = attempt
        else:
            self._open.pop(attempt.journey_id, None)
        return event_class

    def _elect(self, attempt: JourneyAttempt) -> None:
        """Make the earliest start the first of its dedup_key; a loser is recounted."""
        key = _dedup(attempt)
        if key is None:
            return
        holder_id = self._first.get(key)
        holder = self._attempts.get(holder_id) if holder_id else None
        if holder_id == attempt.journey_id:
            return
        if holder and _order(holder[0]) <= _order(attempt):
            return
        self._first[key] = attempt.journey_id
        if holder:
            self._settle(holder[0])

    def _forget(self) -> None:
        """Drop attempts older than what is remembered; their counts stay.

        Who is looked at too early (still open, or ended a moment ago) waits in `_aged`.
        """
        ended_us = self._now_us - self._remember_ended_us
        while self._ages and self._ages[0][0] < ended_us - ENDED_SLACK_US:
            age = heapq.heappop(self._ages)
            known = self._attempts.get(age[1])
            if known and (known[0].t_end_us is None or known[0].t_end_us >= ended_us):
                heapq.heappush(self._aged, age)
            else:
                self._drop(age[1])
        limit = self._now_us - self._remember_us
        while self._aged and self._aged[0][0] < limit:
            known = self._attempts.get(self._aged[0][1])
            if known and known[1] is EventClass.PENDING:
                return
            self._drop(heapq.heappop(self._aged)[1])

    def _drop(self, journey_id: str) -> None:
        known = self._attempts.pop(journey_id, None)
        self._open.pop(journey_id, None)
        key = _dedup(known[0]) if known else None
        if key is not None and self._first.get(key) == journey_id:
            del self._first[key]


def _dedup(attempt: JourneyAttempt) -> tuple[str, str, str] | None:
    if attempt.dedup_key is None:
        return None
    return attempt.context, attempt.journey, attempt.dedup_key


def _order(attempt: JourneyAttempt) -> tuple[int, str]:
    return attempt.t_start_us, attempt.journey_id
