"""Many callers, one transaction: what arrives while flushes are under way shares the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Coalescer(Generic[T]):
    """Collects items and flushes them together; errors reach every caller concerned."""

    def __init__(
        self,
        flush: Callable[[list[T]], Awaitable[None]],
        *,
        limit: int = 500,
        at_once: int = 1,
        linger_seconds: float = 0.0,
    ) -> None:
        """Flush at most `limit` items at a time by `flush`, `at_once` times in parallel.

        The first after a pause waits `linger_seconds` for company.
        """
        self._flush = flush
        self._limit = limit
        self._at_once = at_once
        self._linger_seconds = linger_seconds
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._tasks: set[asyncio.Future[None]] = set()
        self._under_way = 0

    def put(self, item: T) -> asyncio.Future[None]:
        """Hand `item` over; the future is done when it has been flushed."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if len(self._waiting) == 1 and self._under_way < self._at_once:
            self._under_way += 1
            task = asyncio.ensure_future(self._drain())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return future

    @property
    def idle(self) -> bool:
        """Whether nothing waits to be flushed (a last future may be about to be done)."""
        return not self._waiting

    async def _drain(self) -> None:
        if self._linger_seconds:
            await asyncio.sleep(self._linger_seconds)
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
        self._under_way -= 1
