"""Compressed files to bytes: found by content, members joined, damage and bombs named.

Decompression runs in small steps of bounded output, so that memory stays flat and what stands
before a fault is not lost with it.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa

_INPUT_BYTES = 1 << 16
OUTPUT_BYTES = 1 << 20
_BOMB_BYTES = 1 << 30
_BOMB_RATIO = 250
"""Logs shrink 5 to 50 times; repeated lines may reach 200. Beyond both limits it is a bomb."""
_FAULTS = (EOFError, OSError, zlib.error, lzma.LZMAError, ValueError)


@dataclass(frozen=True, slots=True)
class ArchiveDamage:
    """The compressed stream broke off; what was read before it stays."""

    byte_offset: int
    detail: str


@dataclass(frozen=True, slots=True)
class BombLimit:
    """Decompression stops where more than `size` bytes and `ratio` times the input came out."""

    size: int = _BOMB_BYTES
    ratio: int = _BOMB_RATIO


class _Member(Protocol):
    """One member of an archive, as bz2 and lzma offer it."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _GzipMember:
    """zlib's decompressor with the face of bz2's."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        found = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = not self._inner.unconsumed_tail and len(found) < max_length
        return found


_MEMBERS: dict[str, tuple[bytes, Callable[[], _Member]]] = {
    "gzip": (b"\x1f\x8b", _GzipMember),
    "bz2": (b"BZh", bz2.BZ2Decompressor),
    "xz": (b"\xfd7zXZ\x00", lzma.LZMADecompressor),
}
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


def compression_of(head: bytes) -> str:
    """Return gzip, zstd, bz2, xz or none, from the first bytes and never from the name."""
    for name, (magic, _) in _MEMBERS.items():
        if head.startswith(magic):
            return name
    return "zstd" if head.startswith(_ZSTD_MAGIC) else "none"


def read_chunks(
    path: Path,
    compression: str,
    limit: BombLimit | None = None,
    start: int = 0,
    step: int = OUTPUT_BYTES,
) -> Iterator[bytes | ArchiveDamage]:
    """Yield a file's decompressed bytes; damage, or a bomb, ends them with `ArchiveDamage`.

    `start` is where to begin in a file that is not compressed; of such a one, `step` bytes come
    at a time.
    """
    with path.open("rb") as stream:
        if compression == "none":
            stream.seek(start)
            while chunk := stream.read(step):
                yield chunk
            return
        limit = limit or BombLimit()
        pieces = _zstd(path) if compression == "zstd" else _members(stream, compression)
        allowed = max(limit.size, limit.ratio * path.stat().st_size)
        offset = 0
        try:
            for piece in pieces:
                yield piece
                offset += len(piece)
                if offset > allowed:
                    detail = f"decompression bomb: over {allowed} bytes; the rest is not read"
                    yield ArchiveDamage(offset, detail)
                    return
        except _FAULTS as error:
            yield ArchiveDamage(offset, str(error) or type(error).__name__)


def _zstd(path: Path) -> Iterator[bytes]:
    with pa.OSFile(str(path), "rb") as file, pa.CompressedInputStream(file, "zstd") as stream:
        while piece := stream.read(_INPUT_BYTES):
            yield piece


def _members(stream: BinaryIO, compression: str) -> Iterator[bytes]:
    magic, new_member = _MEMBERS[compression]
    member = new_member()
    data = stream.read(_INPUT_BYTES)
    while True:
        if member.eof:
            data = (member.unused_data + data).lstrip(b"\0") or stream.read(_INPUT_BYTES)
            if not data.strip(b"\0"):
                return
            if not data.startswith(magic[:2]):
                raise ValueError("bytes after the end of the archive")
            member = new_member()
        elif not data and member.needs_input:
            raise EOFError("the archive ends before its end mark")
        piece = member.decompress(data, OUTPUT_BYTES)
        if piece:
            yield piece
        data = b"" if member.eof or not member.needs_input else stream.read(_INPUT_BYTES)
