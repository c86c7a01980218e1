"""Durations and their units: the unit is part of the key or of the value, never a guess.

FORMATS sections 2 and 3. A bare `duration` without any sign of its unit stays unknown.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation

LONGEST_NS = 100 * 366 * 86_400 * 1_000_000_000
"""A century: no work takes longer, and it keeps every sum within 64 bits."""

UNITS_NS = {
    "ns": 1,
    "nanos": 1,
    "nanoseconds": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "micros": 1_000,
    "microseconds": 1_000,
    "ms": 1_000_000,
    "msec": 1_000_000,
    "msecs": 1_000_000,
    "millis": 1_000_000,
    "milliseconds": 1_000_000,
    "s": 1_000_000_000,
    "sec": 1_000_000_000,
    "secs": 1_000_000_000,
    "seconds": 1_000_000_000,
    "m": 60_000_000_000,
    "min": 60_000_000_000,
    "h": 3_600_000_000_000,
}
# Keys whose unit the formats fix (FORMATS section 2, `duration_ns`).
KEY_UNITS_NS = {
    "event.duration": 1,
    "responseTime": 1_000_000,
    "durationMs": 1_000_000,
    "request_time": 1_000_000_000,
    "upstream_response_time": 1_000_000_000,
    "latencies.request": 1_000_000,  # Kong
    "total_ns": 1,  # linkerd
    "TimeTaken": 1_000_000,  # Azure App Service
    "grpc.time_ms": 1_000_000,
    "responseLatency": 1_000_000,  # AWS API Gateway
}
# loguru's time since the program started: no work's duration.
_NO_DURATIONS = frozenset({"record.elapsed.seconds", "record.elapsed.repr", "elapsed.seconds"})
BARE_KEYS = (
    "duration", "elapsed", "latency", "took", "rt", "cost", "dur", "response_time", "responsetime",
    "processing_time", "process_time", "execution_time", "exec_time", "elapsed_time", "time_taken",
    "timetaken", "total_time", "query_time",
)  # fmt: skip
"""Keys that report a duration but not its unit."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_WHOLE = frozenset(key.replace("_", "") for key in BARE_KEYS) | {"requesttime", "totalduration"}
_MAX_CHARACTERS = 64
_MAX_MAGNITUDE = 30
_SUFFIX = re.compile(r"(?:[_.-]|(?<=[a-z])(?=[A-Z]))([A-Za-z][a-z]*|[A-Z]+)$")
_SPEAKS_OF_TIME = re.compile(
    r"duration|elapsed|latency|took|response_?time|request_?time|processing_?time", re.IGNORECASE
)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zµμ]+)", re.IGNORECASE)
_SIMPLE = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,12}))?(ns|us|µs|ms|s)?\Z")
_COMMA = re.compile(r"(-?\d+),(\d+)(\s*[a-zµμ]*)$", re.IGNORECASE)
_ISO_8601 = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$", re.IGNORECASE)


def unit_of_key(key: str) -> int | None:
    """Return the nanoseconds per unit that `key` promises (`duration_ms` -> 1,000,000)."""
    if key in KEY_UNITS_NS:
        return KEY_UNITS_NS[key]
    if key.endswith("_processing_time"):
        return 1_000_000_000
    match = _SUFFIX.search(key)
    if match is None or not _SPEAKS_OF_TIME.search(key):
        return None
    return UNITS_NS.get(match[1].lower())


def speaks_of_duration(key: str) -> bool:
    """Tell whether `key` names a duration, with or without its unit."""
    if key in _NO_DURATIONS:
        return False
    return key.rsplit(".", 1)[-1].lower() in BARE_KEYS or unit_of_key(key) is not None


def is_whole(key: str) -> bool:
    """Tell whether `key` names the duration of the whole work rather than of a part of it.

    `duration_ms` and `request_time` do; `db_duration_ms` and `upstream_response_time` do not.
    """
    words = _WORD.findall(key.rsplit(".", 1)[-1])
    said = [word.lower() for word in words if word.lower() not in UNITS_NS]
    return "".join(said) in _WHOLE


def parse_duration(value: object, unit_ns: int | None) -> int | None:
    """Return `value` in ns: a number in `unit_ns`, or a text with its own unit (`1m2.5s`).

    None where the unit is unknown or the value is no duration (text, or beyond `LONGEST_NS`);
    negative values come back negative, so that the caller can tell `bad_duration` from a
    missing one.
    """
    found = _parse(value, unit_ns)
    return found if found is None or abs(found) <= LONGEST_NS else None


def _parse(value: object, unit_ns: int | None) -> int | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return None if unit_ns is None else value * unit_ns
    if isinstance(value, float):
        if unit_ns is None or not math.isfinite(value):
            return None
        if abs(value) > 10.0**_MAX_MAGNITUDE:
            return None
        return int((Decimal(repr(value)) * unit_ns).to_integral_value())
    return _parse_words(value.strip(), unit_ns) if isinstance(value, str) else None


def _parse_words(text: str, unit_ns: int | None) -> int | None:
    if simple := _SIMPLE.match(text):
        whole, fraction, suffix = simple.groups("")
        unit = UNITS_NS[suffix] if suffix else unit_ns
        return None if unit is None else _scaled(whole + fraction, len(fraction), unit)
    if len(text) > _MAX_CHARACTERS:
        return None
    return _parse_text(_with_point(text, unit_ns), unit_ns)


def _with_point(text: str, unit_ns: int | None) -> str:
    """Return `text` with a decimal point for a decimal comma.

    Before three digits, of a number that names no unit and is no count of seconds, a comma may
    part thousands: that stays, and is refused.
    """
    match = _COMMA.match(text)
    if match is None:
        return text
    whole, part, suffix = match.groups()
    if len(part) == 3 and whole.strip("-0") and not suffix and unit_ns != 1_000_000_000:
        return text
    return f"{whole}.{part}{suffix}"


def _parse_text(text: str, unit_ns: int | None) -> int | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        pass
    else:
        if unit_ns is None or not number.is_finite():
            return None
        if number.adjusted() > _MAX_MAGNITUDE:
            return None
        return int((number * unit_ns).to_integral_value())
    iso = _ISO_8601.match(text)
    if iso and any(iso.groups()):
        hours, minutes, seconds = (Decimal(part or 0) for part in iso.groups())
        return int((hours * 3600 + minutes * 60 + seconds) * 1_000_000_000)
    sign = -1 if text.startswith("-") else 1
    parts = _PART.findall(text)
    if not parts or "".join(a + b for a, b in parts) != text.lstrip("+-").replace(" ", ""):
        return None
    total = Decimal(0)
    for number_text, unit in parts:
        unit_of_part = UNITS_NS.get(unit if unit in UNITS_NS else unit.lower())
        if unit_of_part is None:
            return None
        total += Decimal(number_text) * unit_of_part
    return sign * int(total.to_integral_value())


def _scaled(digits: str, decimals: int, unit_ns: int) -> int:
    """Return a decimal number of units in ns, rounded half to even."""
    divisor: int = 10**decimals
    whole, rest = divmod(int(digits) * unit_ns, divisor)
    up = 2 * rest > divisor or (2 * rest == divisor and whole % 2 == 1)
    return whole + up
