"""Objectives as frozen values: what an OpenSLO file means once it has been read.

Targets, shares and thresholds are exact fractions: a budget of 20 events must be 20, not
20.000000000000018, or a comparison at the limit goes wrong.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from analyzer.slo.events import DEFAULT_VALID, Criterion, ValidRule

MINUTE, HOUR, DAY = 60, 3600, 86400
UNIT_SECONDS = {
    "m": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": 7 * DAY,
    "M": 30 * DAY,
    "Q": 90 * DAY,
    "Y": 365 * DAY,
}
UNIT_MONTHS = {"M": 1, "Q": 3, "Y": 12}


@dataclass(frozen=True, slots=True)
class Duration:
    """A whole number of minutes, hours, days, weeks, months, quarters or years."""

    count: int
    unit: str

    @property
    def seconds(self) -> int:
        """Length in seconds; a rolling month counts 30 days, a quarter 90, a year 365."""
        return self.count * UNIT_SECONDS[self.unit]

    def __str__(self) -> str:
        """As written in the file."""
        return f"{self.count}{self.unit}"

    def after(self, start: datetime, times: int) -> datetime:
        """Local time `times` durations after `start`; months keep the day where it exists."""
        if self.unit in UNIT_MONTHS:
            months = start.month - 1 + UNIT_MONTHS[self.unit] * self.count * times
            year, month = start.year + months // 12, months % 12 + 1
            day = min(start.day, calendar.monthrange(year, month)[1])
            return start.replace(year=year, month=month, day=day)
        return start + timedelta(seconds=self.seconds * times)


@dataclass(frozen=True, slots=True)
class RollingWindow:
    duration: Duration

    def bounds(self, now: datetime) -> tuple[datetime, datetime]:
        """(start, end) of the period as seen at `now`."""
        return now - timedelta(seconds=self.duration.seconds), now


@dataclass(frozen=True, slots=True)
class CalendarWindow:
    """Periods that begin at `start` (local wall clock of `time_zone`) and repeat."""

    duration: Duration
    start: datetime
    time_zone: str

    def bounds(self, now: datetime) -> tuple[datetime, datetime]:
        """(start, end) of the period that holds `now` (aware), both aware in the zone.

        Before the first period the first one is returned.
        """
        zone = ZoneInfo(self.time_zone)
        local = now.astimezone(zone).replace(tzinfo=None)
        times = max(0, int((local - self.start).total_seconds() // self.duration.seconds) - 1)
        while times and self.duration.after(self.start, times) > local:
            times -= 1
        while self.duration.after(self.start, times + 1) <= local:
            times += 1
        first = self.duration.after(self.start, times).replace(tzinfo=zone)
        return first, self.duration.after(self.start, times + 1).replace(tzinfo=zone)


TimeWindow = RollingWindow | CalendarWindow


@dataclass(frozen=True, slots=True)
class AnalyzerSource:
    """Events that this project classifies itself: `event` is good, bad or valid."""

    context: str
    journey: str
    event: str


@dataclass(frozen=True, slots=True)
class PrometheusSource:
    """A PromQL query, kept for the export; logs cannot evaluate it."""

    query: str
    data_source: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignSource:
    """A metric of another system (Datadog, a warehouse): kept, neither evaluated nor exported."""

    type: str
    data_source: str | None = None


MetricSource = AnalyzerSource | PrometheusSource | ForeignSource


@dataclass(frozen=True, slots=True)
class RatioIndicator:
    """`numerator` counts events of the kind `numerator_event` (good or bad) among `total`."""

    name: str
    numerator_event: str
    numerator: MetricSource
    total: MetricSource
    counter: bool = False


@dataclass(frozen=True, slots=True)
class ThresholdIndicator:
    name: str
    source: MetricSource


Indicator = RatioIndicator | ThresholdIndicator


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """One burn-rate pair: the long window of the condition and our short one.

    `short_window_s` and `budget_share` are None where the file does not say;
    `analyzer.slo.windows.pairs_of` then derives the short window.
    """

    name: str
    severity: str
    op: str
    threshold: Fraction
    long_window_s: int
    short_window_s: int | None = None
    budget_share: Fraction | None = None
    keep_firing_s: int | None = None
    alert_after_s: int = 0
    when_breaching: bool = False
    when_resolved: bool = False
    when_no_data: bool = False
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotificationTarget:
    name: str
    target: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class DataSource:
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Timeslices:
    """Budgeting by slices: a slice is good when its share of good events reaches `target`."""

    target: Fraction
    window_s: int


@dataclass(frozen=True, slots=True)
class Objective:
    """One objective of one SLO. `name` is unique: `slo`, or `slo.N` where an SLO has several.

    `deadline_ms` None means that no latency is asked for. `planned_events` makes the budget
    absolute; without it the budget follows the observed events.
    """

    name: str
    slo: str
    service: str
    target: Fraction
    window: TimeWindow
    indicator: Indicator
    display_name: str = ""
    description: str = ""
    deadline_ms: int | None = None
    valid: ValidRule = DEFAULT_VALID
    overdue_is_bad: bool = True
    planned_events: int | None = None
    min_events: int | None = None
    timeslices: Timeslices | None = None
    op: str | None = None
    value: Fraction | None = None
    policies: tuple[AlertPolicy, ...] = ()
    labels: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def error_budget_ratio(self) -> Fraction:
        """1 - T, the share of events that may be bad."""
        return 1 - self.target

    @property
    def criterion(self) -> Criterion:
        """What makes an event of this objective good."""
        deadline_us = None if self.deadline_ms is None else self.deadline_ms * 1000
        return Criterion(deadline_us, self.valid, self.overdue_is_bad)

    @property
    def source(self) -> AnalyzerSource | None:
        """The journey this objective is about, or None where only Prometheus can tell."""
        if isinstance(self.indicator, RatioIndicator):
            total = self.indicator.total
            return total if isinstance(total, AnalyzerSource) else None
        return None

    @property
    def known_by(self) -> str:
        """The system that knows the events: analyzer, Prometheus or another one by name."""
        metric = self.indicator
        source = metric.total if isinstance(metric, RatioIndicator) else metric.source
        match source:
            case AnalyzerSource():
                return "analyzer"
            case PrometheusSource():
                return "Prometheus"
            case ForeignSource(name):
                return name

    @property
    def context(self) -> str | None:
        return self.source.context if self.source else None

    @property
    def journey(self) -> str | None:
        return self.source.journey if self.source else None


@dataclass(frozen=True, slots=True)
class ObjectiveSet:
    """Everything a set of objectives files says, in the order of the files."""

    objectives: tuple[Objective, ...]
    services: tuple[Service, ...] = ()
    targets: tuple[NotificationTarget, ...] = ()
    data_sources: tuple[DataSource, ...] = ()
    files: tuple[str, ...] = field(default=())
