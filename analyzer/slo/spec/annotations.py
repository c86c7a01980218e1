"""Our annotations: what OpenSLO v1 has no field for (prefix `analyzer.local/`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from analyzer.slo.events import OUTCOMES, ValidRule
from analyzer.slo.spec.durations import read_duration
from analyzer.slo.spec.fields import Field
from analyzer.slo.spec.source import NUMBER, Scalar

SLO_KEYS = frozenset({"deadline-ms", "valid", "overdue-is-bad", "planned-events", "min-events"})
POLICY_KEYS = frozenset({"budget-share", "short-window", "keep-firing"})
NOT_IN = re.compile(r"outcome\s+not\s+in\s*\(([^()]*)\)\Z")
VALID_FORM = "join with 'and': outcome not in (a, b), not synthetic, first_of_dedup_key"


@dataclass(frozen=True, slots=True)
class SloAnnotations:
    deadline_ms: int | None
    valid: ValidRule | None
    overdue_is_bad: bool
    planned_events: int | None
    min_events: int | None


@dataclass(frozen=True, slots=True)
class PolicyAnnotations:
    budget_share: Fraction | None
    short_window_s: int | None
    keep_firing_s: int | None


def read_slo_annotations(found: dict[str, Field]) -> SloAnnotations:
    valid, overdue = found.get("valid"), found.get("overdue-is-bad")
    return SloAnnotations(
        _count(found.get("deadline-ms")),
        _read_valid(valid) if valid else None,
        _truth(overdue) is not False if overdue else True,
        _count(found.get("planned-events")),
        _count(found.get("min-events")),
    )


def read_policy_annotations(found: dict[str, Field]) -> PolicyAnnotations:
    short, keep = found.get("short-window"), found.get("keep-firing")
    short_window = read_duration(short) if short else None
    keep_firing = read_duration(keep, zero_allowed=True) if keep else None
    return PolicyAnnotations(
        _share(found.get("budget-share")),
        short_window.seconds if short_window else None,
        keep_firing.seconds if keep_firing else None,
    )


def _count(at: Field | None) -> int | None:
    if at is None:
        return None
    text = at.text() or ""
    if not re.fullmatch(r"\d{1,15}", text, re.ASCII) or int(text) < 1:
        at.refuse(f"must be a whole number from 1 on, is {text!r}", "write a count such as 20000")
        return None
    return int(text)


def _share(at: Field | None) -> Fraction | None:
    if at is None:
        return None
    text = at.text() or ""
    if not NUMBER.match(text) or not 0 < Fraction(text) <= 1:
        at.refuse(f"must be a share in (0, 1], is {text!r}", "write 0.20 for 20 % of the budget")
        return None
    return Fraction(text)


def _truth(at: Field) -> bool | None:
    assert isinstance(at.node, Scalar)  # read_metadata keeps only scalars
    if at.node.text in {"true", "false"}:
        return at.node.text == "true"
    at.refuse(f"must be true or false, is {at.node.text!r}", 'write "true" or "false"')
    return None


def _read_valid(at: Field) -> ValidRule | None:
    """The rule as terms joined by 'and'; a term left out is a filter not applied."""
    text = at.text() or ""
    excluded: set[str] = set()
    synthetic = first = False
    for term in re.split(r"\s+and\s+", text.strip()):
        listed = NOT_IN.match(term)
        if listed:
            excluded |= {word.strip() for word in listed[1].split(",") if word.strip()}
        elif term == "not synthetic":
            synthetic = True
        elif term == "first_of_dedup_key":
            first = True
        else:
            at.refuse(f"has a term that is not understood: {term!r}", VALID_FORM)
            return None
    unknown = sorted(excluded - OUTCOMES)
    if unknown:
        at.refuse(
            f"names outcomes that do not exist: {', '.join(unknown)}",
            f"outcomes are {', '.join(sorted(OUTCOMES))}",
        )
        return None
    return ValidRule(frozenset(excluded), synthetic, first)
