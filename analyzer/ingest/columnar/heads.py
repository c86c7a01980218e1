"""Heads that runtimes and collectors put before lines, taken off a whole column at a time.

A head tells of each line the text below it, and to which of few kinds its origin belongs: what a
kind means is asked of the reader of single lines, once for each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from analyzer.ingest.columnar.distinct import coded
from analyzer.ingest.columnar.page import Flags, Page, Places
from analyzer.ingest.line_times import Origin
from analyzer.ingest.times import Clock

ZONED_TIME = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
MONTH_AND_CLOCK = (
    "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-9][0-9] "
    r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
)
MAX_KINDS = 256
"""Where a head tells of more kinds of lines in one block, they are read one by one."""


class Peeled(NamedTuple):
    """What a head takes off some lines of a page.

    `places` are theirs, `texts` what stood below it. `codes` tell the kind of each line, and
    `samples` the place of one line of each kind. `arrival_ns` are in UTC if `zoned` (None: the
    head tells no time). `pieces` tells the lines that are not whole, whose texts are not to be
    read, `ended` those that end in a line feed within their wrapper (None: it needs none).
    """

    places: Places
    texts: pl.Series
    codes: pl.Series
    samples: Sequence[int]
    arrival_ns: pl.Series | None = None
    zoned: bool = True
    pieces: Flags | None = None
    ended: Flags | None = None

    def filter(self, chosen: pl.Series) -> Peeled:
        """Return what was taken off the lines for which `chosen` is true."""
        flags = chosen.to_numpy()
        return self._replace(
            places=self.places[flags],
            texts=self.texts.filter(chosen),
            codes=self.codes.filter(chosen),
            arrival_ns=None if self.arrival_ns is None else self.arrival_ns.filter(chosen),
            pieces=None if self.pieces is None else self.pieces[flags],
            ended=None if self.ended is None else self.ended[flags],
        )


class Head(ABC):
    """One form of head, as a line of a file showed it.

    `splits` tells whether it may stand before parts of a line; lines with it are counted as of
    the formats `counts_as` too, beside their own. `yearless` heads tell times without a year.
    What is `transparent` says nothing of where a line came from; what stands below an `open` one
    may be its own message, and no line apart: nor does it tell streams apart.
    """

    splits: bool = False
    transparent: bool = False
    open: bool = False
    counts_as: tuple[str, ...] = ()
    yearless: bool = False

    @abstractmethod
    def peel(self, page: Page, places: Places, clock: Clock, *, ends_lines: bool) -> Peeled | None:
        """Take the head off the lines at `places` that have it; None: not of this block.

        `ends_lines` tells whether a line before ended in a line feed within its wrapper.
        """

    @abstractmethod
    def origin(self, sample: str, outer: Origin, clock: Clock) -> Origin | None:
        """Return what the head of one line says, the line itself being of origin `outer`.

        None: the reader of single lines reads the line otherwise.
        """


def kinds_of(keys: pl.Series, places: Places) -> tuple[pl.Series, list[int]] | None:
    """Return the code of each key, and the place of the first line of each; None: too many."""
    codes, texts = coded(keys)
    if len(texts) > MAX_KINDS:
        return None
    first = np.unique(codes.to_numpy(), return_index=True)[1]
    return codes, places[first].tolist()


def on_one_line(texts: pl.Series) -> pl.Series:
    """Tell the texts that can stand on a line of their own."""
    return ~texts.str.contains("\n", literal=True)
