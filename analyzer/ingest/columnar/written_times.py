"""Columns of times of any form with a day and a clock, all written as the first of them.

The few days among them are read by the reader of single times; hours, minutes, seconds and
fractions, which differ from line to line, are digits in their places, and are added up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from analyzer.ingest.columnar.distinct import coded
from analyzer.ingest.columnar.instants import Instants
from analyzer.ingest.epochs import Instant
from analyzer.ingest.time_forms import FORMS
from analyzer.ingest.times import Clock

_NS = 1_000_000_000
_DAY_NS = 86_400 * _NS
_ARRIVED = "\x1f"
_MIDNIGHT = "00:00:00"
_MOST_DAYS = 512
_PARTS = ((0, 23, 3600), (3, 59, 60), (6, 59, 1))
"""Where hours, minutes and seconds stand in a clock, their most, and the seconds in each."""


class _Layout(NamedTuple):
    """Where clock and fraction stand in a text; an empty fraction stands behind the clock."""

    clock: int
    fraction: int
    end: int


def written_times(
    texts: pl.Series, clock: Clock, arrival: pl.Series | None = None
) -> Instants | None:
    """Return the times of a column without nulls, null where one is no time; None: not so.

    `arrival` tells when wrappers had the lines, where they do: it dates a day without a year.
    """
    first: str = texts[0]
    layout = _layout(first)
    width = len(first)
    if layout is None or not (texts.str.len_bytes() == width).all():
        return None
    joined = str(texts.str.join("")[0])
    if not joined.isascii():
        return None
    table = np.frombuffer(joined.encode(), np.uint8).reshape(len(texts), width)
    passed = _passed(table, layout)
    if passed is None:
        return None
    # The same texts at midnight: as many as there are days.
    before, between = texts.str.slice(0, layout.clock), first[layout.clock + 8 : layout.fraction]
    nought = _MIDNIGHT + between + "0" * (layout.end - layout.fraction)
    days = pl.select(pl.format("{}" + nought + "{}", before, texts.str.slice(layout.end)))
    codes, written = coded(_with_arrivals(days.to_series(), arrival))
    if len(written) > _MOST_DAYS:
        return None
    yearless = clock.yearless
    found = [_midnight(day, clock) for day in written]
    clock.yearless = yearless  # lines are counted by those who resolve them
    zoned = {day.zoned for day in found if day is not None}
    if len(zoned) != 1:
        return None
    midnights = pl.Series([None if day is None else day.ns for day in found], dtype=pl.Int64)
    return Instants(midnights.gather(codes) + pl.Series(passed), zoned=zoned.pop())


def _with_arrivals(days: pl.Series, arrival: pl.Series | None) -> pl.Series:
    if arrival is None:
        return days
    return pl.select(pl.format("{}" + _ARRIVED + "{}", days, arrival // _DAY_NS)).to_series()


def _midnight(day: str, clock: Clock) -> Instant | None:
    text, _, arrived = day.partition(_ARRIVED)
    arrival = Instant(int(arrived) * _DAY_NS, zoned=True) if arrived else None
    return clock.instant(text, arrival)


def _layout(text: str) -> _Layout | None:
    """Return where clock and fraction stand in a text; None where its form leaves it open.

    So does one whose first two numbers may be day and month, or whose zone changes its offset.
    """
    for form in FORMS:
        match = form.match(text)
        if match is not None:
            break
    else:
        return None
    found = match.groupdict()
    dated = any(found.get(name) for name in ("day", "ordinal", "week"))
    placed = "/" in (found.get("zone") or "")
    if not dated or placed or len(found.get("clock") or "") != len(_MIDNIGHT):
        return None
    end = match.end("clock")
    fraction = next((name for name in ("fraction", "millis") if found.get(name)), None)
    if fraction is None:
        return _Layout(match.start("clock"), end, end)
    return _Layout(match.start("clock"), *match.span(fraction))


def _passed(table: npt.NDArray[np.uint8], layout: _Layout) -> npt.NDArray[np.int64] | None:
    """Return the nanoseconds since midnight; None where a digit is out of its place or range."""
    start = layout.clock
    marks = [place for place in range(start, layout.end) if not 48 <= table[0, place] <= 57]
    if not (table[:, marks] == table[0, marks]).all():
        return None
    digits = table[:, start : layout.end] - np.uint8(48)
    places = [place - start for place in range(start, layout.end) if place not in marks]
    if not (digits[:, places] <= 9).all():
        return None
    seconds = np.zeros(len(table), np.int64)
    for place, most, worth in _PARTS:
        part = digits[:, place].astype(np.int64) * 10 + digits[:, place + 1]
        if (part > most).any():
            return None
        seconds += part * worth
    fraction = np.zeros(len(table), np.int64)
    width = min(layout.end - layout.fraction, 9)
    for place in range(layout.fraction - start, layout.fraction - start + width):
        fraction = fraction * 10 + digits[:, place]
    scale: int = 10 ** (9 - width)
    return seconds * _NS + fraction * scale
