"""The hash of a file's content as it is read, and of all before a place reading can go on at."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from hashlib import _Hash

_MAX_UNHASHED = 64 << 20
_STEP = 1 << 20


class PrefixHasher:
    """Hashes a stream as it goes by, and can tell the hash of all before a recent offset."""

    def __init__(self) -> None:
        self._hash: _Hash = sha256()
        self._hashed = 0
        self._waiting: list[bytes] = []
        self.size = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes; the latest stay unhashed, so that a place in them can be told."""
        self._waiting.append(chunk)
        self.size += len(chunk)
        while self.size - self._hashed > _MAX_UNHASHED:
            self._take(self._waiting.pop(0))

    def feed_from(self, stream: BinaryIO, size: int | None = None) -> None:
        """Take a file's bytes, `size` of them at most."""
        left = size
        while chunk := stream.read(_STEP if left is None else min(_STEP, left)):
            self._take(chunk)
            self.size += len(chunk)
            left = None if left is None else left - len(chunk)

    def digest_at(self, offset: int) -> str | None:
        """Return the hash of all before `offset`, None where it lies too far back."""
        if offset < self._hashed:
            return None
        while self._waiting and self._hashed + len(self._waiting[0]) <= offset:
            self._take(self._waiting.pop(0))
        ahead = self._hash.copy()
        if self._waiting:
            ahead.update(self._waiting[0][: offset - self._hashed])
        return ahead.hexdigest()

    def digest(self) -> str:
        """Return the hash of all so far."""
        while self._waiting:
            self._take(self._waiting.pop(0))
        return self._hash.hexdigest()

    def _take(self, chunk: bytes) -> None:
        self._hash.update(chunk)
        self._hashed += len(chunk)
