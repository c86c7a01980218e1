"""Text and numbers to instants: integer nanoseconds UTC (FORMATS section 3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

EARLIEST_NS = 978_307_200_000_000_000
"""2001-01-01: an instant before it is a clock that was never set."""
LATEST_NS = 9_223_372_036_000_000_000
"""2262-04-11: the last second whose nanoseconds fit 64 bits."""

_NS = 1_000_000_000
# Digits of an integer epoch -> nanoseconds per unit; any other width is not an epoch.
_EPOCH_UNIT = {10: _NS, 13: 1_000_000, 16: 1_000, 19: 1}
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,18}))?"
    r"\s*(Z|z|UTC|[+-]\d\d(?::?\d\d)?)?$"
)
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?$")
_INTEGER = re.compile(r"-?[0-9]{1,20}$")


class Instant(NamedTuple):
    """An instant in ns UTC; `zoned` is False where the text named no zone and UTC was assumed."""

    ns: int
    zoned: bool


def parse_instant(value: object) -> Instant | None:
    """Return the instant that `value` (ISO 8601 text or an epoch number) names, else None.

    Epochs are told by their width (10 s, 13 ms, 16 us, 19 ns digits). Texts are parsed as
    decimals, never through a float epoch, so nanoseconds survive. Out of 2001..2286 is None.
    """
    if isinstance(value, str):
        match = _ISO.match(value.strip())
        if match:
            return _from_iso(match)
        if not _DECIMAL.match(value):
            return None
        return _from_epoch_text(value)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return _from_epoch(value)
    if isinstance(value, float):
        return _from_epoch_text(repr(value))
    return None


def instant_in_unit(value: object, unit_ns: int) -> int | None:
    """Return ns for a number (or its text) given in a unit of `unit_ns` nanoseconds."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and _INTEGER.match(value):
        value = int(value)
    if isinstance(value, int) and abs(value) * unit_ns <= LATEST_NS:
        return value * unit_ns
    return None


def plausible(ns: int) -> bool:
    """Tell whether an instant lies where logs can come from (2001..2286)."""
    return EARLIEST_NS <= ns <= LATEST_NS


def _from_iso(match: re.Match[str]) -> Instant | None:
    day, clock, fraction, zone = match.groups()
    seconds = _seconds(day, clock, zone or "")
    if seconds is None:
        return None
    ns = seconds * _NS
    if fraction:
        ns += int(fraction[:9].ljust(9, "0"))
    return Instant(ns, zone is not None) if plausible(ns) else None


@lru_cache(maxsize=4096)
def _seconds(day: str, clock: str, zone: str) -> int | None:
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=_offset(zone))
    except ValueError:
        return None
    return int(moment.timestamp())


def _offset(zone: str) -> timezone:
    if not zone or zone in {"Z", "z", "UTC"}:
        return UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if zone[0] == "-" else offset)


def _from_epoch(value: int) -> Instant | None:
    unit = _EPOCH_UNIT.get(len(str(value)))
    if unit is None or not plausible(value * unit):
        return None
    return Instant(value * unit, zoned=True)


def _from_epoch_text(text: str) -> Instant | None:
    whole, _, fraction = text.partition(".")
    unit = _EPOCH_UNIT.get(len(whole))
    if unit is None or not _INTEGER.match(whole):
        return None
    ns = int(whole) * unit
    if fraction:
        ns += int(fraction[:9].ljust(9, "0")) * unit // _NS
    return Instant(ns, zoned=True) if plausible(ns) else None
