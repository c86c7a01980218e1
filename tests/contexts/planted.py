"""Fleets with a known truth: planted contexts, hubs and journeys of random shape."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl


@dataclass(frozen=True, slots=True)
class Shape:
    contexts: int
    services: int
    journeys: int
    hubs: int
    leak: float


@dataclass(frozen=True, slots=True)
class PlantedFleet:
    """Frames as the door takes them; `truth` leaves the hubs out, which belong nowhere."""

    edges: pl.DataFrame
    journeys: pl.DataFrame
    truth: dict[str, int]
    hubs: tuple[str, ...]


BOT_SIZE = Shape(contexts=4, services=12, journeys=16, hubs=2, leak=0.15)


def random_shape(random: np.random.Generator) -> Shape:
    contexts = int(random.integers(3, 9))
    return Shape(
        contexts=contexts,
        services=contexts * int(random.integers(3, 8)),
        journeys=contexts * int(random.integers(4, 10)),
        hubs=int(random.integers(0, 4)),
        leak=float(random.uniform(0.05, 0.25)),
    )


def plant(shape: Shape, seed: int) -> PlantedFleet:
    """Journeys live in one context and stray into another with probability `leak`.

    Each journey walks a chain of calls through a few services of its context, calls the hubs
    with probability 0.8, and runs a heavy-tailed number of times.
    """
    random = np.random.default_rng(seed)
    sizes = 2 + random.multinomial(
        shape.services - 2 * shape.contexts, random.dirichlet([3.0] * shape.contexts)
    )
    names = random.permutation(shape.services)
    truth: dict[str, int] = {}
    groups: list[list[str]] = []
    for context, size in enumerate(sizes.tolist()):
        members = [f"s{names[len(truth) + at]:03d}" for at in range(size)]
        truth |= dict.fromkeys(members, context)
        groups.append(members)
    hubs = tuple(f"hub{number}" for number in range(shape.hubs))
    edges: list[tuple[str, str, int, str]] = []
    touches: list[tuple[str, str, int]] = []
    for number in range(shape.journeys):
        journey, home = f"j{number:03d}", number % shape.contexts
        runs = int(random.lognormal(4, 1.5)) + 1
        steps = [
            str(random.choice(groups[home]))
            for _ in range(int(random.integers(2, 2 + len(groups[home]))))
        ]
        for at in range(1, len(steps)):
            if random.random() < shape.leak:
                steps[at] = str(random.choice(groups[int(random.integers(shape.contexts))]))
        called = [hub for hub in hubs if random.random() < 0.8]
        pairs = list(pairwise(steps)) + [(steps[0], hub) for hub in called]
        edges += [(a, b, runs * int(random.integers(1, 4)), journey) for a, b in pairs if a != b]
        touches += [(journey, name, runs) for name in sorted({*steps, *called})]
    idle = [(name, name, 1, "j000") for name in truth]  # every service is seen
    return PlantedFleet(
        pl.DataFrame(edges + idle, ["caller", "callee", "calls", "journey"], orient="row"),
        pl.DataFrame(touches, ["journey", "service", "weight"], orient="row"),
        truth,
        hubs,
    )
