"""Inline keyboards as plain values; callback data is checked against Telegram's 64 bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

LONGEST_CALLBACK_BYTES = 64


def button(label: str, data: str) -> dict[str, str]:
    """One button; raises ValueError if `data` would be refused."""
    if not 1 <= len(data.encode()) <= LONGEST_CALLBACK_BYTES:
        raise ValueError(f"callback data must have 1 to 64 bytes: {data!r}")
    return {"text": label, "callback_data": data}


def keyboard(rows: Iterable[Sequence[dict[str, str]]]) -> dict[str, Any]:
    """A keyboard of `rows`; empty rows are left out."""
    return {"inline_keyboard": [list(row) for row in rows if row]}
