"""Bytes to lines, with their numbers and byte offsets.

Every byte of the decompressed stream belongs to exactly one line, so the line account of a file
starts here. Offsets are of the decompressed stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from analyzer.ingest.archives import ArchiveDamage

MAX_LINE_BYTES = 1 << 20
"""A longer line is quarantined as `too_long` (FORMATS section 8, row 20)."""

_HEAD_BYTES = 4096
_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One physical line without its end mark; `number` counts from 1."""

    number: int
    byte_offset: int
    content: bytes
    too_long: bool = False


def read_head(path: Path, size: int = 16) -> bytes:
    """Return the first `size` bytes of a file as it lies on disk."""
    with path.open("rb") as stream:
        return stream.read(size)


def split_lines(
    source: Iterator[bytes | ArchiveDamage], limit: int = MAX_LINE_BYTES
) -> Iterator[Line | ArchiveDamage]:
    """Yield the lines of `source` (CR LF and LF end a line, a last line may lack its end).

    A line above `limit` bytes is yielded once, cut to its first 4 KiB and marked `too_long`, so
    that memory stays bounded whatever the file holds.
    """
    number, start = 1, 0
    rest, dropped = b"", 0
    for chunk in source:
        if isinstance(chunk, ArchiveDamage):
            if rest:
                yield _line(number, start, rest, dropped, limit)
            yield chunk
            return
        pieces = (rest + chunk).split(b"\n")
        rest = pieces.pop()
        for piece in pieces:
            yield _line(number, start, piece, dropped, limit)
            start += dropped + len(piece) + 1
            number, dropped = number + 1, 0
        if len(rest) > limit:
            dropped += len(rest) - _HEAD_BYTES
            rest = rest[:_HEAD_BYTES]
    if rest:
        yield _line(number, start, rest, dropped, limit)


def _line(number: int, start: int, piece: bytes, dropped: int, limit: int) -> Line:
    if dropped or len(piece) > limit:
        return Line(number, start, piece[:_HEAD_BYTES], too_long=True)
    if number == 1 and piece.startswith(_BOM):
        piece = piece[3:]
    return Line(number, start, piece.removesuffix(b"\r"))
