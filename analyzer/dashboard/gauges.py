"""Figures that are not journeys: queues, pools, CPU, memory, refusals, and the business' own.

A gauge is known by (context, name). Names that are listed here get a label, a unit and a place;
any other is shown as it comes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

KEPT_S = 3600
STEP_US = 5_000_000
MAX_GAUGES = 400


class Group(StrEnum):
    """Where a gauge stands on the page."""

    FLOW = "Queues and flow"
    RESOURCES = "Resources"
    BUSINESS = "Customers"
    OTHER = "Other figures"


@dataclass(frozen=True, slots=True)
class GaugeKind:
    """How a gauge is shown. `of` names the gauge it is a part of; a `total` only ever grows."""

    label: str
    unit: str
    group: Group
    total: bool = False
    of: str | None = None


KINDS = {
    "queue_depth": GaugeKind("Queue depth", "", Group.FLOW),
    "queue_oldest_s": GaugeKind("Oldest in the queue", "s", Group.FLOW),
    "inbox_depth": GaugeKind("Updates waiting", "", Group.FLOW),
    "inbox_oldest_s": GaugeKind("Oldest update waiting", "s", Group.FLOW),
    "outbox_depth": GaugeKind("Answers to send", "", Group.FLOW),
    "outbox_oldest_s": GaugeKind("Oldest answer to send", "s", Group.FLOW),
    "in_flight": GaugeKind("In flight", "", Group.FLOW),
    "oldest_in_flight_s": GaugeKind("Oldest in flight", "s", Group.FLOW),
    "telegram_429": GaugeKind("Refused by Telegram (429)", "", Group.FLOW, total=True),
    "shed": GaugeKind("Work shed", "", Group.FLOW, total=True),
    "pool_used": GaugeKind("Pool in use", "", Group.RESOURCES, of="pool_size"),
    "pool_size": GaugeKind("Pool size", "", Group.RESOURCES),
    "cpu_ratio": GaugeKind("CPU", "%", Group.RESOURCES),
    "memory_bytes": GaugeKind("Memory", "B", Group.RESOURCES),
    "loop_lag_s": GaugeKind("Event loop late by", "s", Group.RESOURCES),
    "tickets_submitted": GaugeKind("Tickets submitted", "", Group.BUSINESS, total=True),
    "tickets_open": GaugeKind("Tickets open", "", Group.BUSINESS),
    "tickets_resolved": GaugeKind("Tickets resolved", "", Group.BUSINESS, total=True),
    "first_answer_s": GaugeKind("First answer, median", "s", Group.BUSINESS),
    "csat": GaugeKind("CSAT", "", Group.BUSINESS),
}


class Gauge:
    """One figure over the last hour: the largest value of each 5 s, and the latest.

    `version` counts the changes of its points; `drawn` is kept by who draws them.
    """

    def __init__(self, kind: GaugeKind) -> None:
        """Start empty."""
        self.kind = kind
        self.value = 0.0
        self.at_us = 0
        self.version = 0
        self.drawn: tuple[tuple[int, int], str, str] | None = None
        self._points: deque[tuple[int, float]] = deque(maxlen=KEPT_S * 1_000_000 // STEP_US)

    def set(self, value: float, now_us: int) -> None:
        """Take the value at `now_us`; one older than the latest is left out."""
        if now_us < self.at_us:
            return
        self.value, self.at_us = value, now_us
        step_us = now_us // STEP_US * STEP_US
        if self._points and self._points[-1][0] == step_us:
            if value <= self._points[-1][1]:
                return
            self._points.pop()
        self._points.append((step_us, value))
        self.version += 1

    def points(self, from_us: int = 0) -> list[tuple[int, float]]:
        """(time, value) in order of time; of a total the growth in each step."""
        shown = list(self._points)
        if self.kind.total:
            steps = pairwise(shown)
            shown = [(at, max(0.0, value - last)) for (_, last), (at, value) in steps]
        return [point for point in shown if point[0] >= from_us]


class Gauges:
    """All gauges by (context, name); context None is the whole."""

    def __init__(self) -> None:
        """Start empty."""
        self.found: dict[tuple[str | None, str], Gauge] = {}

    def set(
        self, name: str, value: float, now_us: int, context: str | None = None, unit: str = ""
    ) -> None:
        """Take a value; gauges beyond the first 400 are not kept."""
        gauge = self.found.get((context, name))
        if gauge is None:
            if len(self.found) >= MAX_GAUGES:
                return
            kind = KINDS.get(name) or GaugeKind(name, unit, Group.OTHER)
            gauge = self.found[context, name] = Gauge(kind)
        gauge.set(value, now_us)

    def of(self, context: str | None) -> list[tuple[str, Gauge]]:
        """(name, gauge) of one context, grouped as they are shown."""
        groups = list(Group)
        known = list(KINDS)
        listed = [(name, gauge) for (of, name), gauge in self.found.items() if of == context]
        return sorted(
            listed,
            key=lambda item: (
                groups.index(item[1].kind.group),
                known.index(item[0]) if item[0] in KINDS else len(known),
                item[0],
            ),
        )
