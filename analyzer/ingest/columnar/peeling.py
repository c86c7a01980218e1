"""A head of some lines taken off: what stands below, and of what origin each line then is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from analyzer.ingest.columnar.heads import MAX_KINDS, Head, Peeled
from analyzer.ingest.columnar.json_heads import learn_json_head
from analyzer.ingest.columnar.origins import Origins
from analyzer.ingest.columnar.page import Page, Places
from analyzer.ingest.columnar.syslog_heads import learn_syslog_head
from analyzer.ingest.columnar.text_heads import learn_text_head
from analyzer.ingest.line_times import NO_ORIGIN
from analyzer.ingest.lines import Block
from analyzer.ingest.times import Clock


class Below(NamedTuple):
    """Lines that a head was taken off, and what their wrappers say of them."""

    head: Head
    peeled: Peeled
    origins: Origins

    def filter(self, chosen: pl.Series) -> Below:
        """Return the lines for which `chosen` is true."""
        return Below(self.head, self.peeled.filter(chosen), self.origins.filter(chosen))

    def at(self, places: Places) -> Below:
        """Return what this is of lines of a page, these being the lines at `places` of another."""
        peeled = self.peeled
        return self._replace(peeled=peeled._replace(places=places[peeled.places]))

    def whole(self) -> Below:
        """Return the lines that are no pieces."""
        pieces = self.peeled.pieces
        return self if pieces is None else self.filter(pl.Series(~pieces))


def learn_head(sample: str, clock: Clock) -> Head | None:
    """Return the head of a line, None where it has none that is known here."""
    if sample[:1] == "{":
        return learn_json_head(sample, clock)
    return learn_text_head(sample, clock) or learn_syslog_head(sample, clock)


def taken_off(
    head: Head, peeled: Peeled, page: Page, outer: Origins | None, clock: Clock
) -> Below | None:
    """Return what stands below a head; `outer` are the origins of all lines of the page.

    Lines of which the reader of single lines would not take it off are left out. None: all are,
    or they are of too many kinds.
    """
    if outer is None:
        outer = _of_no_wrapper(len(page))
    theirs = outer.gather(pl.Series(peeled.places))
    kinds = len(peeled.samples)
    if kinds * len(outer.kinds) > MAX_KINDS:
        return None
    samples = [page.text(place) for place in peeled.samples]
    found = [head.origin(sample, kind, clock) for kind in outer.kinds for sample in samples]
    codes = theirs.codes * kinds + peeled.codes
    arrival, zoned = theirs.arrival_ns, theirs.zoned
    if peeled.arrival_ns is not None:
        arrival, zoned = peeled.arrival_ns, peeled.zoned
    known = [kind or NO_ORIGIN for kind in found]
    origins = Origins(
        known,
        codes,
        arrival,
        zoned,
        heads=(*outer.heads, *head.counts_as),
        yearless=outer.yearless + head.yearless,
    )
    below = Below(head, peeled, origins)
    if all(kind is not None for kind in found):
        return below
    good = pl.Series([kind is not None for kind in found]).gather(codes)
    return below.filter(good) if good.any() else None


def _of_no_wrapper(count: int) -> Origins:
    codes = pl.repeat(0, count, dtype=pl.UInt32, eager=True)
    return Origins([NO_ORIGIN], codes, None, zoned=True)


def block_of(texts: pl.Series) -> Block:
    """Return texts as the lines of a block; none of them holds a line feed."""
    data = (str(texts.str.join("\n")[0]) + "\n").encode()
    ends = np.cumsum(texts.str.len_bytes().to_numpy().astype(np.int64) + 1)
    return Block(data, ends, 0, 0)
