"""The architect's wishes as values, each with the line it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from analyzer.analysis.contexts.fleet import Fleet
from analyzer.analysis.near import near
from analyzer.errors import ConfigurationError

WishKind = Literal["together", "apart", "pin", "separate", "frozen"]


@dataclass(frozen=True, slots=True)
class Wish:
    """One wish about services; `target` is the context of a pin or the class of a separation.

    `line` is where the wish stands in its file, None for one made in code.
    """

    kind: WishKind
    services: tuple[str, ...]
    target: str = ""
    line: int | None = None

    def __str__(self) -> str:
        """The wish as an architect would say it, with its line."""
        names = ", ".join(self.services)
        text = {
            "together": f"together: {names}",
            "apart": f"apart: {names}",
            "pin": f"{names} in context {self.target!r}",
            "separate": f"separate ({self.target}): {names}",
            "frozen": f"frozen: {names}",
        }[self.kind]
        return text if self.line is None else f"{text} (line {self.line})"


@dataclass(frozen=True, slots=True)
class Constraints:
    """All wishes of an architect.

    `names` maps a context's name to the services it had when it was named; the name sticks to
    the group with the largest overlap. `shared` maps a hub to own, library or attach.
    `owner` and `runtime` add to what `Evidence` says. `one_owner`, `one_runtime` and
    `split_at_queues` forbid contexts with two owners, two runtimes, or both ends of an
    asynchronous edge. `max_services`, `max_memory_mb` and `max_teams` cap a context.
    `hold` says that the pins are a whole grouping, which gives the number of contexts too.
    `before` is the grouping these wishes were written in (service -> context), `earlier` the
    services that the proposal before it knew: one that has vanished since is no error.
    `source` is the file they were read from, `lines` where it speaks of each service first.
    """

    wishes: tuple[Wish, ...] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shared: Mapping[str, str] = field(default_factory=dict)
    owner: Mapping[str, str] = field(default_factory=dict)
    runtime: Mapping[str, str] = field(default_factory=dict)
    one_owner: bool = False
    one_runtime: bool = False
    split_at_queues: bool = False
    max_services: int | None = None
    max_memory_mb: float | None = None
    max_teams: int | None = None
    contexts: int | None = None
    hold: bool = False
    before: Mapping[str, str] = field(default_factory=dict)
    earlier: frozenset[str] = frozenset()
    source: str | None = None
    lines: Mapping[str, int] = field(default_factory=dict)

    def wanted(self) -> int | None:
        """The number of contexts that is asked for, if any."""
        if self.contexts is not None or not self.hold:
            return self.contexts
        return len({wish.target for wish in self.wishes if wish.kind == "pin"}) or None

    def about(self) -> set[str]:
        """Every service that a wish names."""
        named = {name for wish in self.wishes for name in wish.services}
        return named | set(self.shared) | set(self.owner) | set(self.runtime)


def together(*services: str) -> Wish:
    """These services share a context."""
    return Wish("together", services)


def apart(*services: str) -> Wish:
    """No two of these services share a context."""
    return Wish("apart", services)


def pin(context: str, *services: str) -> Wish:
    """These services are in the context of this name."""
    return Wish("pin", services, context)


def separate(reason: str, *services: str) -> Wish:
    """These services share a context with each other at most (personal data, payment)."""
    return Wish("separate", services, reason)


def frozen(*services: str) -> Wish:
    """Each of these services stays as it is, on its own."""
    return Wish("frozen", services)


def check_names(constraints: Constraints, fleet: Fleet) -> None:
    """Raise `ConfigurationError` for each wish about a service that the fleet does not have."""
    known = set(fleet.services) | constraints.earlier
    problems = []
    for name in sorted(constraints.about() - known):
        line = constraints.lines.get(name)
        place = "" if line is None else f"line {line}: "
        problems.append(f"{place}unknown service {name!r}; {near(name, fleet.services)}")
    if problems:
        raise ConfigurationError(problems)
