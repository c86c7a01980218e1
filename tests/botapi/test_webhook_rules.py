"""Webhook delivery: secret, parallelism, repetition with back-off, what getWebhookInfo tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from analyzer.replay.botapi import Emulator, Limits, Settings, Text, User, WebhookRules
from tests.botapi.callers import Caller
from tests.botapi.chatting import eventually, seen

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
def settings() -> Settings:
    rules = WebhookRules(timeout_seconds=0.5, first_retry_seconds=0.05, longest_retry_seconds=0.2)
    return Settings(limits=Limits(enabled=False), webhook=rules)


@dataclass
class Hook:
    """A bot's web server whose answers the test chooses."""

    url: str = ""
    answer: Callable[[int], Awaitable[web.Response]] = field(default=lambda _: ok())
    update_ids: list[int] = field(default_factory=list)
    secrets: list[str | None] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.secrets.append(request.headers.get(SECRET_HEADER))
        try:
            async with self.arrived:
                self.update_ids.append(update["update_id"])
                self.arrived.notify_all()
            return await self.answer(len(self.update_ids))
        finally:
            self.in_flight -= 1

    async def has(self, count: int) -> None:
        async with asyncio.timeout(10), self.arrived:
            await self.arrived.wait_for(lambda: len(self.update_ids) >= count)


async def ok() -> web.Response:
    return web.Response()


