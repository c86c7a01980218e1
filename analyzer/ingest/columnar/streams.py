"""Which lines of a block must be read one by one, though a template reads them.

A record stays open until its stream goes on with another, and a line that came in pieces waits
for its end: so the line before one that no template reads, and the one behind a piece, are left
to the reader of single lines; and so is the last of each stream, since the next block may go on.
"""

from __future__ import annotations

import numpy as np

from analyzer.ingest.columnar.origins import Origins
from analyzer.ingest.columnar.page import Flags, Places

_BARE = 0
_UNKNOWN = -1


class Streams:
    """The streams that the lines of one block came by.

    `split` tells whether lines may come in pieces, `waiting` whether some piece waits already.
    """

    def __init__(self, count: int, *, split: bool, waiting: bool) -> None:
        self._codes = np.full(count, _UNKNOWN, dtype=np.int64)
        self._pieces = np.zeros(count, dtype=np.bool_)
        self._opening = np.zeros(count, dtype=np.bool_)
        self._names = {"": _BARE}
        self._split = split
        self._waiting = waiting

    def bare(self, places: Places) -> None:
        """Note lines that stand in no wrapper."""
        self._codes[places] = _BARE

    def opening(self, places: Places) -> None:
        """Note lines in no stream of a wrapper's that open records, whoever reads them."""
        self._codes[places] = _BARE
        self._opening[places] = True

    def wrapped(self, places: Places, origins: Origins, pieces: Flags | None) -> None:
        """Note lines by what their outermost wrapper says of them."""
        names = [kind.source for kind in origins.kinds]
        known = [self._names.setdefault(name, len(self._names)) for name in names]
        self._codes[places] = np.array(known, dtype=np.int64)[origins.codes.to_numpy()]
        if pieces is not None:
            self._pieces[places[pieces]] = True

    def is_bare(self, place: int) -> bool:
        """Tell whether a line that some template read stands in no wrapper."""
        return bool(self._codes[place] == _BARE)

    def open(self, regular: Flags, blank: Flags) -> Places:
        """Return the places of the `regular` lines that must be read alone all the same."""
        said = np.flatnonzero(~blank)
        regular, codes, pieces = regular[said], self._codes[said], self._pieces[said]
        opening = regular | self._opening[said]
        open_ = [said[regular & _before_others(opening)]]
        unknown = codes == _UNKNOWN
        for code in self._names.values() if len(self._names) > 1 else ():
            stream = np.flatnonzero((codes == code) | unknown)
            ours = regular[stream]
            open_.append(said[stream[ours & _before_others(opening[stream])]])
            if self._split:
                cut = pieces[stream] | unknown[stream]
                behind = ours & np.append(self._waiting, cut[:-1])
                open_.append(said[stream[behind]])
        return np.unique(np.concatenate(open_))

    def __len__(self) -> int:
        """Return the number of streams."""
        return len(self._names)


def _before_others(opening: Flags) -> Flags:
    """Tell the lines behind which one may go on that opens no record, and the last."""
    return np.append(~opening[1:], True)
