"""What a right objectives file means."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from analyzer.slo.events import DEFAULT_VALID, ValidRule
from analyzer.slo.export import NotExportableError, export_files
from analyzer.slo.spec import (
    AnalyzerSource,
    CalendarWindow,
    PrometheusSource,
    RatioIndicator,
    RollingWindow,
    SourceText,
    ThresholdIndicator,
    read_objectives,
)
from tests.slo.samples import CAMPAIGN, edited, read


def test_recommended_sample_loads(peer_data: Path) -> None:
    path = peer_data / "slo" / "recommended" / "ticket-submit.openslo.yaml"
    found = read_objectives([SourceText(path.name, path.read_text())])
    (objective,) = found.objectives
    assert objective.target == Fraction(999, 1000)
    assert objective.error_budget_ratio * (objective.planned_events or 0) == 20
    assert [p.name for p in objective.policies] == ["page-quick", "page-slow", "ticket"]
    assert [p.targets for p in objective.policies] == [("ops-oncall",)] * 2 + [("ops-chat",)]
    assert objective.min_events == 2995
    assert [t.name for t in found.targets] == ["ops-oncall", "ops-chat"]
    assert [s.name for s in found.services] == ["support-bot"]


def test_campaign_is_read_exactly() -> None:
    (objective,) = read(CAMPAIGN).objectives
    assert objective.name == objective.slo == "ticket-submit-5s"
    assert (objective.context, objective.journey) == ("support", "ticket-submit")
    assert objective.deadline_ms == 5000
    assert objective.valid == DEFAULT_VALID
    assert isinstance(objective.window, RollingWindow)
    assert objective.window.duration.seconds == 4 * 3600
    (policy,) = objective.policies
    assert policy.threshold == Fraction(96, 10)
    assert (policy.long_window_s, policy.short_window_s, policy.keep_firing_s) == (300, 60, 600)


def test_target_percent_is_the_same_target() -> None:
    plain = read(CAMPAIGN).objectives
    assert read(edited("target: 0.999", "targetPercent: 99.9")).objectives == plain


def test_several_objectives_of_one_slo_have_names_of_their_own() -> None:
    text = edited("    - target: 0.999\n", "    - target: 0.999\n    - target: 0.99\n")
    assert [o.name for o in read(text).objectives] == ["ticket-submit-5s.1", "ticket-submit-5s.2"]


def test_list_of_objects_reads_like_documents() -> None:
    parts = CAMPAIGN.split("---\n")
    listed = "".join("- " + "\n  ".join(part.rstrip("\n").splitlines()) + "\n" for part in parts)
    assert read(listed).objectives == read(CAMPAIGN).objectives


def test_objects_may_come_in_any_order_and_from_several_files() -> None:
    slo, target = CAMPAIGN.split("---\n")
    found = read_objectives([SourceText("b.yaml", target), SourceText("a.yaml", slo)])
    assert found.objectives == read(CAMPAIGN).objectives


REFERENCES = """\
apiVersion: openslo/v1
kind: DataSource
metadata: {name: prom}
spec: {type: Prometheus, connectionDetails: {url: "http://localhost:9090"}}
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: web-ratio}
spec:
  ratioMetric:
    counter: true
    bad: {metricSource: {metricSourceRef: prom, spec: {query: sum(errors_total)}}}
    total: {metricSource: {metricSourceRef: prom, spec: {query: sum(requests_total)}}}
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: quick}
spec:
  severity: page
  condition: {kind: burnrate, op: gt, threshold: 14.4, lookbackWindow: 1h, alertAfter: 0m}
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: oncall}
spec: {target: mail}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: page, annotations: {analyzer.local/short-window: 5m}}
spec:
  conditions: [{conditionRef: quick}]
  notificationTargets: [{targetRef: oncall}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: web}
spec:
  service: web
  indicatorRef: web-ratio
  timeWindow: [{duration: 1M, calendar: {startTime: 2026-01-31 00:00:00, timeZone: Europe/Berlin}}]
  budgetingMethod: Timeslices
  objectives: [{target: 0.99, timeSliceTarget: 0.95, timeSliceWindow: 1m}]
  alertPolicies: [{alertPolicyRef: page}]
