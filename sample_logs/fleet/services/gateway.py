"""The bot as Telegram sees it: polls updates, asks the services, answers. ECS JSON lines."""

from __future__ import annotations

import asyncio
from typing import Any

from sample_logs.fleet.lines import Failure, SpanLine
from sample_logs.fleet.pool import PoolSettings
from sample_logs.fleet.service import Request, Route, Service, Surroundings
from sample_logs.fleet.services.conversation import Conversation
from sample_logs.fleet.services.turns import Turn, read_turn
from sample_logs.fleet.telegram import TelegramClient, TelegramError
from sample_logs.fleet.tracing import Scope, Stopwatch, new_scope
from sample_logs.fleet.wire import Reply

CONCURRENT_UPDATES = 64
POLL_S = 25
PAUSE_AFTER_ERROR_S = 1.0
SORRY = "Sorry, this does not work right now. Please try again in a few minutes."


class Gateway(Service):
    name = "telegram-gateway"
    version = "5.1.0"
    pool_settings = PoolSettings(size=16, acquire_timeout_s=3.0)
    schema = "CREATE TABLE IF NOT EXISTS dialog (chat_id INTEGER PRIMARY KEY, state TEXT);"

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self.conversation = Conversation(self.peers, self.pool)
        self._slots = asyncio.Semaphore(CONCURRENT_UPDATES)
        self._updates: set[asyncio.Task[None]] = set()
        self._last_of_chat: dict[int, asyncio.Task[None]] = {}
        self._poller: asyncio.Task[None] | None = None
        self._telegram: TelegramClient | None = None
        self._answered = 0

    def build_routes(self) -> list[Route]:
        return [Route("GET", "/ready", self.ready)]

    async def ready(self, _request: Request) -> Reply:
        return Reply(200, {"polling": self._poller is not None, "answered": self._answered})

    async def start(self) -> None:
        await super().start()
        around = self.around
        telegram = TelegramClient(around.bot, self.log, around.clock, self.random)
        self._telegram = telegram
        self._poller = asyncio.get_running_loop().create_task(self._poll(telegram))
        self.log.event("info", "long polling started", None, timeout_s=POLL_S)

    async def stop(self) -> None:
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.gather(self._poller, return_exceptions=True)
        await self.idle()
        if self._telegram is not None:
            await self._telegram.close()
        await super().stop()

    async def idle(self) -> None:
        """Wait until every update received so far is answered and logged."""
        await asyncio.gather(*self._updates, return_exceptions=True)

    def figures(self) -> dict[str, float]:
        return {"updates_in_flight": len(self._updates), **super().figures()}

    async def _poll(self, telegram: TelegramClient) -> None:
        offset: int | None = None
        while True:
            try:
                updates = await telegram.get_updates(offset, POLL_S)
            except TelegramError as error:
                self.log.event("warn", "getUpdates failed", None, error=str(error))
                await asyncio.sleep(PAUSE_AFTER_ERROR_S)
                continue
            for update in updates:
                offset = int(update["update_id"]) + 1
                self._begin(telegram, update)

    def _begin(self, telegram: TelegramClient, update: dict[str, Any]) -> None:
        """Handle beside the others, after the earlier update of the same chat."""
        turn = read_turn(update)
        if turn is None:
            self.log.event("debug", "update ignored", None, update_id=int(update["update_id"]))
            return
        watch = Stopwatch(self.around.clock)
        earlier = self._last_of_chat.get(turn.chat_id)
        task = asyncio.get_running_loop().create_task(self._answer(telegram, turn, watch, earlier))
        self._last_of_chat[turn.chat_id] = task
        self._updates.add(task)
        task.add_done_callback(lambda done: self._forget(turn.chat_id, done))

    def _forget(self, chat_id: int, done: asyncio.Task[None]) -> None:
        self._updates.discard(done)
        if self._last_of_chat.get(chat_id) is done:
            del self._last_of_chat[chat_id]

    async def _answer(
        self,
        telegram: TelegramClient,
        turn: Turn,
        watch: Stopwatch,
        earlier: asyncio.Task[None] | None,
    ) -> None:
        if earlier is not None:
            await asyncio.wait([earlier])
        scope = new_scope()
        async with self._slots:
            if turn.callback_id is not None:
                await self._acknowledge(telegram, turn.callback_id, scope)
            operation, message, failure = await self._use_case(turn, scope)
            try:
                await telegram.call("sendMessage", message, scope)
            except TelegramError as error:
                failure = failure or Failure.of(error)
        self._answered += 1
        self.log.span(
            SpanLine(
                scope=scope,
                kind="server",
                operation=operation,
                method="",
                target="",
                start_ns=watch.start_ns,
                duration_ns=watch.elapsed_ns(),
                failure=failure,
                fields={"update_id": turn.update_id, "user.id": str(turn.chat_id)},
            )
        )

    async def _use_case(
        self, turn: Turn, scope: Scope
    ) -> tuple[str, dict[str, Any], Failure | None]:
        """The operation a turn stands for, the message that answers it, what went wrong."""
        operation = "update"
        try:
            use_case = await self.conversation.choose(turn)
            operation = use_case.operation
            answer = await use_case.run(turn, scope)
        except Exception as error:  # noqa: BLE001  the edge: the user is told, the log knows
            sorry = {"chat_id": turn.chat_id, "text": SORRY}
            return operation, sorry, Failure.of(error)
        return operation, answer.message(turn.chat_id), None

    async def _acknowledge(self, telegram: TelegramClient, callback_id: str, scope: Scope) -> None:
        try:
            await telegram.call("answerCallbackQuery", {"callback_query_id": callback_id}, scope)
        except TelegramError as error:
            self.log.event("warn", "callback not acknowledged", scope, error=str(error))
