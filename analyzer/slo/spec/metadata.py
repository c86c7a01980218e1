"""The metadata block that every OpenSLO object carries."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from analyzer.slo.spec.fields import MAX_LABEL, Field, Fields

OURS = "analyzer.local/"
RESERVED = "openslo.com/"
LABEL_KEY = re.compile(r"[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?\Z")
PREFIX_PART = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
ANNOTATION_KEY = re.compile(
    rf"({PREFIX_PART}(\.{PREFIX_PART})*/)?[a-zA-Z0-9]([-._a-zA-Z0-9]{{0,61}}[a-zA-Z0-9])?\Z"
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """A read metadata block; `annotations` holds ours alone, prefix removed, with their places."""

    name: str | None = None
    display_name: str = ""
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()
    annotations: dict[str, Field] = field(default_factory=dict)


def read_metadata(owner: Fields, ours: frozenset[str]) -> Metadata:
    """Metadata of `owner`; of our annotations only the keys in `ours` are known there."""
    at = owner.require("metadata", "add metadata with a name")
    fields = at.fields({"name", "displayName", "labels", "annotations"}) if at else None
    if fields is None:
        return Metadata()
    name = fields.require("name", "add metadata.name")
    display = fields.get("displayName")
    shown = (display.text() if display else None) or ""
    if display and len(shown) > MAX_LABEL:
        display.refuse(f"has {len(shown)} characters, at most {MAX_LABEL} fit", "shorten it")
    return Metadata(
        name.label() if name else None,
        shown,
        _read_labels(fields.get("labels")),
        _read_annotations(fields.get("annotations"), ours),
    )


def _read_labels(at: Field | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
    fields = at.fields() if at else None
    if fields is None:
        return ()
    labels: list[tuple[str, tuple[str, ...]]] = []
    for key in fields.keys():  # noqa: SIM118 - Fields is no mapping
        value = fields.get(key)
        if value is None:
            continue
        if not LABEL_KEY.match(key):
            value.refuse("is not a label key", "use letters, digits, '-', '_' and '.'")
        listed = value.items() if hasattr(value.node, "items") else [value]
        texts = tuple(text for item in listed if (text := item.text()) is not None)
        labels.append((key, texts))
    return tuple(labels)


def _read_annotations(at: Field | None, ours: frozenset[str]) -> dict[str, Field]:
    fields = at.fields() if at else None
    if fields is None:
        return {}
    found: dict[str, Field] = {}
    for key in fields.keys():  # noqa: SIM118 - Fields is no mapping
        value = fields.get(key)
        if value is None or value.text() is None:
            continue
        if key.startswith(RESERVED):
            value.refuse(f"the prefix {RESERVED} is reserved", "use a prefix of your own")
        elif key.startswith(OURS):
            _keep_ours(key.removeprefix(OURS), value, ours, found)
        elif not ANNOTATION_KEY.match(key):
            value.refuse("is not an annotation key", "use prefix/name, such as example.org/owner")
    return found


def _keep_ours(key: str, value: Field, ours: frozenset[str], found: dict[str, Field]) -> None:
    if key in ours:
        found[key] = value
        return
    listed = ", ".join(f"{OURS}{known}" for known in sorted(ours)) or "none"
    value.refuse("is an annotation we do not know here", f"known here: {listed}")
