"""Alert policies, conditions and notification targets, inline or by reference."""

from __future__ import annotations

from dataclasses import replace

from analyzer.slo.spec.annotations import POLICY_KEYS, read_policy_annotations
from analyzer.slo.spec.durations import read_duration
from analyzer.slo.spec.fields import Field, Fields
from analyzer.slo.spec.metadata import Metadata, read_metadata
from analyzer.slo.spec.registry import Condition, ReadPolicy, Registry, follow
from analyzer.slo.spec.source import Scalar
from analyzer.slo.spec.values import AlertPolicy, NotificationTarget

INLINE = {"kind", "metadata", "spec"}
OPERATORS = ("gt", "gte", "lt", "lte")
BURN_OPERATORS = ("gt", "gte")
NO_KEYS: frozenset[str] = frozenset()
POLICY_FIELDS = {
    "description",
    "alertWhenBreaching",
    "alertWhenResolved",
    "alertWhenNoData",
    "conditions",
    "notificationTargets",
}


def read_inline(at: Field, kind: str, ours: frozenset[str]) -> tuple[Metadata, Field] | None:
    """Metadata and spec of an object written in place, its kind checked."""
    fields = at.fields(INLINE)
    if fields is None:
        return None
    kind_at = fields.require("kind", f"write kind: {kind}")
    if kind_at:
        kind_at.choice((kind,))
    metadata = read_metadata(fields, ours)
    spec = fields.require("spec", f"add the spec of the {kind}")
    return (metadata, spec) if spec else None


def read_target_spec(at: Field, name: str) -> NotificationTarget | None:
    fields = at.fields({"target", "description"})
    if fields is None:
        return None
    target = fields.require("target", "name the channel, such as telegram")
    description = fields.get("description")
    text = target.filled() if target else None
    shown = description.description() if description else None
    return NotificationTarget(name, text, shown or "") if text else None


def read_condition_spec(at: Field) -> Condition | None:
    """A burn-rate condition; operators that fire when the burn is low are refused."""
    fields = at.fields({"description", "severity", "condition"})
    if fields is None:
        return None
    if description := fields.get("description"):
        description.description()
    severity_at = fields.require("severity", "write page or ticket")
    severity = severity_at.filled() if severity_at else None
    inner = fields.require("condition", "add kind, op, threshold and lookbackWindow")
    burn = (
        inner.fields({"kind", "op", "threshold", "lookbackWindow", "alertAfter"})
        if inner
        else None
    )
    return _read_burn(burn, severity) if burn else None


def _read_burn(fields: Fields, severity: str | None) -> Condition | None:
    if kind := fields.require("kind", "write kind: burnrate"):
        kind.choice(("burnrate",))
    op = _read_operator(fields)
    threshold_at = fields.require("threshold", "write the burn rate at which to alert")
    threshold = threshold_at.number() if threshold_at else None
    if threshold is not None and threshold <= 0 and threshold_at:
        threshold_at.refuse("must be above 0", "write the burn rate at which to alert")
        threshold = None
    window_at = fields.require("lookbackWindow", "write the long window, such as 1h")
    window = read_duration(window_at) if window_at else None
    after_at = fields.get("alertAfter")
    after = read_duration(after_at, zero_allowed=True) if after_at else None
    if op is None or severity is None or threshold is None or window is None or not threshold_at:
        return None
    policy = AlertPolicy(
        name="",
        severity=severity,
        op=op,
        threshold=threshold,
        long_window_s=window.seconds,
        alert_after_s=after.seconds if after else 0,
    )
    return Condition(severity, op, threshold_at, policy)


def _read_operator(fields: Fields) -> str | None:
    at = fields.require("op", "write op: gte")
    op = at.choice(OPERATORS) if at else None
    if at and op is not None and op not in BURN_OPERATORS:
        at.refuse(f"{op} would alert while the budget burns slowly", "write op: gte or op: gt")
        return None
    return op


def read_policy_spec(at: Field, metadata: Metadata, registry: Registry) -> ReadPolicy | None:
    """A policy with its one condition; our annotations make it a pair of windows."""
    ours = read_policy_annotations(metadata.annotations)
    fields = at.fields(POLICY_FIELDS)
    if fields is None:
        return None
    if description := fields.get("description"):
        description.description()
    # A policy that says nothing about breaching alerts on it: what else would it be for?
    when_breaching = _flag(fields, "alertWhenBreaching", absent=True)
    targets = _read_targets(fields, registry)
    condition = _read_only_condition(fields, registry)
    if condition is None or metadata.name is None:
        return None
    policy = replace(
        condition.policy,
        name=metadata.name,
        short_window_s=ours.short_window_s,
        budget_share=ours.budget_share,
        keep_firing_s=ours.keep_firing_s,
        when_breaching=when_breaching,
        when_resolved=_flag(fields, "alertWhenResolved"),
        when_no_data=_flag(fields, "alertWhenNoData"),
        targets=targets,
    )
    return ReadPolicy(policy, condition.threshold_field, at)


def _flag(fields: Fields, key: str, *, absent: bool = False) -> bool:
    at = fields.get(key)
    return bool(at.boolean()) if at else absent


def _read_only_condition(fields: Fields, registry: Registry) -> Condition | None:
    at = fields.require("conditions", "add exactly one condition")
    items = at.items() if at else []
    if at is None or len(items) != 1:
        if at is not None:
            at.refuse(
                f"must have exactly one condition, has {len(items)}",
                "write one policy per pair of windows",
            )
        return None
    reference = _reference(items[0], "conditionRef")
    if reference:
        return follow(reference, registry.conditions, "AlertCondition")
    inline = read_inline(items[0], "AlertCondition", NO_KEYS)
    return read_condition_spec(inline[1]) if inline else None


def _read_targets(fields: Fields, registry: Registry) -> tuple[str, ...]:
    at = fields.require("notificationTargets", "name who is told")
    items = at.items() if at else []
    if at and not items:
        at.refuse("must name at least one target", "add a targetRef")
    names: list[str] = []
    for item in items:
        if reference := _reference(item, "targetRef"):
            known = follow(reference, registry.targets, "AlertNotificationTarget")
            names += [known.name] if known else []
        elif inline := read_inline(item, "AlertNotificationTarget", NO_KEYS):
            target = read_target_spec(inline[1], inline[0].name or "")
            names += [target.name] if target else []
    return tuple(names)


def read_policies(at: Field | None, registry: Registry) -> list[ReadPolicy]:
    """The policies of an SLO: written in place, `alertPolicyRef`, or a bare name."""
    policies: list[ReadPolicy] = []
    for item in at.items() if at else []:
        reference = item if isinstance(item.node, Scalar) else _reference(item, "alertPolicyRef")
        if reference:
            policy = follow(reference, registry.policies, "AlertPolicy")
        else:
            inline = read_inline(item, "AlertPolicy", POLICY_KEYS)
            policy = read_policy_spec(inline[1], inline[0], registry) if inline else None
        if policy:
            policies.append(replace(policy, origin=item))
    return policies


def _reference(at: Field, key: str) -> Field | None:
    """The reference field of a list item, or None where the item is written in place."""
    entries = getattr(at.node, "entries", {})
    if key not in entries:
        return None
    fields = at.fields({key})
    return fields.get(key) if fields else None
