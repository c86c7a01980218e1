"""A block of lines as the templates see it; each view of it is made when first asked for."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from analyzer.ingest.lines import MAX_LINE_BYTES, Block

Places = npt.NDArray[np.int64]
"""Numbers of lines within a block, from 0, in their order."""
Flags = npt.NDArray[np.bool_]

_BLANKS = " \t\n\r\x0b\x0c"
_BLANK, _LF, _CR, _QUOTE, _BACKSLASH = b' \n\r"\\'


class Page:
    """The lines of one block; `starts` is where in its bytes they begin."""

    def __init__(self, block: Block) -> None:
        self.data = block.data
        self._bytes = np.frombuffer(block.data, np.uint8)
        self.starts = np.concatenate([np.zeros(1, dtype=np.int64), block.ends[:-1]])
        self._behind = block.ends
        self._aside = block.ends - self.starts > MAX_LINE_BYTES

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self._behind)

    @cached_property
    def blank(self) -> Flags:
        """Tell the lines that hold nothing, or too much to look at."""
        # Few lines begin with a blank or an end mark; only they may hold nothing else.
        blank: Flags = self._aside.copy()
        doubtful = np.flatnonzero(self._bytes[self.starts] <= _BLANK)
        if len(doubtful):
            bare = self.texts.gather(doubtful).str.strip_chars(_BLANKS) == ""
            blank[doubtful] |= bare.to_numpy()
        return blank

    @cached_property
    def texts(self) -> pl.Series:
        """The lines without end marks, too long ones empty; what is not UTF-8 is U+FFFD alone."""
        if self.is_text:
            found = _bare(self.whole)
        else:
            places = zip(self.starts.tolist(), self._behind.tolist(), strict=True)
            found = pl.Series([_text(self.data[start:behind]) for start, behind in places])
        if self._aside.any():
            found = found.scatter(np.flatnonzero(self._aside), "")
        return found

    @cached_property
    def is_text(self) -> bool:
        """Tell whether all of the block is UTF-8."""
        if self.data.isascii():
            return True
        try:
            self.data.decode()
        except UnicodeDecodeError:
            return False
        return True

    @cached_property
    def whole(self) -> pl.Series:
        """The lines of a block of UTF-8 with their end marks."""
        offsets = np.concatenate([np.zeros(1, dtype=np.int64), self._behind]).astype(np.int32)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(self.data)]
        return pl.Series(pa.Array.from_buffers(pa.string(), len(self), buffers))

    @cached_property
    def stops(self) -> Places:
        """Where each line ends, before its end mark."""
        stops: Places = self._behind - (self._bytes[self._behind - 1] == _LF)
        returned = (self._bytes[stops - 1] == _CR) & (stops > self.starts)
        return stops - returned if returned.any() else stops

    @cached_property
    def quotes(self) -> Places:
        """Where quotes stand in the block, but for those behind a backslash."""
        here = self._bytes == _QUOTE
        if self._slashes is not None:
            here[1:] &= ~self._slashes[:-1]
        return np.flatnonzero(here)

    @cached_property
    def first_quotes(self) -> Places:
        """The number of the first quote in each line, or behind it where it has none."""
        return np.searchsorted(self.quotes, self.starts)

    @cached_property
    def quote_counts(self) -> Places:
        """The number of quotes in each line."""
        return np.diff(self.first_quotes, append=len(self.quotes))

    @cached_property
    def doubtful(self) -> Flags:
        """Tell the lines that are no JSON as it is mostly written.

        They hold control characters, or two backslashes in a row: which quotes are escaped is
        open.
        """
        return self._tangled | self._controlled

    @property
    def _controlled(self) -> Flags:
        found = np.zeros(len(self), np.bool_)
        control = self._bytes < _BLANK
        if np.count_nonzero(control) == (self._behind - self.stops).sum():
            return found  # there are none but in end marks
        places = np.flatnonzero(control)
        lines = np.searchsorted(self._behind, places, side="right")
        found[lines[places < self.stops[lines]]] = True
        return found

    @cached_property
    def slashed(self) -> Flags:
        """Tell the lines that hold a backslash."""
        return self._any(self._slashes)

    @property
    def _tangled(self) -> Flags:
        twice = None
        if self._slashes is not None and b"\\\\" in self.data:
            twice = self._slashes.copy()
            twice[1:] &= self._slashes[:-1]
            twice[0] = False
        return self._any(twice)

    @cached_property
    def _slashes(self) -> Flags | None:
        return self._bytes == _BACKSLASH if b"\\" in self.data else None

    def _any(self, here: Flags | None) -> Flags:
        if here is None:
            return np.zeros(len(self), np.bool_)
        return np.logical_or.reduceat(here, self.starts)

    def texts_at(self, places: Places) -> pl.Series:
        """Return some lines as `texts` gives them; of few only these are made."""
        if len(places) == len(self):
            return self.texts
        if self.is_text and not self._aside[places].any():
            return _bare(self.whole.gather(places))
        return self.texts.gather(places)

    def text(self, place: int) -> str:
        """Return one line as `texts` gives it."""
        if self._aside[place]:
            return ""
        return _text(self.data[self.starts[place] : self._behind[place]])


def _text(line: bytes) -> str:
    try:
        return line.removesuffix(b"\n").removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        return "\ufffd"


def _bare(lines: pl.Series) -> pl.Series:
    return lines.str.strip_suffix("\n").str.strip_suffix("\r")
