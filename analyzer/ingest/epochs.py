"""Instants as integer nanoseconds UTC, and the numbers that logs write for them."""

from __future__ import annotations

import re
from typing import NamedTuple

from analyzer.ingest.aliases import END_TIME, LOG_TIME, START_TIME

EARLIEST_NS = 978_307_200_000_000_000
"""2001-01-01: an instant before it is a clock that was never set."""
LATEST_NS = 9_223_372_036_000_000_000
"""2262-04-11: the last second whose nanoseconds fit 64 bits."""

_NS = 1_000_000_000
EPOCH_UNITS_NS = {10: _NS, 13: 1_000_000, 16: 1_000, 19: 1}
"""Digits of an integer epoch -> nanoseconds per unit; any other width is not an epoch."""
_TIME_KEYS = frozenset(key.rsplit(".", 1)[-1] for key in LOG_TIME + START_TIME + END_TIME)
_INTEGER = re.compile(r"-?[0-9]{1,20}$")


_EXACT_CHARACTERS = 16
"""A float holds so many characters of any decimal exactly: 15 digits and the point."""


class Instant(NamedTuple):
    """An instant in ns UTC; `zoned` is False where the text named no zone."""

    ns: int
    zoned: bool


def from_epoch(value: int) -> Instant | None:
    """Return the instant of an epoch, whose width tells its unit; None where it is none."""
    unit = EPOCH_UNITS_NS.get(len(str(value)))
    return None if unit is None else Instant(value * unit, zoned=True)


def from_epoch_text(text: str) -> Instant | None:
    """Return the instant of an epoch written as a decimal, read without a float."""
    whole, _, fraction = text.partition(".")
    unit = EPOCH_UNITS_NS.get(len(whole))
    if unit is None or not _INTEGER.match(whole):
        return None
    ns = int(whole) * unit
    if fraction:
        ns += int(fraction[:9].ljust(9, "0")) * unit // _NS
    return Instant(ns, zoned=True)


def exact_or_float(key: str, digits: str) -> str | float:
    """Return a decimal as JSON's reader gives it; under a key of times as written, if it is long.

    A float holds an epoch in seconds to the quarter of a microsecond.
    """
    long = len(digits) > _EXACT_CHARACTERS and key.rsplit(".", 1)[-1] in _TIME_KEYS
    return str(digits) if long else float(digits)


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
    """Tell whether an instant lies where logs can come from (2001..2262)."""
    return EARLIEST_NS <= ns <= LATEST_NS
