"""Which of the two numbers of a date like 05/01/2024 is its day: told by the dates of its file.

A number above 12 is a day, and one such date tells for all. Where there is none, the order that
puts the dates of the file closer together is taken, else the month first; both are assumptions.
"""

from __future__ import annotations

from typing import NamedTuple

_MONTHS = 12
_DAYS_OF_MONTH, _DAYS_OF_YEAR = 31, 372  # wide enough to order days by, and to see gaps


class MonthAndDay(NamedTuple):
    """The month and the day of a date; they need not exist."""

    month: int
    day: int


class DayOrder:
    """Reads the dates of one file; `day_first` is what an earlier reading found out."""

    def __init__(self, *, day_first: bool | None = None) -> None:
        self._told = day_first
        self._proofs = {True: 0, False: 0}
        self._edges: dict[bool, tuple[int, int]] = {}
        self.doubtful = 0

    def read(self, year: int, one: int, two: int) -> MonthAndDay:
        """Return the month and day of a date whose first numbers are `one` and `two`."""
        if (one > _MONTHS) != (two > _MONTHS):
            first = one > _MONTHS
            self._proofs[first] += 1
        else:
            first = bool(self._told)
            if one != two:
                self._see(year, one, two)
        return MonthAndDay(two, one) if first else MonthAndDay(one, two)

    @property
    def day_first(self) -> bool | None:
        """Return what a further reading should be told; None: the first reading was right.

        What was told once only a proof changes, and no two dates that contradict each other are
        one: so reading a growing file again comes to an end.
        """
        if not self.doubtful:
            return self._told
        day, month = (self._proofs[first] > 0 for first in (True, False))
        if day != month:
            found = day
        elif self._told is not None or not self._edges:
            return self._told
        else:
            width = {first: last - start for first, (start, last) in self._edges.items()}
            found = width[True] < width[False]
        return found if found or self._told is not None else None

    @property
    def assumed(self) -> int:
        """Return how many dates no other date of the file decided."""
        return 0 if any(self._proofs.values()) else self.doubtful

    def _see(self, year: int, one: int, two: int) -> None:
        self.doubtful += 1
        for first in (True, False):
            month, day = (two, one) if first else (one, two)
            place = year * _DAYS_OF_YEAR + month * _DAYS_OF_MONTH + day
            start, last = self._edges.get(first, (place, place))
            self._edges[first] = min(start, place), max(last, place)
