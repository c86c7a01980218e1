"""Time zones as people write them."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, available_timezones


def zone_named(text: str) -> ZoneInfo:
    """The IANA zone that `text` names, in whatever case; ValueError if there is none."""
    name = _names().get(text.strip().replace(" ", "_").casefold())
    if name is None:
        raise ValueError(f"there is no time zone {text}")
    return ZoneInfo(name)


@cache
def _names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}
