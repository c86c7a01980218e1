"""One door for every call: faults, limits, the method itself, and the journal line."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from analyzer.replay.botapi.errors import (
    ApiError,
    bad_request,
    conflict,
    not_found,
    too_many_requests,
)
from analyzer.replay.botapi.faults import CallFate, FaultPlan
from analyzer.replay.botapi.limits import Sent
from analyzer.replay.botapi.methods import METHODS
from analyzer.replay.botapi.params import Params
from analyzer.replay.botapi.shapes import Json
from analyzer.replay.botapi.updates import MOST_PER_POLL, Poll
from analyzer.replay.botapi.webhook import DEFAULT_CONNECTIONS, Webhook, WebhookSender
from analyzer.replay.botapi.world import World

COUNTED = re.compile(r"send(?!chataction)|copymessage|forwardmessage")
EDITS = re.compile(r"editmessage")
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
MOST_CONNECTIONS = 100
TOO_MANY = 429
STORM_RETRY_AFTER = 2
"""Seconds that a 429 by a fault rule asks for; one by the limits asks for what it takes."""
TELEGRAMS_PORTS = frozenset({80, 88, 443, 8443})


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the client, and how."""

    status: int
    body: Json
    fate: CallFate


@dataclass(slots=True)
class Gateway:
    """Answers calls for one bot."""

    world: World
    webhook: WebhookSender
    faults: FaultPlan

    async def call(self, method: str, params: Params) -> Answer:
        """Carry out `method`; a fault may delay, refuse or (see `Answer.fate`) cut it."""
        fate = self.faults.call(method)
        begun = self.world.clock.monotonic_ns()
        if fate.delay_seconds > 0:
            await asyncio.sleep(fate.delay_seconds)
        if fate.fault == "reset_before":
            answer = Answer(0, {}, fate)
        elif fate.status is not None:
            answer = Answer(fate.status, _server_error(fate.status), fate)
        else:
            answer = await self._answer(method, params, fate)
        self._record(method, params, answer, begun)
        return answer

    async def call_from_reply(self, params: Params) -> None:
        """Carry out the call inside a webhook's answer; nobody learns its result."""
        method = str(params.values.pop("method"))
        await self.call(method, params)

    async def _answer(self, method: str, params: Params, fate: CallFate) -> Answer:
        try:
            result = await self._result(method.lower(), params)
        except ApiError as error:
            return Answer(error.code, error.body, fate)
        return Answer(200, {"ok": True, "result": result}, fate)

    async def _result(self, method: str, params: Params) -> Any:
        intake = self._intake().get(method)
        if intake is not None:
            return await intake(params)
        if method not in METHODS:
            raise not_found()
        sent = self._message(method, params)
        if sent is not None and (wait := self.world.limiter.wait_seconds(sent)):
            raise too_many_requests(wait)
        result = METHODS[method](self.world, params)
        if sent is not None:
            # An album is as many messages as it has files.
            for _ in range(len(result) if isinstance(result, list) else 1):
                self.world.limiter.count(sent)
        return result

    def _message(self, method: str, params: Params) -> Sent | None:
        """What the limits see of a call; None if it sends nothing or names no chat."""
        edit = bool(EDITS.match(method))
        if not edit and not COUNTED.match(method):
            return None
        chat = self.world.find_chat(params.values.get("chat_id") or 0)
        return None if chat is None else Sent(chat.chat_id, chat.is_group, edit)

    def _intake(self) -> dict[str, Callable[[Params], Awaitable[Any]]]:
        return {
            "getupdates": self.get_updates,
            "setwebhook": self.set_webhook,
            "deletewebhook": self.delete_webhook,
            "getwebhookinfo": self.get_webhook_info,
        }

    async def get_updates(self, params: Params) -> list[Json]:
        """The updates from an offset on; 409 while a webhook is set or another poll begins."""
        if self.webhook.target is not None:
            raise conflict(
                "can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first"
            )
        poll = Poll(
            offset=params.integer("offset", 0) or 0,
            limit=params.integer("limit", MOST_PER_POLL) or MOST_PER_POLL,
            timeout_seconds=params.integer("timeout", 0) or 0,
            allowed=_kinds(params),
        )
        return await self.world.queue.poll(poll)

    async def set_webhook(self, params: Params) -> bool:
        """Push updates from now on; an empty url takes the webhook away."""
        url = params.text("url").strip()
        if not url:
            return await self.delete_webhook(params)
        self._check_url(url)
        secret = params.text("secret_token")
        if secret and not SECRET.fullmatch(secret):
            reason = "is too long" if len(secret) > 256 else "contains unallowed characters"
            raise bad_request(f"secret token {reason}")
        connections = params.integer("max_connections", DEFAULT_CONNECTIONS)
        connections = min(max(connections or DEFAULT_CONNECTIONS, 1), MOST_CONNECTIONS)
        if (kinds := _kinds(params)) is not None:
            self.world.queue.allowed = kinds
        self.world.queue.end_poll(conflict("terminated by setWebhook request"))
        await self.webhook.unset()
        if params.flag("drop_pending_updates"):
            self.world.queue.drop_all()
        await self.webhook.set(Webhook(url, secret, connections))
        self.world.queue.listened.set()
        return True

    async def delete_webhook(self, params: Params) -> bool:
        """Stop pushing; pending updates stay unless they are to be dropped."""
        await self.webhook.unset()
        if params.flag("drop_pending_updates"):
            self.world.queue.drop_all()
        return True

    async def get_webhook_info(self, _params: Params) -> Json:
        """Where updates go, how many wait, and what went wrong last."""
        self.world.queue.expire()
        sender = self.webhook
        body: Json = {
            "url": sender.target.url if sender.target else "",
            "has_custom_certificate": False,
            "pending_update_count": len(self.world.queue.pending),
        }
        if sender.target is not None:
            body["max_connections"] = sender.target.max_connections
            if sender.last_error_time_s is not None:
                body["last_error_date"] = sender.last_error_time_s
                body["last_error_message"] = sender.last_error
        if self.world.queue.allowed:
            body["allowed_updates"] = self.world.queue.allowed
        return body

    def _check_url(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise bad_request("bad webhook: invalid webhook URL specified")
        if not self.webhook.rules.only_https_ports:
            return
        if parts.scheme != "https":
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        if (parts.port or 443) not in TELEGRAMS_PORTS:
            raise bad_request(
                "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"
            )

    def _record(self, method: str, params: Params, answer: Answer, begun: int) -> None:
        body, fate = answer.body, answer.fate
        result = body.get("result")
        message_id = result.get("message_id") if isinstance(result, dict) else None
        self.world.journal.write(
            "request_answered",
            method=method,
            chat_id=params.values.get("chat_id"),
            message_id=message_id or params.values.get("message_id"),
            status=answer.status,
            description=body.get("description"),
            retry_after=(body.get("parameters") or {}).get("retry_after"),
            fault=fate.fault or ("delay" if fate.delay_seconds else None),
            duration_ms=(self.world.clock.monotonic_ns() - begun) / 1e6,
            parameters=params.for_journal(),
            result=result,
        )


def _kinds(params: Params) -> list[str] | None:
    kinds = params.json("allowed_updates")
    if kinds is None:
        return None
    if not isinstance(kinds, list):
        raise bad_request("can't parse allowed updates: array expected")
    return [str(kind) for kind in kinds]


def _server_error(status: int) -> Json:
    if status == TOO_MANY:
        return too_many_requests(STORM_RETRY_AFTER).body
    names = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}
    return {"ok": False, "error_code": status, "description": names.get(status, "Server Error")}
