"""Telegram takes 4096 characters in a message, which it counts as UTF-16 does: an emoji is two."""

from __future__ import annotations

LONGEST_TEXT = 4096
LONGEST_PIECE = 3500
"""Leaves room in a message for whose words they are."""


def units(text: str) -> int:
    """How long Telegram takes `text` to be."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, most: int) -> str:
    """`text`, or its beginning and an ellipsis if it is longer than `most` units."""
    if units(text) <= most:
        return text
    return f"{text[: _within(text, most - 1)]}…"


def pieces(text: str, most: int = LONGEST_PIECE) -> list[str]:
    """`text` in parts of at most `most` units, broken where a line or a word ends if one does."""
    parts = []
    rest = text
    while units(rest) > most:
        end = _within(rest, most)
        breaks = (rest.rfind("\n", end // 2, end), rest.rfind(" ", end // 2, end))
        end = next((at for at in breaks if at > 0), end)
        parts.append(rest[:end])
        rest = rest[end:].lstrip()
    return [*parts, rest]


def _within(text: str, most: int) -> int:
    """How many characters of `text` make at most `most` units."""
    used = 0
    for position, character in enumerate(text):
        used += 2 if character > "\uffff" else 1
        if used > most:
            return position
    return len(text)
