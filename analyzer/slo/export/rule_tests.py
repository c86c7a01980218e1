"""promtool unit tests for the exported rules, made from the same objectives.

Each alert is tried where it must fire, must be held, must clear and must stay quiet; the SLI's
own alerts where the series vanishes and where it counts more successes than attempts.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from analyzer.slo.export.promql import duration
from analyzer.slo.export.rehearsal import Rehearsal, Scene, scenes
from analyzer.slo.export.rules import (
    GENERATED,
    Rule,
    RuleSet,
    alert_name,
    rules_of,
)
from analyzer.slo.export.yaml_text import Yaml, render
from analyzer.slo.spec.values import AnalyzerSource
from analyzer.slo.windows import Pair

STEP_S = 15
WATCHED_MINUTES = 10


def prometheus_tests(rules: RuleSet, rules_file: str) -> dict[int, str]:
    """Test files for `promtool test rules` by evaluation step in seconds.

    They stand beside `rules_file`. Long windows are evaluated in coarse steps: a test of days
    would take minutes otherwise. Objectives on foreign PromQL have none, since what their
    queries select is not ours to make up.
    """
    by_step: dict[int, list[Yaml]] = {}
    for step_s, test in _tests(rules) if rules.objective.source else ():
        by_step.setdefault(step_s, []).append(test)
    return {
        step_s: render(
            {"rule_files": [rules_file], "evaluation_interval": f"{step_s}s", "tests": tests},
            comment=GENERATED,
        )
        for step_s, tests in sorted(by_step.items())
    }


def _tests(rules: RuleSet) -> Iterator[tuple[int, Yaml]]:
    planned, target = rules.objective.planned_events, rules.objective.target
    budget = (1 - target) * planned if planned else None
    for pair in rules.pairs:
        for scene in scenes(Rehearsal(pair, target, budget)):
            yield scene.traffic.step_s, _scene_test(rules, pair, scene)
    for test in _watch_tests(rules):
        yield STEP_S, test


def _scene_test(rules: RuleSet, pair: Pair, scene: Scene) -> Yaml:
    valid, bad = scene.traffic.valid, scene.traffic.bad
    good = tuple(v - b for v, b in zip(valid, bad, strict=True))
    labels = {**rules.labels, "severity": pair.severity, "pair": pair.name}
    name = alert_name(rules, pair)
    return {
        "name": f"{rules.objective.name} {pair.name}: {scene.name}",
        "interval": f"{scene.traffic.step_s}s",
        "input_series": _series(rules, notation(valid), notation(good), notation(bad)),
        "alert_rule_test": [
            _alert_check(rules, name, check.at_s, labels if check.firing else None)
            for check in scene.checks
        ],
    }


def _series(rules: RuleSet, valid: str, good: str, bad: str) -> list[Yaml]:
    source, names = rules.counters.ratio.total, rules.names
    assert isinstance(source, AnalyzerSource)
    numerator = rules.counters.ratio.numerator_event
    values = good if numerator == "good" else bad
    metric = names.good if numerator == "good" else names.bad
    return [
        {"series": rules.counters.selector(names.valid), "values": valid},
        {"series": rules.counters.selector(metric), "values": values},
    ]


def _alert_check(rules: RuleSet, name: str, at_s: int, labels: dict[str, Yaml] | None) -> Yaml:
    alerts: list[Yaml] = []
    if labels is not None:
        annotations = _annotations(rules, name)
        alerts.append({"exp_labels": labels, "exp_annotations": annotations})
    return {"eval_time": f"{at_s}s", "alertname": name, "exp_alerts": alerts}


def _annotations(rules: RuleSet, name: str) -> Yaml:
    return _rule(rules, name)["annotations"]


def _rule(rules: RuleSet, name: str) -> Rule:
    return next(rule for rule in rules_of(rules) if rule.get("alert") == name)


def _watch_tests(rules: RuleSet) -> Iterator[Yaml]:
    """The SLI vanishes; it counts more than there is; journeys hang in flight."""
    names = {rule.get("alert") for rule in rules_of(rules)}
    ten, steps = f"0+10x{4 * WATCHED_MINUTES}", 4 * WATCHED_MINUTES
    if "SLINoData" in names:
        yield _no_data_test(rules)
    if rules.counters.ratio.numerator_event == "good":
        yield _inconsistent_test(rules, _series(rules, ten, f"0+12x{steps}", ""))
    else:
        yield _inconsistent_test(rules, _series(rules, ten, "", f"0+12x{steps}"))
    yield _overdue_test(rules)


def _no_data_test(rules: RuleSet) -> Yaml:
    severity = _severity(rules, "SLINoData")
    labels: dict[str, Yaml] = {**rules.labels, "severity": severity}
    vanishing = "0+10x20 stale"
    return {
        "name": f"{rules.objective.name}: the SLI vanishes",
        "interval": f"{STEP_S}s",
        "input_series": _series(rules, vanishing, vanishing, vanishing),
        "alert_rule_test": [
            _alert_check(rules, "SLINoData", 240, None),
            _alert_check(rules, "SLINoData", 480, labels),
        ],
    }


def _severity(rules: RuleSet, name: str) -> Yaml:
    labels = _rule(rules, name)["labels"]
    assert isinstance(labels, dict)  # as _watch writes them
    severity: Yaml = labels["severity"]
    return severity


def _inconsistent_test(rules: RuleSet, series: list[Yaml]) -> Yaml:
    """More successes than attempts: said so, and the error ratio does not fall below 0."""
    labels: dict[str, Yaml] = {**rules.labels, "severity": _severity(rules, "SLIInconsistent")}
    test: dict[str, Yaml] = {
        "name": f"{rules.objective.name}: the SLI counts more than there is",
        "interval": f"{STEP_S}s",
        "input_series": series,
        "alert_rule_test": [
            _alert_check(rules, "SLIInconsistent", 15, None),
            _alert_check(rules, "SLIInconsistent", 60 * WATCHED_MINUTES, labels),
        ],
    }
    if rules.counters.ratio.numerator_event == "good" and rules.pairs:
        metrics = [f"slo:sli_error:ratio_rate{w}" for w in _windows(rules)]
        metrics += [f"slo:bad:increase{w}" for w in _windows(rules)]
        test["promql_expr_test"] = [
            _sample(rules, metric, 60 * WATCHED_MINUTES, 0) for metric in metrics
        ]
    return test


def _overdue_test(rules: RuleSet) -> Yaml:
    """Nothing completes: what hangs in flight is bad all the same."""
    overdue = rules.counters.selector(rules.names.overdue)
    flat = f"5+0x{4 * WATCHED_MINUTES}"
    series: list[Yaml] = [
        *_series(rules, flat, flat, flat),
        {"series": overdue, "values": f"7+0x{4 * WATCHED_MINUTES}"},
    ]
    return {
        "name": f"{rules.objective.name}: overdue in flight is bad",
        "interval": f"{STEP_S}s",
        "input_series": series,
        "promql_expr_test": [
            _sample(rules, f"slo:bad:increase{w}", 60 * WATCHED_MINUTES, 7)
            for w in _windows(rules)
        ],
    }


def _windows(rules: RuleSet) -> list[str]:
    """Short windows of the pairs: filled within the minutes that a test lasts."""
    return [duration(w) for w in sorted({p.short_s for p in rules.pairs})][:1]


def _sample(rules: RuleSet, metric: str, at_s: int, value: int) -> Yaml:
    labels = ", ".join(f'{key}="{text}"' for key, text in rules.labels.items())
    return {
        "expr": rules.recorded(metric),
        "eval_time": f"{at_s}s",
        "exp_samples": [{"labels": f"{metric}{{{labels}}}", "value": value}],
    }


def notation(increments: tuple[int, ...]) -> str:
    """A counter that starts at 0 and grows by `increments`, in promtool's series notation."""
    parts: list[str] = []
    value = 0
    for growth, group in groupby(increments):
        n = len(list(group))
        if not parts:
            parts.append(f"0+{growth}x{n}")
        else:
            parts.append(f"{value + growth}+{growth}x{n - 1}")
        value += growth * n
    return " ".join(parts)
