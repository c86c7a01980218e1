"""A Grafana dashboard of an objective: verdict first, then budget, burn per pair, and the SLI.

Panels read the recorded series of the exported rules. No data is grey, never green. JSON with
sorted keys: equal objectives give equal bytes.
"""

from __future__ import annotations

import json
from typing import Any

from analyzer.slo.export.promql import duration, number
from analyzer.slo.export.rules import RuleSet
from analyzer.slo.windows import Pair

SCHEMA_VERSION = 38
WIDTH = 24
GREY, GREEN, ORANGE, RED = "text", "green", "orange", "red"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
Json = dict[str, Any]


def grafana_dashboard(rules: RuleSet) -> str:
    """The dashboard of one objective as JSON, to be imported as it is."""
    panels = _placed(
        [*_stats(rules), *(_burn(rules, pair) for pair in rules.pairs), *_flow(rules)]
    )
    document: Json = {
        "title": f"SLO {rules.objective.name}",
        "uid": None,
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "refresh": "15s",
        "time": {"from": f"now-{_period(rules)}", "to": "now"},
        "timezone": "utc",
        "tags": ["slo", rules.objective.service],
        "templating": {
            "list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]
        },
        "panels": panels,
    }
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _period(rules: RuleSet) -> str:
    return duration(rules.objective.window.duration.seconds)


def _stats(rules: RuleSet) -> list[Json]:
    """SLI, budget left, and how much of the budget is gone, over the whole period."""
    counters, target, period = rules.counters, rules.objective.target, _period(rules)
    valid, bad = f"({counters.valid(period)})", f"({counters.bad(period)})"
    budget = (
        rules.recorded("slo:budget:events") if rules.spends else f"{number(1 - target)} * {valid}"
    )
    return [
        _panel(
            f"SLI over {period}, target {number(target * 100)} %",
            "stat",
            [(f"1 - {bad} / ({valid} > 0)", "SLI")],
            unit="percentunit",
            decimals=4,
            steps=[(GREY, None), (RED, 0), (GREEN, float(target))],
        ),
        _panel(
            "Error budget left, events",
            "stat",
            [(f"{budget} - {bad}", "left")],
            decimals=1,
            steps=[(GREY, None), (RED, -1e12), (ORANGE, 0), (GREEN, 1)],
        ),
        _panel(
            "Error budget spent",
            "stat",
            [(f"{bad} / ({budget} > 0)", "spent")],
            unit="percentunit",
            steps=[(GREY, None), (GREEN, 0), (ORANGE, 0.6), (RED, 1)],
        ),
    ]


def _burn(rules: RuleSet, pair: Pair) -> Json:
    """Burn over both windows of a pair with the rate at which it fires."""
    budget = number(1 - rules.objective.target)
    targets = [
        (f"{rules.recorded(f'slo:sli_error:ratio_rate{window}')} / {budget}", window)
        for window in (duration(pair.long_s), duration(pair.short_s))
    ]
    return _panel(
        f"{pair.name} ({pair.severity}): burn rate, fires from {float(pair.burn):.3g}",
        "timeseries",
        [*targets, (f"vector({number(pair.burn)})", "threshold")],
        steps=[(GREY, None), (RED, float(pair.burn))],
    )


def _flow(rules: RuleSet) -> list[Json]:
    """Events per second, and what is wrong with the SLI itself."""
    counters, window = rules.counters, "$__rate_interval"
    shortest = min((pair.short_s for pair in rules.pairs), default=60)
    recorded = rules.recorded(f"slo:valid:increase{duration(shortest)}")
    overdue = counters.overdue()
    hanging = [(overdue, "overdue in flight")] if overdue else []
    more = f"{counters.numerator(window)} > {counters.completed(window)}"
    return [
        _panel("Events per second", "timeseries", [(f"{recorded} / {shortest}", "valid")]),
        _panel(
            "What is wrong with the SLI itself",
            "timeseries",
            [*hanging, (more, "more events than there are")],
        ),
    ]


def _panel(
    title: str,
    kind: str,
    targets: list[tuple[str, str]],
    *,
    unit: str = "short",
    decimals: int | None = None,
    steps: list[tuple[str, float | None]] | None = None,
) -> Json:
    thresholds = [{"color": color, "value": value} for color, value in steps or [(GREY, None)]]
    defaults: Json = {
        "unit": unit,
        "noValue": "no data",
        "thresholds": {"mode": "absolute", "steps": thresholds},
    }
    if decimals is not None:
        defaults["decimals"] = decimals
    return {
        "title": title,
        "type": kind,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "expr": expr,
                "legendFormat": legend,
                "datasource": SOURCE,
            }
            for place, (expr, legend) in enumerate(targets)
        ],
    }


def _placed(panels: list[Json]) -> list[Json]:
    """Stats side by side on top, charts in two columns below."""
    placed: list[Json] = []
    stats = [panel for panel in panels if panel["type"] == "stat"]
    charts = [panel for panel in panels if panel["type"] != "stat"]
    for place, panel in enumerate(stats):
        width = WIDTH // len(stats)
        placed.append(panel | {"gridPos": {"x": place * width, "y": 0, "w": width, "h": 5}})
    for place, panel in enumerate(charts):
        x, y = (place % 2) * (WIDTH // 2), 5 + 8 * (place // 2)
        placed.append(panel | {"gridPos": {"x": x, "y": y, "w": WIDTH // 2, "h": 8}})
    return [panel | {"id": number_} for number_, panel in enumerate(placed, start=1)]
