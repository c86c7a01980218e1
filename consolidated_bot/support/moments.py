"""Times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(ms: int) -> str:
    """UTC epoch milliseconds as a date and a time of day in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%d.%m. %H:%M")
