"""Pushing updates to the bot's own server, as tdlib/telegram-bot-api does it.

At most `max_connections` are in flight; anything but 2xx, and no answer in time, sends the same
update again after a growing pause. Updates run in parallel, so their order is not kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import orjson
from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    MultipartReader,
    TCPConnector,
)
from yarl import URL

from analyzer.replay.botapi.clock import NS_PER_SECOND, Clock
from analyzer.replay.botapi.errors import ApiError
from analyzer.replay.botapi.journal import Journal
from analyzer.replay.botapi.params import Params, read_reply
from analyzer.replay.botapi.settings import WebhookRules
from analyzer.replay.botapi.updates import QueuedUpdate, UpdateQueue

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
DEFAULT_CONNECTIONS = 40
Reply = Callable[[Params], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where updates go and how."""

    url: str
    secret_token: str = ""
    max_connections: int = DEFAULT_CONNECTIONS


@dataclass(slots=True)
class WebhookSender:
    """Delivers the queue's updates to `target` while one is set."""

    queue: UpdateQueue
    clock: Clock
    journal: Journal
    rules: WebhookRules
    on_reply: Reply
    target: Webhook | None = None
    last_error_time_s: int | None = None
    last_error: str = ""
    _session: ClientSession | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    async def set(self, target: Webhook) -> None:
        """Send everything pending, and what comes, to `target` instead of an earlier one."""
        await self.unset()
        self.target = target
        self._places = asyncio.Semaphore(target.max_connections)
        self._session = ClientSession(
            connector=TCPConnector(limit=0),
            timeout=ClientTimeout(total=self.rules.timeout_seconds),
        )
        self.queue.on_push = self._start
        self.queue.expire()
        for queued in list(self.queue.pending.values()):
            self._start(queued)

    async def unset(self) -> None:
        """Stop sending; what was not delivered stays in the queue."""
        self.target = None
        self.queue.on_push = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _start(self, queued: QueuedUpdate) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(queued))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, queued: QueuedUpdate) -> None:
        pause = self.rules.first_retry_seconds
        while queued.update_id in self.queue.pending:
            async with self._places:
                self.queue.expire()
                if queued.update_id not in self.queue.pending:
                    return
                delivered = await self._attempt(queued, pause)
            if delivered:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, self.rules.longest_retry_seconds)

    async def _attempt(self, queued: QueuedUpdate, pause: float) -> bool:
        queued.attempts += 1
        begun = self.clock.monotonic_ns()
        status, error, reply = await self._post(queued)
        delivered = not error
        self.journal.write(
            "webhook_attempted",
            update_id=queued.update_id,
            attempt=queued.attempts,
            status=status,
            error=error or None,
            duration_ms=(self.clock.monotonic_ns() - begun) / 1e6,
            retry_in_s=None if delivered else pause,
        )
        if not delivered:
            self.last_error = error
            self.last_error_time_s = self.clock.wall_ns() // NS_PER_SECOND
            return False
        if self.queue.faults.delivery("duplicate") is not None:
            await self._post(queued)
        self.queue.remove(queued.update_id, "update_confirmed")
        if reply is not None and reply.values.get("method"):
            await self.on_reply(reply)
        return True

    async def _post(self, queued: QueuedUpdate) -> tuple[int | None, str, Params | None]:
        """HTTP status, Telegram's words for what went wrong ("" if nothing), the call inside."""
        target, session = self.target, self._session
        if target is None or session is None:
            return None, "Webhook was removed", None
        headers = {"Content-Type": "application/json"}
        if target.secret_token:
            headers[SECRET_HEADER] = target.secret_token
        try:
            async with session.post(
                URL(target.url, encoded=True),
                data=orjson.dumps(queued.body),
                headers=headers,
                allow_redirects=False,
            ) as response:
                if not response.ok or response.status >= 300:
                    reason = f"{response.status} {response.reason}"
                    return response.status, f"Wrong response from the webhook: {reason}", None
                return response.status, "", await _reply_in(response)
        except TimeoutError:
            return None, "Read timeout expired", None
        except ClientError as error:
            return None, str(error) or type(error).__name__, None


async def _reply_in(response: ClientResponse) -> Params | None:
    """The Bot API call that the answer carries, if it carries one Telegram could read."""
    multipart = response.content_type == "multipart/form-data"
    try:
        if multipart:
            reader = MultipartReader.from_response(response)
            return await read_reply("multipart/form-data", b"", reader.stream)
        return await read_reply(response.content_type, await response.read(), None)
    except ApiError:
        return None  # Telegram ignores what it cannot read here; the update counts as delivered
