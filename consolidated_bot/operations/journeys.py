"""A journey's journal as an attempt of the objectives: the same classes as from the logs.

The log says `user_error` for a correct refusal and for a user who blocked the bot; both are
rightly dropped, so both are a success, as the analyser reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from analyzer.slo.events import SUCCESS, VALIDATION_REJECTED, JourneyAttempt

SUCCESSES = frozenset({"ok", "user_error"})
FAILED = "failed"
HANDLING = ("platform", "update-handled")
"""The journey of every update, from its arrival to its commit."""


class EndedJourney(NamedTuple):
    """A row of the table `journey`, times in UTC epoch ms."""

    trace_id: str
    context: str
    journey: str
    received_ms: int
    begun_ms: int
    committed_ms: int
    ended_ms: int
    outcome: str
    of_update: bool


def ended_journey(journal: Mapping[str, Any], end_ms: int) -> EndedJourney:
    """The row of a journey that ended at `end_ms`."""
    context, _, journey = str(journal["journey"]).partition("/")
    return EndedJourney(
        str(journal["trace_id"]),
        context,
        journey,
        journal["received_ms"],
        journal["started_ms"],
        journal["committed_ms"],
        end_ms,
        str(journal["outcome"]),
        journal.get("update_id") is not None,
    )


def attempts(row: EndedJourney) -> tuple[JourneyAttempt, ...]:
    """What an ended journey is to the objectives: itself, and the handling of its update."""
    outcome = SUCCESS if row.outcome in SUCCESSES else FAILED
    own = JourneyAttempt(
        row.trace_id,
        row.context,
        row.journey,
        row.received_ms * 1000,
        row.ended_ms * 1000,
        outcome,
        row.outcome,
    )
    return (own, handled(row)) if row.of_update else (own,)


def handled(row: EndedJourney) -> JourneyAttempt:
    """The handling of an update: it ends with the commit, whatever was decided."""
    return JourneyAttempt(
        row.trace_id,
        *HANDLING,
        row.received_ms * 1000,
        row.committed_ms * 1000,
        FAILED if row.outcome == "dead" else SUCCESS,
        row.outcome,
    )


def in_flight(trace_id: str, journey: str, received_ms: int) -> JourneyAttempt:
    """A journey (`context/journey`) without an end yet."""
    context, _, name = journey.partition("/")
    return JourneyAttempt(trace_id, context, name, received_ms * 1000)


def turned_down(trace_id: str, journey: str, received_ms: int) -> JourneyAttempt:
    """What an update asked for and the domain turned down: no valid event of that journey."""
    return in_flight(trace_id, journey, received_ms)._replace(
        t_end_us=received_ms * 1000, outcome=VALIDATION_REJECTED
    )
