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
_BLANK, _QUOTE, _BACKSLASH = b' "\\'


class Page:
    """The lines of one block; `blank` tells those that hold nothing, or too much to look at."""

    def __init__(self, block: Block) -> None:
        self.data = block.data
        self._bytes = np.frombuffer(block.data, np.uint8)
        self._starts = np.concatenate([np.zeros(1, dtype=np.int64), block.ends[:-1]])
        self._behind = block.ends
        self._aside = block.ends - self._starts > MAX_LINE_BYTES

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self._behind)

    @cached_property
    def blank(self) -> Flags:
        """Tell the lines that are blank or too long."""
        # Few lines begin with a blank or an end mark; only they may hold nothing else.
        blank: Flags = self._aside.copy()
        doubtful = np.flatnonzero(self._bytes[self._starts] <= _BLANK)
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
            places = zip(self._starts.tolist(), self._behind.tolist(), strict=True)
            found = pl.Series([_text(self.data[start:behind]) for start, behind in places])
        if self._aside.any():
            found = found.scatter(np.flatnonzero(self._aside), "")
        return found

    @cached_property
    def is_text(self) -> bool:
        """Tell whether all of the block is UTF-8."""
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
    def end_mark(self) -> str:
        """What the first line ends with."""
        behind = int(self._behind[0])
        return "\r\n" if self.data[:behind].endswith(b"\r\n") else "\n"

    @cached_property
    def quotes(self) -> npt.NDArray[np.uint8]:
        """The number of quotes in each line but those behind a backslash, modulo 256."""
        here = self._bytes == _QUOTE
        if self._slashes is not None:
            here[1:] &= ~self._slashes[:-1]
        return np.add.reduceat(here.view(np.uint8), self._starts, dtype=np.uint8)

    @cached_property
    def slashed(self) -> Flags:
        """Tell the lines that hold a backslash."""
        return self._any(self._slashes)

    @cached_property
    def tangled(self) -> Flags:
        """Tell the lines that hold two backslashes in a row: which quotes are escaped is open."""
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
        return np.logical_or.reduceat(here, self._starts)

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
        return _text(self.data[self._starts[place] : self._behind[place]])


def _text(line: bytes) -> str:
    try:
        return line.removesuffix(b"\n").removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        return "\ufffd"


def _bare(lines: pl.Series) -> pl.Series:
    return lines.str.strip_suffix("\n").str.strip_suffix("\r")
