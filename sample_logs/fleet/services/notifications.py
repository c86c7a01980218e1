"""Messages to users, queued in a table and sent by workers. structlog JSON.

Its worker logs the URL it posts to, bot token and all, as many HTTP libraries do by default.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from sample_logs.fleet.calls import Call, Policy, UpstreamError
from sample_logs.fleet.lines import Failure, Field, SpanLine
from sample_logs.fleet.pool import Cost, PoolSettings
from sample_logs.fleet.service import Request, Route, Service, Surroundings
from sample_logs.fleet.telegram import TelegramClient, TelegramError
from sample_logs.fleet.tracing import new_scope
from sample_logs.fleet.wire import Reply

ENQUEUE = Cost(9)
TAKE = Cost(8)
MARK = Cost(10)
LOOK_UP = Cost(14)
PREFERENCES = Policy(timeout_s=1.5, tries=2)
WORKERS = 2
SETTLE_S = 1.0  # a fresh row is left alone: whoever queued it may still be writing
POLL_S = 0.5


class Notifications(Service):
    name = "notifications"
    version = "2.3.0"
    pool_settings = PoolSettings(size=6, acquire_timeout_s=2.0)
    schema = """
        CREATE TABLE IF NOT EXISTS notification (
            id INTEGER PRIMARY KEY, chat_id INTEGER, kind TEXT, text TEXT,
            queued_ns INTEGER, state TEXT DEFAULT 'queued', opened INTEGER DEFAULT 0);
        CREATE INDEX IF NOT EXISTS notification_of_chat ON notification (chat_id);
        CREATE INDEX IF NOT EXISTS notification_queue ON notification (state, id);
    """

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._taking = asyncio.Lock()
        self._queued = 0
        self._workers: list[asyncio.Task[None]] = []
        self._telegram: TelegramClient | None = None

    def build_routes(self) -> list[Route]:
        return [
            Route("POST", "/notifications", self.enqueue),
            Route("GET", "/notifications", self.of_chat),
            Route("POST", "/notifications/{id}/opened", self.opened),
        ]

    async def start(self) -> None:
        await super().start()
        around = self.around
        self._telegram = TelegramClient(around.bot, self.log, around.clock, self.random)
        await self.pool.run(
            "UPDATE notification SET state = 'queued' WHERE state = 'taken'", cost=MARK
        )
        loop = asyncio.get_running_loop()
        self._workers = [
            loop.create_task(self._deliver_all(self._telegram), name=f"delivery-{number}")
            for number in range(WORKERS)
        ]
        self.log.event("info", "delivery workers started", workers=WORKERS)

    async def stop(self) -> None:
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        if self._telegram is not None:
            await self._telegram.close()
        await super().stop()

    def figures(self) -> dict[str, float]:
        return {"queue_depth": self._queued, **super().figures()}

    async def enqueue(self, request: Request) -> Reply:
        """Accepted once stored; it is sent later."""
        body = request.body
        rows = await self.pool.run(
            "INSERT INTO notification (chat_id, kind, text, queued_ns) VALUES (?, ?, ?, ?) "
            "RETURNING id",
            (int(body["chat_id"]), str(body["kind"]), str(body["text"]), time.time_ns()),
            cost=ENQUEUE,
        )
        self._queued += 1
        return Reply(202, {"id": rows[0]["id"]})

    async def of_chat(self, request: Request) -> Reply:
        rows = await self.pool.run(
            "SELECT id, text, opened FROM notification WHERE chat_id = ? ORDER BY id DESC LIMIT 5",
            (int(request.query["chat_id"]),),
            cost=LOOK_UP,
        )
        return Reply(200, {"notifications": [dict(row) for row in rows]})

    async def opened(self, request: Request) -> Reply:
        rows = await self.pool.run(
            "UPDATE notification SET opened = 1 WHERE id = ? RETURNING text",
            (int(request.path["id"]),),
            cost=MARK,
        )
        return Reply(200, dict(rows[0])) if rows else Reply(404, {"error": "NoSuchNotification"})

    async def _deliver_all(self, telegram: TelegramClient) -> None:
        while True:
            try:
                if not await self._deliver_next(telegram):
                    await asyncio.sleep(POLL_S)
            except Exception as error:  # noqa: BLE001  a worker outlives whatever befell its job
                self.log.event("error", "worker lost its turn", None, error=str(error))
                await asyncio.sleep(POLL_S)

    async def _deliver_next(self, telegram: TelegramClient) -> bool:
        """Whether there was one."""
        async with self._taking:
            rows = await self.pool.run(
                "UPDATE notification SET state = 'taken' WHERE id = (SELECT id FROM notification "
                "WHERE state = 'queued' AND queued_ns < ? ORDER BY id LIMIT 1) "
                "RETURNING id, chat_id, kind, text, queued_ns",
                (time.time_ns() - round(SETTLE_S * 1e9),),
                cost=TAKE,
            )
            if not rows:
                return False
        self._queued = max(0, self._queued - 1)
        await self._deliver(telegram, rows[0])
        return True

    async def _deliver(self, telegram: TelegramClient, job: Sequence[object]) -> None:
        """Send one; its span begins when it was queued, so its duration is what the user waits."""
        number, chat_id, kind, text, queued_ns = job
        scope, taken_ns = new_scope(), time.time_ns()
        failure: Failure | None = None
        try:
            call = Call("accounts", "GET", f"/chats/{chat_id}/account")
            account = (await self.peers.call(call, scope, PREFERENCES)).body
            if account.get("notify", "on") == "on":
                await telegram.call("sendMessage", {"chat_id": chat_id, "text": text}, scope)
                posted = f'HTTP Request: POST {telegram.url("sendMessage")} "HTTP/1.1 200 OK"'
                self.log.event("info", posted, scope)
        except (TelegramError, UpstreamError) as error:
            failure = Failure.of(error)
        state = "failed" if failure else "sent"
        await self.pool.run(
            "UPDATE notification SET state = ? WHERE id = ?", (state, number), cost=MARK
        )
        ended_ns = time.time_ns()
        assert isinstance(queued_ns, int)
        fields: dict[str, Field] = {
            "queue_ms": round((taken_ns - queued_ns) / 1e6, 3),
            "notification_id": str(number),
            "notification_kind": str(kind),
        }
        self.log.span(
            SpanLine(
                scope=scope,
                kind="consumer",
                operation="notification.deliver",
                method="",
                target="",
                start_ns=queued_ns,
                duration_ns=ended_ns - queued_ns,
                failure=failure,
                fields=fields,
            )
        )
