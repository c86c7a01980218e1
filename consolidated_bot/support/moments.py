"""Times as people read them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def moment(ms: int, zone: str = "UTC") -> str:
    """UTC epoch milliseconds as a date and a time of day in `zone`."""
    return datetime.fromtimestamp(ms / 1000, ZoneInfo(zone)).strftime("%d.%m. %H:%M")
