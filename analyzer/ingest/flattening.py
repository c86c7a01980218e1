"""Nested keys and values to one level of dotted keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from analyzer.ingest.record import Rejected

_MAX_DEPTH = 32


def flatten(nested: Mapping[str, Any]) -> dict[str, Any] | Rejected:
    """Return `nested` with dotted keys; lists stay values. Too deep a nesting is rejected."""
    for value in nested.values():
        if isinstance(value, (dict, list)):
            break
    else:
        return dict(nested)
    flat: dict[str, Any] = {}
    stack: list[tuple[str, Iterator[tuple[str, Any]]]] = [("", iter(nested.items()))]
    while stack:
        prefix, items = stack[-1]
        for key, value in items:
            name = f"{prefix}{key}"
            if isinstance(value, dict) and value:
                if len(stack) >= _MAX_DEPTH:
                    return Rejected("too_deep", f"nested deeper than {_MAX_DEPTH} levels")
                stack.append((f"{name}.", iter(value.items())))
                break
            if isinstance(value, list) and _is_deep(value, _MAX_DEPTH - len(stack)):
                return Rejected("too_deep", f"nested deeper than {_MAX_DEPTH} levels")
            flat[name] = value
        else:
            stack.pop()
    return flat


def _is_deep(items: list[Any], limit: int) -> bool:
    """Tell whether lists and objects stand in each other more than `limit` deep."""
    level: list[Any] = [items]
    for _ in range(limit):
        inside = [i for box in level for i in (box.values() if isinstance(box, dict) else box)]
        level = [item for item in inside if isinstance(item, (dict, list))]
        if not level:
            return False
    return True
