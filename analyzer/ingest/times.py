"""Text and numbers to instants as one file writes them (FORMATS section 3)."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache

from analyzer.ingest.day_order import DayOrder
from analyzer.ingest.epochs import EARLIEST_NS, LATEST_NS, Instant, from_epoch, from_epoch_text
from analyzer.ingest.time_forms import (
    FORMS,
    UPTIME,
    Parts,
    WrittenDay,
    time_of_day,
    usual_spelling,
    written_day,
    zone_named,
)

_NS = 1_000_000_000
_DAY_NS = 86_400 * _NS
_HALF_DAY_NS = _DAY_NS // 2
_DECIMAL = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?$")
_SINCE_START = re.compile(rf"{UPTIME}(?P<seconds>\d{{1,8}})(?:\.(?P<fraction>\d{{1,9}}))?$")
# TAI64N, multilog's: 2**62 and the seconds since 1970, which it counts ten ahead; then ns.
_TAI64N = re.compile(r"@40000000(?P<seconds>[0-9a-f]{8})(?P<nanos>[0-9a-f]{8})$")
_TAI_AHEAD_S = 10
_EXPONENT = re.compile(r"[0-9](?:\.[0-9]{1,18}|[0-9]{1,18})?[eE][+-]?[0-9]{1,2}$")


class Clock:
    """Reads times as one file writes them.

    `zone` is where zone-less times are taken to be (None: UTC, which callers report as
    assumed). `first_day` dates times without a date; it moves on at each midnight.
    `latest` dates those without a year: each is the last such day not after it (a day's grace).
    `days` counts the midnights passed since `first_day`; `undated` and `yearless` count the
    times that had to be dated so. `order` tells days from months where a date does not.
    """

    def __init__(
        self,
        zone: tzinfo | None = None,
        first_day: date | None = None,
        latest: date | None = None,
        now_ns: int | None = None,
        order: DayOrder | None = None,
    ) -> None:
        self.order = order or DayOrder()
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
            found = from_epoch(value)
        elif isinstance(value, float):
            found = from_epoch_text(repr(value))
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
        match = FORMS[self._form].match(text)
        if match is None:
            if _DECIMAL.match(text):
                return from_epoch_text(text.removeprefix("+"))
            if text[:1] in "u@" and (counted := self._counted(text, arrival)) is not None:
                return counted
            if _EXPONENT.match(text):
                return from_epoch_text(f"{Decimal(text):f}")
            text = usual_spelling(text)
            for index, form in enumerate(FORMS):
                if match := form.match(text):
                    self._form = index
                    break
            else:
                return None
        return self._from_match(match.groupdict(), arrival)

    def _counted(self, text: str, arrival: Instant | None) -> Instant | None:
        """Return the time that text counts from: the start of a machine, or TAI64N's 1970.

        Nothing tells when the machine started: it is taken for the midnight of the first day.
        """
        if match := _TAI64N.match(text):
            seconds = int(match["seconds"], 16) - _TAI_AHEAD_S
            return Instant(seconds * _NS + int(match["nanos"], 16), zoned=True)
        match = _SINCE_START.match(text)
        if match is None or arrival is not None:
            return arrival if match else None
        day = self._first_day or self._latest
        passed = int(match["seconds"])
        self.undated += 1
        self.days = max(self.days, passed // (_DAY_NS // _NS))
        midnight = _epoch(day.year, day.month, day.day, "00:00:00", self._zone or UTC) or 0
        part_ns = int((match["fraction"] or "0").ljust(9, "0"))
        return Instant((midnight + passed) * _NS + part_ns, zoned=False)

    def _second(self, text: str) -> int | None:
        """Return the epoch second of `2026-03-01T10:00:00`, in UTC."""
        if text in self._seen:
            return self._seen[text]
        if len(self._seen) > 10_000:
            self._seen.clear()
        match = FORMS[0].match(text)
        found = self._seen[text] = (
            _epoch(int(match["year"]), int(match["month"]), int(match["day"]), match["clock"])
            if match
            else None
        )
        return found

    def _from_match(self, found: Parts, arrival: Instant | None) -> Instant | None:
        clock = time_of_day(found)
        fraction = found.get("fraction") or found.get("millis")
        part_ns = int(fraction[:9].ljust(9, "0")) if fraction else 0
        if one := found.get("one"):
            found |= self._ordered(found["year"] or "", one, found["two"] or "")
        day = written_day(found)
        if day is None:
            return self._of_day(clock, part_ns, arrival)
        year = self._year(day, arrival) if day.year is None else day.year
        zone = found.get("zone")
        local = self._zone if zone is None else zone_named(zone)
        if zone is not None and local is None:
            return None
        seconds = _epoch(year, day.month, day.day, clock, local or UTC)
        return None if seconds is None else Instant(seconds * _NS + part_ns, zone is not None)

    def _ordered(self, year: str, one: str, two: str) -> Parts:
        month, day = self.order.read(int(year), int(one), int(two))
        return {"month": str(month), "day": str(day)}

    def _year(self, day: WrittenDay, arrival: Instant | None) -> int:
        if arrival is None:
            self.yearless += 1
        latest = (_day_of(arrival) if arrival else self._latest) + timedelta(days=1)
        passed = day[1:] <= (latest.month, latest.day)
        return latest.year if passed else latest.year - 1

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


def _day_of(instant: Instant) -> date:
    return datetime.fromtimestamp(instant.ns // _NS, UTC).date()


_PLAIN_CLOCK = Clock(now_ns=LATEST_NS - _DAY_NS)


def parse_instant(value: object) -> Instant | None:
    """Return the instant that `value` names without any knowledge of its file, else None."""
    return _PLAIN_CLOCK.instant(value)


@lru_cache(maxsize=16_384)
def _epoch(year: int, month: int, day: int, clock: str, zone: tzinfo = UTC) -> int | None:
    hour, minute, second = (int(part) for part in (clock + ":00")[:8].split(":"))
    try:
        # A leap second is the last one twice.
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)
        return int(moment.timestamp())
    except (ValueError, OverflowError):
        return None
