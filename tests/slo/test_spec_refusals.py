# ruff: noqa: E501 - the table of refusals reads in rows
"""Every refusal of the objectives file: where, which property, why, and the way out."""

from __future__ import annotations

import pytest

from analyzer.errors import ConfigurationError
from analyzer.slo.spec import ObjectivesError, Refusal, Settings, SourceText, read_objectives
from tests.slo.samples import CAMPAIGN, edited, read

ROLLING = "    - duration: 4h\n      isRolling: true\n"
TARGET = "    - target: 0.999\n"
SHORT = 'analyzer.local/short-window: "1m"'
QUICK = "{kind: burnrate, op: gte, threshold: 9.6, lookbackWindow: 5m}"
TOTAL_LINE = "spec: {context: support, journey: ticket-submit, event: valid}"

ONE_CHANGE = [
    ("apiVersion: openslo/v1\nkind: SLO", "apiVersion: openslo/v1alpha\nkind: SLO", "apiVersion", "not supported"),
    ("apiVersion: openslo/v1\nkind: SLO", "apiVersion: openslo.com/v2alpha\nkind: SLO", "apiVersion", "not supported"),
    ("apiVersion: openslo/v1\nkind: SLO", "kind: SLO", "apiVersion", "is required"),
    ("kind: SLO", "kind: Slo", "kind", "must be one of"),
    ("  name: ticket-submit-5s\n", "  name: Ticket_Submit\n", "metadata.name", "RFC 1123"),
    ("  name: ticket-submit-5s\n", f"  name: {'a' * 64}\n", "metadata.name", "at most 63"),
    ("  name: ticket-submit-5s\n", "  displayName: x\n", "metadata.name", "is required"),
    ("  service: support-bot\n", "  sevice: support-bot\n", "spec.sevice", "unknown field"),
    ("  service: support-bot\n", "  service: support-bot\n  composite: {}\n", "spec.composite", "unknown field"),
    ("  service: support-bot\n", "  service: a\n  service: b\n", "spec.service", "given twice"),
    ("  service: support-bot\n", f"  service: a\n  description: {'x' * 1051}\n", "spec.description", "1051 characters"),
    ("target: 0.999", "target: 1.0", "spec.objectives[0].target", "must be in [0, 1)"),
    ("target: 0.999", "target: -0.1", "spec.objectives[0].target", "must be in [0, 1)"),
    ("target: 0.999", "target: nearly", "spec.objectives[0].target", "must be a number"),
    ("target: 0.999", 'target: "0.999"', "spec.objectives[0].target", "must be a number"),
    ("target: 0.999", "target: .nan", "spec.objectives[0].target", "must be a number"),
    ("target: 0.999", "targetPercent: 100", "spec.objectives[0].targetPercent", "must be in [0, 100)"),
    ("target: 0.999", "target: 0.999\n      targetPercent: 99.9", "spec.objectives[0]", "has both"),
    ("target: 0.999", "displayName: x", "spec.objectives[0]", "has neither"),
    (TARGET, "    []\n", "spec.objectives", "at least one objective"),
    (ROLLING, "    []\n", "spec.timeWindow", "exactly one time window, holds 0"),
    (ROLLING, ROLLING + ROLLING, "spec.timeWindow", "exactly one time window, holds 2"),
    ("      isRolling: true\n", "      isRolling: true\n      calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}\n", "spec.timeWindow[0]", "rolling and has a calendar"),
    ("      isRolling: true\n", "      isRolling: false\n", "spec.timeWindow[0]", "no calendar"),
    ("      isRolling: true\n", "      calendar: {startTime: 2026-01-01 00:00:00, timeZone: Mars/Base}\n", "spec.timeWindow[0].calendar.timeZone", "unknown time zone"),
    ("      isRolling: true\n", "      calendar: {startTime: 2026-01-01 00:00:00, timeZone: America}\n", "spec.timeWindow[0].calendar.timeZone", "unknown time zone"),
    ("      isRolling: true\n", "      calendar: {startTime: 01.01.2026, timeZone: UTC}\n", "spec.timeWindow[0].calendar.startTime", "not a local time"),
    ("duration: 4h", "duration: 90s", "spec.timeWindow[0].duration", "not a duration"),
    ("duration: 4h", "duration: 1.5h", "spec.timeWindow[0].duration", "not a duration"),
    ("duration: 4h", "duration: 0h", "spec.timeWindow[0].duration", "longer than 0"),
    ("budgetingMethod: Occurrences", "budgetingMethod: RatioTimeslices", "spec.budgetingMethod", "not supported"),
    ("budgetingMethod: Occurrences", "budgetingMethod: Sometimes", "spec.budgetingMethod", "must be one of"),
    ("budgetingMethod: Occurrences", "budgetingMethod: Timeslices", "spec.objectives[0].timeSliceTarget", "is required"),
    ("target: 0.999", "target: 0.999\n      timeSliceTarget: 0.9", "spec.objectives[0].timeSliceTarget", "Timeslices"),
    ("target: 0.999", "target: 0.999\n      op: lt", "spec.objectives[0].op", "forbidden with a ratio metric"),
    ("target: 0.999", "target: 0.999\n      value: 5", "spec.objectives[0].value", "forbidden with a ratio metric"),
    ("target: 0.999", "target: 0.999\n      indicatorRef: other", "spec.objectives[0].indicatorRef", "composite objectives are not supported"),
    ("target: 0.999", "target: 0.999\n      compositeWeight: 2", "spec.objectives[0].compositeWeight", "composite objectives are not supported"),
    ("  timeWindow:\n", "  indicatorRef: other\n  timeWindow:\n", "spec", "exactly one of indicator and indicatorRef"),
    ("- targetRef: ops-oncall", "- targetRef: ops-onkall", "spec.alertPolicies[0].spec.notificationTargets[0].targetRef", "no file defines"),
    (TOTAL_LINE, "metricSourceRef: prom, spec: {query: up}", "spec.indicator.spec.ratioMetric.total.metricSource.metricSourceRef", "no file defines"),
    (TOTAL_LINE, "spec: {context: support, journey: other, event: valid}", "spec.indicator.spec.ratioMetric.total", "another journey"),
    (TOTAL_LINE, "spec: {context: support, journey: ticket-submit, event: good}", "spec.indicator.spec.ratioMetric.total", "counts good events"),
    (TOTAL_LINE, "spec: {context: support, journey: ticket-submit, event: all}", "spec.indicator.spec.ratioMetric.total.metricSource.spec.event", "must be one of"),
    (f"type: analyzer, {TOTAL_LINE}", "type: Datadog, spec: {}", "spec.indicator.spec.ratioMetric.total.metricSource.spec", "must not be empty"),
    (f"type: analyzer, {TOTAL_LINE}", "type: Datadog, spec: {query: x}", "spec.indicator.spec.ratioMetric.total", "another source type"),
    ("        good:\n", "        raw:\n", "spec.indicator.spec.ratioMetric.raw", "not supported"),
    ("        total:\n", "        bad:\n", "spec.indicator.spec.ratioMetric", "has both"),
    ("counter: true", "counter: sometimes", "spec.indicator.spec.ratioMetric.counter", "true or false"),
    (QUICK, QUICK.replace("gte", "lte"), "spec.alertPolicies[0].spec.conditions[0].spec.condition.op", "burns slowly"),
    (QUICK, QUICK.replace("9.6", "8"), "spec.alertPolicies[0].spec.conditions[0].spec.condition.threshold", "is a burn of 9.6"),
    (QUICK, QUICK.replace("9.6", "0"), "spec.alertPolicies[0].spec.conditions[0].spec.condition.threshold", "above 0"),
    (QUICK, QUICK.replace("5m", "5h"), "spec.alertPolicies[0].spec.conditions[0].spec.condition.threshold", "longer than the SLO's time window"),
    (QUICK, QUICK.replace("5m", "300s"), "spec.alertPolicies[0].spec.conditions[0].spec.condition.lookbackWindow", "not a duration"),
    (QUICK, QUICK.replace("burnrate", "static"), "spec.alertPolicies[0].spec.conditions[0].spec.condition.kind", "must be one of burnrate"),
    (SHORT, 'analyzer.local/short-window: "6m"', "spec.alertPolicies[0]", "longer than its lookbackWindow"),
    (SHORT, 'analyzer.local/short-window: "30s"', "spec.alertPolicies[0].metadata.annotations.analyzer.local/short-window", "not a duration"),
    (SHORT, 'analyzer.local/shortwindow: "1m"', "spec.alertPolicies[0].metadata.annotations.analyzer.local/shortwindow", "annotation we do not know"),
    (SHORT, 'openslo.com/short-window: "1m"', "spec.alertPolicies[0].metadata.annotations.openslo.com/short-window", "reserved"),
    ('budget-share: "0.20"', 'budget-share: "20%"', "spec.alertPolicies[0].metadata.annotations.analyzer.local/budget-share", "share in (0, 1]"),
    ('deadline-ms: "5000"', 'deadline: "5000"', "metadata.annotations.analyzer.local/deadline", "annotation we do not know"),
    ('deadline-ms: "5000"', 'deadline-ms: "5 s"', "metadata.annotations.analyzer.local/deadline-ms", "whole number"),
    ('planned-events: "20000"', 'planned-events: "0"', "metadata.annotations.analyzer.local/planned-events", "whole number from 1"),
    ('planned-events: "20000"', 'planned-events: "900"', "metadata.annotations.analyzer.local/planned-events", "one failure ends the budget"),
    ('planned-events: "20000"', 'valid: "outcome = good"', "metadata.annotations.analyzer.local/valid", "not understood"),
    ('planned-events: "20000"', 'valid: "outcome not in (tired)"', "metadata.annotations.analyzer.local/valid", "do not exist: tired"),
    ('planned-events: "20000"', 'overdue-is-bad: "often"', "metadata.annotations.analyzer.local/overdue-is-bad", "true or false"),
    ("        conditions:\n", "        conditions: []\n        extra:\n", "spec.alertPolicies[0].spec.conditions", "exactly one condition, has 0"),
    ("        notificationTargets:\n          - targetRef: ops-oncall\n", "", "spec.alertPolicies[0].spec.notificationTargets", "is required"),
    ("metadata: {name: ops-oncall}", "metadata: {name: ops-oncall, extra: 1}", "metadata.extra", "unknown field"),
]  # fmt: skip


