"""The Bot API as two teams of the fleet call it: by hand, over aiohttp."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from random import Random
from typing import Any, NamedTuple

import aiohttp

from sample_logs.fleet.lines import Failure, SpanLine, TeamLog
from sample_logs.fleet.tracing import Scope, Stopwatch, WallClock

TRIES = 4
PAUSE_S = 0.4
CALL_TIMEOUT_S = 10.0


class TelegramError(Exception):
    """The Bot API refused, or could not be reached, after all tries."""

    def __init__(self, method: str, code: int, description: str) -> None:
        super().__init__(f"{method}: {code} {description}")
        self.code = code


class BotAddress(NamedTuple):
    """Where a bot's API is, and the token that opens it."""

    api_url: str
    token: str


class TelegramClient:
    """Calls methods of one bot; every try inside a scope leaves a client span."""

    def __init__(self, bot: BotAddress, log: TeamLog, clock: WallClock, jitter: Random) -> None:
        self._base = f"{bot.api_url.rstrip('/')}/bot{bot.token}"
        self._log = log
        self._clock = clock
        self._jitter = jitter
        self._session = aiohttp.ClientSession()

    def url(self, method: str) -> str:
        return f"{self._base}/{method}"

    async def get_updates(self, offset: int | None, wait_s: int) -> list[dict[str, Any]]:
        """The next updates; waits up to `wait_s` for the first."""
        asked: dict[str, Any] = {"timeout": wait_s, "limit": 100}
        if offset is not None:
            asked["offset"] = offset
        answer, _ = await self._post("getUpdates", asked, wait_s + CALL_TIMEOUT_S)
        if not answer.get("ok"):
            code = int(answer.get("error_code", 0))
            raise TelegramError("getUpdates", code, str(answer.get("description", "")))
        return list(answer["result"])

    async def call(self, method: str, fields: Mapping[str, Any], scope: Scope) -> Any:
        """The result; waits as 429 says, tries again after 5xx and broken connections."""
        answer: dict[str, Any] = {}
        for attempt in range(1, TRIES + 1):
            answer = await self._attempt(method, fields, scope)
            if answer.get("ok"):
                return answer["result"]
            code = int(answer.get("error_code", 0))
            if (400 <= code < 500 and code != 429) or attempt == TRIES:
                break
            wait_s = float(answer.get("parameters", {}).get("retry_after", PAUSE_S))
            await asyncio.sleep(wait_s + self._jitter.random())
        raise TelegramError(method, int(answer["error_code"]), str(answer["description"]))

    async def _attempt(
        self, method: str, fields: Mapping[str, Any], scope: Scope
    ) -> dict[str, Any]:
        watch = Stopwatch(self._clock)
        answer, status = await self._post(method, fields, CALL_TIMEOUT_S)
        failure = None
        if not answer.get("ok"):
            kind = {429: "TooManyRequests", 403: "Forbidden"}.get(status or 0, "TelegramError")
            failure = Failure(kind, str(answer["description"]))
        self._log.span(
            SpanLine(
                scope=scope.child(),
                kind="client",
                operation=method,
                method="POST",
                target=f"/{method}",
                start_ns=watch.start_ns,
                duration_ns=watch.elapsed_ns(),
                status_code=status,
                failure=failure,
                peer="telegram-api",
            )
        )
        return answer

    async def _post(
        self, method: str, fields: Mapping[str, Any], timeout_s: float
    ) -> tuple[dict[str, Any], int | None]:
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._session.post(self.url(method), json=dict(fields)) as response,
            ):
                return dict(await response.json(content_type=None)), response.status
        except (TimeoutError, aiohttp.ClientError, ValueError) as broken:
            text = f"{type(broken).__name__}: {broken}"
            return {"ok": False, "error_code": 0, "description": text}, None

    async def close(self) -> None:
        await self._session.close()
