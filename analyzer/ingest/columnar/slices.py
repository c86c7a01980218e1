"""Stretches of a block's bytes as columns, without a step for each line.

Eight bytes at a time are gathered from wherever they begin; texts are laid out as Arrow's views,
which hold up to twelve bytes themselves and point into the block for all that are longer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from analyzer.ingest.columnar.page import Flags

Offsets = npt.NDArray[np.int64]
"""Places of bytes within a block."""
_Eights = npt.NDArray[np.uint64]

SHORTEST = _BYTES = 8
"""A block of fewer bytes cannot be cut."""
_VIEW_BYTES = 12
_PAD = 20
_MOST_DIGITS = 19
_MINUS, _ZERO = b"-0"


def _masks(count: int, shown: range) -> _Eights:
    """Return, for each number of bytes, eight bytes of which those in `shown` are all ones."""
    sizes = [min(max(n - shown.start, 0), len(shown)) for n in range(count)]
    return np.array([(1 << 8 * size) - 1 for size in sizes], np.uint64)


# What a view of so many bytes holds of them itself: four behind its length, then eight more. Of
# longer texts the four are there, too.
_FIRST_FOUR = _masks(_VIEW_BYTES + 2, range(4)) << np.uint64(32)
_NEXT_EIGHT = _masks(_VIEW_BYTES + 1, range(4, _VIEW_BYTES))
_ALL_ZEROS = np.uint64(0x3030303030303030)
# The last so many digits of eight, zeros before them.
_LAST_DIGITS = ~_masks(_BYTES + 1, range(_BYTES))[::-1]


def padded(data: bytes) -> bytes:
    """Return `data` with some zeros behind, so that one may look a little behind its end."""
    return data + bytes(_PAD)


class Slices:
    """The bytes of a block of lines, not fewer than `SHORTEST`; its texts must be UTF-8."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.bytes = np.frombuffer(data, np.uint8)
        self._last = len(data) - _BYTES
        self._eights: _Eights = np.ndarray((self._last + 1,), "<u8", buffer=data, strides=(1,))

    def say(self, starts: Offsets, word: bytes) -> Flags:
        """Tell where the bytes from each start on are `word`."""
        last = len(self._data) - len(word)
        inside = (starts >= 0) & (starts <= last)
        if not inside.all():
            starts = np.clip(starts, 0, max(last, 0))
        if last < 0:
            return inside
        words = np.ndarray((last + 1,), f"V{len(word)}", buffer=self._data, strides=(1,))
        found = words[starts]
        # Mostly all do, and one look is enough.
        if found.tobytes() == word * len(starts):
            return inside
        told = found.view(np.uint8).reshape(len(starts), -1) == np.frombuffer(word, np.uint8)
        alike: Flags = told.all(axis=1) & inside
        return alike

    def texts(self, starts: Offsets, ends: Offsets) -> pl.Series:
        """Return what stands between each start and end; none is a character in two."""
        sizes = ends - starts
        views = np.empty((len(starts), 2), np.uint64)
        begin = self._at(starts) << np.uint64(32)
        behind = starts.astype(np.uint64) << np.uint64(32)  # of the first buffer, number 0
        if len(sizes) and sizes.min() > _VIEW_BYTES:
            views[:, 0] = begin
            views[:, 1] = behind
        else:
            kept = np.minimum(sizes, _VIEW_BYTES + 1)
            views[:, 0] = begin & _FIRST_FOUR[kept]
            short = kept <= _VIEW_BYTES
            more = self._at(starts + 4) & _NEXT_EIGHT[np.minimum(kept, _VIEW_BYTES)]
            views[:, 1] = more if short.all() else np.where(short, more, behind)
        views[:, 0] |= sizes.astype(np.uint64)
        buffers = [None, pa.py_buffer(views), pa.py_buffer(self._data)]
        return pl.Series(pa.Array.from_buffers(pa.string_view(), len(views), buffers))

    def wholes(self, starts: Offsets, ends: Offsets) -> tuple[pl.Series, Flags]:
        """Return the whole numbers between starts and ends, and where they are such.

        They are as JSON writes them: without a plus, a leading zero or a negative zero, and of
        64 bits. Elsewhere the number means nothing.
        """
        first = self.bytes[np.minimum(starts, len(self.bytes) - 1)]
        negative = first == _MINUS
        count = ends - starts - negative
        good = (count > 0) & (count <= _MOST_DIGITS)
        found = np.zeros(len(starts), np.uint64)
        scale = 1
        for done in range(0, min(int(count.max(initial=0)), _MOST_DIGITS), _BYTES):
            digits = self._before(ends - done)
            kept = _LAST_DIGITS[np.clip(count - done, 0, _BYTES)]
            digits = (digits & kept) ^ (_ALL_ZEROS & kept)
            # Any byte above nine shows in its highest bit.
            good &= (digits + np.uint64(0x7676767676767676) | digits) & np.uint64(
                0x8080808080808080
            ) == 0
            found += _number(digits) * np.uint64(scale)
            scale *= 10**_BYTES
        good &= found < 2**63
        odd = (first == _ZERO) & (count > 1)
        if negative.any():
            leading = self.bytes[np.minimum(starts + 1, len(self.bytes) - 1)]
            odd |= negative & (leading == _ZERO)
        values = found.astype(np.int64)
        return pl.Series(np.where(negative, -values, values)), good & ~odd

    def _at(self, starts: Offsets) -> _Eights:
        """Return the eight bytes from each start on, zeros behind the block's end."""
        if len(starts) and starts.max() > self._last:
            inside = np.minimum(starts, self._last)
            found: _Eights = self._eights[inside] >> (8 * (starts - inside)).astype(np.uint64)
            return found
        return self._eights[starts]

    def _before(self, ends: Offsets) -> _Eights:
        """Return the eight bytes before each end, zeros before the block's beginning."""
        starts = ends - _BYTES
        if len(starts) and starts.min() < 0:
            inside = np.maximum(starts, 0)
            found: _Eights = self._eights[inside] << (8 * (inside - starts)).astype(np.uint64)
            return found
        return self._eights[starts]


def _number(digits: _Eights) -> _Eights:
    """Return the number that eight digits (0 to 9, the first in the lowest byte) write."""
    pairs = (digits * np.uint64(10) + (digits >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64(100) + (pairs >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    found: _Eights = (fours * np.uint64(10_000) + (fours >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
    return found