"""


def test_references_are_followed() -> None:
    (objective,) = read(REFERENCES).objectives
    assert objective.indicator == RatioIndicator(
        "web-ratio",
        "bad",
        PrometheusSource("sum(errors_total)", "prom"),
        PrometheusSource("sum(requests_total)", "prom"),
        counter=True,
    )
    assert objective.source is None
    assert objective.policies[0].long_window_s == 3600
    assert objective.policies[0].targets == ("oncall",)
    assert objective.timeslices
    assert objective.timeslices.window_s == 60


def test_bare_name_of_a_policy_is_a_reference() -> None:
    bare = edited("[{alertPolicyRef: page}]", "[page]", REFERENCES)
    assert read(bare).objectives == read(REFERENCES).objectives


def test_calendar_months_begin_on_the_local_day_that_exists() -> None:
    (objective,) = read(REFERENCES).objectives
    assert isinstance(objective.window, CalendarWindow)
    start, end = objective.window.bounds(datetime(2026, 3, 5, tzinfo=UTC))
    assert start.isoformat() == "2026-02-28T00:00:00+01:00"
    assert end.isoformat() == "2026-03-31T00:00:00+02:00"  # summer time began on the 29th


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("not synthetic", ValidRule(frozenset(), True, False)),
        (
            "outcome not in (user_cancelled)",
            ValidRule(frozenset({"user_cancelled"}), False, False),
        ),
        (
            "first_of_dedup_key and outcome not in (blocked_by_user, failed)",
            ValidRule(frozenset({"blocked_by_user", "failed"}), False, True),
        ),
    ],
)
def test_rule_of_valid_events_is_read(written: str, rule: ValidRule) -> None:
    text = edited('planned-events: "20000"', f'valid: "{written}"')
    assert read(text).objectives[0].valid == rule


def test_notifications_leave_out_users_who_blocked_the_bot() -> None:
    text = CAMPAIGN.replace("context: support", "context: notification")
    assert "blocked_by_user" in read(text).objectives[0].valid.excluded_outcomes


def test_threshold_metric_keeps_operator_and_value() -> None:
    inner = CAMPAIGN[CAMPAIGN.index("      ratioMetric:") : CAMPAIGN.index("  timeWindow:")]
    threshold = (
        "      thresholdMetric:\n"
        "        metricSource: {type: Prometheus, spec: {query: queue_depth}}\n"
    )
    text = edited(inner, threshold)
    text = edited("target: 0.999", "target: 0.999\n      op: lte\n      value: 30.5", text)
    (objective,) = read(text).objectives
    assert isinstance(objective.indicator, ThresholdIndicator)
    assert (objective.op, objective.value) == ("lte", Fraction(61, 2))
    assert objective.source is None


def test_metrics_of_other_systems_are_kept_and_neither_evaluated_nor_exported() -> None:
    text = REFERENCES.replace("type: Prometheus", "type: Datadog")
    (objective,) = read(text).objectives
    assert objective.source is None
    assert objective.known_by == "Datadog"
    with pytest.raises(NotExportableError):
        export_files(read(text))


def test_analyzer_source_is_what_logs_can_evaluate() -> None:
    (objective,) = read(CAMPAIGN).objectives
    assert objective.source == AnalyzerSource("support", "ticket-submit", "valid")


def test_anchors_and_merge_keys_are_understood() -> None:
    merged = edited(
        "condition: {kind: burnrate, op: gte, threshold: 9.6, lookbackWindow: 5m}",
        "condition: {<<: {kind: burnrate, op: gt}, op: gte, threshold: 9.6, lookbackWindow: 5m}",
    )
    assert read(merged).objectives == read(CAMPAIGN).objectives


def test_example_of_the_openslo_repository_with_op_and_ratio_is_refused() -> None:
    text = edited("budgetingMethod: Occurrences", "budgetingMethod: Timeslices")
    text = edited(
        "    - target: 0.999\n",
        "    - op: gt\n      target: 0.9995\n"
        "      timeSliceTarget: 0.95\n      timeSliceWindow: 1m\n",
        text,
    )
    with pytest.raises(ValueError, match="op: is forbidden with a ratio metric"):
        read(text)
