"""What a context brings: calls, time and journeys that become in-process, and what crosses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analyzer.analysis.contexts.explanation import EdgeShown, edges_between
from analyzer.analysis.contexts.fleet import Fleet

_NS_PER_SECOND = 1e9


@dataclass(frozen=True, slots=True)
class ContextSummary:
    """One context in numbers.

    `calls_inside` of the `calls` that its services make or take between services stay inside;
    `seconds_inside` is the time spent in those (None where no edge says). `journeys_inside` of
    `journeys` that touch it touch no other member of the fleet. `crossing` lists what still
    crosses, strongest first.
    """

    context: str
    services: tuple[str, ...]
    calls: float
    calls_inside: float
    seconds_inside: float | None
    journeys: int
    journeys_inside: int
    crossing: tuple[EdgeShown, ...]

    def __str__(self) -> str:
        """The summary in one line."""
        time = "" if self.seconds_inside is None else f" ({self.seconds_inside:,.1f} s)"
        said = (
            f"in-process: {self.calls_inside:,.0f} of {self.calls:,.0f} calls{time}, "
            f"{self.journeys_inside} of {self.journeys} journeys"
        )
        if self.crossing:
            said += "; still crosses: " + ", ".join(str(edge) for edge in self.crossing[:2])
        return said


def summarise(
    fleet: Fleet, context: str, services: tuple[str, ...], hubs: tuple[str, ...]
) -> ContextSummary:
    """Numbers of one context; journeys are judged by members, `hubs` set apart are not."""
    index = {name: at for at, name in enumerate(fleet.services)}
    inside = np.array([index[name] for name in services], dtype=np.int64)
    apart = {index[name] for name in hubs}
    outside = np.array(
        [at for at in range(len(fleet.services)) if at not in set(inside.tolist())], dtype=np.int64
    )
    others = np.array([at for at in outside.tolist() if at not in apart], dtype=np.int64)
    square = np.ix_(inside, inside)
    kept = float(fleet.calls[square].sum() - np.trace(fleet.calls[square]))
    crossing = edges_between(fleet, inside, outside)
    time = int(fleet.time_ns[square].sum() - np.trace(fleet.time_ns[square]))
    touched = np.asarray(fleet.touches[:, inside].sum(axis=1)).ravel() > 0
    elsewhere = np.asarray(fleet.touches[:, others].sum(axis=1)).ravel() > 0
    return ContextSummary(
        context=context,
        services=services,
        calls=kept + sum(edge.calls for edge in crossing),
        calls_inside=kept,
        seconds_inside=time / _NS_PER_SECOND if fleet.time_ns.any() else None,
        journeys=int(touched.sum()),
        journeys_inside=int((touched & ~elsewhere).sum()),
        crossing=crossing,
    )
