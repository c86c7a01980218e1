"""Colours of contexts: told apart by colour-blind eyes too, and never the only sign."""

from __future__ import annotations

from collections.abc import Iterable

# Okabe and Ito's palette without black, then three darker mixes for larger maps.
_COLOURS = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00",
    "#8c6d00", "#5b4a9c", "#3f7f6f", "#a0527a",
)  # fmt: skip
NEUTRAL = "#8a8f98"
ERROR = "#c0392b"
BASELINE = "#8fa3b5"
ACCENT = "#0072b2"


def colours_of(contexts: Iterable[str]) -> dict[str, str]:
    """Return a colour for each context, by its place in the sorted list."""
    return {
        name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(sorted(set(contexts)))
    }
