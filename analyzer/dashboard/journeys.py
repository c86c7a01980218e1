"""All journeys there are, with an objective or not: how many, how failing, how slow lately."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analyzer.dashboard.traffic import Traffic
from analyzer.slo.events import Criterion, JourneyAttempt
from analyzer.slo.live import SECOND_US, LiveEvents

RECENT_S = 15 * 60
SLOT_S = 30
REMEMBERED_S = 3600
MAX_JOURNEYS = 300
OTHER = "other journeys"
_ANY_TIME = Criterion(None)


@dataclass(frozen=True, slots=True)
class JourneyRow:
    """One journey over the last 15 minutes; `last_us` is the newest thing seen of it."""

    context: str
    journey: str
    ended: int
    failed: int
    in_flight: int
    p50_ms: float | None
    p95_ms: float | None
    last_us: int


class _Journey:
    def __init__(self, remember_ended_s: int | None) -> None:
        self.traffic = Traffic(SLOT_S * SECOND_US, RECENT_S // SLOT_S + 1)
        self.events = LiveEvents(
            _ANY_TIME,
            (),
            remember_s=REMEMBERED_S,
            remember_ended_s=remember_ended_s,
            watchers=(self.traffic,),
        )
        self.last_us = 0


class JourneyTable:
    """Counts every (context, journey) that comes by; beyond 300 they are counted together."""

    def __init__(self, remember_ended_s: int | None = None) -> None:
        """Start empty; `remember_ended_s`: see `LiveObjective`."""
        self._remember_ended_s = remember_ended_s
        self._found: dict[tuple[str, str], _Journey] = {}

    def observe(self, attempt: JourneyAttempt, now_us: int) -> None:
        """Take an attempt as it stands now."""
        key = attempt.context, attempt.journey
        if key not in self._found and len(self._found) >= MAX_JOURNEYS:
            key = attempt.context if len(self._found) < 2 * MAX_JOURNEYS else "", OTHER
        journey = self._found.get(key)
        if journey is None:
            journey = self._found[key] = _Journey(self._remember_ended_s)
        journey.last_us = max(journey.last_us, now_us)
        journey.events.observe(attempt, now_us)

    def names(self) -> list[tuple[str, str]]:
        """(context, journey) of all, sorted."""
        return sorted(self._found)

    def each(self, now_us: int) -> Iterator[JourneyRow]:
        """All journeys as they stand, one by one, in no order."""
        for key, journey in list(self._found.items()):
            yield self._row(key, journey, now_us)

    def rows(self, now_us: int, context: str | None = None) -> list[JourneyRow]:
        """The journeys of one context or of all, the busiest first."""
        return busiest_first(row for row in self.each(now_us) if context in {None, row.context})

    def _row(self, key: tuple[str, str], journey: _Journey, now_us: int) -> JourneyRow:
        recent = journey.traffic.totals(now_us - RECENT_S * SECOND_US, now_us + 1)
        p50, p95 = recent.durations.quantiles_ms((0.5, 0.95))
        counts = recent.counts
        return JourneyRow(
            *key,
            ended=counts.valid,
            failed=counts.bad,
            in_flight=len(journey.events.in_flight()),
            p50_ms=p50,
            p95_ms=p95,
            last_us=journey.last_us,
        )


def busiest_first(rows: Iterable[JourneyRow]) -> list[JourneyRow]:
    """As they are shown."""
    return sorted(rows, key=lambda row: (-row.ended, row.context, row.journey))