@asynccontextmanager
async def listening() -> AsyncIterator[Hook]:
    hook = Hook()
    app = web.Application()
    app.router.add_post("/hook", hook.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield hook
    finally:
        await runner.cleanup()


async def wrote(telegram: Emulator, user: User, count: int) -> list[int]:
    acts = [await telegram.door.write(Text(user=user, text=f"text {n}")) for n in range(count)]
    return [act.update_id for act in acts if act.update_id is not None]


async def drained(telegram: Emulator) -> None:
    await eventually(lambda: not telegram.world.queue.pending)


async def test_secret_token_comes_as_header(telegram: Emulator, caller: Caller, ann: User) -> None:
    async with listening() as hook:
        await caller.call("setWebhook", url=hook.url, secret_token="s3cret_-A")
        ids = await wrote(telegram, ann, 2)
        await drained(telegram)
    assert sorted(hook.update_ids) == ids
    assert set(hook.secrets) == {"s3cret_-A"}


@pytest.mark.parametrize("secret", ["with space", "ümlaut", "x" * 257])
async def test_bad_secret_token_is_refused(caller: Caller, secret: str) -> None:
    with caller.refused("bad_request", "secret token"):
        await caller.call("setWebhook", url="http://127.0.0.1:9/", secret_token=secret)


async def test_no_more_than_max_connections_are_in_flight(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    async with listening() as hook:
        gate = asyncio.Event()

        async def slow(_number: int) -> web.Response:
            await gate.wait()
            return web.Response()

        hook.answer = slow
        await caller.call("setWebhook", url=hook.url, max_connections=3)
        ids = await wrote(telegram, ann, 9)
        await hook.has(3)
        assert hook.in_flight == 3
        gate.set()
        await drained(telegram)
    assert hook.most_in_flight == 3
    assert sorted(hook.update_ids) == ids


async def test_order_is_not_kept_under_parallelism(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    """A later update is answered while an earlier one of the same chat is still in work."""
    async with listening() as hook:
        gate = asyncio.Event()

        async def first_waits(number: int) -> web.Response:
            if number == 1:
                await gate.wait()
            return web.Response()

        hook.answer = first_waits
        await caller.call("setWebhook", url=hook.url, max_connections=5)
        ids = await wrote(telegram, ann, 3)
        await hook.has(3)
        await eventually(lambda: len(telegram.world.queue.pending) == 1)
        assert list(telegram.world.queue.pending) == [hook.update_ids[0]]
        gate.set()
        await drained(telegram)
    assert sorted(hook.update_ids) == ids


@pytest.mark.parametrize("status", [500, 404, 302])
async def test_anything_but_2xx_is_sent_again_with_the_same_id_and_growing_pauses(
    telegram: Emulator, caller: Caller, ann: User, status: int
) -> None:
    async with listening() as hook:

        async def third_time(number: int) -> web.Response:
            return web.Response(status=status if number < 4 else 200)

        hook.answer = third_time
        await caller.call("setWebhook", url=hook.url)
        [update_id] = await wrote(telegram, ann, 1)
        await drained(telegram)
    assert hook.update_ids == [update_id] * 4
    attempts = telegram.journal.of("webhook_attempted")
    assert [line["attempt"] for line in attempts] == [1, 2, 3, 4]
    assert [line.get("retry_in_s") for line in attempts] == [0.05, 0.1, 0.2, None]


async def test_no_answer_in_time_is_sent_again(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    async with listening() as hook:

        async def slow_once(number: int) -> web.Response:
            await asyncio.sleep(1.0 if number == 1 else 0)
            return web.Response()

        hook.answer = slow_once
        await caller.call("setWebhook", url=hook.url)
        [update_id] = await wrote(telegram, ann, 1)
        await drained(telegram)
        info = await caller.call("getWebhookInfo")
    assert hook.update_ids == [update_id, update_id]
    assert info.last_error_message == "Read timeout expired"


async def test_webhook_info_counts_pending_and_names_the_last_error(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    async with listening() as hook:

        async def broken(_number: int) -> web.Response:
            return web.Response(status=503)

        hook.answer = broken
        await caller.call(
            "setWebhook", url=hook.url, max_connections=7, allowed_updates=["message"]
        )
        await wrote(telegram, ann, 3)
        await hook.has(3)
        await eventually(lambda: telegram.gateway.webhook.last_error)
        info = await caller.call("getWebhookInfo")
        assert (info.url, info.pending_update_count, info.max_connections) == (hook.url, 3, 7)
        assert list(info.allowed_updates) == ["message"]
        assert info.last_error_message == (
            "Wrong response from the webhook: 503 Service Unavailable"
        )
        assert info.last_error_date is not None


@pytest.mark.parametrize("drop", [False, True])
async def test_queue_survives_set_and_delete_unless_dropped(
    telegram: Emulator, caller: Caller, ann: User, *, drop: bool
) -> None:
    ids = await wrote(telegram, ann, 2)
    await caller.call("setWebhook", url="http://127.0.0.1:9/hook")
    await caller.call("deleteWebhook", drop_pending_updates=drop)
    left = await caller.call("getUpdates")
    assert [update.update_id for update in left] == ([] if drop else ids)


async def test_refused_connection_is_named_and_tried_again(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    await caller.call("setWebhook", url="http://127.0.0.1:9/hook")
    await wrote(telegram, ann, 1)
    await eventually(lambda: len(telegram.journal.of("webhook_attempted")) >= 2)
    info = await caller.call("getWebhookInfo")
    assert info.pending_update_count == 1
    assert info.last_error_message


async def test_call_inside_the_webhooks_answer_is_carried_out(
    telegram: Emulator, caller: Caller, ann: User
) -> None:
    async with listening() as hook:

        async def replying(_number: int) -> web.Response:
            body = {"method": "sendMessage", "chat_id": ann.user_id, "text": "from the answer"}
            return web.json_response(body)

        hook.answer = replying
        await caller.call("setWebhook", url=hook.url)
        seq = await telegram.door.last_seq()
        await wrote(telegram, ann, 1)
        event = await seen(telegram.door, seq, lambda event: event.kind == "message")
    assert event.text == "from the answer"


async def test_only_https_on_telegrams_ports_when_told_so(ann: User) -> None:
    from tests.botapi.callers import CALLERS

    strict = Settings(webhook=WebhookRules(only_https_ports=True))
    async with Emulator(strict) as telegram, CALLERS["ptb"](telegram) as caller:
        with caller.refused("bad_request", "An HTTPS URL must be provided"):
            await caller.call("setWebhook", url="http://example.org/hook")
        with caller.refused("bad_request", "only on ports 80, 88, 443 or 8443"):
            await caller.call("setWebhook", url="https://example.org:9000/hook")
        assert await caller.call("setWebhook", url="https://example.org:8443/hook")
        await caller.call("deleteWebhook")
