# ruff: noqa: E501 - one line per metric source
"""One objectives file that is right, and ways to make it wrong."""

from __future__ import annotations

from analyzer.slo.spec import ObjectiveSet, Settings, SourceText, read_objectives

CAMPAIGN = """\
apiVersion: openslo/v1
kind: SLO
metadata:
  name: ticket-submit-5s
  annotations:
    analyzer.local/deadline-ms: "5000"
    analyzer.local/planned-events: "20000"
spec:
  service: support-bot
  indicator:
    metadata: {name: ticket-submit-ratio}
    spec:
      ratioMetric:
        counter: true
        good:
          metricSource: {type: analyzer, spec: {context: support, journey: ticket-submit, event: good}}
        total:
          metricSource: {type: analyzer, spec: {context: support, journey: ticket-submit, event: valid}}
  timeWindow:
    - duration: 4h
      isRolling: true
  budgetingMethod: Occurrences
  objectives:
    - target: 0.999
  alertPolicies:
    - kind: AlertPolicy
      metadata:
        name: page-quick
        annotations:
          analyzer.local/budget-share: "0.20"
          analyzer.local/short-window: "1m"
          analyzer.local/keep-firing: "10m"
      spec:
        alertWhenBreaching: true
        conditions:
          - kind: AlertCondition
            metadata: {name: page-quick-long}
            spec:
              severity: page
              condition: {kind: burnrate, op: gte, threshold: 9.6, lookbackWindow: 5m}
        notificationTargets:
          - targetRef: ops-oncall
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: ops-oncall}
spec: {target: telegram}
"""


def read(text: str, settings: Settings | None = None) -> ObjectiveSet:
    return read_objectives([SourceText("slo.yaml", text)], settings or Settings())


def edited(old: str, new: str, text: str = CAMPAIGN) -> str:
    """`text` with `old` replaced once; a sample that no longer holds `old` is a broken test."""
    assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
    return text.replace(old, new)
