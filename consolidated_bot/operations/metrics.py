"""What Prometheus counts of journeys: the names and labels that `analyze slo export` relies on.

The counters count completions once, by the criterion of the first objective about the journey;
what is overdue in flight is a gauge, since Prometheus sees completions only.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge

from analyzer.slo.events import EventClass

LABELS = ("context", "journey")


class JourneyMetrics:
    """Series per (context, journey), and the state of operations."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Register in `registry`."""
        r = registry
        self.valid = Counter("journey_valid_events", "Ended valid journeys", LABELS, registry=r)
        self.good = Counter("journey_good_events", "Ended good journeys", LABELS, registry=r)
        self.bad = Counter("journey_bad_events", "Ended bad journeys", LABELS, registry=r)
        self._ended: dict[tuple[str, str], tuple[Counter, Counter, Counter]] = {}
        self.overdue = Gauge(
            "journey_overdue_in_flight", "In flight past the deadline", LABELS, registry=r
        )
        self.level = Gauge("degraded_level", "0 normal to 3 tickets only", registry=r)
        self.changes = Counter("degraded_changes", "Changes of level", ("level",), registry=r)
        self.shed = Counter("shed", "Requests answered by a refusal", ("level",), registry=r)
        self.incidents = Gauge("open_incidents", "Incidents that are not resolved", registry=r)
        self.second_channel = Counter(
            "second_channel", "Deliveries by the second channel", ("result",), registry=r
        )

    def watch(self, context: str, journey: str) -> None:
        """Show a journey's series from the start: a rate needs the zero before the first event."""
        self.overdue.labels(context, journey)
        self._of(context, journey)

    def ended(self, context: str, journey: str, event_class: EventClass) -> None:
        """Count one completion."""
        if event_class in {EventClass.INVALID, EventClass.PENDING}:
            return
        valid, good, bad = self._of(context, journey)
        valid.inc()
        if event_class is EventClass.GOOD:
            good.inc()
        elif event_class is EventClass.BAD:
            bad.inc()

    def _of(self, context: str, journey: str) -> tuple[Counter, Counter, Counter]:
        found = self._ended.get((context, journey))
        if found is None:
            valid, good, bad = (
                series.labels(context, journey) for series in (self.valid, self.good, self.bad)
            )
            found = self._ended[context, journey] = valid, good, bad
        return found
