"""Syslog heads over lines of a format of their own, taken off a whole column at a time.

The patterns are `formats.syslog`'s where those have one reading: a host, and a tag of plain
characters. What stands below begins with no blank: else head and message are one record.
"""

from __future__ import annotations

import copy

import polars as pl

from analyzer.ingest.columnar.distinct import coded
from analyzer.ingest.columnar.heads import MONTH_AND_CLOCK, ZONED_TIME, Head, Peeled, kinds_of
from analyzer.ingest.columnar.moments import moments
from analyzer.ingest.columnar.page import Page, Places
from analyzer.ingest.columnar.template import TEXT, Column
from analyzer.ingest.formats.known import FORMATS
from analyzer.ingest.formats.syslog import origin_below, read_syslog
from analyzer.ingest.line_times import Origin
from analyzer.ingest.times import Clock

_TAG = r"([A-Za-z][0-9A-Za-z_./-]*)"
_SENDER = rf"[0-9A-Za-z_.:-]+ {_TAG}"
_BELOW = r"((?s:.*))$"
_RFC3164 = rf"^(?:<[0-9]{{1,3}}>)?({MONTH_AND_CLOCK}) {_SENDER}(?:\[[0-9]+\])?:{_BELOW}"
_DATED = rf"^(?:<[0-9]{{1,3}}>)?({ZONED_TIME}) {_SENDER}\[[0-9]+\]:{_BELOW}"
_PRIORITIZED = rf"^<[0-9]{{1,3}}>({ZONED_TIME}) {_SENDER}(?:\[[0-9]+\])?:{_BELOW}"
_RFC5424 = (
    rf"^(?:[0-9]{{1,5}} )?<[0-9]{{1,3}}>1 ({ZONED_TIME}) [!-~]+ ([!-~]+) [!-~]+ [!-~]+ "
    rf"(?:-|(?:\[[^\]\\]*\])+) \ufeff?{_BELOW}"
)
_FORMS = (_RFC5424, _RFC3164, _DATED, _PRIORITIZED)
_BLANK = r"^(?:[ \t]|$)"


class SyslogHead(Head):
    """A head after RFC 3164 or RFC 5424, by its `pattern`."""

    counts_as = ("syslog",)
    open = True

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self.yearless = pattern == _RFC3164

    def __eq__(self, other: object) -> bool:
        """Tell whether both take off heads of one form."""
        return isinstance(other, SyslogHead) and other._pattern == self._pattern

    def __hash__(self) -> int:
        """Return the hash of the form."""
        return hash(self._pattern)

    def peel(self, page: Page, places: Places, clock: Clock, *, ends_lines: bool) -> Peeled | None:
        """Take time, host and tag off."""
        del ends_lines
        groups = page.texts.gather(places).str.extract_groups(self._pattern).struct.unnest()
        stamp, tag, text = groups.get_columns()
        if self._pattern != _RFC5424:
            text = text.str.strip_prefix(" ")
        good = (~text.str.contains(_BLANK)).fill_null(value=False)
        if not good.any():
            return None
        if not good.all():
            places = places[good.to_numpy()]
            stamp, tag, text = (part.filter(good) for part in (stamp, tag, text))
        arrival, zoned = self._arrival(stamp, clock)
        good = arrival.is_not_null()
        if not good.all():
            places = places[good.to_numpy()]
            tag, text, arrival = (part.filter(good) for part in (tag, text, arrival))
        if not len(places) or (found := kinds_of(tag, places)) is None:
            return None
        return Peeled(places, text, *found, arrival, zoned)

    def _arrival(self, stamp: pl.Series, clock: Clock) -> tuple[pl.Series, bool]:
        """Return when lines arrived, null where in doubt; days without a year lack a zone too."""
        if not self.yearless:
            told = moments(Column(TEXT, stamp), clock)
            if told is None:
                return pl.repeat(None, len(stamp), dtype=pl.Int64, eager=True), True
            return told.epoch, told.zoned
        codes, texts = coded(stamp)
        reading = copy.copy(clock)
        found = [reading.instant(text) for text in texts]
        read = [None if instant is None else instant.ns for instant in found]
        return pl.Series(read, dtype=pl.Int64).gather(codes), False

    def origin(self, sample: str, outer: Origin, clock: Clock) -> Origin | None:
        """Return the origin with the tag as its service."""
        headed = read_syslog(sample)
        if headed is None or any(entry.read(sample) is not None for entry in FORMATS):
            return None
        return origin_below(headed.fields, outer, copy.copy(clock))


def learn_syslog_head(sample: str, clock: Clock) -> Head | None:
    """Return the syslog head of a line, None where it has none that is known here."""
    line = pl.Series([sample])
    for pattern in _FORMS:
        if line.str.contains(pattern)[0]:
            head = SyslogHead(pattern)
            return None if head.origin(sample, Origin(), clock) is None else head
    return None
