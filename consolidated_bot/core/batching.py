"""Many callers, one transaction: what arrives while a flush is under way shares the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Coalescer(Generic[T]):
    """Collects items and flushes them together; errors reach every caller concerned."""

    def __init__(self, flush: Callable[[list[T]], Awaitable[None]], limit: int = 500) -> None:
        """Flush at most `limit` items at a time by `flush`."""
        self._flush = flush
        self._limit = limit
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._task: asyncio.Future[None] | None = None

    def put(self, item: T) -> asyncio.Future[None]:
        """Hand `item` over; the future is done when it has been flushed."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._drain())
        return future

    @property
    def idle(self) -> bool:
        """Whether nothing waits to be flushed (a last future may be about to be done)."""
        return not self._waiting

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
            try:
                await self._flush([item for item, _ in batch])
            except Exception as error:  # noqa: BLE001 - handed to every caller of the batch
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                        future.exception()  # a caller that does not wait must not raise a warning
            else:
                for _, future in batch:
                    if not future.done():
                        future.set_result(None)
