"""Columns of times written alike, digit under digit, to nanoseconds since 1970.

A column of ISO times of one width is read as a table of digits; any other column, or one with a
digit out of its place or range, is left to those that read text by text.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

_FORM = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,](?P<fraction>\d{1,9}))?"
    r"(?P<zone>Z|(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d))?"
)
_ZERO = ord("0")
_EPOCH = date(1970, 1, 1).toordinal()
_DAY_S, _HOUR_S, _MINUTE_S = 86_400, 3_600, 60
_NS = 1_000_000_000
_MAX_DAYS = 64
_MAX_ZONE_HOURS = 14

Digits = npt.NDArray[np.uint8]
Whole = npt.NDArray[np.int64]


class Instants(NamedTuple):
    """Nanoseconds since 1970; `zoned` tells whether the texts name their zone."""

    epoch: pl.Series
    zoned: bool


def instants(texts: pl.Series) -> Instants | None:
    """Return the times of a column without nulls, all written as its first; None: not so."""
    first: str = texts[0]
    form = _FORM.fullmatch(first)
    width = len(first)
    if form is None or not first.isascii() or not (texts.str.len_bytes() == width).all():
        return None
    joined = str(texts.str.join("")[0])
    if not joined.isascii():
        return None
    table = np.frombuffer(joined.encode(), np.uint8).reshape(len(texts), width)
    marks = [place for place, character in enumerate(first) if not character.isdigit()]
    zone = range(form.start("zone"), width) if form["zone"] else ()
    fixed = [*marks, *(place for place in zone if place not in marks)]
    if not (table[:, fixed] == table[0, fixed]).all():
        return None
    digits = table - np.uint8(_ZERO)
    free = [place for place in range(width) if place not in fixed]
    if not (digits[:, free] <= 9).all():
        return None
    seconds = _seconds(digits)
    if seconds is None:
        return None
    offset = _offset_s(form)
    if offset is None:
        return None
    found = (seconds - offset) * _NS
    if form["fraction"]:
        start, end = form.span("fraction")
        found += _number(digits, start, end) * 10 ** (9 - (end - start))
    return Instants(pl.Series(found), zoned=bool(form["zone"]))


def _offset_s(form: re.Match[str]) -> int | None:
    """Return how far the zone of a time is ahead of UTC; None where no place's clock is so."""
    if not form["sign"]:
        return 0
    hours, minutes = int(form["hours"]), int(form["minutes"])
    if hours > _MAX_ZONE_HOURS or minutes >= 60:
        return None
    offset = hours * _HOUR_S + minutes * _MINUTE_S
    return -offset if form["sign"] == "-" else offset


def _number(digits: Digits, start: int, end: int) -> Whole:
    found = np.zeros(len(digits), np.int64)
    for place in range(start, end):
        found = found * 10 + digits[:, place]
    return found


def _seconds(digits: Digits) -> Whole | None:
    """Return seconds since 1970; None where a part is out of its range."""
    hour, minute, second = (_number(digits, start, start + 2) for start in (11, 14, 17))
    if (hour > 23).any() or (minute > 59).any() or (second > 59).any():
        return None
    days = _days(
        _number(digits, 0, 4) * 10_000 + _number(digits, 5, 7) * 100 + _number(digits, 8, 10)
    )
    return None if days is None else days * _DAY_S + hour * _HOUR_S + minute * _MINUTE_S + second


def _days(written: Whole) -> Whole | None:
    """Return the days since 1970 of dates written as one number (20261123)."""
    distinct, codes = np.unique(written, return_inverse=True)
    if len(distinct) > _MAX_DAYS:
        return None
    try:
        found = [
            date(day // 10_000, day // 100 % 100, day % 100).toordinal() - _EPOCH
            for day in distinct.tolist()
        ]
    except ValueError:
        return None
    return np.array(found, np.int64)[codes]
