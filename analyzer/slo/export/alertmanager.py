"""Alertmanager routing: each pair to the targets of its policy, first notice within 10 s.

Alertmanager has neither acknowledgement nor escalation; those live in `analyzer.slo.alerts`. Only
fields that Alertmanager 0.25 knows.
"""

from __future__ import annotations

import json

from analyzer.slo.export.rules import GENERATED, exportable
from analyzer.slo.export.yaml_text import Yaml, render
from analyzer.slo.spec.values import ObjectiveSet
from analyzer.slo.windows import PAGE

DEFAULT_RECEIVER = "slo-default"


def alertmanager_config(found: ObjectiveSet, webhook_url: str = "http://127.0.0.1:9095/") -> str:
    """The configuration; `webhook_url` gets one path per notification target."""
    names = [target.name for target in found.targets]
    names += sorted(
        {t for o in found.objectives for p in o.policies for t in p.targets} - set(names)
    )
    calm = [
        t for o in found.objectives for p in o.policies if p.severity != PAGE for t in p.targets
    ]
    default = (calm or names or [DEFAULT_RECEIVER])[0]
    receivers = names or [DEFAULT_RECEIVER]
    return render(
        {
            "route": {
                "receiver": default,
                "group_by": ["context", "slo"],
                "group_wait": "10s",
                "group_interval": "1m",
                "repeat_interval": "15m",
                "routes": _routes(found),
            },
            "inhibit_rules": _inhibitions(),
            "receivers": [_receiver(name, webhook_url) for name in receivers],
        },
        comment=GENERATED,
    )


def _receiver(name: str, webhook_url: str) -> Yaml:
    url = f"{webhook_url.rstrip('/')}/{name}"
    return {"name": name, "webhook_configs": [{"url": url}]}


def _routes(found: ObjectiveSet) -> list[Yaml]:
    """One route per policy and target; all but the last of a policy pass on."""
    routes: list[Yaml] = []
    for objective in exportable(found.objectives):
        for policy in objective.policies:
            matchers = [_equals("slo", objective.name), _equals("pair", policy.name)]
            routes += _to_targets(matchers, policy.targets)
        quiet = [policy for policy in objective.policies if policy.when_no_data]
        told = tuple(dict.fromkeys(target for policy in quiet for target in policy.targets))
        matchers = [_equals("slo", objective.name), 'alertname="SLINoData"']
        routes += _to_targets(matchers, told)
    return routes


def _to_targets(matchers: list[str], targets: tuple[str, ...]) -> list[Yaml]:
    return [
        {"matchers": [*matchers], "receiver": target, "continue": position < len(targets)}
        for position, target in enumerate(targets, start=1)
    ]


def _equals(label: str, value: str) -> str:
    return f"{label}={json.dumps(value)}"


def _inhibitions() -> list[Yaml]:
    """A page mutes the ticket, no data the burn alerts of its context, a dead bot everything."""
    burning = 'alertname=~"SLOBudget.*"'
    return [
        {
            "source_matchers": ['severity="page"', burning],
            "target_matchers": ['severity="ticket"', burning],
            "equal": ["context", "slo"],
        },
        {
            "source_matchers": ['alertname="SLINoData"'],
            "target_matchers": [burning],
            "equal": ["context"],
        },
        {
            "source_matchers": ['alertname="BotDown"'],
            "target_matchers": ['context=~".+"'],
        },
    ]
