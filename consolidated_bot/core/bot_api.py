"""A lean client of the Bot API: one request, one raw answer, errors by what they mean for us.

aiogram's own session validates every answer into models, which costs more than half of an
answered update; of an answer we need one number, the message id. Parameters go as a form, exactly
as aiogram and python-telegram-bot send them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any, Protocol, Self

import aiohttp
import orjson
from yarl import URL

from consolidated_bot.core.json_text import loads

EMPTY = URL("/")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Failure(Enum):
    """What a failed call means for the caller."""

    THROTTLED = "throttled"  # 429: wait retry_after, then repeat
    GONE = "gone"  # the chat cannot be reached any more
    REFUSED = "refused"  # the request itself is wrong: repeating is pointless
    UNAUTHORIZED = "unauthorized"  # the token is wrong
    CONFLICT = "conflict"  # another poller, or an active webhook
    UNREACHED = "unreached"  # nothing arrived there: repeating is safe
    AMBIGUOUS = "ambiguous"  # it may have arrived


class BotApiError(Exception):
    """A call failed; `retry_after` in seconds is set when THROTTLED."""

    def __init__(
        self,
        failure: Failure,
        description: str,
        retry_after: float = 0.0,
        moved_to: int | None = None,
    ) -> None:
        """Describe the failure; `moved_to` is where a group lives now."""
        super().__init__(description)
        self.failure = failure
        self.description = description
        self.retry_after = retry_after
        self.moved_to = moved_to


class Calls(Protocol):
    """What makes calls of the Bot API."""

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return the call's `result`; raise `BotApiError` for every kind of failure."""
        ...


class BotApi:
    """Calls of one bot; `close` when done."""

    def __init__(self, base_url: str, token: str, *, connections: int = 64) -> None:
        """Prepare for `base_url` (https://api.telegram.org or another server)."""
        self._prefix = f"{base_url.rstrip('/')}/bot{token}/"
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=self._connections, ttl_dns_cache=3600)
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(
        self, method: str, params: Mapping[str, Any] | None = None, *, seconds: float = 30.0
    ) -> Any:
        """Return the call's `result`; raise `BotApiError` for every kind of failure."""
        assert self._session is not None, "use `async with`"
        body = encode(params or {})
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=min(seconds, 10.0))
        try:
            async with self._session.post(
                self._prefix + method, data=body, headers=FORM, timeout=timeout
            ) as response:
                status = response.status
                raw = await response.read()
        except aiohttp.ClientConnectorError as error:
            raise BotApiError(Failure.UNREACHED, f"no connection: {error.strerror}") from error
        except (TimeoutError, aiohttp.ClientError) as error:
            name = type(error).__name__
            raise BotApiError(Failure.AMBIGUOUS, f"no answer: {name}") from error
        return _result(status, raw)


def encode(params: Mapping[str, Any]) -> bytes:
    """A form: nested values as JSON, None left out, booleans as JSON's."""
    pairs = [
        (key, value if isinstance(value, str) else orjson.dumps(value).decode())
        for key, value in params.items()
        if value is not None
    ]
    return EMPTY.with_query(pairs).raw_query_string.encode()  # yarl quotes in C


def _result(status: int, raw: bytes) -> Any:
    try:
        answer = loads(raw)
    except ValueError as error:
        raise BotApiError(
            Failure.AMBIGUOUS, f"HTTP {status} with a body that is no JSON"
        ) from error
    if not isinstance(answer, dict):
        raise BotApiError(Failure.AMBIGUOUS, f"HTTP {status} with a body that is no answer")
    if answer.get("ok") is True and status < 300:
        return answer.get("result")
    raise _error(int(_number(answer.get("error_code")) or status), answer)


_BY_CODE = {
    400: Failure.REFUSED,
    401: Failure.UNAUTHORIZED,
    403: Failure.GONE,
    404: Failure.UNAUTHORIZED,
    409: Failure.CONFLICT,
    413: Failure.REFUSED,
    429: Failure.THROTTLED,
}
_MUTED = (
    "not enough rights to send text messages",
    "have no rights to send a message",
    "chat_write_forbidden",
)
_GONE = ("chat not found", "user is deactivated", "bot was kicked", "peer_id_invalid")


def _error(code: int, answer: Mapping[str, Any]) -> BotApiError:
    description = str(answer.get("description") or f"HTTP {code}")
    parameters = answer.get("parameters")
    if not isinstance(parameters, dict):
        parameters = {}
    wait = _number(parameters.get("retry_after"))
    moved_to = _number(parameters.get("migrate_to_chat_id"))
    failure = _BY_CODE.get(code, Failure.AMBIGUOUS if code >= 500 else Failure.REFUSED)
    if wait is not None:
        failure = Failure.THROTTLED
    elif failure is Failure.REFUSED and any(word in description.lower() for word in _GONE):
        failure = Failure.GONE
    elif failure is Failure.REFUSED and any(word in description.lower() for word in _MUTED):
        failure = Failure.UNREACHED  # somebody took a right away, and may give it back
    elif code == 404 and "method" in description.lower():
        failure = Failure.REFUSED
    pause = max(0.0, wait or 0.0) or (1.0 if failure is Failure.THROTTLED else 0.0)
    return BotApiError(failure, description, pause, None if moved_to is None else int(moved_to))


def _number(value: Any) -> float | None:
    """The figure that an answer gives, None for what is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
