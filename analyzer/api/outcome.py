"""What a replay says in one word, and how much it must have seen to say anything."""

from __future__ import annotations

from enum import StrEnum

FEWEST_JOURNEYS = 20


class Outcome(StrEnum):
    """The verdict over a validation or a load test."""

    PASSED = "passed"
    FAILED = "failed"
    INVALID = "invalid"
    NOT_ENOUGH_DATA = "not enough data"
