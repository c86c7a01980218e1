"""Journeys as attempts for objectives: the twin, for growing logs, of `sql/slo_events.sql`.

A test holds the two to the same answers on the same logs.
"""

from __future__ import annotations

from analyzer.api.journey_names import JourneyNames
from analyzer.semconv import ERROR
from analyzer.slo.events import SUCCESS, UNKNOWN_OUTCOME, JourneyAttempt
from analyzer.trace.growing import Told


def attempt_of(told: Told, names: JourneyNames) -> JourneyAttempt | None:
    """The attempt that a journey is, named by the mapping; None without a start.

    The end is rounded up to the microsecond, so that a nanosecond over the deadline is late.
    """
    journey = told.journey
    if journey.start_ns is None:
        return None
    named = names.name(journey.entry_service, journey.journey)
    context, name = named or (journey.entry_service, journey.journey)
    start_us = journey.start_ns // 1_000
    extra = f"/{journey.root_span_id}" if journey.extra_root else ""
    return JourneyAttempt(
        journey.trace_id + extra,
        context,
        name,
        start_us,
        None if journey.duration_ns is None else start_us + -(-journey.duration_ns // 1_000),
        _outcome(journey.status, journey.duration_ns),
        told.reason,
    )


def _outcome(status: str, duration_ns: int | None) -> str:
    if status == ERROR:
        return "failed"
    return UNKNOWN_OUTCOME if duration_ns is None else SUCCESS
