"""The textual forms of times, and what the parts of one say (FORMATS section 3).

What a part leaves open (the zone, the year, the day) is a `times.Clock`'s to know.
"""

from __future__ import annotations

import re
from datetime import date, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
# Abbreviations that loggers (PostgreSQL, `date`) write; hours east of UTC.
_ABBREVIATIONS = {
    "Z": 0, "z": 0, "UTC": 0, "GMT": 0, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "BST": 1,
    "MSK": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "JST": 9,
}  # fmt: skip
ZONE = rf"(?:{'|'.join(sorted(_ABBREVIATIONS, key=len, reverse=True))})(?![A-Za-z])"
PLACE = r"[A-Z][A-Za-z]{2,12}/[A-Z][A-Za-z_]{2,20}(?:/[A-Z][A-Za-z_]{2,20})?"
_ZONE = rf"[ ]?(?P<zone>{ZONE}|[+-]\d\d(?::?\d\d)?|\[?{PLACE}\]?)?"
# A third colon before milliseconds is WebSphere's, and some Windows programs'.
_CLOCK = r"(?P<clock>\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,18})|:(?P<millis>\d{3}))?"
_LOOSE_CLOCK = r"(?P<clock>\d\d?:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,18})|:(?P<millis>\d{3}))?"
_HALF_CLOCK = (
    r"(?P<half>\d\d?:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,18}))? ?(?P<noon>[AaPp])\.?[Mm]\.?"
)
_MONTH = rf"(?P<word>{'|'.join(MONTHS)})"
FORMS = tuple(
    re.compile(pattern + "$")
    for pattern in (
        rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:[T _]|, ){_CLOCK}{_ZONE}",
        rf"(?P<day>\d\d)/{_MONTH}/(?P<year>\d{{4}})[: ]{_CLOCK}{_ZONE}",
        rf"(?P<year>\d{{4}})[/.](?P<month>\d\d)[/.](?P<day>\d\d)[T -]{_CLOCK}{_ZONE}",
        rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d)[T -]{_CLOCK}{_ZONE}",
        rf"(?:[A-Z][a-z]{{2}},? )?{_MONTH} +(?P<day>\d\d?) {_CLOCK}{_ZONE} (?P<year>\d{{4}})",
        (
            rf"(?:[A-Z][a-z]{{2}},? )?(?P<day>\d\d?)[ -]{_MONTH}[ -](?P<year>\d{{4}})"
            rf"(?: |::){_CLOCK}{_ZONE}"
        ),
        rf"(?P<year>\d\d)/(?P<month>\d\d)/(?P<day>\d\d) {_CLOCK}{_ZONE}",
        rf"{_MONTH} +(?P<day>\d\d?) {_CLOCK}{_ZONE}",
        rf"(?P<month>\d\d)(?P<day>\d\d) {_CLOCK}",
        rf"(?P<year>\d{{4}})-(?P<ordinal>\d{{3}})[T ]{_CLOCK}{_ZONE}",
        rf"(?P<year>\d{{4}})-?W(?P<week>\d\d)-?(?P<weekday>[1-7])[T ]{_CLOCK}{_ZONE}",
        rf"{_CLOCK}",
        r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[T ](?P<clock>\d\d:\d\d)" + _ZONE,
        (
            r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T(?P<digits>\d{6})"
            rf"(?:[.,](?P<fraction>\d{{1,18}}))?{_ZONE}"
        ),
        # Old Hadoop's and old MySQL's: `081109 203615`, `140501 10:00:00`.
        r"(?P<year>\d\d)(?P<month>\d\d)(?P<day>\d\d) (?P<digits>\d{6})",
        rf"(?P<year>\d\d)(?P<month>\d\d)(?P<day>\d\d) {_CLOCK}",
        # DB2 and Blue Gene: `2005-06-03-15.42.50.363779`.
        (
            r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)-(?P<dotted>\d\d\.\d\d\.\d\d)"
            rf"(?:\.(?P<fraction>\d{{1,18}}))?{_ZONE}"
        ),
        # With points or dashes the day comes first everywhere; a slash says so to nobody.
        rf"(?P<day>\d\d)[.-](?P<month>\d\d)[.-](?P<year>\d{{4}})[T ]{_CLOCK}{_ZONE}",
        # A clock of twelve hours is written where the month comes first.
        rf"(?P<month>\d\d?)/(?P<day>\d\d?)/(?P<year>\d{{4}}),? {_HALF_CLOCK}{_ZONE}",
        rf"{_MONTH} (?P<day>\d\d?), (?P<year>\d{{4}}),? {_HALF_CLOCK}{_ZONE}",
        # With a slash and a clock of 24 hours only the file's other dates tell (`day_order`).
        rf"(?P<one>\d\d?)/(?P<two>\d\d?)/(?P<year>\d{{4}}),?[T ]{_LOOSE_CLOCK}{_ZONE}",
        rf"(?P<one>\d\d?)/(?P<two>\d\d?)/(?P<year>\d\d),? {_LOOSE_CLOCK}{_ZONE}",
        rf"(?P<year>\d{{4}})[-/](?P<month>\d\d?)[-/](?P<day>\d\d?)[T ]{_LOOSE_CLOCK}{_ZONE}",
        rf"(?P<year>\d{{4}})[-/](?P<month>\d\d?)[-/](?P<day>\d\d?) {_HALF_CLOCK}{_ZONE}",
        rf"(?P<year>\d{{4}})[- ]{_MONTH}[- ](?P<day>\d\d?) {_CLOCK}{_ZONE}",
        r"(?P<half>\d\d?:\d\d) ?(?P<noon>[AaPp])[Mm]",
        # Without a year: Android's, old Redis'.
        rf"(?P<month>\d\d)[-.](?P<day>\d\d) {_CLOCK}",
        rf"(?P<day>\d\d?) {_MONTH} {_CLOCK}{_ZONE}",
    )
)
"""The forms of a time, the commonest first; the groups of a match are its parts."""