def refusals_of(text: str, settings: Settings | None = None) -> tuple[Refusal, ...]:
    with pytest.raises(ObjectivesError) as caught:
        read(text, settings)
    return caught.value.refusals


@pytest.mark.parametrize(("old", "new", "path", "reason"), ONE_CHANGE)
def test_one_wrong_thing_is_refused_at_its_place(
    old: str, new: str, path: str, reason: str
) -> None:
    text = edited(old, new)
    refusals = refusals_of(text)
    hits = [r for r in refusals if r.path == path and reason in r.reason]
    assert hits, [str(r) for r in refusals]
    refusal = hits[0]
    assert refusal.file == "slo.yaml"
    assert refusal.way_out
    assert 1 <= refusal.line <= len(text.splitlines())
    assert refusal.object


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('version: "prometheus/v1"\nservice: s\nslos: []\n', "slok/sloth"),
        ("apiVersion: sloth.slok.dev/v1\nkind: PrometheusServiceLevel\n", "slok/sloth"),
        ("apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\n", "pyrra-dev/pyrra"),
        ("apiVersion: openslo/v1alpha\nkind: SLO\n", "alpha version of OpenSLO"),
        ("apiVersion: openslo.com/v2alpha\nkind: SLO\n", "OpenSLO v2"),
        ("apiVersion: n9/v1alpha\nkind: SLO\n", "Nobl9"),
    ],
)
def test_a_file_of_another_tool_is_named_with_how_to_write_it_here(text: str, said: str) -> None:
    (refusal,) = refusals_of(text)
    assert refusal.path == "apiVersion"
    assert refusal.line == 1
    assert said in str(refusal)
    assert "openslo/v1" in refusal.way_out


