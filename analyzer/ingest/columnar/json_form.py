"""Lines of one JSON form, cut at their quotes, and the proof that they are of that form.

A line with as many quotes as the sample, and with the sample's words wherever the quotes say that
words stand, holds these keys in this order and nothing else: what lies between the words are the
values. Strings without control characters are what JSON says they are; a backslash in them is
read afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl

from analyzer.ingest.columnar.page import Page, Places
from analyzer.ingest.columnar.slices import SHORTEST, Offsets, Slices

# Of lines without two backslashes in a row.
_ESCAPES = {'\\"': '"', "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\/": "/"}
_OTHER_ESCAPE = r'\\[^"nrt/]'


class Slot(NamedTuple):
    """A value: the name of its column, and whether it is a string.

    What is no string looks like `pattern`; without one it is a whole number.
    """

    name: str
    quoted: bool
    pattern: str | None = None


class _Gap(NamedTuple):
    """Where the value of a slot stands in a line.

    It begins `start` bytes behind the line's quote of number `opened`, and ends `end` bytes
    before the quote `closed` (None: before the end of the line). `word` is what follows it.
    """

    slot: Slot
    opened: int
    start: int
    closed: int | None
    end: int
    word: bytes


@dataclass(frozen=True, slots=True)
class JsonForm:
    """A line as it is written: the word it begins with, its values, and the number of quotes."""

    first: bytes
    gaps: Sequence[_Gap]
    quotes: int

    def reads(self, page: Page) -> bool:
        """Tell whether a page can be cut at all."""
        return page.is_text and len(page.data) >= SHORTEST

    def match(
        self, page: Page, places: Places, unescape: Callable[[str], str | None]
    ) -> tuple[Places, pl.DataFrame]:
        """Return the lines that are of this form for sure, and their values by column.

        Whole numbers are Int64, all else are texts; those that cannot be unescaped are null.
        Of the others only the doubtful may be of this form, too.
        """
        chosen = (page.quote_counts[places] == self.quotes) & ~page.doubtful[places]
        if not chosen.all():
            places = places[chosen]
        slices = Slices(page.data)
        alike = slices.say(page.starts[places], self.first)
        cuts: list[tuple[Offsets, Offsets]] = []
        for gap in self.gaps:
            start, end = _cut(gap, page, places)
            alike &= slices.say(end, gap.word)
            if not gap.slot.quoted:
                alike &= start <= end
            cuts.append((start, end))
        # The last word is the line's end: nothing may follow it.
        alike &= cuts[-1][1] + len(self.gaps[-1].word) == page.stops[places]
        if not alike.all():
            places = places[alike]
            cuts = [(start[alike], end[alike]) for start, end in cuts]
        return self._values(page, places, slices, cuts, unescape)

    def _values(
        self,
        page: Page,
        places: Places,
        slices: Slices,
        cuts: Sequence[tuple[Offsets, Offsets]],
        unescape: Callable[[str], str | None],
    ) -> tuple[Places, pl.DataFrame]:
        found: dict[str, pl.Series] = {}
        good = np.ones(len(places), np.bool_)
        slashed = np.flatnonzero(page.slashed[places])
        for gap, (start, end) in zip(self.gaps, cuts, strict=True):
            slot = gap.slot
            if not slot.quoted and slot.pattern is None:
                found[slot.name], whole = slices.wholes(start, end)
                good &= whole
                continue
            values = slices.texts(start, end)
            if slot.pattern is not None:
                good &= values.str.contains(f"^{slot.pattern}$").to_numpy()
            elif len(slashed):
                values = _unescaped(values, slashed, unescape)
            found[slot.name] = values
        frame = pl.DataFrame(found)
        return (places, frame) if good.all() else (places[good], frame.filter(good))


def form_of(parts: Iterable[str | Slot]) -> JsonForm | None:
    """Return the form of a line; None where its words hold a backslash, or no value."""
    words, slots = [b""], list[Slot]()
    for part in parts:
        if isinstance(part, Slot):
            slots.append(part)
            words.append(b"")
        else:
            words[-1] += part.encode()
    if not slots or any(b"\\" in word for word in words):
        return None
    gaps: list[_Gap] = []
    quotes = 0
    for slot, before, behind in zip(slots, words, words[1:], strict=False):
        quotes += before.count(b'"')
        closed = behind.find(b'"')
        gaps.append(
            _Gap(
                slot,
                quotes - 1,
                len(before) - before.rfind(b'"'),
                quotes if closed >= 0 else None,
                closed if closed >= 0 else len(behind),
                behind,
            )
        )
    return JsonForm(words[0], gaps, quotes + words[-1].count(b'"'))


def _cut(gap: _Gap, page: Page, places: Places) -> tuple[Offsets, Offsets]:
    """Return where the values of a gap begin and end."""
    first = page.first_quotes[places]
    start = page.quotes[first + gap.opened] + gap.start
    if gap.closed is None:
        return start, page.stops[places] - gap.end
    return start, page.quotes[first + gap.closed] - gap.end


def _unescaped(
    values: pl.Series, slashed: Places, unescape: Callable[[str], str | None]
) -> pl.Series:
    """Read the backslashes of those texts among the `slashed` lines that hold any."""
    holding = values.gather(slashed).str.contains("\\", literal=True).to_numpy()
    places = slashed[holding]
    if not len(places):
        return values
    texts = values.gather(places)
    read = texts.str.replace_many(_ESCAPES)
    if len(odd := texts.str.contains(_OTHER_ESCAPE).arg_true()):
        told = [unescape(text) for text in texts.gather(odd)]
        read = read.scatter(odd, pl.Series(told, dtype=pl.String))
    return values.clone().scatter(places, read)
