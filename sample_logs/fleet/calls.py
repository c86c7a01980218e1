"""Calls to peers with the time-outs and retries each team wrote; a client span for each try."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sample_logs.fleet.lines import Failure, SpanLine, TeamLog
from sample_logs.fleet.tracing import Propagation, Scope, Stopwatch, WallClock, passed_on
from sample_logs.fleet.wire import Message, Reply, Transport, TransportError


class UpstreamError(Exception):
    """A peer failed, after all retries."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a caller treats one peer: seconds per try, tries in all, pause between them."""

    timeout_s: float
    tries: int = 1
    pause_s: float = 0.1


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a peer."""

    peer: str
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Peers:
    """The peers of one service; transports are added when the process knows the addresses."""

    service: str
    log: TeamLog
    clock: WallClock
    propagation: Propagation
    transports: dict[str, Transport] = field(default_factory=dict)

    async def call(self, call: Call, scope: Scope, policy: Policy) -> Reply:
        """The peer's reply below 500; raises UpstreamError when the last try failed."""
        transport = self.transports[call.peer]
        reply, failure = await self._attempt(call, scope, policy, transport)
        for _ in range(policy.tries - 1):
            if failure is None:
                break
            await asyncio.sleep(policy.pause_s)
            reply, failure = await self._attempt(call, scope, policy, transport)
        if failure is None:
            return reply
        raise UpstreamError(f"{call.peer} {call.method} {call.path}: {failure.message}")

    async def _attempt(
        self, call: Call, scope: Scope, policy: Policy, transport: Transport
    ) -> tuple[Reply, Failure | None]:
        client = scope.child() if transport.remote else scope
        headers = passed_on(client, self.propagation) | {"user-agent": f"{self.service}-client/1"}
        message = Message(call.method, call.path, call.query, call.body, headers)
        watch = Stopwatch(self.clock)
        failure: Failure | None = None
        status: int | None = None
        reply = Reply(0, {})
        try:
            reply = await transport.send(message, policy.timeout_s)
            status = reply.status
            if status >= 500:
                cause = str(reply.body.get("error", "HTTPError"))
                detail = str(reply.body.get("detail", f"status {status}"))
                failure = Failure(cause, f"{status}: {detail}")
        except TransportError as error:
            failure = Failure.of(error)
        if transport.remote:
            operation = f"{call.method} {call.path}"
            self.log.span(
                SpanLine(
                    scope=client,
                    kind="client",
                    operation=operation,
                    method=call.method,
                    target=call.path,
                    start_ns=watch.start_ns,
                    duration_ns=watch.elapsed_ns(),
                    status_code=status,
                    failure=failure,
                    peer=call.peer,
                )
            )
        return reply, failure
