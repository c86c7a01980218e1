"""The webhook: secret, store, commit, 200 (BOT rules 2 and 5)."""

from __future__ import annotations

import asyncio
import hmac
from urllib.parse import urlsplit

import structlog
from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

from consolidated_bot.core.bot_api import BotApi, BotApiError, Failure
from consolidated_bot.core.intake import Intake
from consolidated_bot.core.json_text import loads
from consolidated_bot.core.reading import ALLOWED_UPDATES

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
LARGEST_BODY = 4 * 1024 * 1024
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


class Webhook:
    """The handler of the webhook's path; only a failed store answers 5xx, so it comes again."""

    def __init__(self, intake: Intake, api: BotApi, bot_id: int, url: str, secret: str) -> None:
        """Wire up; `url` is what Telegram is told."""
        self._api = api
        self._url = url
        self._path = urlsplit(url).path or "/"
        self._intake = intake
        self._bot_id = bot_id
        self._secret = secret.encode()
        self._stopping = False
        self._log = structlog.get_logger()

    def server(self) -> web.Server:
        """Serves the URL's path; no application around it, whose routing costs a sixth."""

        def request(
            message: RawRequestMessage,
            payload: StreamReader,
            protocol: RequestHandler,
            writer: AbstractStreamWriter,
            task: asyncio.Task[None],
        ) -> web.BaseRequest:
            loop = task.get_loop()
            return web.BaseRequest(
                message, payload, protocol, writer, task, loop, client_max_size=LARGEST_BODY
            )

        return web.Server(self.receive, request_factory=request, access_log=None)

    async def announce(self) -> None:
        """Tell Telegram where to deliver, until it has heard; what it refuses is said once."""
        params = {
            "url": self._url,
            "secret_token": self._secret.decode(),
            "allowed_updates": ALLOWED_UPDATES,
            "max_connections": 100,
        }
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                await self._api.call("setWebhook", params)
            except BotApiError as error:
                self._log.error("the webhook could not be set", error=error.description)
                if error.failure in {Failure.REFUSED, Failure.UNAUTHORIZED}:
                    return
                await asyncio.sleep(max(pause, error.retry_after))
                pause = min(LONGEST_PAUSE_SECONDS, pause * 2)
            else:
                return

    def stop(self) -> None:
        """Answer 503 from now on: Telegram keeps what comes and sends it again."""
        self._stopping = True

    async def receive(self, request: web.BaseRequest) -> web.Response:
        """Acknowledge an update once it is durable."""
        if request.path != self._path:
            return web.Response(status=404)
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, self._secret):
            return web.Response(status=401)
        if self._stopping:
            return web.Response(status=503)
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        try:
            await self._store(body)
        except Exception as error:  # noqa: BLE001 - not stored is not acknowledged
            self._log.error("an update could not be stored", error=str(error))
            return web.Response(status=503)
        return web.Response()

    async def _store(self, body: bytes) -> None:
        try:
            update = loads(body)
        except ValueError as error:
            await self._intake.reject(self._bot_id, body, f"it is no JSON: {error}")
            return
        await self._intake.accept(self._bot_id, [update])
