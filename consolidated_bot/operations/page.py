"""What the dashboard is told besides journeys: gauges, incidents, campaign, level."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path

from prometheus_client import Counter, Gauge

from analyzer.dashboard.board import Board
from analyzer.dashboard.values import FULL_SERVICE, MarkKind, OpenIncident, ServiceLevel
from analyzer.dashboard.values import Campaign as ShownCampaign
from analyzer.slo.alerts import Board as AlertBoard
from analyzer.slo.alerts import Incident, State
from analyzer.slo.spec import Objective
from consolidated_bot.core.telemetry import Metrics
from consolidated_bot.operations.domain import Campaign, Level, LevelHold, Runbook
from consolidated_bot.operations.incident_view import clock
from consolidated_bot.operations.metrics import JourneyMetrics

LEVELS = {
    Level.NORMAL: "L0: full service",
    Level.BROADCASTS_PAUSED: "L1: broadcasts paused",
    Level.NOTICES_DEFERRED: "L2: broadcasts paused, notices deferred",
    Level.TICKETS_ONLY: "L3: tickets only",
}
STATM = Path("/proc/self/statm")


class Page:
    """Brings what operations knows onto a board."""

    def __init__(
        self, board: Board, core: Metrics, journeys: JourneyMetrics, runbook: Runbook
    ) -> None:
        """Read gauges where the bot counts anyway."""
        self._board = board
        self._core = core
        self._journeys = journeys
        self._runbook = runbook
        self._cpu = (time.monotonic(), time.process_time())
        self._campaign: Campaign | None = None
        self._level: tuple[Level, LevelHold | None] = (Level.NORMAL, None)

    def gauges(self, now_us: int, in_flight: tuple[int, float], busy: tuple[int, int]) -> None:
        """`in_flight` is (updates, age of the oldest in s), `busy` (workers at work, workers)."""
        core = self._core
        shown = {
            "inbox_depth": _value(core.inbox_depth),
            "inbox_oldest_s": _value(core.inbox_oldest),
            "outbox_depth": _value(core.outbox_depth),
            "outbox_oldest_s": _value(core.outbox_oldest),
            "telegram_429": _value(core.throttled),
            "shed": sum(
                _value(self._journeys.shed.labels(str(int(level)))) for level in Level if level
            ),
            "in_flight": float(in_flight[0]),
            "oldest_in_flight_s": in_flight[1],
            "pool_used": float(busy[0]),
            "pool_size": float(busy[1]),
            "cpu_ratio": self._cpu_ratio(),
            "memory_bytes": _memory_bytes(),
        }
        for name, value in shown.items():
            self._board.gauge(name, value, now_us)

    def incidents(self, found: AlertBoard) -> None:
        """Those that are open, with who has them and what comes next."""
        self._board.incidents(
            self._incident(incident, found)
            for incident in found.incidents
            if incident.open and incident.state is not State.PENDING
        )

    def campaign(
        self, campaign: Campaign | None, objectives: tuple[Objective, ...], now_us: int
    ) -> None:
        """Show the campaign, and mark where one begins and ends."""
        if campaign == self._campaign:
            return
        if self._campaign is not None and campaign is None:
            self._board.mark(MarkKind.CAMPAIGN, f"{self._campaign.name} ends", now_us)
        self._campaign = campaign
        self._board.campaign = None
        if campaign is not None:
            start_us = campaign.started_ms * 1000
            self._board.mark(MarkKind.CAMPAIGN, f"{campaign.name} starts", start_us)
            planned = {o.name: o.planned_events for o in objectives if o.planned_events}
            self._board.campaign = ShownCampaign(
                campaign.name, start_us, campaign.until_ms * 1000, planned
            )

    def level(self, level: Level, reason: str, hold: LevelHold | None, now_us: int) -> None:
        """Show how far the service is degraded, and who holds it there."""
        if (level, hold) == self._level:
            return
        self._level = level, hold
        self._board.level = FULL_SERVICE
        if hold is not None:
            until = clock(hold.until_ms / 1000)
            reason = f"held by {hold.by_name} until {until} UTC, {hold.reason}"
        if level is not Level.NORMAL or hold is not None:
            self._board.level = ServiceLevel(
                LEVELS[level], degraded=True, reason=reason, since_us=now_us
            )

    def _incident(self, incident: Incident, found: AlertBoard) -> OpenIncident:
        rungs = self._runbook.escalation.rungs
        silenced = any(s.covers(incident) for s in found.silences)
        state = "acked" if incident.state is State.ACKED else "firing"
        state = "unanswered" if incident.unanswered else "silenced" if silenced else state
        next_step, next_at_s = self._next(incident)
        return OpenIncident(
            str(incident.id),
            incident.slo,
            incident.context,
            incident.severity,
            state,
            round(incident.opened_at_s * 1e6),
            incident.live_text,
            rungs[min(incident.level, len(rungs) - 1)].name,
            incident.ack.by if incident.ack else None,
            next_step,
            None if next_at_s is None else round(next_at_s * 1e6),
        )

    def _next(self, incident: Incident) -> tuple[str | None, float | None]:
        """What happens by itself if nobody acts, and when."""
        rungs = self._runbook.escalation.rungs
        if incident.ack is not None:
            return "the acknowledgement expires", incident.ack.until_s
        if incident.unanswered or incident.severity != "page":
            return None, None
        if incident.level_delivered_at_s is None:
            return "the message is not delivered yet", None
        last = incident.level >= len(rungs) - 1
        rung = rungs[min(incident.level, len(rungs) - 1)]
        called = rungs[0].name if last else rungs[incident.level + 1].name
        return f"{called} is called", incident.level_delivered_at_s + rung.delay_s

    def _cpu_ratio(self) -> float:
        """Share of one core since the last call."""
        before, now = self._cpu, (time.monotonic(), time.process_time())
        self._cpu = now
        return (now[1] - before[1]) / max(1e-3, now[0] - before[0])


def _value(metric: Gauge | Counter) -> float:
    """The present value of a metric without labels."""
    return float(next(iter(metric.collect())).samples[0].value)


def _memory_bytes() -> float:
    """Resident memory; where the kernel tells only the peak, that."""
    if STATM.exists():
        return float(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024
