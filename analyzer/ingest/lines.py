"""Bytes to lines, with their numbers and byte offsets, gathered in blocks.

Every byte of the decompressed stream belongs to exactly one line, so the line account of a file
starts here. Offsets are of the decompressed stream.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from analyzer.ingest.archives import ArchiveDamage

MAX_LINE_BYTES = 1 << 20
"""A longer line is quarantined as `too_long` (FORMATS section 8, row 20)."""
MAX_DOCUMENT_BYTES = 128 << 20
"""A document must fit in memory to be parsed; a larger one is quarantined as `too_long`."""
BLOCK_BYTES = 8 << 20
"""So much is looked at together."""

_HEAD_BYTES = 4096
_BOM = b"\xef\xbb\xbf"
_LF = 10
# What a trace export or a wrapper of many records opens with: one line may hold all of it.
_DOCUMENT = re.compile(
    rb"\s*(?:\[\s*[\[{]|\{\s*\"(?:resource_?[Ss]pans|resource_?[Ll]ogs|resource_?[Mm]etrics|data|"
    rb"spans|streams|hits|events|logEvents|messageType|status)\"\s*:)"
)


Other = TypeVar("Other")


class Line(NamedTuple):
    """One physical line without its end mark; `number` counts from 1."""

    number: int
    byte_offset: int
    content: bytes
    too_long: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines that follow each other: `data` and where in it each line ends (after its LF).

    `number` and `byte_offset` are the first line's. The last line of a file may lack its LF.
    """

    data: bytes
    ends: npt.NDArray[np.int64]
    number: int
    byte_offset: int

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.ends)

    def line(self, place: int) -> Line:
        """Return the line at `place`, without its end mark and a byte order mark."""
        start = int(self.ends[place - 1]) if place else 0
        piece = self.data[start : self.ends[place]].removesuffix(b"\n")
        return _line(self.number + place, self.byte_offset + start, piece)

    def lines(self, start: int = 0) -> Iterator[Line]:
        """Yield the lines from `start` on."""
        return map(self.line, range(start, len(self)))


def read_head(path: Path, size: int = 16) -> bytes:
    """Return the first `size` bytes of a file as it lies on disk."""
    with path.open("rb") as stream:
        return stream.read(size)


def split_blocks(
    source: Iterator[bytes | ArchiveDamage],
    number: int = 1,
    byte_offset: int = 0,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[Block | Line | ArchiveDamage]:
    """Yield the lines of `source` in blocks (CR LF and LF end a line, a last one may lack it).

    A line above `MAX_LINE_BYTES` is yielded once, cut to its first 4 KiB and marked `too_long`,
    so that memory stays bounded whatever the file holds; only one that opens a document is read
    up to `MAX_DOCUMENT_BYTES`. `number` and `byte_offset` are those of the first line.
    """
    splitter = _Splitter(number, byte_offset, block_bytes)
    for chunk in source:
        if isinstance(chunk, ArchiveDamage):
            yield from splitter.finish()
            yield chunk
            return
        yield from splitter.take(chunk)
    yield from splitter.finish()


def line_at(stream: BinaryIO, number: int, byte_offset: int) -> Line:
    """Return the line of a plain file that begins at an offset."""
    stream.seek(byte_offset)
    return _line(number, byte_offset, stream.readline().removesuffix(b"\n"))


def lines_of(items: Iterable[Block | Other]) -> Iterator[Line | Other]:
    """Yield the lines of blocks one by one."""
    for item in items:
        if isinstance(item, Block):
            yield from item.lines()
        else:
            yield item


class _Splitter:
    """Gathers chunks until they hold a block of whole lines."""

    def __init__(self, number: int, byte_offset: int, block_bytes: int) -> None:
        self._block_bytes = block_bytes
        self._number = number
        self._offset = byte_offset
        self._parts: list[bytes] = []
        self._size = 0
        self._ended = False  # whether a line ends among the parts
        self._dropped = 0  # bytes of a line too long to keep

    def take(self, chunk: bytes) -> Iterator[Block | Line]:
        if self._dropped:
            end = chunk.find(b"\n") + 1
            if not end:
                self._dropped += len(chunk)
                return
            yield self._cut(end)
            chunk = chunk[end:]
        self._parts.append(chunk)
        self._size += len(chunk)
        self._ended = self._ended or b"\n" in chunk
        if self._ended and self._size >= self._block_bytes:
            yield from self._emit()
        if not self._ended and self._size > MAX_LINE_BYTES:
            self._drop()

    def finish(self) -> Iterator[Block | Line]:
        """Yield what is left, with or without an end mark."""
        if self._dropped:
            yield self._cut(0)
        elif self._size:
            yield self._block(b"".join(self._parts))

    def _emit(self) -> Iterator[Block]:
        rest = b""
        while not (end := self._parts[-1].rfind(b"\n") + 1):
            rest = self._parts.pop() + rest
        # What has many bytes is copied once only.
        last = self._parts.pop()
        rest = last[end:] + rest
        joined = b"".join([*self._parts, memoryview(last)[:end]])
        self._parts, self._size, self._ended = [rest] if rest else [], len(rest), False
        yield self._block(joined)

    def _block(self, content: bytes) -> Block:
        ends = np.flatnonzero(np.frombuffer(content, np.uint8) == _LF) + 1
        if not content.endswith(b"\n"):
            ends = np.append(ends, len(content))
        block = Block(content, ends, self._number, self._offset)
        self._number += len(ends)
        self._offset += len(content)
        return block

    def _drop(self) -> None:
        """Stop keeping a line that goes on and on, unless it may be a document."""
        if len(self._parts[0]) < _HEAD_BYTES:
            self._parts = [b"".join(self._parts)]
        head = self._parts[0][:_HEAD_BYTES]
        if self._size > MAX_DOCUMENT_BYTES or not opens_with_document(head):
            self._dropped, self._parts, self._size = self._size, [head], 0

    def _cut(self, end: int) -> Line:
        line = Line(self._number, self._offset, self._parts[0], too_long=True)
        self._number += 1
        self._offset += self._dropped + end
        self._parts, self._dropped = [], 0
        return line


def opens_with_document(head: bytes) -> bool:
    """Tell from its beginning whether a line may hold a whole document (a trace export)."""
    return _DOCUMENT.match(head.removeprefix(_BOM)) is not None


def _line(number: int, start: int, piece: bytes) -> Line:
    if len(piece) > MAX_LINE_BYTES:
        head = piece[:_HEAD_BYTES]
        if len(piece) > MAX_DOCUMENT_BYTES or not opens_with_document(head):
            return Line(number, start, head, too_long=True)
    if number == 1 and piece.startswith(_BOM):
        piece = piece[3:]
    return Line(number, start, piece.removesuffix(b"\r"))
