"""Who is told, in which order, and how patient alerting is."""

from __future__ import annotations

from dataclasses import dataclass, field

from analyzer.slo.windows import PAGE, TICKET


@dataclass(frozen=True, slots=True)
class Level:
    """One rung: `recipients` get the message; unanswered for `delay_s` it goes one rung up."""

    name: str
    recipients: tuple[str, ...]
    members: frozenset[str]
    delay_s: float


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of one severity; one rung means that nothing escalates."""

    levels: tuple[Level, ...]

    @property
    def last(self) -> int:
        return len(self.levels) - 1

    def level(self, rank: int) -> Level:
        """The rung at `rank`, or the last one where the ladder is shorter."""
        return self.levels[min(rank, self.last)]

    def level_of(self, person: str) -> int | None:
        """The highest rung that lists `person`."""
        ranks = [rank for rank, level in enumerate(self.levels) if person in level.members]
        return max(ranks, default=None)


@dataclass(frozen=True, slots=True)
class AlertingPolicy:
    """Ladders by severity (lowest severity first) and the times of SLO.md section 6."""

    ladders: dict[str, Ladder]
    severities: tuple[str, ...] = (TICKET, PAGE)
    flap_window_s: float = 600
    repeat_interval_s: float = 900
    edit_interval_s: float = 10
    ack_expiry_s: float = 900
    max_rounds: int = 5
    second_channel_after: int = 3
    retry_s: float = 5
    heartbeat_s: float = 60
    responders: frozenset[str] = field(default_factory=frozenset)

    def rank(self, severity: str) -> int:
        """Place in `severities`; one that is not listed ranks below all."""
        return self.severities.index(severity) if severity in self.severities else -1

    def ladder(self, severity: str) -> Ladder:
        """The ladder of a severity, or of the lowest where it has none of its own."""
        if severity in self.ladders:
            return self.ladders[severity]
        lowest = min(self.ladders, key=self.rank)
        return self.ladders[lowest]

    def may_acknowledge(self, person: str) -> bool:
        on_ladder = any(ladder.level_of(person) is not None for ladder in self.ladders.values())
        return on_ladder or person in self.responders
