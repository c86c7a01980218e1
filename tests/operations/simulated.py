# ruff: noqa: T201 - run as a program it prints its table
"""Simulated campaigns through the bot's own feed, board and alerts; only Telegram is left out.

`python -m tests.operations.simulated 200` (or `100 100`: from the 101st on) prints, for a healthy
campaign and for a burst of 20 % bad events in the peak (a quarter as many), how many runs page and
how long the first page takes.
It takes some 1.2 s of a core per campaign.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry

from analyzer.dashboard import Board
from analyzer.slo import alerts
from analyzer.slo.windows import PAGE
from consolidated_bot.core.intentions import Intentions
from consolidated_bot.operations.domain import Campaign
from consolidated_bot.operations.feed import LiveFeed
from consolidated_bot.operations.metrics import JourneyMetrics
from consolidated_bot.operations.objectives import during, read_live_objectives
from consolidated_bot.operations.policy import policy_of
from consolidated_bot.operations.runbook_file import read_runbook
from tests.slo.campaign import PERIOD_S, PLANNED, SCENARIOS, Scenario, arrival_rate

START_MS = 1_795_435_200_000
TICK_S = 5
HEALTHY, BURST = SCENARIOS[0], SCENARIOS[2]


@dataclass
class Second:
    """A clock that shows one second after the other."""

    second: int = 0

    def now_ms(self) -> int:
        return START_MS + self.second * 1000

    def monotonic(self) -> float:
        return float(self.second)


def pages(
    total: NDArray[np.int64], bad: NDArray[np.int64], *, until_s: int = PERIOD_S, from_s: int = 0
) -> list[int]:
    """At which seconds of the campaign a new incident pages."""
    clock, runbook = Second(from_s), read_runbook(None)
    campaign = Campaign(1, "simulated", PLANNED, PERIOD_S // 60, START_MS, 0)
    objectives = during(campaign, read_live_objectives(None)[:1], runbook.volume_of)
    metrics = JourneyMetrics(CollectorRegistry())
    feed = LiveFeed(Board(objectives), Intentions(()), metrics, clock)
    feed.ready = True
    board, policy = alerts.Board(), policy_of(runbook.escalation)
    paged: list[int] = []
    number = 0
    for second in range(from_s, until_s):
        clock.second = second
        for index in range(int(total[second])):
            number += 1
            outcome = "failed" if index < int(bad[second]) else "ok"
            feed.ended(_journal(number, clock.now_ms(), outcome), clock.now_ms())
        if second % TICK_S:
            continue
        feed.alive()
        step = alerts.tick(board, feed.signals() or (), clock.now_ms() / 1000, policy)
        board = step.board
        paged += [
            second
            for decision in step.decisions
            if isinstance(decision, alerts.Send)
            and decision.notice.severity == PAGE
            and decision.notice.kind is alerts.NoticeKind.OPENED
        ]
    return paged


def _journal(number: int, at_ms: int, outcome: str) -> dict[str, object]:
    return {
        "journey": "support/ticket-submit",
        "outcome": outcome,
        "trace_id": str(number),
        "received_ms": at_ms,
        "started_ms": at_ms,
        "committed_ms": at_ms,
    }


def drawn(
    scenario: Scenario, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Arrivals of a campaign and how many of them are bad, by second."""
    total = rng.poisson(arrival_rate())
    return total, rng.binomial(total, scenario.bad_share())


def main(runs: int, first: int) -> None:
    """Campaign `n` is the same whatever runs beside it: a long series can be run in parts."""
    false = 0
    for number in range(first, first + runs):
        false += bool(pages(*drawn(HEALTHY, np.random.default_rng([3, number]))))
        if number % 10 == 9:
            print(f"{number + 1 - first} healthy campaigns, {false} paged", flush=True)
    print(f"healthy campaign: {false} of {runs} runs paged", flush=True)
    assert BURST.begin is not None
    delays = []
    for number in range(first, first + max(1, runs // 4)):
        # The hour before fills every window that a page looks at.
        arrivals = drawn(BURST, np.random.default_rng([4, number]))
        found = pages(*arrivals, from_s=BURST.begin - 3600, until_s=BURST.begin + 360)
        delays += [min(at - BURST.begin for at in found if at >= BURST.begin)]
    print(
        f"20 % bad in the peak: paged after {np.median(delays):.0f} s (median), "
        f"{max(delays)} s (worst of {len(delays)})"
    )


if __name__ == "__main__":
    words = [*map(int, sys.argv[1:]), 200, 0]
    main(words[0], words[1] if len(sys.argv) > 2 else 0)
