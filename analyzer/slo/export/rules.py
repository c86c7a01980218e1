"""Prometheus recording and alerting rules: a function of the objectives, byte for byte.

One alert per pair, named after it. Only fields that Prometheus 2.42 knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from analyzer.slo.export.promql import (
    DEFAULT_NAMES,
    TOLERANCE,
    Counters,
    MetricNames,
    duration,
    number,
)
from analyzer.slo.export.yaml_text import Yaml, render
from analyzer.slo.spec.values import ForeignSource, Objective, RatioIndicator
from analyzer.slo.windows import PAGE, TICKET, Pair, pairs_of

Rule = dict[str, Yaml]

INTERVAL_S = 15
NO_DATA_AFTER = "1m"
INCONSISTENT_WINDOW, INCONSISTENT_AFTER = "5m", "2m"
GENERATED = "Made by `analyze slo export` from the objectives file; change that file instead."


@dataclass(frozen=True, slots=True)
class RuleSet:
    """What one objective becomes: its labels, pairs and PromQL."""

    objective: Objective
    names: MetricNames = DEFAULT_NAMES
    pairs: tuple[Pair, ...] = field(init=False)
    counters: Counters = field(init=False)

    def __post_init__(self) -> None:
        """Work out the pairs; raises `NotExportableError` for threshold metrics."""
        object.__setattr__(self, "pairs", pairs_of(self.objective))
        object.__setattr__(self, "counters", Counters(self.objective, self.names))
        _ = self.counters.ratio

    @property
    def labels(self) -> dict[str, Yaml]:
        labels: dict[str, Yaml] = {"slo": self.objective.name}
        labels["service"] = self.objective.service
        if self.objective.source:
            labels["context"] = self.objective.source.context
            labels["journey"] = self.objective.source.journey
        return labels

    def recorded(self, metric: str) -> str:
        """A recorded series of this objective."""
        return f'{metric}{{slo="{self.objective.name}"}}'

    @property
    def spends(self) -> bool:
        """Whether the budget is known beforehand, so that shares of it can be alerted on."""
        return self.objective.planned_events is not None


def exportable(objectives: tuple[Objective, ...]) -> tuple[Objective, ...]:
    """The objectives that count events which Prometheus can know."""
    return tuple(
        o
        for o in objectives
        if isinstance(o.indicator, RatioIndicator)
        and not isinstance(o.indicator.total, ForeignSource)
    )


def prometheus_rules(rules: RuleSet) -> str:
    """The rules file of one objective, a group of its own."""
    group: Yaml = {
        "name": f"slo-{rules.objective.name}",
        "interval": f"{INTERVAL_S}s",
        "rules": rules_of(rules),
    }
    return render({"groups": [group]}, comment=GENERATED)


def rules_of(rules: RuleSet) -> list[Rule]:
    return [*_recordings(rules), *(_alert(rules, pair) for pair in rules.pairs), *_watch(rules)]


def _recordings(rules: RuleSet) -> list[Rule]:
    counters, target = rules.counters, rules.objective.target
    longs = sorted({pair.long_s for pair in rules.pairs})
    every = sorted({*longs, *(pair.short_s for pair in rules.pairs)})
    recorded: list[tuple[str, str]] = []
    if rules.spends:
        planned = rules.objective.planned_events or 0
        recorded.append(("slo:budget:events", f"vector({number((1 - target) * planned)})"))
    for window in map(duration, every):
        valid, bad = f"slo:valid:increase{window}", f"slo:bad:increase{window}"
        recorded += [
            (valid, counters.valid(window)),
            (bad, counters.bad(window)),
            (
                f"slo:sli_error:ratio_rate{window}",
                f"{rules.recorded(bad)}\n/ ({rules.recorded(valid)} > 0)",
            ),
        ]
    recorded += [
        (
            f"slo:expected_bad:increase{duration(long)}",
            f"{number(1 - target)} * {rules.recorded(f'slo:valid:increase{duration(long)}')}",
        )
        for long in longs
    ]
    return [{"record": name, "expr": expr, "labels": rules.labels} for name, expr in recorded]


def _alert(rules: RuleSet, pair: Pair) -> Rule:
    """Enough of the budget gone, still burning, and more than chance explains."""
    long, short = duration(pair.long_s), duration(pair.short_s)
    bad = rules.recorded(f"slo:bad:increase{long}")
    expected = rules.recorded(f"slo:expected_bad:increase{long}")
    over = ">" if pair.strict else ">="
    limit = f"{over} {number(pair.burn)} * {number(1 - rules.objective.target)}"
    if rules.spends and pair.budget_share is not None:
        budget = rules.recorded("slo:budget:events")
        matters = f"{bad} + {TOLERANCE} >= {number(pair.budget_share)} * {budget}"
    else:
        matters = f"{rules.recorded(f'slo:sli_error:ratio_rate{long}')} {limit}"
    terms = [
        matters,
        f"{rules.recorded(f'slo:sli_error:ratio_rate{short}')} {limit}",
        f"{bad} + {TOLERANCE} >= ceil(2 + {expected} + 3.1 * sqrt({expected}))",
    ]
    alert: Rule = {"alert": alert_name(rules, pair), "expr": "\nand ".join(terms)}
    if pair.alert_after_s:
        alert["for"] = duration(pair.alert_after_s)
    if pair.keep_firing_s:
        alert["keep_firing_for"] = duration(pair.keep_firing_s)
    alert["labels"] = {**rules.labels, "severity": pair.severity, "pair": pair.name}
    alert["annotations"] = {"summary": _summary(rules, pair)}
    return alert


def alert_name(rules: RuleSet, pair: Pair) -> str:
    """`SLOBudgetSpend` or `SLOBurn`, then the pair in CamelCase."""
    kind = "Spend" if rules.spends and pair.budget_share is not None else "Burn"
    words = re.findall(r"[A-Za-z0-9]+", pair.name)
    return f"SLOBudget{kind}" + "".join(word[0].upper() + word[1:] for word in words)


def _summary(rules: RuleSet, pair: Pair) -> str:
    long = duration(pair.long_s)
    if rules.spends and pair.budget_share is not None:
        share = number(pair.budget_share * 100)
        return f"{rules.objective.name}: {share} % of the whole budget went in {long}"
    return f"{rules.objective.name}: burns over {number(pair.burn)} times the budget for {long}"


def _watch(rules: RuleSet) -> list[Rule]:
    """The SLI itself: missing, or counting more good (or bad) events than there are."""
    counters = rules.counters
    watch: list[Rule] = []
    quiet = [p.severity for p in rules.objective.policies if p.when_no_data]
    if quiet or not rules.objective.policies:
        severity = PAGE if not quiet or PAGE in quiet else quiet[0]
        watch.append(
            {
                "alert": "SLINoData",
                "expr": f"absent({counters.series(counters.ratio.total)})",
                "for": NO_DATA_AFTER,
                "labels": {**rules.labels, "severity": severity},
                "annotations": {"summary": f"{rules.objective.name}: the SLI is missing"},
            }
        )
    window = INCONSISTENT_WINDOW
    more = f"{counters.numerator(window)} > 1.001 * {counters.completed(window)}"
    watch.append(
        {
            "alert": "SLIInconsistent",
            "expr": more,
            "for": INCONSISTENT_AFTER,
            "labels": {**rules.labels, "severity": TICKET},
            "annotations": {
                "summary": f"{rules.objective.name}: "
                f"more {counters.ratio.numerator_event} events than there are"
            },
        }
    )
    return watch
