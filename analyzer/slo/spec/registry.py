"""What the objects of a file set are called, so that references can be followed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from analyzer.slo.spec.fields import Field
from analyzer.slo.spec.values import (
    AlertPolicy,
    DataSource,
    Indicator,
    NotificationTarget,
    Service,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Condition:
    """An AlertCondition as read; the policy that uses it gives it its short window."""

    severity: str
    op: str
    threshold_field: Field
    policy: AlertPolicy


@dataclass(slots=True)
class Registry:
    """Objects by name; a value of None marks one that exists but was refused."""

    targets: dict[str, NotificationTarget | None] = field(default_factory=dict)
    data_sources: dict[str, DataSource | None] = field(default_factory=dict)
    services: dict[str, Service | None] = field(default_factory=dict)
    conditions: dict[str, Condition | None] = field(default_factory=dict)
    policies: dict[str, ReadPolicy | None] = field(default_factory=dict)
    indicators: dict[str, Indicator | None] = field(default_factory=dict)
    slos: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class ReadPolicy:
    """A policy with the fields that an SLO's own checks may still have to refuse."""

    policy: AlertPolicy
    threshold: Field
    origin: Field


def follow(at: Field, known: Mapping[str, T], kind: str) -> T | None:
    """The object that `at` names; an unresolved reference is refused."""
    name = at.label()
    if name is None:
        return None
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"add the {kind} or mend the name"
        at.refuse(f"refers to {kind} {name!r}, which no file defines", hint)
        return None
    return known[name]
