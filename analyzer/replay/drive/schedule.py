"""The open loop: acts begin at their intended moments, however long earlier ones take."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from analyzer.replay.botapi.clock import NS_PER_SECOND, Clock


@dataclass(frozen=True, slots=True)
class Fired:
    """One scheduled act, and when it was due (monotonic).

    However late it really begins is the generator's own lag, which the row of the act keeps.
    """

    number: int
    intended_ns: int


async def open_loop(
    times: Sequence[float],
    act: Callable[[Fired], Awaitable[None]],
    clock: Clock,
    over: asyncio.Event | None = None,
) -> None:
    """Begin `act` at each of `times` (seconds from now, ascending); returns when all have ended.

    Nothing waits for an answer before the next act begins, so waiting shows in the latencies
    instead of thinning out the load (coordinated omission). Nothing begins once it is `over`.
    """
    over = over or asyncio.Event()
    begun = clock.monotonic_ns()
    async with asyncio.TaskGroup() as group:
        for number, seconds in enumerate(times):
            intended = begun + round(seconds * NS_PER_SECOND)
            wait = intended - clock.monotonic_ns()
            if wait > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait / NS_PER_SECOND):
                        await over.wait()
            if over.is_set():
                break
            group.create_task(_run(act, Fired(number, intended)))


async def _run(act: Callable[[Fired], Awaitable[None]], fired: Fired) -> None:
    await act(fired)
