"""Exports for other tools: file names and texts, byte-identical functions of the objectives."""

from __future__ import annotations

from analyzer.slo.export.alertmanager import alertmanager_config
from analyzer.slo.export.grafana import grafana_dashboard
from analyzer.slo.export.promql import DEFAULT_NAMES, MetricNames, NotExportableError
from analyzer.slo.export.rule_tests import prometheus_tests
from analyzer.slo.export.rules import RuleSet, exportable, prometheus_rules
from analyzer.slo.spec.values import ObjectiveSet

__all__ = [
    "MetricNames",
    "NotExportableError",
    "RuleSet",
    "alertmanager_config",
    "export_files",
    "grafana_dashboard",
    "prometheus_rules",
    "prometheus_tests",
]


def export_files(found: ObjectiveSet, names: MetricNames = DEFAULT_NAMES) -> dict[str, str]:
    """All files by name: rules, their tests and a dashboard per objective, one Alertmanager route.

    Raises `NotExportableError` when no objective counts events.
    """
    objectives = exportable(found.objectives)
    if not objectives:
        raise NotExportableError(
            "no objective counts events, so there is nothing to export: write a ratioMetric"
        )
    files: dict[str, str] = {}
    for objective in objectives:
        rules = RuleSet(objective, names)
        rules_file = f"{objective.name}.rules.yml"
        files[rules_file] = prometheus_rules(rules)
        files[f"{objective.name}.dashboard.json"] = grafana_dashboard(rules)
        for step_s, text in prometheus_tests(rules, rules_file).items():
            files[f"{objective.name}.tests-{step_s}s.yml"] = text
    files["alertmanager.yml"] = alertmanager_config(found)
    return files
