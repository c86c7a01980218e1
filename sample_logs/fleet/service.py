"""What every service of the fleet is: routes, a pool, a log, and calls to its peers."""

from __future__ import annotations

import asyncio
import random
import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from sample_logs.fleet.calls import Peers, UpstreamError
from sample_logs.fleet.lines import Failure, Field, SpanLine, TeamLog
from sample_logs.fleet.pool import (
    ConnectionPool,
    PoolSettings,
    PoolTimeoutError,
    StatementTimeoutError,
)
from sample_logs.fleet.resources import ResourceUse
from sample_logs.fleet.telegram import BotAddress
from sample_logs.fleet.tracing import Propagation, Scope, Stopwatch, WallClock, received
from sample_logs.fleet.wire import Message, Reply

STATISTICS_EVERY_S = 10.0
PROBES = frozenset({"/health", "/ready"})
"""Asked by machines at any time; no team logs them."""
STATUS_OF = {PoolTimeoutError: 503, StatementTimeoutError: 500, UpstreamError: 502}


class Request(NamedTuple):
    """A request as a handler sees it: `path` holds the template's variables."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    scope: Scope


Handler = Callable[[Request], Awaitable[Reply]]


@cache
def pattern(template: str) -> re.Pattern[str]:
    """What matches a template: `/tickets/{id}` takes `/tickets/7` with `id` 7."""
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


class Route(NamedTuple):
    """`template` as in `/tickets/{id}`."""

    method: str
    template: str
    handler: Handler

    def match(self, method: str, path: str) -> dict[str, str] | None:
        if method != self.method:
            return None
        found = pattern(self.template).fullmatch(path)
        return found.groupdict() if found else None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a process gives a service: its log, clock, peers, folder for data, seed."""

    log: TeamLog
    clock: WallClock
    peers: Peers
    folder: Path
    seed: int
    propagation: Propagation
    bot: BotAddress


class Service(ABC):
    """Base of the services; a subclass names its schema, pool and routes."""

    name = ""
    version = "1.0.0"
    schema = ""
    pool_settings = PoolSettings(4, 2.0)

    def __init__(self, surroundings: Surroundings) -> None:
        self.around = surroundings
        self.log = surroundings.log
        self.peers = surroundings.peers
        seed = f"{surroundings.seed}:{self.name}"
        self.random = random.Random(seed)
        path = surroundings.folder / f"{self.name}.sqlite"
        self.pool = ConnectionPool(path, self.schema, self.pool_settings, seed)
        self.routes = [*self.build_routes(), Route("GET", "/health", self._health)]
        self.in_flight = 0
        self._resources = ResourceUse()

    @abstractmethod
    def build_routes(self) -> list[Route]:
        """What this service answers."""

    async def start(self) -> None:
        """Say hello as daemons do; services with workers start them here."""
        settings = self.pool_settings
        self.log.banner(f"======== Running on {self.name} (Press CTRL+C to quit) ========")
        self.log.event("info", f"{self.name} {self.version} starting")
        self.log.event(
            "info",
            "database pool ready",
            pool_size=settings.size,
            acquire_timeout_ms=round(settings.acquire_timeout_s * 1000),
        )

    async def stop(self) -> None:
        self.log.event("info", f"{self.name} stopping", in_flight=self.in_flight)
        self.pool.close()

    async def report_figures(self) -> None:
        """Log the figures of pool and process until cancelled."""
        while True:
            await asyncio.sleep(STATISTICS_EVERY_S)
            self.log.figures(self.figures())

    def figures(self) -> dict[str, float]:
        return {
            "pool_size": self.pool_settings.size,
            "pool_in_use": self.pool.in_use,
            "pool_waiting": self.pool.waiting,
            "pool_timeouts_total": self.pool.timeouts,
            "requests_in_flight": self.in_flight,
            **self._resources.figures(),
        }

    async def _health(self, _request: Request) -> Reply:
        return Reply(200, {"service": self.name, "status": "up"})

    async def handle(self, message: Message) -> Reply:
        """The reply to a request, whichever way it came; logs the server's span."""
        watch = Stopwatch(self.around.clock)
        scope = received(message.headers, self.around.propagation)
        operation, answer = self._find(message, scope)
        self.in_flight += 1
        failure: Failure | None = None
        try:
            reply = await answer
        except Exception as error:  # noqa: BLE001  the edge of a service: every failure is an answer
            failure = Failure.of(error)
            status = STATUS_OF.get(type(error), 500)
            reply = Reply(status, {"error": failure.type, "detail": failure.message})
        finally:
            self.in_flight -= 1
        line = SpanLine(
            scope=scope,
            kind="server",
            operation=operation,
            method=message.method,
            target=message.path,
            start_ns=watch.start_ns,
            duration_ns=watch.elapsed_ns(),
            status_code=reply.status,
            failure=failure,
            fields=seen_by_proxy(message, reply) if scope.trace_id is None else {},
        )
        if message.path not in PROBES:
            self.log.span(line)
        return reply

    def _find(self, message: Message, scope: Scope) -> tuple[str, Awaitable[Reply]]:
        for route in self.routes:
            variables = route.match(message.method, message.path)
            if variables is not None:
                request = Request(variables, message.query, message.body, scope)
                return f"{route.method} {route.template}", route.handler(request)
        return f"{message.method} {message.path}", _not_found(message.path)


def seen_by_proxy(message: Message, reply: Reply) -> dict[str, Field]:
    """What a proxy in front of a service knows beside method, path and status."""
    agent = message.headers.get("user-agent", "-")
    return {"user_agent": agent, "bytes": len(orjson.dumps(dict(reply.body)))}


async def _not_found(path: str) -> Reply:
    return Reply(404, {"error": "NotFound", "detail": f"nothing at {path}"})
