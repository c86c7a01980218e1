"""The running bot: start in order, watch every part, stop in order (BOT rules 4, 12, 13)."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from aiohttp import web

from consolidated_bot.core import health
from consolidated_bot.core.housekeeping import Housekeeping
from consolidated_bot.core.leadership import Leadership
from consolidated_bot.core.listening import Listener
from consolidated_bot.core.outgoing import Outgoing
from consolidated_bot.core.polling import Poller
from consolidated_bot.core.telemetry import Metrics
from consolidated_bot.core.timers import Timers
from consolidated_bot.core.webhook import Webhook
from consolidated_bot.core.workers import ChatWorkers

COLLECT_AFTER = (2_000, 10, 50)


class Pulse(Protocol):
    """What watches over the service while it runs."""

    async def run(self) -> None:
        """For ever."""

    async def rest(self) -> None:
        """The service stops as it was told to."""


@dataclass(frozen=True, slots=True)
class ServiceParts:
    """What a service runs: a poller or a webhook, and what both share."""

    metrics: Metrics
    leadership: Leadership
    workers: ChatWorkers
    outgoing: Outgoing
    housekeeping: Housekeeping
    timers: Timers
    pulse: Pulse
    page: Callable[[web.Application], None]
    poller: Poller | None
    webhook: Webhook | None
    lead_first: bool


class Service:
    """`run` until told to stop; any part that ends by itself ends the service."""

    def __init__(self, parts: ServiceParts) -> None:
        """Wire up."""
        self._parts = parts
        self._tasks: list[asyncio.Future[None]] = []
        self._polling: asyncio.Future[None] | None = None
        self._announcing: asyncio.Future[None] | None = None
        self._log = structlog.get_logger()

    def not_ready(self) -> list[str]:
        """Why this process cannot serve now."""
        if not self._tasks:
            return ["another process leads this bot: standing by"]
        return []

    async def run(
        self, stop: asyncio.Event, dashboard: Listener, webhook: Listener, drain: float
    ) -> None:
        """Serve until `stop`; then finish what runs, at most `drain` seconds."""
        parts = self._parts
        page = health.application(parts.metrics, self.not_ready)
        parts.page(page)
        await dashboard.start(page)
        stopping: asyncio.Future[bool] = asyncio.ensure_future(stop.wait())
        try:
            await self._start(stopping)
            if parts.webhook and not stop.is_set():
                await webhook.start(parts.webhook.server())
                self._announcing = asyncio.ensure_future(parts.webhook.announce())
            if not stop.is_set():
                self._log.info("serving", mode="webhook" if parts.webhook else "polling")
                await _first_of(stopping, *self._tasks)
        finally:
            stopping.cancel()
            await self._stop(drain)
            await webhook.stop()
            await dashboard.stop()
        for task in self._tasks:
            if not task.cancelled() and (error := task.exception()):
                raise error.exceptions[0] if isinstance(error, ExceptionGroup) else error

    async def _start(self, stopping: asyncio.Future[bool]) -> None:
        parts = self._parts
        if parts.lead_first:
            leading = asyncio.ensure_future(parts.leadership.acquire())
            await _first_of(stopping, leading)
            if not leading.done():
                leading.cancel()
                return
            leading.result()
            await parts.housekeeping.reload_inbox()
        await parts.housekeeping.look_for_moves()
        _calm_collector()
        self._tasks = parts.workers.start()
        self._tasks.append(asyncio.ensure_future(parts.housekeeping.run()))
        self._tasks.append(asyncio.ensure_future(self._lead()))
        self._tasks.append(asyncio.ensure_future(parts.pulse.run()))
        if parts.poller:
            self._polling = asyncio.ensure_future(parts.poller.run())
            self._tasks.append(self._polling)

    async def _lead(self) -> None:
        parts = self._parts
        if not parts.leadership.held:
            await parts.leadership.acquire()
        await parts.housekeeping.load_outbox()
        async with asyncio.TaskGroup() as group:
            group.create_task(parts.leadership.watch())
            group.create_task(parts.outgoing.run())
            group.create_task(parts.timers.run())

    async def _stop(self, seconds: float) -> None:
        """Take nothing in, finish what runs, send what is committed; the rest stays stored."""
        parts = self._parts
        loop = asyncio.get_running_loop()
        give_up = loop.time() + seconds
        if parts.webhook:
            parts.webhook.stop()
        for task in (self._polling, self._announcing):
            if task:
                task.cancel()
        await parts.workers.stop(seconds)
        if self._tasks and parts.leadership.held:
            await parts.outgoing.drain(max(0.0, give_up - loop.time()))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if parts.leadership.held:
            await parts.pulse.rest()
        await parts.leadership.release()
        self._log.info("stopped", left=len(parts.workers) + len(parts.outgoing))


async def _first_of(*tasks: asyncio.Future[Any]) -> None:
    """Return once one of `tasks` has ended."""
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)


def _calm_collector() -> None:
    """Never look again at what aiogram left behind (100 ms), seldom at what a backlog holds."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
