"""The one sender: repeats, drops and records, over the schedule that owns the limits.

What went wrong decides what follows: a throttled chat waits as told, unreachable chats are dropped
and announced, refused sends fail, everything else is repeated with a growing pause (BOT 14-17).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any

import structlog

from consolidated_bot.core.batching import Coalescer
from consolidated_bot.core.bot_api import BotApiError, Failure
from consolidated_bot.core.clock import Clock
from consolidated_bot.core.limits import Limits
from consolidated_bot.core.messages import Priority
from consolidated_bot.core.outbox import Finished, Queued
from consolidated_bot.core.schedule import SendSchedule
from consolidated_bot.core.telemetry import Telemetry
from consolidated_bot.core.transmission import Transmission

CONCURRENCY = 32
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 60.0
GIVE_UP_ATTEMPTS = 200  # about three hours of trying
RECORD_AGAIN_SECONDS = 1.0
REMEMBERED = 20_000
RECORDED_AT_ONCE = 50
ANSWERED_AFTER_SECONDS = 0.015  # nobody answers sooner
ENDED_TOGETHER_SECONDS = 0.005

Record = Callable[[list[Finished]], Awaitable[None]]
Troubled = Callable[[Queued, str], Awaitable[None]]


class Outgoing:
    """`offer` what was committed to the outbox; `run` sends it; `record` makes the end durable."""

    def __init__(
        self,
        transmission: Transmission,
        limits: Limits,
        record: Record,
        troubled: Troubled,
        telemetry: Telemetry,
        clock: Clock,
    ) -> None:
        """Wire up; nothing is sent before `run`. `troubled` hears of pages that are late."""
        self._transmission = transmission
        self._schedule = SendSchedule(limits, self._is_edit)
        self._telemetry = telemetry
        self._clock = clock
        self._record = record
        self._troubled = troubled
        # What people answer to or see edited must be known by its id when they do: it does not
        # stand behind the many that nobody asks about again.
        self._answerable: Coalescer[Finished] = Coalescer(
            self._record_surely, linger_seconds=ANSWERED_AFTER_SECONDS
        )
        self._endings: Coalescer[Finished] = Coalescer(
            self._record_surely, limit=RECORDED_AT_ONCE, linger_seconds=ENDED_TOGETHER_SECONDS
        )
        self._known: set[int] = set()
        # A reload reads a snapshot: what has ended since must not be taken for waiting.
        self._finished: OrderedDict[int, None] = OrderedDict()
        self._latest: dict[str, int] = {}
        self._wake = asyncio.Event()
        self._ended = asyncio.Event()
        self._free = asyncio.Semaphore(CONCURRENCY)
        self._sending: set[asyncio.Future[None]] = set()
        self._log = structlog.get_logger()

    def __len__(self) -> int:
        """How many sends wait, are under way, or are not yet recorded."""
        return len(self._known)

    def offer(self, items: Iterable[Queued]) -> None:
        """Take committed sends; those already known are left alone."""
        now = self._clock.monotonic()
        for item in items:
            if item.id in self._known or item.id in self._finished:
                continue
            self._known.add(item.id)
            if item.journal is not None:
                self._telemetry.watch.begun(item.journal)
            if item.slot is not None:
                self._latest[item.slot] = max(item.id, self._latest.get(item.slot, 0))
            delay = (item.not_before_ms - self._clock.now_ms()) / 1000 if item.not_before_ms else 0
            self._schedule.add(item, now, not_before=now + delay)
        self._wake.set()

    async def run(self) -> None:
        """Send for ever."""
        while True:
            await self._free.acquire()
            item = await self._take_next()
            task = self._in_background(self._send(item))
            task.add_done_callback(self._sent)

    async def drain(self, seconds: float) -> None:
        """Wait until everything known is sent and recorded, at most `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while self._known or not (self._endings.idle and self._answerable.idle):
                    self._ended.clear()
                    await self._ended.wait()
        except TimeoutError:
            self._log.info("sends are left for the next start", waiting=len(self._known))
        for task in self._sending:
            task.cancel()

    async def _take_next(self) -> Queued:
        while True:
            self._wake.clear()
            turn = self._schedule.next(self._clock.monotonic())
            if isinstance(turn, Queued):
                return turn
            try:
                async with asyncio.timeout(turn):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _send(self, item: Queued) -> None:
        try:
            if self._is_superseded(item):
                self._forget(item)
            else:
                await self._transmit(item)
        finally:
            self._schedule.done(item.chat_id, self._clock.monotonic())
            self._wake.set()

    async def _transmit(self, item: Queued) -> None:
        try:
            message_ids = await self._transmission.transmit(item)
        except BotApiError as error:
            if error.failure is Failure.GONE:
                self._end(item, "dropped", error.description)
            elif error.failure is Failure.REFUSED or item.attempts >= GIVE_UP_ATTEMPTS:
                self._end(item, "failed", error.description)
            else:
                self._repeat(item, error)
        except Exception as error:  # noqa: BLE001 - the database that knows slots and topics
            self._log.error("a send was not made; trying again", exc_info=error)
            self._postpone(item)
        else:
            self._end(item, "sent", None, message_ids)

    def _end(
        self, item: Queued, state: str, error: str | None, message_ids: tuple[int, ...] = ()
    ) -> None:
        now = self._clock.now_ms()
        metrics = self._telemetry.metrics
        if state == "dropped":
            metrics.unreachable.inc()
            if item.chat_id < 0:
                self._log.error("a group is out of reach: is the bot still in it?", error=error)
        elif state == "failed":
            metrics.failed_sends.inc()
            self._log.error("a send was refused for good", method=item.method, error=error)
        ending = Finished(item, state, now, message_ids, error)
        if (journal := ending.journal) is not None:
            self._telemetry.journey_finished(journal, now)
        if item.slot is not None and self._latest.get(item.slot) == item.id:
            del self._latest[item.slot]
        recorded = (self._answerable if ending.answerable else self._endings).put(ending)
        recorded.add_done_callback(lambda _: self._forget(item))

    def _forget(self, item: Queued) -> None:
        self._known.discard(item.id)
        self._finished[item.id] = None
        if len(self._finished) > REMEMBERED:
            self._finished.popitem(last=False)
        self._ended.set()

    async def _record_surely(self, endings: list[Finished]) -> None:
        """An ending that is not recorded would be sent again after a restart: insist."""
        while True:
            try:
                await self._record(endings)
            except Exception as error:  # noqa: BLE001 - the database may come back
                self._log.error("sends could not be recorded; trying again", error=str(error))
                await asyncio.sleep(RECORD_AGAIN_SECONDS)
            else:
                return

    def _repeat(self, item: Queued, error: BotApiError) -> None:
        now = self._clock.monotonic()
        metrics = self._telemetry.metrics
        if item.about is not None and item.priority == Priority.PAGE:
            self._in_background(self._tell_trouble(item, error.description))
        if error.failure is Failure.THROTTLED:
            metrics.throttled.inc()
            metrics.retry_after.observe(error.retry_after)
            self._schedule.throttle(item, now + error.retry_after, now)
            return
        if error.failure is Failure.AMBIGUOUS:
            metrics.unknown.inc()
        self._log.warning("a send did not succeed; trying again", error=error.description)
        self._postpone(item)

    def _postpone(self, item: Queued) -> None:
        pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(item.attempts, 10))
        until = self._clock.monotonic() + pause
        self._schedule.postpone(replace(item, attempts=item.attempts + 1), until)

    async def _tell_trouble(self, item: Queued, reason: str) -> None:
        try:
            await self._troubled(item, reason)
        except Exception as error:  # noqa: BLE001 - the page itself goes on being tried
            self._log.error("a late page could not be announced", error=str(error))

    def _is_superseded(self, item: Queued) -> bool:
        return item.journal is None and self._latest.get(item.slot or "", 0) > item.id

    def _is_edit(self, item: Queued) -> bool:
        return item.slot is not None and self._transmission.knows(item.slot)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Future[None]:
        task = asyncio.ensure_future(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return task

    def _sent(self, task: asyncio.Future[None]) -> None:
        self._free.release()
        if not task.cancelled() and (error := task.exception()):
            self._log.error("the sender met a bug", exc_info=error)