def test_alert_that_no_outage_can_fire_is_refused() -> None:
    text = edited("target: 0.999", "target: 0.9")
    text = edited("      name: page-quick\n", "      name: page-quick\n", text)
    text = edited('          analyzer.local/budget-share: "0.20"\n', "", text)
    text = edited("threshold: 9.6", "threshold: 14.4", text)
    (refusal,) = refusals_of(text)
    assert refusal.path.endswith("condition.threshold")
    assert "can never fire" in refusal.reason
    assert "below 10" in refusal.way_out


def test_campaign_pair_that_burns_no_faster_than_the_budget_is_refused() -> None:
    text = edited("lookbackWindow: 5m", "lookbackWindow: 50m")
    text = edited("threshold: 9.6", "threshold: 0.96", text)
    (refusal,) = refusals_of(text)
    assert "would ring on a healthy day" in refusal.reason


def test_short_window_below_two_evaluation_steps_is_refused() -> None:
    (refusal,) = refusals_of(CAMPAIGN, Settings(evaluation_step_s=31))
    assert "below two evaluation steps" in refusal.reason
    assert read(CAMPAIGN, Settings(evaluation_step_s=30)).objectives


def test_budget_below_one_event_is_taken_when_confirmed() -> None:
    text = edited('planned-events: "20000"', 'planned-events: "900"')
    (objective,) = read(text, Settings(small_budget_confirmed=True)).objectives
    assert objective.planned_events == 900


