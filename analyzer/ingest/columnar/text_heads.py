"""Text heads: the container runtime's time and stream, compose's and kubectl's names, colours.

What the patterns here match, `wrappers.peel_text` takes off alike: its own are looser, so that
there is no other reading of these lines.
"""

from __future__ import annotations

import polars as pl

from analyzer.ingest.columnar.heads import ZONED_TIME, Head, Peeled, kinds_of
from analyzer.ingest.columnar.moments import moments
from analyzer.ingest.columnar.page import Page, Places
from analyzer.ingest.columnar.template import TEXT, Column
from analyzer.ingest.formats import wrappers
from analyzer.ingest.formats.known import FORMATS
from analyzer.ingest.line_times import Origin
from analyzer.ingest.times import Clock

_CRI = rf"^({ZONED_TIME}) (stdout|stderr) ([FP]) ((?s:.*))$"
_COMPOSE = r"^([A-Za-z][0-9A-Za-z_.-]*[ \t]+\|)((?s:.*))$"
_POD = r"^(\[pod/[0-9A-Za-z_.-]+/[0-9A-Za-z_.-]+\] )((?s:.*))$"
_WITHIN = 64
_ESCAPE = "\x1b"


class CriHead(Head):
    """`2026-03-01T10:00:00.123456789Z stdout F text`; `P` marks a part of a line."""

    splits = True

    def peel(self, page: Page, places: Places, clock: Clock, *, ends_lines: bool) -> Peeled | None:
        """Take time, stream and tag off."""
        del ends_lines
        groups = page.texts.gather(places).str.extract_groups(_CRI).struct.unnest()
        stamp, stream, tag, text = groups.get_columns()
        told = moments(Column(TEXT, stamp.fill_null("")), clock)
        if told is None:
            # Lines of other forms stand among them: those of this one are looked at alone.
            matched = stamp.is_not_null()
            if not matched.any() or matched.all():
                return None
            return self.peel(page, places[matched.to_numpy()], clock, ends_lines=False)
        good = told.epoch.is_not_null() & stamp.is_not_null()
        if not good.any():
            return None
        if not good.all():
            places = places[good.to_numpy()]
            stream, tag, text = (part.filter(good) for part in (stream, tag, text))
        found = kinds_of(stream, places)
        if found is None:
            return None
        pieces = (tag == "P").to_numpy()
        epoch = told.epoch.filter(good)
        return Peeled(places, text, *found, epoch, told.zoned, pieces)

    def origin(self, sample: str, outer: Origin, clock: Clock) -> Origin | None:
        """Return the origin with the stream as its source."""
        return _peeled_origin(sample, outer, clock)


class NameHead(Head):
    """`name-1  | text` or `[pod/pod/name] text`, by its `pattern`."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    def peel(self, page: Page, places: Places, clock: Clock, *, ends_lines: bool) -> Peeled | None:
        """Take the name off."""
        del clock, ends_lines
        groups = page.texts.gather(places).str.extract_groups(self._pattern).struct.unnest()
        prefix, text = groups.get_columns()
        good = (prefix.str.len_chars() <= _WITHIN).fill_null(value=False)
        if not good.any():
            return None
        if not good.all():
            places, prefix, text = places[good.to_numpy()], prefix.filter(good), text.filter(good)
        found = kinds_of(prefix, places)
        if found is None:
            return None
        if self._pattern == _COMPOSE:
            text = text.str.strip_prefix(" ")
        return Peeled(places, text, *found)

    def origin(self, sample: str, outer: Origin, clock: Clock) -> Origin | None:
        """Return the origin with the name as its service."""
        if any(entry.read(sample) is not None for entry in FORMATS):
            return None  # `INFO | 2026-03-01 …` is a level, to one who reads it first
        return _peeled_origin(sample, outer, clock)


class ColourHead(Head):
    """Colours and movements of the cursor anywhere in a line: what is left of it is the text."""

    transparent = True

    def peel(self, page: Page, places: Places, clock: Clock, *, ends_lines: bool) -> Peeled | None:
        """Take all colours out of the lines that hold any."""
        del clock, ends_lines
        texts = page.texts.gather(places)
        bare = texts.str.replace_all(wrappers.ANSI, "")
        good = (texts != bare) & ~bare.str.contains(_ESCAPE, literal=True)
        if not good.any():
            return None
        places, bare = places[good.to_numpy()], bare.filter(good)
        codes = pl.repeat(0, len(bare), dtype=pl.UInt32, eager=True)
        return Peeled(places, bare, codes, [int(places[0])])

    def origin(self, sample: str, outer: Origin, clock: Clock) -> Origin | None:
        """Return the line's own origin: a colour says nothing of it."""
        del sample, clock
        return outer


def learn_text_head(sample: str, clock: Clock) -> Head | None:
    """Return the head of a text line, None where it has none that is known here."""
    if _ESCAPE in sample:
        return None if _ESCAPE in wrappers.without_ansi(sample) else ColourHead()
    if wrappers.peel_text(sample, Origin(), clock) is None:
        return None
    line = pl.Series([sample])
    if line.str.contains(_CRI)[0]:
        return CriHead()
    if wrappers.is_stamped(sample):
        return None
    found = next((form for form in (_POD, _COMPOSE) if line.str.contains(form)[0]), None)
    return None if found is None else NameHead(found)


def _peeled_origin(sample: str, outer: Origin, clock: Clock) -> Origin | None:
    layer = wrappers.peel_text(sample, outer, clock)
    return None if layer is None else layer.origin
