"""Figures as people read them. Nothing here decides; shares are floored, never rounded up.

A share that is not whole must not read as 100 %, and a budget that is left must not read as 0.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

NOTHING = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"
MINUS = "\N{MINUS SIGN}"
_DECADES = 10_000


def share(value: float | None) -> str:
    """A share to four decimals of a percent, floored: 99.9999 % is what is nearly all."""
    if value is None:
        return NOTHING
    percent = math.floor(value * 100 * _DECADES + 1e-6) / _DECADES
    return f"{_signed(f'{percent:.4f}'.rstrip('0').rstrip('.'))} %"


def rough_share(value: float | None) -> str:
    """A share in whole percent; what is not nothing is at least `<1 %`."""
    if value is None:
        return NOTHING
    if 0 < value < 0.01:
        return "<1 %"
    return f"{_signed(f'{math.trunc(100 * value)}')} %"


def count(value: float) -> str:
    """A count with thousands separated; fractions of events with one digit."""
    if value == int(value):
        return _signed(f"{int(value):,}")
    shown = f"{value:,.1f}" if abs(value) >= 1 else f"{value:.2g}"
    return _signed(shown.removesuffix(".0"))


def factor(value: float | None) -> str:
    """A burn rate: two digits below ten, whole above."""
    if value is None:
        return NOTHING
    return f"{value:,.0f}{TIMES}" if value >= 10 else f"{value:.1f}{TIMES}"


def duration(seconds: float | None) -> str:
    """A length of time in the one or two units that matter."""
    if seconds is None:
        return NOTHING
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    for size, unit, part, small in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {unit}" + (f" {rest} {small}" if rest else "")
    if whole < 60:
        return f"{whole} s"
    rest = whole % 60 if whole < 600 else 0
    return f"{whole // 60} min" + (f" {rest} s" if rest else "")


def latency(value_ms: float | None) -> str:
    """A latency with three digits at most."""
    if value_ms is None:
        return NOTHING
    if value_ms < 10:
        return f"{value_ms:.1f} ms"
    return f"{value_ms:.0f} ms" if value_ms < 1000 else duration(value_ms / 1000)


def rate(per_second: float) -> str:
    """Events per second, or per minute where they are rare."""
    if per_second == 0:
        return "0 /s"
    if per_second < 1:
        return f"{per_second * 60:.1f} /min"
    return f"{per_second:,.1f} /s"


def figure(value: float, unit: str) -> str:
    """A gauge's value in its unit."""
    if unit == "s":
        return duration(value)
    if unit == "ms":
        return latency(value)
    if unit == "%":
        return f"{100 * value:.0f} %"
    if unit in {"B", "By", "bytes"}:
        return size(value)
    return f"{count(value)} {unit}".rstrip()


def size(value: float) -> str:
    """Bytes in binary units."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(value) < 1024:
            return f"{value:.0f} {unit}" if unit in {"B", "KiB"} else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def age(age_us: int) -> str:
    """How long ago something was; below a second nobody cares."""
    return duration(age_us / 1e6) if age_us >= 1_000_000 else "<1 s"


def clock(at_us: int | None, now_us: int | None = None) -> str:
    """A time of day in UTC; the day is added where it is another one than that of `now_us`."""
    if at_us is None:
        return NOTHING
    at = datetime.fromtimestamp(at_us / 1e6, UTC)
    today = now_us is None or datetime.fromtimestamp(now_us / 1e6, UTC).date() == at.date()
    return at.strftime("%H:%M:%S") if today else at.strftime("%d %b %Y %H:%M")


def plural(number: float, word: str) -> str:
    """`1 event`, `2 events`."""
    return f"{count(number)} {word}" + ("" if number == 1 else "s")


def _signed(text: str) -> str:
    return text.replace("-", MINUS)
