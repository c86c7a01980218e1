"""What a failure can reach: blast radius and availability, before and after a merge."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import NamedTuple

from analyzer.analysis.whatif.recording import Recording
from analyzer.analysis.whatif.replay import LIBRARY, Merger
from analyzer.analysis.whatif.run import Run


class Reach(NamedTuple):
    """A unit that fails as one, and the share of journey runs whose blocking path touches it."""

    unit: str
    services: tuple[str, ...]
    share: float


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """Reach of every unit before and after; `mean` weighs units by the runs they serve."""

    before: tuple[Reach, ...]
    after: tuple[Reach, ...]

    @staticmethod
    def largest(units: tuple[Reach, ...]) -> float:
        """The share of runs that the worst single failure reaches."""
        return max((unit.share for unit in units), default=0.0)

    @staticmethod
    def mean(units: tuple[Reach, ...]) -> float:
        """The mean reach, weighed by reach: what a run's unit takes down with it."""
        total = sum(unit.share for unit in units)
        return sum(unit.share**2 for unit in units) / total if total else 0.0


def blast_radius(recording: Recording, merger: Merger) -> BlastRadius:
    """The reach of each service now and of each context later."""
    return BlastRadius(
        before=_reach(recording, {name: (name,) for name in recording.services}),
        after=_reach(recording, units(recording.services, merger)),
    )


def units(services: Iterable[str], merger: Merger) -> dict[str, tuple[str, ...]]:
    """Unit -> its services after the merge; a library is part of every unit and none itself."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(services):
        found[merger.context_of.get(name, name)].append(name)
    library = found.pop(LIBRARY, [])
    if not found and library:
        return {LIBRARY: tuple(library)}
    return {unit: tuple(members) for unit, members in sorted(found.items())}


def _reach(recording: Recording, members: Mapping[str, tuple[str, ...]]) -> tuple[Reach, ...]:
    runs = max(len(recording.runs), 1)
    home = {name: unit for unit, names in members.items() for name in names}
    touched: Counter[str] = Counter()
    for services, count in recording.patterns.items():
        for unit in {home[name] for name in services if name in home}:
            touched[unit] += count
    return tuple(Reach(unit, names, touched[unit] / runs) for unit, names in members.items())


def share_touching(recording: Recording, services: Collection[str]) -> float:
    """The share of runs whose blocking path touches any of `services`."""
    touched = sum(
        count
        for needed, count in recording.patterns.items()
        if not set(needed).isdisjoint(services)
    )
    return touched / max(len(recording.runs), 1)


class Availability(NamedTuple):
    """The share of a journey's runs that nothing stops on the way (1 = all).

    `links`: every failure on the way was the way's, so merged ones vanish. `processes`: every
    one was the callee's process, so it takes its whole context down. The truth lies between;
    with evidence of restarts both are the same.
    """

    journey: str
    before: float
    links: float
    processes: float


def availability(
    recording: Recording, merger: Merger, unavailable: Mapping[str, float] | None = None
) -> tuple[Availability, ...]:
    """Availability per journey, by name, before and after.

    `unavailable` gives the share of time that each service's process was down (restarts,
    out-of-memory kills); without it both extremes are computed. A = product over services of
    (1 - U) times product over edges of (1 - f).
    """
    by_journey: defaultdict[str, Counter[_Pattern]] = defaultdict(Counter)
    for run in recording.runs:
        by_journey[run.journey][_pattern(run)] += 1
    failing = {pair: count / recording.calls[pair] for pair, count in recording.transport.items()}
    if unavailable is None:
        ways = _Model(merger, units(recording.services, merger), failing, {})
        crashes = replace(ways, failing={}, down=_as_processes(recording))
    else:
        rest = {
            pair: max(0.0, share - unavailable.get(pair[1], 0.0))
            for pair, share in failing.items()
        }
        ways = _Model(merger, units(recording.services, merger), rest, unavailable)
        crashes = ways
    return tuple(
        Availability(journey, ways.before(patterns), ways.after(patterns), crashes.after(patterns))
        for journey, patterns in sorted(by_journey.items())
    )


@dataclass(frozen=True, slots=True)
class _Model:
    """Edges that fail on the way (`failing`) and processes that are down (`down`)."""

    merger: Merger
    members: Mapping[str, tuple[str, ...]]
    failing: Mapping[tuple[str, str], float]
    down: Mapping[str, float]

    def before(self, patterns: Counter[_Pattern]) -> float:
        """Availability while every service is a process of its own."""
        found = []
        for pattern, count in patterns.items():
            way = prod(1 - self.failing.get(pair, 0.0) for pair in pattern.pairs)
            up = prod(1 - self.down.get(name, 0.0) for name in pattern.services)
            found.append((way * up, count))
        return _mean(found)

    def after(self, patterns: Counter[_Pattern]) -> float:
        """Availability when merged calls cannot fail and a crash takes its whole unit."""
        home = {name: unit for unit, names in self.members.items() for name in names}
        found = []
        for pattern, count in patterns.items():
            way = prod(
                1 - self.failing.get(pair, 0.0)
                for pair in pattern.pairs
                if not self.merger.inside(*pair)
            )
            touched = sorted({home[name] for name in pattern.services if name in home})
            up = prod(
                1 - self.down.get(name, 0.0) for unit in touched for name in self.members[unit]
            )
            found.append((way * up, count))
        return _mean(found)


def _mean(weighed: Iterable[tuple[float, int]]) -> float:
    pairs = sorted(weighed)  # the order of a sum of fractions must not depend on a counter's
    return sum(value * count for value, count in pairs) / sum(count for _, count in pairs)


class _Pattern(NamedTuple):
    """What a run needs: services on blocking paths, and calls between them."""

    services: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


def _pattern(run: Run) -> _Pattern:
    return _Pattern(run.services, tuple(sorted({(s.caller, s.callee) for s in run.sites})))


def _as_processes(recording: Recording) -> dict[str, float]:
    """Unavailability per callee if every failure on the way was the callee's process."""
    calls: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for (_, callee), count in recording.calls.items():
        calls[callee] += count
    for (_, callee), count in recording.transport.items():
        lost[callee] += count
    return {name: lost[name] / calls[name] for name in sorted(lost)}
