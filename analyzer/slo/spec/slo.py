"""The kind SLO: from its fields to objectives."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from analyzer.slo.events import default_rule
from analyzer.slo.spec.alerting import OPERATORS, read_policies
from analyzer.slo.spec.annotations import SloAnnotations, read_slo_annotations
from analyzer.slo.spec.checks import Settings, Terms, check_policies
from analyzer.slo.spec.durations import read_duration
from analyzer.slo.spec.fields import Field, Fields
from analyzer.slo.spec.indicators import read_indicator_spec
from analyzer.slo.spec.metadata import Metadata, read_metadata
from analyzer.slo.spec.registry import ReadPolicy, Registry, follow
from analyzer.slo.spec.time_window import read_window
from analyzer.slo.spec.values import (
    AnalyzerSource,
    Indicator,
    Objective,
    RatioIndicator,
    Timeslices,
    TimeWindow,
)

SLO_FIELDS = {
    "description",
    "service",
    "indicator",
    "indicatorRef",
    "timeWindow",
    "budgetingMethod",
    "objectives",
    "alertPolicies",
}
COMPOSITE = {"indicator", "indicatorRef", "compositeWeight"}
OBJECTIVE_FIELDS = {
    "displayName",
    "target",
    "targetPercent",
    "timeSliceTarget",
    "timeSliceWindow",
    "op",
    "value",
} | COMPOSITE
ONE_INDICATOR = "write the indicator in place, or name an SLI with indicatorRef"


@dataclass(frozen=True, slots=True)
class Draft:
    """What all objectives of one SLO share."""

    metadata: Metadata
    annotations: SloAnnotations
    service: str
    description: str
    window: TimeWindow | None
    method: str | None
    indicator: Indicator | None
    is_ratio: bool
    policies: list[ReadPolicy]


def read_slo(
    at: Field, metadata: Metadata, registry: Registry, settings: Settings
) -> list[Objective]:
    """The objectives of one SLO; whatever is wrong is logged and leaves its objective out."""
    fields = at.fields(SLO_FIELDS)
    if fields is None:
        return []
    draft = _read_draft(fields, metadata, registry)
    objectives_at = fields.require("objectives", "add at least one objective with a target")
    items = objectives_at.items() if objectives_at else []
    if objectives_at and not items:
        objectives_at.refuse("must hold at least one objective", "add a target")
    objectives: list[Objective] = []
    for index, item in enumerate(items, start=1):
        name = metadata.name or ""
        unique = name if len(items) == 1 else f"{name}.{index}"
        objective = _read_objective(item, draft, unique, settings)
        objectives += [objective] if objective else []
    return objectives


def _read_draft(fields: Fields, metadata: Metadata, registry: Registry) -> Draft:
    description, service = fields.get("description"), fields.require("service", "name the service")
    indicator = _read_indicator(fields, registry)
    return Draft(
        metadata,
        read_slo_annotations(metadata.annotations),
        (service.filled() if service else None) or "",
        (description.description() if description else None) or "",
        read_window(fields),
        _read_method(fields),
        indicator,
        isinstance(indicator, RatioIndicator) or _has_ratio(fields),
        read_policies(fields.get("alertPolicies"), registry),
    )


def _read_method(fields: Fields) -> str | None:
    at = fields.require("budgetingMethod", "write Occurrences or Timeslices")
    if at is None:
        return None
    if at.text() == "RatioTimeslices":
        at.refuse("RatioTimeslices is not supported", "write Occurrences or Timeslices")
        return None
    return at.choice(("Occurrences", "Timeslices"))


def _read_indicator(fields: Fields, registry: Registry) -> Indicator | None:
    inline, reference = fields.get("indicator"), fields.get("indicatorRef")
    if inline and reference:
        fields.refuse(
            "must have exactly one of indicator and indicatorRef, has both", ONE_INDICATOR
        )
        return None
    if reference:
        return follow(reference, registry.indicators, "SLI")
    if inline is None:
        if not _is_composite(fields):  # a composite SLO is refused at its objectives
            fields.refuse("has neither indicator nor indicatorRef", ONE_INDICATOR)
        return None
    inner = inline.fields({"metadata", "spec"})
    if inner is None:
        return None
    read = read_inline_indicator(inner)
    return read_indicator_spec(read[1], read[0], registry) if read else None


def read_inline_indicator(fields: Fields) -> tuple[str, Field] | None:
    """Name and spec of an indicator written in place (it carries no kind)."""
    metadata = read_metadata(fields, frozenset())
    spec = fields.require("spec", "add ratioMetric or thresholdMetric")
    return (metadata.name or "", spec) if spec else None


def _has_ratio(fields: Fields) -> bool:
    """Whether the indicator in place is a ratio, even one that was refused."""
    inline = fields.get("indicator")
    spec = getattr(inline.node, "entries", {}).get("spec") if inline else None
    return spec is not None and "ratioMetric" in getattr(spec.value, "entries", {})


def _is_composite(fields: Fields) -> bool:
    objectives = fields.get("objectives")
    nodes = getattr(objectives.node, "items", ()) if objectives else ()
    return any(COMPOSITE & getattr(node, "entries", {}).keys() for node in nodes)


def _read_objective(at: Field, draft: Draft, name: str, settings: Settings) -> Objective | None:
    fields = at.fields(OBJECTIVE_FIELDS)
    if fields is None:
        return None
    for key in sorted(COMPOSITE):
        if composite := fields.get(key):
            composite.refuse(
                "composite objectives are not supported", "write one SLO per indicator"
            )
    display = fields.get("displayName")
    shown = (display.text() if display else None) or draft.metadata.display_name
    target = _read_target(fields)
    op, value = _read_threshold(fields, draft)
    slices = _read_slices(fields, draft.method)
    if target is None:
        return None
    _check_budget(target, draft, settings)
    if draft.window is None:
        return None
    check_policies(Terms(target, draft.window), draft.policies, settings)
    if draft.indicator is None or draft.method is None:
        return None
    source = draft.indicator.total if isinstance(draft.indicator, RatioIndicator) else None
    context = source.context if isinstance(source, AnalyzerSource) else ""
    ours = draft.annotations
    return Objective(
        name=name,
        slo=draft.metadata.name or "",
        service=draft.service,
        target=target,
        window=draft.window,
        indicator=draft.indicator,
        display_name=shown,
        description=draft.description,
        deadline_ms=ours.deadline_ms,
        valid=ours.valid or default_rule(context),
        overdue_is_bad=ours.overdue_is_bad,
        planned_events=ours.planned_events,
        min_events=ours.min_events,
        timeslices=slices,
        op=op,
        value=value,
        policies=tuple(read.policy for read in draft.policies),
        labels=draft.metadata.labels,
    )


def _read_target(fields: Fields) -> Fraction | None:
    plain, percent = fields.get("target"), fields.get("targetPercent")
    if (plain is None) == (percent is None):
        found = "both" if plain else "neither"
        fields.refuse(
            f"must have exactly one of target and targetPercent, has {found}",
            "write target: 0.999 or targetPercent: 99.9",
        )
        return None
    at, whole = (plain, 1) if plain else (percent, 100)
    assert at is not None
    number = at.number()
    if number is None:
        return None
    if not 0 <= number < whole:
        at.refuse(
            f"must be in [0, {whole}), is {float(number):g}",
            "1 would leave no error budget; write how much must be good, such as 0.999"
            if whole == 1
            else "100 would leave no error budget; write a percentage, such as 99.9",
        )
        return None
    return number / whole


def _read_threshold(fields: Fields, draft: Draft) -> tuple[str | None, Fraction | None]:
    """`op` and `value` of a threshold indicator; beside a ratio they would mean nothing."""
    op_at, value_at = fields.get("op"), fields.get("value")
    if draft.is_ratio:
        for at in (op_at, value_at):
            if at:
                at.refuse("is forbidden with a ratio metric", "leave it out: the target decides")
        return None, None
    op = op_at.choice(OPERATORS) if op_at else None
    return op, value_at.number() if value_at else None


def _read_slices(fields: Fields, method: str | None) -> Timeslices | None:
    target_at, window_at = fields.get("timeSliceTarget"), fields.get("timeSliceWindow")
    if method != "Timeslices":
        for at in (target_at, window_at):
            if at and method:
                at.refuse("needs budgetingMethod Timeslices", "leave it out or change the method")
        return None
    target_at = fields.require("timeSliceTarget", "write the share that makes a slice good")
    window_at = fields.require("timeSliceWindow", "write the length of a slice, such as 1m")
    target = target_at.number() if target_at else None
    window = read_duration(window_at) if window_at else None
    if target_at and target is not None and not 0 < target <= 1:
        target_at.refuse(f"must be in (0, 1], is {float(target):g}", "write a share such as 0.95")
        return None
    return Timeslices(target, window.seconds) if target is not None and window else None


def _check_budget(target: Fraction, draft: Draft, settings: Settings) -> None:
    planned = draft.annotations.planned_events
    if planned is None or settings.small_budget_confirmed:
        return
    budget = (1 - target) * planned
    if budget < 1:
        draft.metadata.annotations["planned-events"].refuse(
            f"leaves a budget of {float(budget):g} events: one failure ends the budget",
            "lower the target, plan more events, or confirm the small budget",
        )
