"""Pieces of a block of bytes as columns of texts, without copying the longer ones.

A column of texts is a column of views (Arrow's layout for strings): each tells its length and
either holds a short text itself or points into the block.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Offsets = npt.NDArray[np.int64]
"""Places of bytes in a block."""

_INLINE = 12
"""So many bytes stand in the view itself."""
_HEAD = 4
_PAD = bytes(_INLINE + 8)
_SHIFT = np.uint64(32)
_LOW = np.array([2 ** (8 * count) - 1 for count in range(9)], np.uint64)
"""The lowest bytes of a word, by their number."""


class Slices:
    """The bytes of a block; `texts` gives pieces of them, which must be UTF-8."""

    def __init__(self, data: bytes) -> None:
        """Look at `data`; it is copied once."""
        self.bytes = np.frombuffer(data + _PAD, np.uint8)
        self._buffer = pa.py_buffer(self.bytes)
        # Every place begins a word: so many bytes are looked at with each.
        self._words = _words(self.bytes, 0)
        self._behind_head = _words(self.bytes, _HEAD)

    def texts(self, starts: Offsets, ends: Offsets) -> pl.Series:
        """Return the pieces from `starts` to before `ends`."""
        lengths = ends - starts
        views = np.empty((len(starts), 2), np.uint64)
        head = self._words[starts] & _LOW[np.minimum(lengths, _HEAD)]
        views[:, 0] = lengths.astype(np.uint64) | (head << _SHIFT)
        places = starts.astype(np.uint64) << _SHIFT
        short = lengths <= _INLINE
        if short.any():
            rest = self._behind_head[starts] & _LOW[np.clip(lengths - _HEAD, 0, 8)]
            places = np.where(short, rest, places)
        views[:, 1] = places
        buffers = [None, pa.py_buffer(views), self._buffer]
        return pl.Series(pa.Array.from_buffers(pa.string_view(), len(starts), buffers))


def _words(data: npt.NDArray[np.uint8], offset: int) -> npt.NDArray[np.uint64]:
    size = len(data) - offset - 7
    return np.ndarray((size,), np.dtype("<u8"), data, offset, (1,))
