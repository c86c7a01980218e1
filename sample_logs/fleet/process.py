"""One process of the fleet: one service, or several that call each other without a network."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import orjson
from aiohttp import web

from sample_logs.fleet.calls import Peers
from sample_logs.fleet.service import Service, Surroundings
from sample_logs.fleet.telegram import BotAddress
from sample_logs.fleet.topology import TEAMS
from sample_logs.fleet.tracing import WallClock
from sample_logs.fleet.wire import HttpTransport, LocalTransport, Message

BACKLOG = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessPlan:
    """What a process is told: the services it mounts and everyone's address.

    `listen` holds an already bound socket's descriptor per mounted service.
    """

    services: tuple[str, ...]
    listen: dict[str, int]
    addresses: dict[str, str]
    logs: Path
    stores: Path
    seed: int
    bot_api_url: str
    bot_token: str


async def run(plan: ProcessPlan) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is in flight."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with mounted(plan):
        await stopped.wait()


class mounted:  # noqa: N801  used as a function that is a context manager
    """The services of `plan`, serving while the context is open."""

    def __init__(self, plan: ProcessPlan) -> None:
        self._plan = plan
        self._stack = AsyncExitStack()
        self.services: dict[str, Service] = {}

    async def __aenter__(self) -> dict[str, Service]:
        connector = aiohttp.TCPConnector(limit=0)
        session = await self._stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        self.services = {name: self._build(name) for name in self._plan.services}
        for service in self.services.values():
            self._connect(service, session)
        for name, service in self.services.items():
            await self._serve(name, service)
        for service in self.services.values():
            await service.start()
            self._stack.push_async_callback(service.stop)
            self._report(service)
        return self.services

    async def __aexit__(self, *_error: object) -> None:
        await self._stack.aclose()
        for service in self.services.values():
            service.log.close()

    def _build(self, name: str) -> Service:
        plan, team = self._plan, TEAMS[name]
        clock = WallClock(team.skew_ms)
        log = team.style(name, plan.logs / name, clock)
        peers = Peers(name, log, clock, team.propagation)
        around = Surroundings(
            log,
            clock,
            peers,
            plan.stores,
            plan.seed,
            team.propagation,
            BotAddress(plan.bot_api_url, plan.bot_token),
        )
        return team.service(around)

    def _connect(self, service: Service, session: aiohttp.ClientSession) -> None:
        for peer in TEAMS[service.name].calls:
            if peer in self.services:
                service.peers.transports[peer] = LocalTransport(self.services[peer].handle)
            else:
                source = random.Random(f"{self._plan.seed}:{service.name}:{peer}")
                address = self._plan.addresses[peer]
                service.peers.transports[peer] = HttpTransport(address, session, source)

    async def _serve(self, name: str, service: Service) -> None:
        runner = web.AppRunner(application(service), access_log=None)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        listening = socket.socket(fileno=self._plan.listen[name])
        await web.SockSite(runner, listening, backlog=BACKLOG).start()

    def _report(self, service: Service) -> None:
        task = asyncio.get_running_loop().create_task(service.report_figures())
        self._stack.callback(task.cancel)


def application(service: Service) -> web.Application:
    """A service's HTTP face: every path goes to `Service.handle`."""

    async def answer(request: web.Request) -> web.Response:
        content = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = orjson.loads(content) if content else {}
        message = Message(request.method, request.path, dict(request.query), body, headers)
        reply = await service.handle(message)
        content = orjson.dumps(dict(reply.body))
        return web.Response(status=reply.status, body=content, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app
