"""The HTTP face of the emulator."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from types import TracebackType
from typing import Self

import orjson
from aiohttp import web

from analyzer.errors import UsageError
from analyzer.replay.botapi.clock import Clock, SystemClock
from analyzer.replay.botapi.control import control_routes
from analyzer.replay.botapi.errors import ApiError, not_found, unauthorized
from analyzer.replay.botapi.faults import FaultPlan
from analyzer.replay.botapi.feed import Feed
from analyzer.replay.botapi.gateway import Answer, Gateway
from analyzer.replay.botapi.journal import Journal
from analyzer.replay.botapi.limits import SendLimiter
from analyzer.replay.botapi.local_door import LocalDoor
from analyzer.replay.botapi.params import Params, read_params
from analyzer.replay.botapi.settings import Settings
from analyzer.replay.botapi.shapes import Json
from analyzer.replay.botapi.updates import UpdateQueue
from analyzer.replay.botapi.webhook import WebhookSender
from analyzer.replay.botapi.world import World

LARGEST_UPLOAD_BYTES = 50_000_000
BACKLOG = 2048  # SLO.md section 7: a shorter one refuses connections while the loop is busy


class Emulator:
    """A Bot API server for one bot; use it as an async context manager.

    `url` is the base for clients (`{url}/bot{token}/{method}`), `door` what users do and see.
    """

    def __init__(self, settings: Settings | None = None, clock: Clock | None = None) -> None:
        """Build the state; nothing listens before `start`."""
        self.settings = settings or Settings()
        self.clock = clock or SystemClock()
        self.journal = Journal(self.clock, self.settings.journal)
        self.world = self._new_world()
        self.door = LocalDoor(self.world)
        self.gateway = Gateway(self.world, self._new_sender(), self.world.queue.faults)
        self._runner: web.AppRunner | None = None
        self._port = self.settings.port

    @property
    def url(self) -> str:
        """The base URL without a slash at the end."""
        return f"http://{self.settings.host}:{self._port}"

    async def __aenter__(self) -> Self:
        """Start to listen."""
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening and close the journal."""
        await self.stop()

    async def start(self) -> None:
        """Listen on the chosen or a free port.

        Raises:
            UsageError: the port is taken.
            OutputError: the journal cannot be written.
        """
        self.journal.open()
        app = web.Application(client_max_size=LARGEST_UPLOAD_BYTES)
        app.add_routes(
            [
                web.route("*", "/bot{token}/{method}", self._handle_method),
                web.get("/file/bot{token}/{path:.+}", self._handle_file),
                *control_routes(self.door),
            ]
        )
        # A waiting long poll is ended by `stop`, not waited for.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.settings.host, self.settings.port, backlog=BACKLOG)
        try:
            await site.start()
        except OSError as error:
            await self.stop()
            raise UsageError(
                f"cannot listen on {self.settings.host}:{self.settings.port}: {error.strerror}; "
                "choose another port (0 picks a free one)"
            ) from error
        self._port = self._runner.addresses[0][1]
        self.world.queue.faults.begin()

    def begin_faults(self) -> None:
        """Count the times of fault rules from now on, not from the start."""
        self.world.queue.faults.begin()

    async def stop(self) -> None:
        """End polls and webhook, close the server and the journal."""
        await self.gateway.webhook.unset()
        self.world.queue.end_poll(ApiError(502, "Bad Gateway"))
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        self.journal.close()

    async def bot_listens(self) -> None:
        """Return once a bot has polled for updates or set a webhook."""
        await self.world.queue.listened.wait()

    def restart_update_ids(self) -> None:
        """Go on from a random update id, as Telegram does after a week without updates."""
        self.world.queue.restart_ids(self.world.random)

    def _new_world(self) -> World:
        settings = self.settings
        source = random.Random(settings.seed)
        first = settings.first_update_id or source.randrange(100_000_000, 900_000_000)
        faults = FaultPlan(settings.faults, settings.seed, self.clock)
        queue = UpdateQueue(self.clock, self.journal, faults, settings.update_ttl_seconds, first)
        return World(
            settings,
            self.clock,
            self.journal,
            Feed(self.clock),
            queue,
            SendLimiter(settings.limits, self.clock),
            source,
        )

    def _new_sender(self) -> WebhookSender:
        async def reply(params: Params) -> None:
            await self.gateway.call_from_reply(params)

        return WebhookSender(
            self.world.queue, self.clock, self.journal, self.settings.webhook, reply
        )

    async def _handle_method(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_token(request.match_info["token"])
            params = await read_params(request)
        except ApiError as error:
            return _json(error.code, error.body)
        answer = await self.gateway.call(request.match_info["method"], params)
        return await _send(request, answer)

    async def _handle_file(self, request: web.Request) -> web.Response:
        try:
            self._check_token(request.match_info["token"])
            for stored in self.world.files.values():
                if stored.path == request.match_info["path"]:
                    return web.Response(body=stored.content, content_type=stored.mime_type)
            raise not_found()
        except ApiError as error:
            return _json(error.code, error.body)

    def _check_token(self, token: str) -> None:
        number, _, secret = token.partition(":")
        if not number.isdigit() or not secret:
            raise not_found()
        if token != self.settings.token:
            raise unauthorized()


async def serve(settings: Settings, on_start: Callable[[Emulator], None] | None = None) -> None:
    """Run an emulator until cancelled; `on_start` gets it once it listens."""
    async with Emulator(settings) as emulator:
        if on_start is not None:
            on_start(emulator)
        await asyncio.Event().wait()


def _json(status: int, body: Json) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/json")


async def _send(request: web.Request, answer: Answer) -> web.StreamResponse:
    """The answer, or what a fault leaves of it."""
    fault = answer.fate.fault
    if fault in {"reset_before", "reset_after"}:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if fault != "cut_body":
        return _json(answer.status, answer.body)
    body = orjson.dumps(answer.body)
    response = web.StreamResponse(status=answer.status)
    response.content_type = "application/json"
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
