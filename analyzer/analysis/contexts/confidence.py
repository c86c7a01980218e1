"""How sure each assignment is: the same grouping over resampled journeys.

Each draw takes as many journeys as there are, with replacement, recomputes counts, affinity
and tree and cuts it at the same number of groups. The consensus of the draws is used for
confidence alone: as a partition it is no better than the one from all journeys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from analyzer.analysis.contexts.affinity import affinity
from analyzer.analysis.contexts.fleet import Fleet, Floats, Ints
from analyzer.analysis.contexts.hubs import enough_spread, served_evenly
from analyzer.analysis.contexts.settings import Settings
from analyzer.analysis.contexts.tree import Limits, grow

_FEWEST_JOURNEYS = 2


@dataclass(frozen=True, slots=True)
class Together:
    """How often two services shared a group over the draws (0..1); None without journeys."""

    share: Floats | None
    draws: int

    def of(self, labels: Ints) -> list[float | None]:
        """Confidence per service: mean share with its group; alone, 1 - the largest share."""
        if self.share is None:
            return [None] * len(labels)
        found: list[float | None] = []
        for at in range(len(labels)):
            mates = labels == labels[at]
            mates[at] = False
            others = np.delete(self.share[at], at)
            if mates.any():
                found.append(float(self.share[at][mates].mean()))
            else:
                found.append(1.0 - float(others.max(initial=0.0)))
        return found


def generator(seed: int, step: str, content: bytes) -> np.random.Generator:
    """A generator of its own for one random step, from seed, step name and input hash."""
    digest = hashlib.sha256(f"{seed}\0{step}\0".encode() + content).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest)))


def resample(fleet: Fleet, settings: Settings, limits: Limits, groups: int, seed: int) -> Together:
    """Group `settings.draws` bootstrap samples of the journeys into `groups` contexts each."""
    counted = {name: items for name, items in fleet.layers.items() if settings.counts(name)}
    fleet = replace(fleet, layers=counted)
    size, count = len(fleet.services), len(fleet.journeys)
    if settings.draws == 0 or count < _FEWEST_JOURNEYS or size == 0:
        return Together(None, 0)
    random = generator(seed, "confidence", fleet.fingerprint())
    shared = np.zeros((size, size), dtype=np.int64)
    for times in random.multinomial(count, np.full(count, 1 / count), size=settings.draws):
        similarity = affinity(fleet, settings, fleet.calls_of(times), times).total
        labels = grow(similarity, limits, until=groups).cut(groups)
        shared += labels[:, None] == labels[None, :]
    return Together(shared / settings.draws, settings.draws)


def hub_confidence(
    fleet: Fleet, hubs: Sequence[str], members: tuple[Fleet, Ints], settings: Settings, seed: int
) -> dict[str, float | None]:
    """Per hub the share of draws in which it still is one.

    That is: it touches enough journeys, or is called evenly by the groups (labels) of `members`.
    """
    count = len(fleet.journeys)
    if settings.draws == 0 or count < _FEWEST_JOURNEYS:
        return dict.fromkeys(hubs)
    random = generator(seed, "hub confidence", fleet.fingerprint())
    times = random.multinomial(count, np.full(count, 1 / count), size=settings.draws)
    touched = np.asarray(times @ fleet.touches)
    index = {name: at for at, name in enumerate(fleet.services)}
    found: dict[str, float | None] = {}
    for hub in hubs:
        often = touched[:, index[hub]] > settings.hub_share * count
        if often.mean() < settings.sure:
            often = often | _served(fleet, index[hub], members, settings, times)
        found[hub] = float(often.mean())
    return found


def _served(
    fleet: Fleet, at: int, members: tuple[Fleet, Ints], settings: Settings, draws: Ints
) -> npt.NDArray[np.bool_]:
    """For each draw whether the groups of `members` call the service evenly."""
    rest, labels = members
    groups = np.unique(labels, return_inverse=True)[1]
    enough = enough_spread(settings, len(np.unique(groups)))
    return np.array(
        [
            served_evenly(replace(fleet, calls=fleet.calls_of(times)), at, rest.services, groups)
            > enough
            for times in draws
        ]
    )
