"""Journeys to SLO events, and events to SLIs: what `analyze run` keeps in the store."""

from __future__ import annotations

from datetime import datetime, timedelta

from analyzer.api.objectives import evaluate_objectives, read_objective_files
from analyzer.api.options import RunOptions
from analyzer.api.slo_report import EPOCH, sli_rows
from analyzer.store import Store


def write_events(store: Store, options: RunOptions) -> None:
    """Replace `slo_event` (one row per journey, named by the mapping) and `sli`.

    Raises:
        ConfigurationError: the objectives file is refused.
    """
    objectives = None if options.slo is None else read_objective_files(options.slo)
    listed = store.frame("journey_summary").select("entry_service", "journey").rows()
    found = [(str(service), str(journey)) for service, journey in listed]
    with store.transaction():
        store.clear(["slo_event", "sli"])
        store.run("slo_events", dict(options.journeys.parameters(found)))
    if objectives is None:
        return
    # The events must be kept before they are read: frames come from a snapshot of their own.
    report = evaluate_objectives(store.frame, objectives, options.journeys)
    rows = [row for evaluation in report.evaluations for row in sli_rows(evaluation)]
    store.append("sli", [tuple(map(_micros, row)) for row in rows])


def _micros(value: object) -> object:
    """A time as the store takes it: microseconds UTC."""
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(microseconds=1)
    return value
