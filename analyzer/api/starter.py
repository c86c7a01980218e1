"""A starter objectives file from what the logs show: every number with what was observed."""

from __future__ import annotations

import re
import shlex
from fractions import Fraction
from pathlib import Path

import polars as pl

from analyzer.api.analysis import Analysis
from analyzer.api.journey_names import UNNAMED, JourneyNames
from analyzer.errors import InputError
from analyzer.slo.events import DEFAULT_VALID
from analyzer.slo.export.promql import duration, number
from analyzer.slo.spec.fields import MAX_LABEL
from analyzer.slo.windows import Pair, campaign_scheme

SHOWN_JOURNEYS = 8
MIN_EVENTS = 299
"""Below this not even 99 % can be demonstrated."""
TARGETS = (Fraction(999, 1000), Fraction(995, 1000), Fraction(99, 100), Fraction(95, 100))
STEPS_MS = (1, 2, 3, 5)
SLACK = 1.2
"""The deadline proposed is the p99 seen with so much room, rounded up."""
TARGET_NAME = "ops"

HEAD = """\
# Objectives, OpenSLO v1, made by `analyze slo init` from what the logs show. They describe what
# IS, not what users need: set deadline and target to what was promised, then check with
#   {check}
# analyzer.local/deadline-ms: an event is good when it succeeds within this time.
# analyzer.local/planned-events: expected events of a campaign; makes the budget absolute.
"""


def starter(analysis: Analysis, names: JourneyNames = UNNAMED, mapping: Path | None = None) -> str:
    """The text of an objectives file for the busiest journeys of `analysis`.

    `mapping` is the file that `names` came from: who checks needs it again.

    Raises:
        InputError: there is no journey to write an objective for.
    """
    summary = analysis.journey_summary.filter(pl.col("p99_ms").is_not_null())
    rows = summary.sort("journeys", descending=True, maintain_order=True).to_dicts()
    if not rows:
        raise InputError(f"{analysis.folder}: no journey with a duration; nothing to start from.")
    used: set[str] = set()
    documents: list[str] = []
    for row in rows:
        service, journey = str(row["entry_service"]), str(row["journey"])
        context, named = names.name(service, journey) or (service, journey)
        label = _label(f"{context}-{named}")
        if label in used or len(documents) == SHOWN_JOURNEYS:
            continue
        used.add(label)
        pairs = {"contexts": [service, context], "journeys": [journey, named]}
        deadline_ms = round_up_ms(SLACK * float(row["p99_ms"]))
        target = _target(analysis, pairs, deadline_ms)
        documents.append(_document(label, context, named, row, deadline_ms, target))
    named = "" if mapping is None else f" --journeys {shlex.quote(str(mapping))}"
    head = HEAD.format(check=f"analyze slo check DIR --slo THIS_FILE{named}")
    return head + "\n---\n".join([*documents, _notified()]) + "\n"


def _label(text: str) -> str:
    """An RFC 1123 label made of `text`."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return words[:MAX_LABEL].strip("-") or "journey"


def _period_s(row: dict[str, object]) -> int:
    """The time that the journey was seen, in whole hours, at least 4."""
    seconds = (row["last_seen"] - row["first_seen"]).total_seconds()  # type: ignore[operator]
    return max(4, int(-(-seconds // 3600))) * 3600


def round_up_ms(milliseconds: float) -> int:
    """The next of 1, 2, 3, 5, 10, 20, ... ms: a deadline that a person would write."""
    scale = 1
    while True:
        for step in STEPS_MS:
            if step * scale >= milliseconds:
                return step * scale
        scale *= 10


def _target(analysis: Analysis, pairs: dict[str, list[str]], deadline_ms: int) -> Fraction:
    """The highest of `TARGETS` whose budget the recording would have spent by half at most."""
    excluded = sorted(DEFAULT_VALID.excluded_outcomes)
    always = {"from_us": -(2**60), "until_us": 2**60}
    frame = analysis.relation("slo_latencies", {**pairs, **always, "excluded": excluded})
    if frame.is_empty():
        return TARGETS[-1]
    bad = frame.filter(pl.col("failed") | (pl.col("latency_ms") > deadline_ms)).height
    share = Fraction(bad, frame.height)
    return next((target for target in TARGETS if share <= (1 - target) / 2), TARGETS[-1])


def _document(
    label: str,
    context: str,
    journey: str,
    row: dict[str, object],
    deadline: int,
    target: Fraction,
) -> str:
    events, errors = int(str(row["journeys"])), int(str(row["errors"]))
    p99 = float(str(row["p99_ms"]))
    period_s = _period_s(row)
    pairs = campaign_scheme(period_s, target).pairs
    few = "" if events >= MIN_EVENTS else f"\n    # only {events} events: not enough to show 99 %"
    return f"""\
# seen: {events:,} events, {errors:,} failed, p50 {float(str(row["p50_ms"])):.0f} ms, \
p95 {float(str(row["p95_ms"])):.0f} ms, p99 {p99:.0f} ms
apiVersion: openslo/v1
kind: SLO
metadata:
  name: {label}
  annotations:{few}
    analyzer.local/deadline-ms: "{deadline}"
    analyzer.local/overdue-is-bad: "true"
spec:
  description: {number(target * 100)} % within {deadline} ms.
  service: {_quoted(context)}
  indicator:
    metadata: {{name: {_label(f"{label}-ratio")}}}
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource: {{type: analyzer, spec: {_source(context, journey, "good")}}}
        total:
          metricSource: {{type: analyzer, spec: {_source(context, journey, "valid")}}}
  timeWindow:
    - duration: {duration(period_s)}
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: {number(target)}
  alertPolicies:
""" + "\n".join(_policy(pair) for pair in pairs)


def _source(context: str, journey: str, event: str) -> str:
    return f"{{context: {_quoted(context)}, journey: {_quoted(journey)}, event: {event}}}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _policy(pair: Pair) -> str:
    share = number(pair.budget_share or Fraction(0))
    return f"""\
    - kind: AlertPolicy
      metadata:
        name: {pair.name}
        annotations:
          analyzer.local/budget-share: "{share}"  # of the whole budget
          analyzer.local/short-window: {duration(pair.short_s)}
          analyzer.local/keep-firing: {duration(pair.keep_firing_s)}
      spec:
        alertWhenBreaching: true
        alertWhenNoData: {str(pair.name == "page-quick").lower()}
        conditions:
          - kind: AlertCondition
            metadata: {{name: {pair.name}-long}}
            spec:
              severity: {pair.severity}
              condition: {{kind: burnrate, op: gte, threshold: {number(pair.burn)}, \
lookbackWindow: {duration(pair.long_s)}}}
        notificationTargets:
          - targetRef: {TARGET_NAME}"""


def _notified() -> str:
    return f"""\
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {{name: {TARGET_NAME}}}
spec: {{target: telegram, description: operations chat}}"""
