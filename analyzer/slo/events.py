"""Which journey attempts are good, bad, pending, unknown or not counted at all.

The one definition behind every SLI (SLO.md section 1): the live bot, load tests and replays call
`classify`; log stores run its SQL twin, which a property test holds equal to it. Times are whole
microseconds, the resolution of a store's TIMESTAMP, so that the three agree at the deadline.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

SUCCESS = "success"
UNKNOWN_OUTCOME = "unknown"
USER_CANCELLED = "user_cancelled"
VALIDATION_REJECTED = "validation_rejected"
BLOCKED_BY_USER = "blocked_by_user"
FAILURES = frozenset({"failed", USER_CANCELLED, VALIDATION_REJECTED, BLOCKED_BY_USER})
"""Outcomes that are bad, unless the objective's rule takes them out of the valid events."""
OUTCOMES = frozenset({SUCCESS, UNKNOWN_OUTCOME}) | FAILURES
NOTIFICATION_CONTEXTS = frozenset({"notification", "notifications"})


class JourneyAttempt(NamedTuple):
    """One attempt at a journey: a row of `slo_event` (DESIGN.md section 4), times in us.

    `t_end_us` is the durable commit *and* the confirmation accepted by the Bot API; an answer
    sent but not accepted is not an end. `outcome` None: still in flight.
    """

    journey_id: str
    context: str
    journey: str
    t_start_us: int
    t_end_us: int | None = None
    outcome: str | None = None
    reason: str | None = None
    synthetic: bool = False
    dedup_key: str | None = None
    campaign: str | None = None


class EventClass(StrEnum):
    GOOD = "good"
    BAD = "bad"
    PENDING = "pending"
    UNKNOWN = "unknown"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class ValidRule:
    """Which attempts count: the annotation `analyzer.local/valid`."""

    excluded_outcomes: frozenset[str] = frozenset({USER_CANCELLED, VALIDATION_REJECTED})
    excludes_synthetic: bool = True
    first_of_dedup_key: bool = True


DEFAULT_VALID = ValidRule()


def default_rule(context: str) -> ValidRule:
    """The rule of SLO.md section 1: notifications leave out users who blocked the bot."""
    if context.lower() in NOTIFICATION_CONTEXTS:
        return ValidRule(DEFAULT_VALID.excluded_outcomes | {BLOCKED_BY_USER})
    return DEFAULT_VALID


@dataclass(frozen=True, slots=True)
class Criterion:
    """What makes an event good: within `deadline_us` (None: any time), of the valid ones."""

    deadline_us: int | None
    valid: ValidRule = DEFAULT_VALID
    overdue_is_bad: bool = True


def classify(
    attempt: JourneyAttempt, criterion: Criterion, now_us: int, *, first: bool = True
) -> EventClass:
    """The class of one attempt as seen at `now_us`.

    `first`: it is the first attempt of its dedup_key (`firsts` tells). Equality with the
    deadline is good. An attempt that ends before it starts has a broken clock: unknown.
    """
    rule = criterion.valid
    if (
        (attempt.synthetic and rule.excludes_synthetic)
        or (not first and rule.first_of_dedup_key)
        or attempt.outcome in rule.excluded_outcomes
    ):
        return EventClass.INVALID
    if attempt.outcome in FAILURES:
        return EventClass.BAD
    if attempt.t_end_us is None:
        return _classify_unended(attempt, criterion, now_us)
    elapsed_us = attempt.t_end_us - attempt.t_start_us
    if criterion.deadline_us is not None and elapsed_us > criterion.deadline_us:
        return EventClass.BAD
    if attempt.outcome == SUCCESS and elapsed_us >= 0:
        return EventClass.GOOD
    return EventClass.UNKNOWN


def _classify_unended(attempt: JourneyAttempt, criterion: Criterion, now_us: int) -> EventClass:
    if attempt.outcome is not None and attempt.outcome != SUCCESS:
        return EventClass.UNKNOWN  # the log says that it ended, not how or when
    deadline_us = criterion.deadline_us
    age_us = now_us - attempt.t_start_us
    overdue = deadline_us is not None and age_us > deadline_us
    return EventClass.BAD if overdue and criterion.overdue_is_bad else EventClass.PENDING


def firsts(attempts: Iterable[JourneyAttempt]) -> set[str]:
    """The journey_ids that are the first of their dedup_key within context and journey.

    First is the earliest start, then the lowest journey_id; attempts without a key are all first.
    """
    first: dict[tuple[str, str, str], tuple[int, str]] = {}
    alone: set[str] = set()
    for attempt in attempts:
        if attempt.dedup_key is None:
            alone.add(attempt.journey_id)
            continue
        key = attempt.context, attempt.journey, attempt.dedup_key
        candidate = attempt.t_start_us, attempt.journey_id
        first[key] = min(first.get(key, candidate), candidate)
    return alone | {journey_id for _, journey_id in first.values()}


@dataclass(frozen=True, slots=True)
class EventCounts:
    """How many events of each class; pending ones are in no denominator."""

    good: int = 0
    bad: int = 0
    unknown: int = 0
    pending: int = 0
    invalid: int = 0

    @property
    def valid(self) -> int:
        """Good + bad + unknown: what an SLI divides by."""
        return self.good + self.bad + self.unknown

    def __add__(self, other: EventCounts) -> EventCounts:
        """Counts of both taken together."""
        return EventCounts(
            self.good + other.good,
            self.bad + other.bad,
            self.unknown + other.unknown,
            self.pending + other.pending,
            self.invalid + other.invalid,
        )


def count(attempts: Iterable[JourneyAttempt], criterion: Criterion, now_us: int) -> EventCounts:
    """Class counts over all `attempts`, duplicates by dedup_key found among them."""
    listed = list(attempts)
    first = firsts(listed)
    tally = dict.fromkeys(EventClass, 0)
    for attempt in listed:
        is_first = attempt.journey_id in first
        tally[classify(attempt, criterion, now_us, first=is_first)] += 1
    return EventCounts(
        good=tally[EventClass.GOOD],
        bad=tally[EventClass.BAD],
        unknown=tally[EventClass.UNKNOWN],
        pending=tally[EventClass.PENDING],
        invalid=tally[EventClass.INVALID],
    )