# `...+01:00[Europe/Berlin]` (java.time), `... +0000 UTC m=+57781.2` (Go): said twice.
_SAID_TWICE = re.compile(
    r"(?<=[+-]\d\d[:\d]\d)(\d?)(?:\[[\w/+-]{1,40}\]| [A-Z]{2,5})$|(?<=Z)\[[\w/+-]{1,40}\]$"
)
_MONOTONIC = re.compile(r" m=[+-]\d+(?:\.\d+)?$")
_LOWER = re.compile(r"\d{4}-\d\d-\d\dt\d\d|.*\dz$")

UPTIME = "up "
"""What stands before the seconds since a machine or a program started."""

Parts = dict[str, str | None]
"""The groups of a match of one of the forms."""


class WrittenDay(NamedTuple):
    """A day as it was written; `year` is None where it was left out."""

    year: int | None
    month: int
    day: int


def usual_spelling(text: str) -> str:
    """Return a time in the usual spelling: in capitals, its zone said once."""
    if _LOWER.match(text):
        text = text.upper()
    return _SAID_TWICE.sub(r"\1", _MONOTONIC.sub("", text))


def time_of_day(found: Parts) -> str:
    """Return the time of day as 16:42:22, whatever way the form writes it in."""
    if usual := found.get("clock"):
        return usual.zfill(8) if usual[1] == ":" else usual
    if dotted := found.get("dotted"):
        return dotted.replace(".", ":")
    if half := found.get("half"):
        hour, _, rest = half.partition(":")
        after_noon = (found.get("noon") or "").lower() == "p"
        # 12 AM is midnight, 12 PM is noon; 13 PM is no time, and stays none.
        number = int(hour) % 12 + 12 * after_noon if 1 <= int(hour) <= 12 else 24
        return f"{number:02d}:{rest}"
    digits = found.get("digits") or ""
    return f"{digits[:2]}:{digits[2:4]}:{digits[4:]}"


def written_day(found: Parts) -> WrittenDay | None:
    """Return the day a time names, None where it is a time of day alone; it need not exist."""
    if not any(found.get(name) for name in ("day", "ordinal", "week")):
        return None
    named = _named_day(found)
    if named is not None:
        return WrittenDay(named.year, named.month, named.day)
    year, word = found.get("year"), found.get("word")
    if year and len(year) == 2:
        year = f"20{year}"
    month = MONTHS.index(word) + 1 if word else int(found.get("month") or 0)
    return WrittenDay(int(year) if year else None, month, int(found.get("day") or 0))


def _named_day(found: Parts) -> date | None:
    """Return the day that a year and its ordinal, or its week and weekday, name (ISO 8601)."""
    year = int(found.get("year") or 2000)
    try:
        if ordinal := found.get("ordinal"):
            return date(year, 1, 1) + timedelta(days=int(ordinal) - 1)
        if week := found.get("week"):
            return date.fromisocalendar(year, int(week), int(found["weekday"] or 1))
    except (ValueError, OverflowError):
        return date.min  # no such day: before all logs
    return None


@lru_cache(maxsize=256)
def zone_named(zone: str) -> tzinfo | None:
    """Return the zone of an offset, an abbreviation or a place; None where nobody knows it."""
    if "/" in zone:
        try:
            return ZoneInfo(zone.strip("[]"))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return None
    if zone in _ABBREVIATIONS:
        return timezone(timedelta(hours=_ABBREVIATIONS[zone]))
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    offset = min(offset, timedelta(hours=23, minutes=59))
    return timezone(-offset if zone[0] == "-" else offset)
