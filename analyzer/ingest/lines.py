"""Bytes to lines: decompression by content, line numbers, byte offsets, and what went wrong.

Every byte of the decompressed stream belongs to exactly one line, so the line account of a file
starts here. Offsets are of the decompressed stream.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pyarrow as pa

MAX_LINE_BYTES = 1 << 20
"""A longer line is quarantined as `too_long` (FORMATS section 8, row 20)."""

_CHUNK_BYTES = 1 << 20
_HEAD_BYTES = 4096
_BOM = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One physical line without its end mark; `number` counts from 1."""

    number: int
    byte_offset: int
    content: bytes
    too_long: bool = False


@dataclass(frozen=True, slots=True)
class ArchiveDamage:
    """The compressed stream broke off; what was read before it stays."""

    byte_offset: int
    detail: str


def compression_of(head: bytes) -> str:
    """Return gzip, zstd, bz2, xz or none, from the first bytes and never from the name."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return "zstd"
    if head.startswith(b"BZh"):
        return "bz2"
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz"
    return "none"


def read_head(path: Path, size: int = 16) -> bytes:
    """Return the first `size` bytes of a file as it lies on disk."""
    with path.open("rb") as stream:
        return stream.read(size)


def open_stream(path: Path, compression: str) -> BinaryIO:
    """Return the decompressed byte stream of a file; several members count as one stream."""
    if compression == "gzip":
        return io.BufferedReader(gzip.open(path, "rb"))
    if compression == "bz2":
        return io.BufferedReader(bz2.open(path, "rb"))
    if compression == "xz":
        return io.BufferedReader(lzma.open(path, "rb"))
    if compression == "zstd":
        return pa.CompressedInputStream(pa.OSFile(str(path), "rb"), "zstd")  # type: ignore[no-any-return]
    return path.open("rb")


def chunks(stream: BinaryIO) -> Iterator[bytes | ArchiveDamage]:
    """Yield the stream's bytes; a damaged archive ends it with an `ArchiveDamage`."""
    offset = 0
    while True:
        try:
            chunk = stream.read(_CHUNK_BYTES)
        except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
            yield ArchiveDamage(offset, str(error))
            return
        if not chunk:
            return
        offset += len(chunk)
        yield chunk


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
