"""A block of lines sorted: those read as columns, and those that must be read one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from analyzer.ingest.columnar.book import Book, Part
from analyzer.ingest.columnar.page import Flags, Page, Places
from analyzer.ingest.columnar.sheet import Sheet
from analyzer.ingest.columnar.streams import Streams
from analyzer.ingest.formats.split_lines import SplitLines
from analyzer.ingest.lines import Block, Line

# How a text of JSON that ends in a line feed ends, or one within such a text.
_ENDED = (b'\\n"', b'\\n\\"')


class Sorted(NamedTuple):
    """What became of a block's lines.

    `others` are the places of those that no sheet holds. The line at `last` was the last that a
    template read (-1: none): it opens a record for sure, and all after it are among the others.
    `bare` tells whether that line stands in no wrapper.
    """

    sheets: list[Sheet]
    others: Places
    last: int
    bare: bool


def sort(book: Book, block: Block, splits: SplitLines) -> Sorted:
    """Return the lines that templates read, and the places of all others in their order.

    `splits` tells how lines before were cut into pieces.
    """
    page = Page(block)
    found = book.read(page, None, splits)
    unsure = not splits.ends_lines and _end_differently(block, found.ended)
    if not found.parts or found.tangled or unsure:
        return Sorted([], np.arange(len(block)), -1, bare=False)
    streams = Streams(len(block), split=book.splits, waiting=len(splits) > 0)
    for below in found.below:
        if below.head.open:
            streams.opening(below.peeled.places)
        else:
            streams.wrapped(below.peeled.places, below.origins, below.peeled.pieces)
    regular = np.zeros(len(block), dtype=np.bool_)
    for part in found.parts:
        regular[part.places] = True
        if part.origins is None or not part.origins.depth:
            streams.bare(part.places)
    last = int(np.flatnonzero(regular)[-1])
    bare = streams.is_bare(last)
    regular[streams.open(regular, page.blank)] = False
    regular[last] = False
    sheets = [_sheet(block, regular, part) for part in found.parts]
    others = np.flatnonzero(~regular)
    return Sorted([sheet for sheet in sheets if len(sheet)], others, last, bare)


def _end_differently(block: Block, ended: Sequence[Flags]) -> bool:
    """Tell whether some lines end in a line feed within their wrappers, and others do not.

    Then which of them are cut hangs on which was the first that ended so.
    """
    return not all(flags.all() for flags in ended) and any(mark in block.data for mark in _ENDED)


def _sheet(block: Block, regular: Flags, part: Part) -> Sheet:
    def line_of(number: int) -> Line:
        return block.line(number - block.number)

    lesson, places, columns, origins = part
    sheet = Sheet(
        lesson.template.format,
        lesson.shape,
        pl.Series(places + block.number),
        lesson.named(columns),
        line_of,
        lesson.wording,
        origins,
    )
    return sheet.select(pl.Series(regular[places]))
