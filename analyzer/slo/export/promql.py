"""PromQL for an objective's counts, whatever source they come from.

Prometheus sees completions only, so journeys that are overdue in flight are exported as a gauge
and added to the bad events. `increase()` extrapolates: counts are fractional, and comparisons
with a whole number of events allow for that (`TOLERANCE`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from analyzer.slo.spec.values import (
    DAY,
    HOUR,
    MINUTE,
    AnalyzerSource,
    ForeignSource,
    MetricSource,
    Objective,
    PrometheusSource,
    RatioIndicator,
)

TOLERANCE = "1e-6"
SUBQUERY_STEP = "15s"


@dataclass(frozen=True, slots=True)
class MetricNames:
    """Counters and gauge, labelled by context and journey, that a service must export."""

    valid: str = "journey_valid_events_total"
    good: str = "journey_good_events_total"
    bad: str = "journey_bad_events_total"
    overdue: str = "journey_overdue_in_flight"


DEFAULT_NAMES = MetricNames()


class NotExportableError(ValueError):
    """The objective counts no events, so there is nothing to make rules of."""


@dataclass(frozen=True, slots=True)
class Counters:
    """PromQL of an objective's counts over a window."""

    objective: Objective
    names: MetricNames = DEFAULT_NAMES

    @property
    def ratio(self) -> RatioIndicator:
        indicator = self.objective.indicator
        if not isinstance(indicator, RatioIndicator):
            raise NotExportableError(
                f"{self.objective.name}: a threshold metric counts no events; "
                "write a ratioMetric to export alerts"
            )
        return indicator

    def selector(self, metric: str) -> str:
        """The series of one of our metrics for this objective's journey."""
        source = self.ratio.total
        assert isinstance(source, AnalyzerSource)
        return (
            f"{metric}{{context={json.dumps(source.context, ensure_ascii=False)},"
            f"journey={json.dumps(source.journey, ensure_ascii=False)}}}"
        )

    def series(self, source: MetricSource) -> str:
        """The counter as an instant expression."""
        if isinstance(source, ForeignSource):
            raise NotExportableError(f"{self.objective.name}: Prometheus does not know it")
        if isinstance(source, PrometheusSource):
            return f"({source.query})"
        metric = {"valid": self.names.valid, "good": self.names.good, "bad": self.names.bad}
        return self.selector(metric[source.event])

    def completed(self, window: str) -> str:
        return self._growth(self.ratio.total, window)

    def numerator(self, window: str) -> str:
        """Good (or bad) completions; none at all where the series has not appeared yet."""
        return f"({self._growth(self.ratio.numerator, window)} or vector(0))"

    def overdue(self) -> str | None:
        """In flight for longer than the deadline; None where only Prometheus knows the events."""
        if not isinstance(self.ratio.total, AnalyzerSource):
            return None
        return f"(sum({self.selector(self.names.overdue)}) or vector(0))"

    def valid(self, window: str) -> str:
        return " + ".join(part for part in (self.completed(window), self.overdue()) if part)

    def bad(self, window: str) -> str:
        """Never negative, also when a broken exporter counts more successes than attempts."""
        if self.ratio.numerator_event == "bad":
            completed = self.numerator(window)
        else:
            completed = f"{self.completed(window)} - {self.numerator(window)}"
        parts = [f"clamp_min({completed}, 0)", self.overdue()]
        return " + ".join(part for part in parts if part)

    def _growth(self, source: MetricSource, window: str) -> str:
        if isinstance(source, AnalyzerSource):
            return f"sum(increase({self.series(source)}[{window}]))"
        function = "increase" if self.ratio.counter else "sum_over_time"
        return f"sum({function}({self.series(source)}[{window}:{SUBQUERY_STEP}]))"


def duration(seconds: int) -> str:
    """A Prometheus duration in the largest unit that fits whole."""
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def number(value: Fraction) -> str:
    """The decimal, exact where it ends within 15 digits."""
    decimal = Decimal(value.numerator) / Decimal(value.denominator)
    return format(decimal.normalize().quantize(Decimal("1e-15")).normalize(), "f")
