"""From what happened to one act to the row about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from analyzer.replay.botapi.clock import NS_PER_SECOND, Clock
from analyzer.replay.botapi.door import Acted, User
from analyzer.replay.botapi.feed import ChatEvent
from analyzer.replay.drive.journeys import Journey, JourneyLog, Outcome
from analyzer.replay.workload.arrivals import Arrival
from analyzer.replay.workload.plan import Plan
from analyzer.replay.workload.steps import Step, is_apology
from analyzer.replay.workload.users import Persona


@dataclass(slots=True)
class Visit:
    """A user in a scenario; `intended_ns` is when the next act is due."""

    arrival: Arrival
    persona: Persona
    user: User
    intended_ns: int
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One act and what came back; `acted` is None when it could not be done any more."""

    issued_ns: int
    acted: Acted | None
    answer: ChatEvent | None

    @property
    def outcome(self) -> Outcome:
        """How it ended: an apology, and a button that vanished, are failures of the bot."""
        if self.acted is None:
            return "failed"
        if self.answer is None:
            return "unanswered"
        return "failed" if is_apology(self.answer) else "ok"


@dataclass(slots=True)
class Recorder:
    """Writes rows; `begun_ns` is when the plan began."""

    plan: Plan
    log: JourneyLog
    clock: Clock
    begun_ns: int = 0

    def attempted(self, visit: Visit, step: Step, attempt: Attempt, reason: str | None) -> None:
        """Record an act that was done or at least tried."""
        answer, outcome = attempt.answer, attempt.outcome
        done = outcome == "ok" and answer is not None
        name = step.completed_by(answer) if done and answer else step.unfinished
        answered = answer.monotonic_ns if answer else None
        waited_ms = ((answered or self.clock.monotonic_ns()) - visit.intended_ns) / 1e6
        row = self._row(visit, name)
        self.log.add(
            replace(
                row,
                t_end=self.log.wall(answered) if answered else None,
                issued_ns=attempt.issued_ns,
                answered_ns=answered,
                latency_ms=waited_ms if answered else None,
                waited_ms=waited_ms,
                lag_ms=(attempt.issued_ns - visit.intended_ns) / 1e6,
                late=answered is None or waited_ms > row.deadline_ms,
                outcome=outcome,
                reason=reason,
                update_id=attempt.acted.update_id if attempt.acted else None,
            )
        )

    def dropped(self, visit: Visit, reason: str) -> None:
        """Record a visit that was offered and could not begin."""
        self.log.add(replace(self._row(visit, "visit"), reason=reason))

    def _row(self, visit: Visit, name: str) -> Journey:
        since_start = (visit.intended_ns - self.begun_ns) / NS_PER_SECOND
        return Journey(
            journey_id=f"{self.plan.name}-{self.plan.seed}-{visit.arrival.number}-{visit.steps}",
            journey=name,
            scenario=visit.arrival.scenario,
            phase=visit.arrival.phase,
            user_id=visit.persona.user_id,
            campaign=self.plan.name,
            t_start=self.log.wall(visit.intended_ns),
            t_end=None,
            intended_ns=visit.intended_ns,
            issued_ns=None,
            answered_ns=None,
            latency_ms=None,
            waited_ms=0.0,
            lag_ms=None,
            deadline_ms=1000 * self.plan.deadline_seconds(name),
            late=True,
            outcome="dropped",
            warm_up=self.plan.warms_up(since_start),
        )
