"""Text and numbers to instants: integer nanoseconds UTC (FORMATS section 3)."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EARLIEST_NS = 978_307_200_000_000_000
"""2001-01-01: an instant before it is a clock that was never set."""
LATEST_NS = 9_223_372_036_000_000_000
"""2262-04-11: the last second whose nanoseconds fit 64 bits."""

_NS = 1_000_000_000
_DAY_NS = 86_400 * _NS
_HALF_DAY_NS = _DAY_NS // 2
_QUARTER_NS = 900 * _NS
_PROOF_TOLERANCE_NS = 60 * _NS
_OFFSETS_IN_QUARTERS = frozenset(
    {4 * hours for hours in range(-12, 15)}
    | {-38, -14, -10, 14, 18, 22, 23, 26, 35, 38, 42, 51, 55}
)
"""The offsets from UTC that are in use: whole hours, and -9:30 to +13:45 where people differ."""
# Digits of an integer epoch -> nanoseconds per unit; any other width is not an epoch.
_EPOCH_UNIT = {10: _NS, 13: 1_000_000, 16: 1_000, 19: 1}
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?$")
_EXPONENT = re.compile(r"[0-9](?:\.[0-9]{1,18}|[0-9]{1,18})?[eE][+-]?[0-9]{1,2}$")
_INTEGER = re.compile(r"-?[0-9]{1,20}$")

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
# Abbreviations that loggers (PostgreSQL, `date`) write; hours east of UTC.
_ABBREVIATIONS = {
    "Z": 0, "z": 0, "UTC": 0, "GMT": 0, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "BST": 1,
    "MSK": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "JST": 9,
}  # fmt: skip
ZONE = rf"(?:{'|'.join(sorted(_ABBREVIATIONS, key=len, reverse=True))})(?![A-Za-z])"
_PLACE = r"[A-Z][A-Za-z]{2,12}/[A-Z][A-Za-z_]{2,20}(?:/[A-Z][A-Za-z_]{2,20})?"
_ZONE = rf"[ ]?(?P<zone>{ZONE}|[+-]\d\d(?::?\d\d)?|\[?{_PLACE}\]?)?"
_CLOCK = r"(?P<clock>\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,18}))?"
_HALF_CLOCK = (
    r"(?P<half>\d\d?:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,18}))? ?(?P<noon>[AaPp])\.?[Mm]\.?"
)
_MONTH = rf"(?P<word>{'|'.join(MONTHS)})"
_FORMS = tuple(
    re.compile(pattern + "$")
    for pattern in (
        rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)[T _]{_CLOCK}{_ZONE}",
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
        # Without a year: Android's, old Redis'.
        rf"(?P<month>\d\d)-(?P<day>\d\d) {_CLOCK}",
        rf"(?P<day>\d\d?) {_MONTH} {_CLOCK}{_ZONE}",
    )
)


# `...+01:00[Europe/Berlin]` (java.time), `... +0000 UTC m=+57781.2` (Go): said twice.
_SAID_TWICE = re.compile(
    r"(?<=[+-]\d\d[:\d]\d)(\d?)(?:\[[\w/+-]{1,40}\]| [A-Z]{2,5})$|(?<=Z)\[[\w/+-]{1,40}\]$"
)
_MONOTONIC = re.compile(r" m=[+-]\d+(?:\.\d+)?$")
_LOWER = re.compile(r"\d{4}-\d\d-\d\dt\d\d|.*\dz$")


class Instant(NamedTuple):
    """An instant in ns UTC; `zoned` is False where the text named no zone."""

    ns: int
    zoned: bool


class Clock:
    """Reads times as one file writes them.

    `zone` is where zone-less times are taken to be (None: UTC, which callers report as
    assumed). `first_day` dates times without a date; it moves on at each midnight.
    `latest` dates those without a year: each is the last such day not after it (a day's grace).
    `days` counts the midnights passed since `first_day`; `undated` and `yearless` count the
    times that had to be dated so.
    """

    def __init__(
        self,
        zone: tzinfo | None = None,
        first_day: date | None = None,
        latest: date | None = None,
        now_ns: int | None = None,
    ) -> None:
        self._zone = zone
        self._first_day = first_day
        self._latest = latest or datetime.now(UTC).date()
        self._limit_ns = (time.time_ns() if now_ns is None else now_ns) + _DAY_NS
        self._form = 0
        self._seen: dict[str, int | None] = {}
        self._last_ns: int | None = None
        self.days = 0
        self.undated = 0
        self.yearless = 0

    def renew(self, today: date, now_ns: int) -> None:
        """Let days pass for a file that is followed: later times are plausible from now on."""
        self._latest = max(self._latest, today)
        self._limit_ns = now_ns + _DAY_NS
        self._seen.clear()

    @property
    def limit_ns(self) -> int:
        """Return the last plausible instant: a day ahead of the run."""
        return self._limit_ns

    @property
    def zoned(self) -> bool:
        """Tell whether the user named the zone of zone-less times."""
        return self._zone is not None

    def instant(self, value: object, arrival: Instant | None = None) -> Instant | None:
        """Return the instant that `value` names, else None.

        A time without date or year takes them from `arrival`, where a wrapper told it.

        Epochs are told by their width (10 s, 13 ms, 16 us, 19 ns digits). Texts are parsed as
        decimals, never through a float epoch, so nanoseconds survive. None outside of 2001
        to a day ahead of the run.
        """
        if isinstance(value, str):
            found = self._from_text(value, arrival)
        elif isinstance(value, bool) or value is None:
            return None
        elif isinstance(value, int):
            found = _from_epoch(value)
        elif isinstance(value, float):
            found = _from_epoch_text(repr(value))
        else:
            return None
        return found if found and EARLIEST_NS <= found.ns <= self._limit_ns else None

    def _from_text(self, text: str, arrival: Instant | None) -> Instant | None:
        # The commonest spelling first: 2026-03-01T10:00:00.123Z, its second remembered.
        if text[-1:] == "Z" and text[10:11] == "T" and text[19:20] == ".":
            seconds = self._second(text[:19])
            fraction = text[20:-1]
            if seconds is not None and fraction.isascii() and fraction.isdigit():
                return Instant(seconds * _NS + int(fraction[:9].ljust(9, "0")), zoned=True)
        text = text.strip()
        match = _FORMS[self._form].match(text)
        if match is None:
            if _DECIMAL.match(text):
                return _from_epoch_text(text)
            if _EXPONENT.match(text):
                return _from_epoch_text(f"{Decimal(text):f}")
            text = _usual(text)
            for index, form in enumerate(_FORMS):
                if match := form.match(text):
                    self._form = index
                    break
            else:
                return None
        return self._from_match(match.groupdict(), arrival)

    def _second(self, text: str) -> int | None:
        """Return the epoch second of `2026-03-01T10:00:00`, in UTC."""
        if text in self._seen:
            return self._seen[text]
        if len(self._seen) > 10_000:
            self._seen.clear()
        match = _FORMS[0].match(text)
        found = self._seen[text] = (
            _epoch(int(match["year"]), int(match["month"]), int(match["day"]), match["clock"])
            if match
            else None
        )
        return found

    def _from_match(self, found: dict[str, str | None], arrival: Instant | None) -> Instant | None:
        clock = found.get("clock") or _clock(found)
        fraction = found.get("fraction")
        part_ns = int(fraction[:9].ljust(9, "0")) if fraction else 0
        if not any(found.get(name) for name in ("day", "ordinal", "week")):
            return self._of_day(clock, part_ns, arrival)
        zone = found.get("zone")
        seconds = self._seconds(found, clock, zone, arrival)
        return None if seconds is None else Instant(seconds * _NS + part_ns, zone is not None)

    def _seconds(
        self,
        found: dict[str, str | None],
        clock: str,
        zone: str | None,
        arrival: Instant | None,
    ) -> int | None:
        year = found.get("year")
        if year and len(year) == 2:
            year = f"20{year}"
        named = _named_day(found)
        if named is not None:
            year, month, day = str(named.year), named.month, named.day
        else:
            word = found.get("word")
            month = MONTHS.index(word) + 1 if word else int(found.get("month") or 0)
            day = int(found.get("day") or 0)
        number = int(year) if year else self._year(month, day, arrival)
        local = self._zone if zone is None else _offset(zone)
        if zone is not None and local is None:
            return None
        return _epoch(number, month, day, clock, local or UTC)

    def _year(self, month: int, day: int, arrival: Instant | None) -> int:
        if arrival is None:
            self.yearless += 1
        latest = (_day_of(arrival) if arrival else self._latest) + timedelta(days=1)
        return latest.year if (month, day) <= (latest.month, latest.day) else latest.year - 1

    def _of_day(self, clock: str, part_ns: int, arrival: Instant | None) -> Instant | None:
        """Date a time of day: on from the first day, a day later at each step back of 12 h."""
        day = _day_of(arrival) if arrival else self._first_day or self._latest
        seconds = _epoch(day.year, day.month, day.day, clock, self._zone or UTC)
        if seconds is None:
            return None
        if arrival is not None:
            ns = seconds * _NS + part_ns
            return Instant(ns + round((arrival.ns - ns) / _DAY_NS) * _DAY_NS, zoned=False)
        self.undated += 1
        ns = seconds * _NS + part_ns + self.days * _DAY_NS
        if self._last_ns is not None and self._last_ns - ns > _HALF_DAY_NS:
            self.days += 1
            ns += _DAY_NS
        self._last_ns = ns
        return Instant(ns, zoned=False)


def _usual(text: str) -> str:
    """Return a time in the usual spelling: in capitals, its zone said once."""
    if _LOWER.match(text):
        text = text.upper()
    return _SAID_TWICE.sub(r"\1", _MONOTONIC.sub("", text))


def _day_of(instant: Instant) -> date:
    return datetime.fromtimestamp(instant.ns // _NS, UTC).date()


def proved_by_arrival(written: Instant, arrival: Instant) -> Instant:
    """Return a zone-less time moved into UTC by the zoned time a wrapper gave its line.

    Only a gap that is some place's offset from UTC counts: a line that reports work begun a
    quarter of an hour ago is no proof of a zone, nor is a wrapper without a zone of its own.
    Otherwise the written time stays as it is.
    """
    gap = arrival.ns - written.ns
    quarters = round(gap / _QUARTER_NS)
    near = abs(gap - quarters * _QUARTER_NS) <= _PROOF_TOLERANCE_NS
    if not arrival.zoned or not near or -quarters not in _OFFSETS_IN_QUARTERS:
        return written
    return Instant(written.ns + quarters * _QUARTER_NS, zoned=True)


_PLAIN_CLOCK = Clock(now_ns=LATEST_NS - _DAY_NS)


def parse_instant(value: object) -> Instant | None:
    """Return the instant that `value` names without any knowledge of its file, else None."""
    return _PLAIN_CLOCK.instant(value)


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


@lru_cache(maxsize=16_384)
def _epoch(year: int, month: int, day: int, clock: str, zone: tzinfo = UTC) -> int | None:
    hour, minute, second = (int(part) for part in (clock + ":00")[:8].split(":"))
    try:
        # A leap second is the last one twice.
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)
        return int(moment.timestamp())
    except (ValueError, OverflowError):
        return None


def _clock(found: dict[str, str | None]) -> str:
    """Return the time of day of a form that writes it in another way than 16:42:22."""
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


def _named_day(found: dict[str, str | None]) -> date | None:
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
def _offset(zone: str) -> tzinfo | None:
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


def _from_epoch(value: int) -> Instant | None:
    unit = _EPOCH_UNIT.get(len(str(value)))
    return None if unit is None else Instant(value * unit, zoned=True)


def _from_epoch_text(text: str) -> Instant | None:
    whole, _, fraction = text.partition(".")
    unit = _EPOCH_UNIT.get(len(whole))
    if unit is None or not _INTEGER.match(whole):
        return None
    ns = int(whole) * unit
    if fraction:
        ns += int(fraction[:9].ljust(9, "0")) * unit // _NS
    return Instant(ns, zoned=True)
