"""Many callers, one transaction: what arrives while others are written shares the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from sqlalchemy import Connection

from consolidated_bot.core.db import Database, Urgency

T = TypeVar("T")
R = TypeVar("R")


class Coalescer(Generic[T]):
    """Collects items and flushes them together; errors reach every caller concerned."""

    def __init__(
        self,
        flush: Callable[[list[T]], Awaitable[None]],
        *,
        limit: int = 500,
        linger_seconds: float = 0.0,
    ) -> None:
        """Flush at most `limit` items at a time by `flush`.

        The first after a pause waits `linger_seconds` for company.
        """
        self._flush = flush
        self._limit = limit
        self._linger_seconds = linger_seconds
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._draining: asyncio.Future[None] | None = None

    def put(self, item: T) -> asyncio.Future[None]:
        """Hand `item` over; the future is done when it has been flushed."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._draining is None:
            self._draining = asyncio.ensure_future(self._drain())
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
        self._draining = None


class Gathering(Generic[T, R]):
    """One unit of work for all items that arrive until the database comes to it.

    An item costs two turns of the event loop, one to be taken in and one to hear that it is
    durable: in a flood each turn is a millisecond of other work.
    """

    def __init__(
        self,
        database: Database,
        unit: Callable[[Connection, list[T]], R],
        stored: Callable[[list[T], R], None],
        *,
        limit: int = 500,
        at_once: int = 4,
    ) -> None:
        """Run `unit` for at most `limit` items, `at_once` times in parallel; then `stored`."""
        self._database = database
        self._unit = unit
        self._stored = stored
        self._limit = limit
        self._at_once = at_once
        self._open: _Share[T, R] | None = None
        self._waiting: deque[_Share[T, R]] = deque()
        self._under_way = 0

    def put(self, item: T) -> asyncio.Future[None]:
        """Hand `item` over; the future is done when it is durable."""
        share = self._open
        if share is None or share.closed or len(share.items) >= self._limit:
            share = self._open = _Share(self._unit, self._stored, self._go_on)
            self._waiting.append(share)
            self._submit()
        return share.add(item)

    def _submit(self) -> None:
        while self._waiting and self._under_way < self._at_once:
            self._under_way += 1
            share = self._waiting.popleft()
            self._database.submit(share.run, share, Urgency.NOW)

    def _go_on(self) -> None:
        self._under_way -= 1
        self._submit()


class _Share(Generic[T, R]):
    """The items of one unit; what the database promises it is promised to each of them."""

    def __init__(
        self,
        unit: Callable[[Connection, list[T]], R],
        stored: Callable[[list[T], R], None],
        ended: Callable[[], None],
    ) -> None:
        self.items: list[T] = []
        self.closed = False
        self._unit = unit
        self._stored = stored
        self._ended = ended
        self._futures: list[asyncio.Future[None]] = []

    def add(self, item: T) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.items.append(item)
        self._futures.append(future)
        return future

    def run(self, connection: Connection) -> R:
        self.closed = True
        return self._unit(connection, self.items)

    def done(self) -> bool:
        return False

    def set_result(self, result: R, /) -> None:
        for future in self._futures:
            if not future.done():
                future.set_result(None)
        self._stored(self.items, result)
        self._ended()

    def set_exception(self, error: Exception, /) -> None:
        self.closed = True
        for future in self._futures:
            if not future.done():
                future.set_exception(error)
                future.exception()  # a caller that does not wait must not raise a warning
        self._ended()
