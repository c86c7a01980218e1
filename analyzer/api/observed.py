"""Objectives judged by what users saw: from the moment they meant to act to the answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from analyzer.api.slo_report import SloReport
from analyzer.replay.drive import Journey
from analyzer.slo.evaluate import Bucket, Evaluation, evaluate, origin_us
from analyzer.slo.events import SUCCESS, JourneyAttempt, count
from analyzer.slo.live import SECOND_US
from analyzer.slo.spec import Objective

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
    attempts = sorted((_attempt(row) for row in rows), key=lambda attempt: attempt.t_start_us)
    begin_us = attempts[0].t_start_us
    end_us = max(attempt.t_end_us or attempt.t_start_us for attempt in attempts) + 1
    first_us = origin_us(objective, end_us)
    buckets: dict[int, Bucket] = {}
    for attempt in attempts:
        at_us = attempt.t_start_us
        start_us = first_us + (at_us - first_us) // SECOND_US * SECOND_US
        counts = count([attempt], objective.criterion, end_us)
        one = Bucket(start_us, counts, *((at_us, at_us) if counts.bad else ()))
        known = buckets.get(start_us)
        buckets[start_us] = one if known is None else _sum(known, one)
    return evaluate(objective, list(buckets.values()), begin_us, end_us)


def _attempt(row: Journey) -> JourneyAttempt:
    """A row as the classifier takes it; what nobody answered by the end of the run has failed."""
    start_us = _micros(row.t_start)
    waited_us = math.ceil(row.waited_ms * 1000)
    return JourneyAttempt(
        row.journey_id,
        "",
        journey_name(row),
        start_us,
        start_us + waited_us,
        SUCCESS if row.outcome == "ok" else "failed",
        row.reason,
        row.synthetic,
    )


def _sum(known: Bucket, one: Bucket) -> Bucket:
    first = one.first_bad_us if known.first_bad_us is None else known.first_bad_us
    last = known.last_bad_us if one.last_bad_us is None else one.last_bad_us
    return Bucket(known.start_us, known.counts + one.counts, first, last)


def _micros(label: str) -> int:
    return round(datetime.fromisoformat(label).timestamp() * 1_000_000)
