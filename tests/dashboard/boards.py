# ruff: noqa: E501 - one line per metric source
"""Boards to look at: a small set of objectives, and journeys to feed them with."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from analyzer.dashboard import Access, Board, mount
from analyzer.slo.events import JourneyAttempt
from analyzer.slo.spec import Objective, SourceText, read_objectives

SECOND = 1_000_000
_ids = itertools.count()

DOCUMENT = """
apiVersion: openslo/v1
kind: SLO
metadata:
  name: {name}
  annotations: {{analyzer.local/deadline-ms: "5000", analyzer.local/planned-events: "4000"}}
spec:
  service: bot
  indicator:
    metadata: {{name: {name}-ratio}}
    spec:
      ratioMetric:
        counter: true
        good: {{metricSource: {{type: analyzer, spec: {{context: {context}, journey: {journey}, event: good}}}}}}
        total: {{metricSource: {{type: analyzer, spec: {{context: {context}, journey: {journey}, event: valid}}}}}}
  timeWindow: [{{duration: {window}, isRolling: true}}]
  budgetingMethod: Occurrences
  objectives: [{{displayName: 99 % within 5 s, target: 0.99}}]
"""


def objective(
    name: str = "ticket", context: str = "support", journey: str = "submit", window: str = "4h"
) -> Objective:
    text = DOCUMENT.format(name=name, context=context, journey=journey, window=window)
    return read_objectives([SourceText("slo.yaml", text)]).objectives[0]


def two_contexts() -> list[Objective]:
    return [objective(), objective("profile", "accounts", "change")]


def now_us() -> int:
    return time.time_ns() // 1000


def attempt(start_us: int, took_s: float | None = 0.2, **more: object) -> JourneyAttempt:
    end_us = None if took_s is None else start_us + round(took_s * SECOND)
    outcome = None if took_s is None else "success"
    made = JourneyAttempt(f"j{next(_ids)}", "support", "submit", start_us, end_us, outcome)
    return made._replace(**more)  # type: ignore[arg-type]


def feed(board: Board, count: int, *, bad: int = 0, until_us: int | None = None) -> None:
    """`count` journeys, the last `bad` of them failed, one a second up to `until_us`."""
    until = until_us or now_us()
    for place in range(count):
        start = until - (count - place) * SECOND
        failed = place >= count - bad
        made = (
            attempt(start, outcome="failed", reason="pool is empty") if failed else attempt(start)
        )
        board.observe(made, start + SECOND // 5)


@dataclass
class Served:
    """A dashboard on loopback."""

    url: str
    board: Board
    runner: web.AppRunner

    async def cut(self) -> None:
        """Stop the server under the open page."""
        await self.runner.cleanup()


@asynccontextmanager
async def served(
    board: Board, access: Access | None = None, port: int = 0, prefix: str = ""
) -> AsyncIterator[Served]:
    """Below `prefix`, as behind a proxy that takes it away."""
    application = web.Application()
    mount(application, board, access or Access())
    outer = application
    if prefix:
        outer = web.Application()
        outer.add_subapp(prefix, application)
    runner = web.AppRunner(outer, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield Served(f"http://127.0.0.1:{runner.addresses[0][1]}{prefix}", board, runner)
    finally:
        await runner.cleanup()