def test_budget_of_exactly_one_event_needs_no_confirmation() -> None:
    text = edited('planned-events: "20000"', 'planned-events: "1000"')
    assert read(text).objectives[0].planned_events == 1000


def test_all_refusals_come_at_once_and_in_the_order_of_the_file() -> None:
    text = edited("target: 0.999", "target: 2")
    text = edited("duration: 4h", "duration: 4x", text)
    text = edited("severity: page", "severity: ''", text)
    text = edited("  service: support-bot\n", "  servcie: support-bot\n", text)
    refusals = refusals_of(text)
    assert [r.path for r in refusals] == [
        "spec.servcie",
        "spec.service",
        "spec.timeWindow[0].duration",
        "spec.objectives[0].target",
        "spec.alertPolicies[0].spec.conditions[0].spec.severity",
    ]
    assert sorted(refusals, key=lambda r: (r.line, r.column)) == list(refusals)


def test_sentence_holds_file_line_object_path_reason_and_way_out() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(edited("target: 0.999", "target: 1.0"))
    expected = (
        "slo.yaml:24:15: SLO 'ticket-submit-5s': spec.objectives[0].target: "
        "must be in [0, 1), is 1; "
        "1 would leave no error budget; write how much must be good, such as 0.999"
    )
    assert caught.value.problems == [expected]


def test_name_used_twice_for_a_kind_is_refused_across_files() -> None:
    target = CAMPAIGN.split("---\n")[1]
    with pytest.raises(ObjectivesError) as caught:
        read_objectives([SourceText("a.yaml", CAMPAIGN), SourceText("b.yaml", target)])
    (refusal,) = caught.value.refusals
    assert (refusal.file, refusal.path) == ("b.yaml", "metadata.name")
    assert "defined twice" in refusal.reason


def test_policy_used_twice_by_one_slo_is_refused() -> None:
    start = CAMPAIGN.index("    - kind: AlertPolicy")
    end = CAMPAIGN.index("---")
    text = CAMPAIGN[:end] + CAMPAIGN[start:end] + CAMPAIGN[end:]
    (refusal,) = refusals_of(text)
    assert "used twice" in refusal.reason


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "holds no object"),
        ("# only a comment\n", 1, "holds no object"),
        ("kind: SLO\n  bad: indent\n", 2, "mapping values are not allowed"),
        ("a: &a [*a]\n", 1, "contains itself"),
        ("? [1, 2]\n: x\n", 1, "key must be plain text"),
        ("just text\n", 1, "must be a mapping"),
        ("\x00", 1, "not readable as YAML"),
    ],
)
def test_text_that_is_no_objectives_file_is_refused(text: str, line: int, reason: str) -> None:
    refusal = refusals_of(text)[0]
    assert refusal.line == line
    assert reason in refusal.reason


def test_aliases_that_unfold_without_bound_are_refused() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    (refusal,) = refusals_of("\n".join(rows))
    assert "aliases unfold" in refusal.reason


def test_no_file_at_all_is_refused() -> None:
    with pytest.raises(ObjectivesError):
        read_objectives([])
