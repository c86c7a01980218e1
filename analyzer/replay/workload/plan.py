"""What a run asks for: phases of arrival rates, mix of scenarios, users, deadlines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from analyzer.errors import ConfigurationError, InputError, UsageError
from analyzer.replay.workload.scenarios import SCENARIOS

# SLO.md section 2: seconds within which a journey is good.
DEADLINES_SECONDS: Mapping[str, float] = {
    "ticket-submit": 5.0,
    "profile-change": 3.0,
    "profile-show": 3.0,
    "send": 30.0,
}
DEFAULT_DEADLINE_SECONDS = 5.0

# Half of all visits submit a ticket: that many are needed to show 99.9 % (SLO.md section 3).
CAMPAIGN_MIX: Mapping[str, float] = {
    "ticket_in_one_message": 37,
    "ticket_guided": 11,
    "ticket_and_check": 2,
    "ticket_and_notification": 2,
    "search_faq": 20,
    "read_faq": 6,
    "troubleshoot": 5,
    "edit_profile": 6,
    "check_tickets": 3,
    "open_notification": 2,
    "subscribe": 3,
    "give_up": 1,
    "look_around": 2,
}
# When things break people ask why before they write: more FAQ and troubleshooting.
INCIDENT_MIX: Mapping[str, float] = {**CAMPAIGN_MIX, "search_faq": 26, "troubleshoot": 9}


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A stretch of time whose rate of scenarios goes straight from one value to another.

    `end_rate` None keeps the rate; `mix` None takes the plan's.
    """

    name: str
    seconds: float
    rate: float
    end_rate: float | None = None
    mix: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An open-loop demand. Rates are scenarios per second; a mix gives weights by scenario name.

    `patience_seconds`: when a user stops waiting for an answer. `pace` divides the pauses in
    which users think: replays faster than life. `fresh_phases`: every phase begins anew, with a
    warm-up of its own, instead of going on from the one before.
    """

    name: str
    phases: tuple[Phase, ...]
    mix: Mapping[str, float] = field(default_factory=lambda: dict(CAMPAIGN_MIX))
    users: int = 6000
    seed: int = 7
    patience_seconds: float = 60.0
    pace: float = 1.0
    fresh_phases: bool = False
    deadlines_seconds: Mapping[str, float] = field(default_factory=lambda: dict(DEADLINES_SECONDS))

    def __post_init__(self) -> None:
        """Refuse a plan that cannot be run, naming everything that is wrong."""
        problems = [*self._wrong_phases(), *self._wrong_mixes()]
        if self.users < 1:
            problems.append("users: at least one is needed")
        if self.pace <= 0 or self.patience_seconds <= 0:
            problems.append("pace and patience_seconds must be above 0")
        if problems:
            raise ConfigurationError([f"plan {self.name}: {problem}" for problem in problems])

    @property
    def seconds(self) -> float:
        """How long arrivals go on."""
        return sum(phase.seconds for phase in self.phases)

    @property
    def warm_ups(self) -> tuple[tuple[float, float], ...]:
        """[from, until) that is cut, by a rule fixed beforehand (SLO.md section 7)."""
        if not self.fresh_phases:
            return ((0.0, _warm_up(self.seconds)),)
        begun = [self.begins(phase.name) for phase in self.phases]
        return tuple(
            (at, at + _warm_up(phase.seconds))
            for at, phase in zip(begun, self.phases, strict=True)
        )

    @property
    def warm_up_seconds(self) -> float:
        """How much is cut in all."""
        return sum(until - begin for begin, until in self.warm_ups)

    def warms_up(self, at_seconds: float) -> bool:
        """Whether what begins at that moment is cut."""
        return any(begin <= at_seconds < until for begin, until in self.warm_ups)

    def begins(self, name: str) -> float:
        """When the first phase called `name` begins, in seconds after the start."""
        begun = 0.0
        for phase in self.phases:
            if phase.name == name:
                return begun
            begun += phase.seconds
        raise UsageError(f"plan {self.name} has no phase {name!r}")

    def deadline_seconds(self, journey: str) -> float:
        """The time within which an answer is in time."""
        return self.deadlines_seconds.get(journey, DEFAULT_DEADLINE_SECONDS)

    def busier(self, factor: float) -> Plan:
        """The same plan with every rate multiplied by `factor`."""
        phases = tuple(
            replace(
                phase,
                rate=phase.rate * factor,
                end_rate=None if phase.end_rate is None else phase.end_rate * factor,
            )
            for phase in self.phases
        )
        return replace(self, phases=phases)

    def faster(self, factor: float) -> Plan:
        """The same demand in a `factor`th of the time: as many arrivals, shorter pauses.

        The emulator's limits should be scaled likewise (`Limits.scale`).
        """
        phases = tuple(
            replace(phase, seconds=phase.seconds / factor) for phase in self.busier(factor).phases
        )
        return replace(self, phases=phases, pace=self.pace * factor)

    def _wrong_phases(self) -> list[str]:
        if not self.phases:
            return ["phases: at least one is needed"]
        return [
            f"phase {phase.name}: seconds must be above 0 and rates not below 0"
            for phase in self.phases
            if phase.seconds <= 0 or phase.rate < 0 or (phase.end_rate or 0) < 0
        ]

    def _wrong_mixes(self) -> list[str]:
        problems = []
        for mix in [self.mix, *(phase.mix for phase in self.phases if phase.mix is not None)]:
            problems += [
                f"mix: no scenario is called {name!r}; there are {', '.join(sorted(SCENARIOS))}"
                for name in mix
                if name not in SCENARIOS
            ]
            if not mix or sum(mix.values()) <= 0 or min(mix.values()) < 0:
                problems.append("mix: weights must not be below 0 and must sum to more than 0")
        return problems


def _warm_up(seconds: float) -> float:
    return min(60.0, 0.1 * seconds)


def campaign(seed: int = 7, scale: float = 1.0) -> Plan:
    """The demand of the recorded samples: quiet, ramp, peak, spike, ebb, an incident, quiet.

    45 minutes at `scale` 1: about 11,000 scenarios with 17,000 journeys, 5,600 of them ticket
    submissions, and about 15 sends a second at the peak. `scale` shortens every phase (0.05:
    two minutes), rates stay.
    """
    if scale <= 0:
        raise UsageError(f"scale must be above 0, not {scale}")
    quiet, peak, spike = 1.2, 7.2, 8.4
    phases = (
        Phase(name="baseline", seconds=600, rate=quiet),
        Phase(name="ramp", seconds=240, rate=quiet, end_rate=peak),
        Phase(name="peak", seconds=900, rate=peak),
        Phase(name="spike", seconds=120, rate=spike),
        Phase(name="ebb", seconds=240, rate=peak, end_rate=quiet),
        Phase(name="recovery", seconds=240, rate=quiet),
        Phase(name="incident", seconds=120, rate=2 * quiet, mix=dict(INCIDENT_MIX)),
        Phase(name="calm", seconds=240, rate=quiet),
    )
    shortened = tuple(replace(phase, seconds=phase.seconds * scale) for phase in phases)
    return Plan(name="campaign", phases=shortened, seed=seed)


def load_plan(path: Path) -> Plan:
    """A plan from a YAML file with the fields of `Plan`; names every wrong field."""
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot read the plan: {error}") from error
    try:
        return TypeAdapter(Plan).validate_python(given)
    except ValidationError as error:
        raise ConfigurationError([f"{path}: {line}" for line in _problems(error)]) from error


def _problems(error: ValidationError) -> list[str]:
    """One sentence a wrong field; the plan's own refusal already is a list of them."""
    lines: list[str] = []
    for wrong in error.errors():
        refusal = wrong.get("ctx", {}).get("error")
        if isinstance(refusal, ConfigurationError):
            lines += refusal.problems
        else:
            lines.append(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}")
    return lines
