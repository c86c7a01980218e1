"""The fleet behind the lines: planted contexts, an edge, a hub, journeys as trees of calls."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

GATEWAY, HUB = "gateway", "audit"
# Names say nothing of contexts: a grouping must find them in the calls.
NAMES = (
    "amber", "birch", "cedar", "dune", "ember", "fjord", "grove", "heron",
    "iris", "jade", "kelp", "lotus", "maple", "nova", "onyx", "pearl",
)  # fmt: skip
VERBS = ("get", "put", "find", "check", "price", "plan", "store", "load")
NOUNS = ("item", "order", "quote", "stock", "route", "claim", "offer", "label")
CONTEXTS, SERVICES_PER_CONTEXT, JOURNEYS_PER_CONTEXT = 3, 4, 3


@dataclass(frozen=True, slots=True)
class Node:
    """One call in a journey: `parent` is an index into the journey's nodes, -1 for its root.

    `own_ms` is the median time the callee works itself, children excluded.
    """

    service: str
    operation: str
    parent: int
    own_ms: float
    mode: str = "sync"


@dataclass(frozen=True, slots=True)
class Journey:
    """A tree of calls, parents before children; `weight` is its share of all journeys."""

    name: str
    context: int
    weight: float
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Planted:
    """What goes wrong at the peak, in one operation of one service."""

    kind: str
    service: str
    operation: str
    baseline: float
    peak: float


@dataclass(frozen=True, slots=True)
class Topology:
    """Services by planted context, journeys, hotspots."""

    contexts: tuple[tuple[str, ...], ...]
    journeys: tuple[Journey, ...]
    hotspots: tuple[Planted, ...]

    @property
    def services(self) -> tuple[str, ...]:
        """Every service that writes lines."""
        return (GATEWAY, HUB, *(name for members in self.contexts for name in members))


def planted_topology(seed: int) -> Topology:
    """The fleet of `seed`: three contexts of four services, a gateway before, a hub beside."""
    source = random.Random(f"{seed}/topology")
    names = list(NAMES)
    source.shuffle(names)
    contexts = tuple(
        tuple(names[n * SERVICES_PER_CONTEXT : (n + 1) * SERVICES_PER_CONTEXT])
        for n in range(CONTEXTS)
    )
    journeys = tuple(
        _journey(source, contexts, context, number)
        for context in range(CONTEXTS)
        for number in range(JOURNEYS_PER_CONTEXT)
    )
    return Topology(contexts, journeys, _hotspots(source, journeys))


@dataclass(slots=True)
class _Tree:
    source: random.Random
    nodes: list[Node] = field(default_factory=list)

    def add(self, service: str, operation: str, parent: int, mode: str = "sync") -> int:
        own_ms = round(self.source.uniform(2, 20), 1)
        self.nodes.append(Node(service, operation, parent, own_ms, mode))
        return len(self.nodes) - 1


def _journey(
    source: random.Random, contexts: tuple[tuple[str, ...], ...], context: int, number: int
) -> Journey:
    """Gateway, then a walk over the context's services, then the hub, at times a message out."""
    tree = _Tree(source)
    operation = f"{source.choice(VERBS)}-{source.choice(NOUNS)}"
    root = tree.add(GATEWAY, f"POST /{operation}-{context}{number}", -1)
    members = list(contexts[context])
    source.shuffle(members)
    entry = tree.add(members[0], f"POST /{operation}", root)
    last = entry
    for service in [*members[1:], source.choice(members[1:])]:
        parent = last if source.random() < 0.5 else entry
        if tree.nodes[parent].service == service:
            parent = entry
        last = tree.add(service, f"GET /{source.choice(NOUNS)}s", parent)
    if number == 0:
        tree.add(HUB, "POST /events", entry)
    if number == 1:
        neighbour = contexts[(context + 1) % len(contexts)]
        tree.add(neighbour[0], f"{operation}.done", entry, "async")
    weight = round(source.uniform(0.5, 1.5), 2)
    return Journey(f"journey-{context}{number}", context, weight, tuple(tree.nodes))


def _hotspots(source: random.Random, journeys: tuple[Journey, ...]) -> tuple[Planted, ...]:
    inner = [node for journey in journeys for node in journey.nodes[2:] if node.service != HUB]
    sync = [node for node in inner if node.mode == "sync"]
    slow = source.choice(sync)
    failing = source.choice([node for node in sync if node.service != slow.service])
    return (
        Planted("latency", slow.service, slow.operation, 1.0, 6.0),
        Planted("errors", failing.service, failing.operation, 0.002, 0.05),
    )
