"""Objectives judged by what users saw: from the moment they meant to act to the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from analyzer.api.slo_report import SloReport
from analyzer.replay.drive import Journey
from analyzer.slo.evaluate import Bucket, Evaluation, evaluate
from analyzer.slo.events import EventCounts
from analyzer.slo.live import SECOND_US
from analyzer.slo.spec import CalendarWindow, Objective

NAMED: Mapping[str, str] = {
    "faq-list": "faq-read",
    "faq-search": "faq-read",
    "troubleshoot-start": "troubleshoot",
    "troubleshoot-answer": "troubleshoot",
    "ticket-begin": "ticket-start",
    "ticket-question": "ticket-start",
}
"""The driver's finer names, as objectives know them."""


def journey_name(row: Journey) -> str:
    """The journey of a row by the name that objectives and mappings use."""
    return NAMED.get(row.journey, row.journey)


def observed_objectives(rows: Sequence[Journey], objectives: Sequence[Objective]) -> SloReport:
    """Evaluate the objectives over `rows` after the warm-up; those of other journeys are left out.

    Bad is what failed, was never answered, or came later than the objective's deadline.
    """
    counted = [row for row in rows if not row.warm_up and row.issued_ns is not None]
    found: list[Evaluation] = []
    for objective in objectives:
        own = [row for row in counted if journey_name(row) == objective.journey]
        if own:
            found.append(_evaluate(objective, own))
    return SloReport(found, ())


def _evaluate(objective: Objective, rows: Sequence[Journey]) -> Evaluation:
    starts = [_micros(row.t_start) for row in rows]
    begin_us, end_us = min(starts), max(starts) + SECOND_US
    origin_us = 0 if isinstance(objective.window, CalendarWindow) else end_us
    buckets: dict[int, Bucket] = {}
    for at_us, row in sorted(zip(starts, rows, strict=True), key=lambda pair: pair[0]):
        start_us = origin_us + (at_us - origin_us) // SECOND_US * SECOND_US
        one = Bucket(start_us, EventCounts(good=1))
        if _bad(row, objective):
            one = Bucket(start_us, EventCounts(bad=1), at_us, at_us)
        known = buckets.get(start_us)
        buckets[start_us] = one if known is None else _sum(known, one)
    return evaluate(objective, list(buckets.values()), begin_us, end_us)


def _bad(row: Journey, objective: Objective) -> bool:
    late = objective.deadline_ms is not None and row.waited_ms > objective.deadline_ms
    return row.outcome != "ok" or late


def _sum(known: Bucket, one: Bucket) -> Bucket:
    first = one.first_bad_us if known.first_bad_us is None else known.first_bad_us
    last = known.last_bad_us if one.last_bad_us is None else one.last_bad_us
    return Bucket(known.start_us, known.counts + one.counts, first, last)


def _micros(label: str) -> int:
    return round(datetime.fromisoformat(label).timestamp() * 1_000_000)
