"""Messages between services, and the two ways they travel: HTTP, or a call in the same process."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import aiohttp
import orjson

from sample_logs.fleet.pool import Cost

NETWORK = Cost(median_ms=2.5, sigma=0.25)
"""One way between two hosts (TLS, load balancer, switch), which loopback would hide."""


class Message(NamedTuple):
    """A request on its way; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any]
    headers: Mapping[str, str]


class Reply(NamedTuple):
    """A status after HTTP and a JSON object."""

    status: int
    body: Mapping[str, Any]


class TransportError(Exception):
    """The peer gave no answer: refused, reset, or out of time."""


class CallTimeoutError(TransportError):
    """No answer within the caller's time-out."""


class PeerUnreachableError(TransportError):
    """Nobody listens, or the connection broke."""


class Transport(Protocol):
    """A way to a peer; `remote` says whether a network lies between."""

    remote: bool

    async def send(self, message: Message, timeout_s: float) -> Reply: ...


@dataclass(slots=True)
class HttpTransport:
    """To another process."""

    base_url: str
    session: aiohttp.ClientSession
    random: random.Random
    remote: bool = True

    async def send(self, message: Message, timeout_s: float) -> Reply:
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.sleep(NETWORK.draw_seconds(self.random))
                reply = await self._exchange(message)
                await asyncio.sleep(NETWORK.draw_seconds(self.random))
                return reply
        except TimeoutError as late:
            raise CallTimeoutError(
                f"no answer from {self.base_url} within {timeout_s:g} s"
            ) from late
        except aiohttp.ClientError as broken:
            raise PeerUnreachableError(f"{self.base_url}: {broken}") from broken

    async def _exchange(self, message: Message) -> Reply:
        async with self.session.request(
            message.method,
            self.base_url + message.path,
            params=dict(message.query),
            data=orjson.dumps(dict(message.body)) if message.body else None,
            headers=dict(message.headers),
        ) as response:
            return Reply(response.status, orjson.loads(await response.read()))


@dataclass(slots=True)
class LocalTransport:
    """To a service mounted in the same process: the same code without the network."""

    handle: Callable[[Message], Awaitable[Reply]]
    remote: bool = False

    async def send(self, message: Message, timeout_s: float) -> Reply:
        try:
            async with asyncio.timeout(timeout_s):
                return await self.handle(message)
        except TimeoutError as late:
            raise CallTimeoutError(f"no answer in process within {timeout_s:g} s") from late
