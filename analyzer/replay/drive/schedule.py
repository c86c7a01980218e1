"""The open loop: acts begin at their intended moments, however long earlier ones take."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from analyzer.replay.botapi.clock import NS_PER_SECOND, Clock


@dataclass(frozen=True, slots=True)
class Fired:
    """One scheduled act: when it was due and when it really began (monotonic)."""

    number: int
    intended_ns: int
    issued_ns: int

    @property
    def lag_ns(self) -> int:
        """How late the generator itself was; never counted in the server's favour."""
        return self.issued_ns - self.intended_ns


async def open_loop(
    times: Sequence[float],
    act: Callable[[Fired], Awaitable[None]],
    clock: Clock,
    enough: Callable[[], bool] = lambda: False,
) -> list[Fired]:
    """Begin `act` at each of `times` (seconds from now, ascending); returns when all have ended.

    Nothing waits for an answer before the next act begins, so waiting shows in the latencies
    instead of thinning out the load (coordinated omission). Once `enough` says so nothing more
    begins.
    """
    begun = clock.monotonic_ns()
    fired: list[Fired] = []
    async with asyncio.TaskGroup() as group:
        for number, seconds in enumerate(times):
            intended = begun + round(seconds * NS_PER_SECOND)
            wait = intended - clock.monotonic_ns()
            if wait > 0:
                await asyncio.sleep(wait / NS_PER_SECOND)
            if enough():
                break
            one = Fired(number, intended, clock.monotonic_ns())
            fired.append(one)
            group.create_task(_run(act, one))
    return fired


async def _run(act: Callable[[Fired], Awaitable[None]], fired: Fired) -> None:
    await act(fired)
